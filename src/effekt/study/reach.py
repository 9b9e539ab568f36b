"""How far a study's results may reach, before its checks are read, and what else bears on them.

A causal design may reach an estimated effect when its sensitivity analyses hold. None of them is built yet, so every
such result is an association, and the report says which of them it lacks.
"""

from __future__ import annotations

from collections.abc import Iterator

from effekt.release.contents import Design, Reform
from effekt.release.released import Released
from effekt.results import Cell
from effekt.spec.kinds import Study as AnyStudy
from effekt.spec.registered import OnRegisters, RegisterStudy
from effekt.study.branches import BASE, BETWEEN

_ALIKE = Design(reach="estimert", assumption="no_hidden_differences", bounds=("hidden_confounder", "contamination"))
_PARALLEL = Design(reach="estimert", assumption="parallel_trends", bounds=("honest_did", "contamination"))
_CHANGES = frozenset({"event_study", "twfe", "collapsed_did", "dose_slope"})
"""Estimators that compare changes; all others compare levels."""

_CONTRAST = ("outcome", "horizon", "unit", "value", "std_error", "ci_low", "ci_high", "p_value")


def designs(spec: AnyStudy) -> dict[str, Design]:
    """Return what each analysis would rest on; none where chance decided, which needs no assumption."""
    if spec.randomised:
        return {}
    return {name: _PARALLEL if run.estimate.method in _CHANGES else _ALIKE for name, run in spec.runs.items()}


def between_table(estimates: Released) -> Released | None:
    """Return the main analysis beside the same with comparisons from elsewhere; None if there is only one of the two.

    estimates : those of the release, so the numbers are the ones printed everywhere else.
    """
    rows = list(estimates.rows())
    elsewhere = {(r["analysis"], r["outcome"], r["horizon"]) for r in rows if r["variant"] == BETWEEN}

    def told(row: dict[str, Cell]) -> bool:
        whole = not (row["arm"] or row["subgroup"]) and row["ci_low"] is not None
        place = (row["analysis"], row["outcome"], row["horizon"])
        return whole and row["variant"] in {BASE, BETWEEN} and place in elsewhere

    both = estimates.where(told)
    if {BASE, BETWEEN} != set(both.data["variant"]):
        return None
    return both.told_apart(
        "between", (*_CONTRAST, "variant"), "contrast", lambda r: "BETWEEN" if r["variant"] == BETWEEN else "WITHIN"
    )


def reforms(spec: AnyStudy) -> Iterator[Reform]:
    """Yield what the spec says happened at the same time, and whether it met the months that outcomes are read in."""
    if not isinstance(spec, OnRegisters):
        return
    accrual = spec.population.accrual
    last = None if accrual.last is None else accrual.last.ordinal + _longest(spec)
    for name, reform in spec.concurrent.items():
        begun = last is None or reform.since.ordinal <= last
        over = reform.until is not None and reform.until.ordinal < accrual.first.ordinal
        yield Reform(
            name=name,
            since=str(reform.since),
            until="" if reform.until is None else str(reform.until),
            where=reform.counties,
            met=begun and not over,
        )


def _longest(spec: OnRegisters) -> int:
    """Return the months after time zero up to the last that an outcome is read in."""
    horizons = (outcome.horizons for outcome in spec.outcomes.values()) if isinstance(spec, RegisterStudy) else ()
    return max((month for months in horizons for month in months), default=0)
