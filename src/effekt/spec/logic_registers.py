"""Rules between the parts of a study on registers: names, time and levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from effekt.errors import Problem, SpecPath
from effekt.literals import Duration, Month
from effekt.located.names import did_you_mean
from effekt.spec.base import RANK
from effekt.spec.logic import unknown_outcome
from effekt.spec.registered import CountyStudy, OnRegisters, RegisterStudy

_DIFFERENCES = frozenset(("event_study", "twfe", "collapsed_did", "callaway_santanna", "imputation"))
"""Estimators that compare changes, for which outcome lags among the covariates are regression to the mean."""

_CONDITIONING = frozenset(("nearest", "entropy", "ipw", "cem", "subclass", "mahalanobis", "radius", "kernel"))

_LAGS_LEFT_OUT = "write `adjust: {method: nearest, leave_out: outcome_lags}`"


def register_problems(spec: OnRegisters) -> Iterator[Problem]:
    """Yield what is wrong between the parts of a study on registers."""
    yield from _primary(spec)
    for name in spec.analyses:
        yield from _outcome_lags(spec, name)
        yield from _cluster(spec, name)
        for position, outcome in enumerate(spec.analyses[name].outcomes):
            yield from unknown_outcome(outcome, spec.outcomes, ("analyses", name, "outcomes", position))
    if isinstance(spec, RegisterStudy):
        for name, control in spec.negative_controls.items():
            yield from unknown_outcome(control.outcome, spec.outcomes, ("negative_controls", name, "outcome"))
        yield from _horizons(spec)
        yield from _between(spec)
    if isinstance(spec, CountyStudy):
        yield from _level(spec)


def _primary(spec: OnRegisters) -> Iterator[Problem]:
    """Yield E207 unless the primary outcome exists and is measured at the primary horizon."""
    primary = spec.primary
    if primary.outcome not in spec.outcomes:
        yield from unknown_outcome(primary.outcome, spec.outcomes, ("primary", "outcome"))
        return
    outcome = spec.outcomes[primary.outcome]
    if primary.at.months not in outcome.horizons:
        written = [str(time) for time in (*outcome.at, *outcome.window)]
        key = "at" if outcome.at else "window"
        yield Problem(
            code="E207",
            sentence=f"`{primary.outcome}` is not measured at `{primary.at}`",
            help=f"add `{primary.at}` to its `{key}`" if key == "at" else f"add a `{key}` that ends at `{primary.at}`",
            note=f"it is measured at: {', '.join(written)}",
            path=("primary", "at"),
        )


def _horizons(spec: RegisterStudy) -> Iterator[Problem]:
    """Yield E109 for two times or windows of an outcome that end in the same month: a horizon has one value."""
    for name, outcome in spec.outcomes.items():
        key = "at" if outcome.at else "window"
        written = [str(time) for time in (*outcome.at, *outcome.window)]
        for position, months in enumerate(outcome.horizons):
            first = outcome.horizons.index(months)
            if first < position:
                yield Problem(
                    code="E109",
                    sentence=f"`{written[first]}` and `{written[position]}` of `{name}` end in the same month",
                    help="make the second an outcome of its own",
                    note="results are told apart by outcome and horizon, the month in which a window ends",
                    path=("outcomes", name, key, position),
                )


def _between(spec: RegisterStudy) -> Iterator[Problem]:
    """Yield E109 for a comparison with counties without a project where no county is said to have one."""
    if spec.comparison.between != "none" and spec.treatment.recorded is None:
        yield Problem(
            code="E109",
            sentence="`outside_projects` compares with counties without a project, and no county is said to have one",
            help='write where and since when participants are identified: `treatment: {recorded: {"11": 2022-05}}`',
            path=("comparison", "between"),
        )


def _outcome_lags(spec: OnRegisters, name: str) -> Iterator[Problem]:
    adjust, estimate = spec.analyses[name].adjust, spec.analyses[name].estimate
    if estimate.method not in _DIFFERENCES or adjust.method not in _CONDITIONING:
        return
    if getattr(adjust, "leave_out", "none") != "outcome_lags":
        yield Problem(
            code="E304",
            sentence=f"`{adjust.method}` balances on the outcomes that `{estimate.method}` starts from",
            help="add `leave_out: outcome_lags`" if hasattr(adjust, "leave_out") else _LAGS_LEFT_OUT,
            note="matching on the lags that the pre-trend is read from is regression to the mean, not a trend",
            path=("analyses", name, "adjust"),
        )


def _cluster(spec: OnRegisters, name: str) -> Iterator[Problem]:
    cluster = getattr(spec.analyses[name].estimate, "cluster", "auto")
    rank = RANK.get(cluster)
    path: SpecPath = ("analyses", name, "estimate", "cluster")
    if cluster != "auto" and rank is None:
        yield Problem(
            code="E202",
            sentence=f"unknown cluster level `{cluster}`",
            help=did_you_mean(cluster, RANK) or f"write `cluster: {spec.assigned_at}`",
            note="valid: auto, person, office, region, county",
            path=path,
        )
    elif rank is not None and rank < RANK[spec.assigned_at]:
        yield Problem(
            code="E401",
            sentence=f"clusters by `{cluster}`, but treatment was assigned at `{spec.assigned_at}`",
            help=f"write `cluster: {spec.assigned_at}`, or remove it",
            note="inference is never finer than assignment",
            path=path,
        )


_GRAIN = {"nav_kontor": "office", "nav_region": "region", "kommune": "office", "fylke": "county", "person": "person"}


def _level(spec: CountyStudy) -> Iterator[Problem]:
    """Units as coarse as offices or counties are not assigned person by person."""
    grain = _GRAIN[spec.level.name]
    if RANK[spec.assigned_at] < RANK[grain]:
        yield Problem(
            code="E401",
            sentence=f"assigned at `{spec.assigned_at}`, but the units are `{spec.level}`",
            help=f"write `assigned_at: {'office' if grain == 'office' else 'county'}`",
            note="units as coarse as these were not treated one by one",
            path=("assigned_at",),
        )


def observation_problems(spec: RegisterStudy, coverage: Mapping[str, Month]) -> Iterator[Problem]:
    """Yield E301 for every horizon that the last entrant reaches after a table's coverage ends.

    coverage : table -> last month with data; tables that are not in it are not checked.
    """
    last_entry = spec.population.accrual.last
    for name, outcome in spec.outcomes.items():
        end = coverage.get(outcome.table)
        if end is None or last_entry is None or outcome.follow_up == "available":
            continue
        key = "at" if outcome.at else "window"
        for position, months in enumerate(outcome.horizons):
            if last_entry.plus(months) > end:
                yield _unobserved(spec, name, months, end, ("outcomes", name, key, position))


def _unobserved(spec: RegisterStudy, name: str, months: int, end: Month, path: SpecPath) -> Problem:
    outcome, accrual = spec.outcomes[name], spec.population.accrual
    last = accrual.last
    if last is None:
        raise ValueError("without an end of accrual there is no last entrant")
    observed = [time for time in (*outcome.at, *outcome.window) if _end(time) <= end.ordinal - last.ordinal]
    key = "at" if outcome.at else "window"
    kept = f"use `{key}: [{', '.join(str(time) for time in observed)}]`, or " if observed else ""
    earlier = end.plus(-months)
    shorten = f"end `accrual` at {earlier}, or " if earlier >= accrual.first else ""
    reached = f"the last time zero is in {last}; {months} months after is {last.plus(months)}"
    return Problem(
        code="E301",
        sentence=f"`{name}` cannot be observed {months} months after time zero for this accrual",
        help=f"{kept}{shorten}write `follow_up: available`",
        note=f"{reached}; {outcome.table} is covered to {end}",
        path=path,
    )


def _end(time: object) -> int:
    """Return the months after time zero at which a time or window is complete."""
    return time.months if isinstance(time, Duration) else time.months[1]  # type: ignore[attr-defined]
