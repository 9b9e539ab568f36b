"""What a study on registers tells beside its numbers: its design in time, how far it claims, and a known truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from effekt.release.timeline import Timeline
from effekt.results import Attrition, AttritionStep, Column, Table
from effekt.spec.kinds import Study as AnyStudy
from effekt.spec.prepared import PreparedStudy
from effekt.spec.registered import RegisterStudy

if TYPE_CHECKING:
    from effekt.population.extract.opening import Extract
    from effekt.study import Study
    from effekt.study.truth import Truth

HISTORY = 24
"""Months before time zero that the standard covariates are read from."""


def timeline(spec: AnyStudy, extract: Extract | None, language: str) -> Timeline | None:
    """Return the design in time; None for studies that are not read from registers person by person.

    language : in which outcomes are called by their words.
    """
    if not isinstance(spec, RegisterStudy) or extract is None:
        return None
    accrual = spec.population.accrual
    last = accrual.last or max(file.coverage[1] for file in extract.tables.values())
    return Timeline(
        accrual=(str(accrual.first), str(last)),
        history=HISTORY,
        wash_out=spec.population.wash_out.months,
        windows=dict(_windows(spec, spec.labels_in(language))),
        coverage={name: (str(file.coverage[0]), str(file.coverage[1])) for name, file in extract.tables.items()},
    )


def _windows(spec: RegisterStudy, labels: Mapping[str, str]) -> Iterator[tuple[str, tuple[int, int]]]:
    for name, outcome in spec.outcomes.items():
        label = labels.get(name, name)
        yield from ((f"{label}, {time}", (time.months, time.months)) for time in outcome.at)
        yield from ((f"{label}, {w}", w.months) for w in outcome.window)


def relevant(spec: AnyStudy) -> dict[str, float]:
    """Return the smallest difference that matters, for outcomes that are shares."""
    smallest = spec.question.smallest_relevant
    if smallest is None or smallest.unit not in {"pp", "%"} or isinstance(spec, PreparedStudy):
        return {}
    return {name: smallest.value for name, outcome in spec.outcomes.items() if not outcome.measure.startswith("sum_")}


def flow_of_main(study: Study, attrition: Attrition, *, treated: bool) -> Attrition:
    """Return a flow down to the persons that carry the main analysis; where it weighs everybody, as it is.

    treated : of the treated, else of those they are compared with. A study of a table has one flow for both.
    """
    name, analysis = next(iter(study.spec.runs.items()))
    if analysis.adjust.method == "none":
        return attrition
    sample, weights = study.sample, study.branches[0].weights[name]
    one_flow = sample.comparison_attrition is None
    carrying = (weights.w > 0) & (one_flow | (sample.treated == treated))
    reason = "without a counterpart in the main analysis" if treated else "no counterpart of anybody treated"
    step = AttritionStep(reason=reason, units=int(carrying.sum()), persons=sample.persons_in(carrying))
    return Attrition(steps=(*attrition.steps, step))


def comparisons_flow(study: Study, attrition: Attrition) -> Table:
    """Return the flow of the comparisons as a table of its own."""
    table = flow_of_main(study, attrition, treated=False).table()
    return Table(name="flow_comparison", title=table.title, columns=table.columns, data=table.data, chain=table.chain)


def truth_table(truth: tuple[Truth, ...], units: Mapping[str, str]) -> Table:
    """Return the known truth as a table. It is a fact about a made-up world, so nobody stands behind it."""
    return Table(
        name="truth",
        title="Truth",
        columns=tuple(Column(name=name, kind="label") for name in ("outcome", "horizon", "unit", "truth", "realised")),
        data={
            "outcome": tuple(t.outcome for t in truth),
            "horizon": tuple(t.horizon for t in truth),
            "unit": tuple(units.get(t.outcome, "") for t in truth),
            "truth": tuple(t.kept for t in truth),
            "realised": tuple(t.realised for t in truth),
        },
    )
