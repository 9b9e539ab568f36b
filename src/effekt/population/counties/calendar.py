"""Calendar periods of a county panel: which entrants are before, after or astride each start.

A period is before a start only if the outcome window of everyone who enters in it ends before the start, and after
it only if everyone enters at the start or later. What lies between is neither: it is the panel's anticipation, as
many periods for all counties as the county with most of them has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from effekt.errors import Problem, SpecError
from effekt.literals import Month
from effekt.population.cohort.spells import Ints, Mask
from effekt.sample import Array
from effekt.spec.registered import CountyStudy


@dataclass(frozen=True, kw_only=True, eq=False)
class Calendar:
    """Periods, each with some month that is kept.

    label : (T,) float, 2022 or 20222 (second quarter) or 202205. first, last : (T,) first and last month kept.
    months : (M,) ascending months of entry that are kept; period : (M,) the period of each.
    start : unit -> position of the first period after its start; every position from ``sealed`` on is sealed.
    """

    label: Array
    first: Ints
    last: Ints
    months: Ints
    period: Ints
    start: Mapping[str, int]
    anticipation: int
    sealed: int

    def of(self, month: Ints) -> Ints:
        """(n,): the period of months of entry, -1 = none that is kept."""
        at = np.clip(np.searchsorted(self.months, month), 0, len(self.months) - 1)
        return np.where(self.months[at] == month, self.period[at], -1)

    def stretch(self, *, sealed: bool) -> slice:
        """Return the positions before the seal, or those after it."""
        return slice(self.sealed, None) if sealed else slice(0, self.sealed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """When something starts. before : the last month in which an outcome window may end; after : the first of entry."""

    before: int
    after: int


def calendar_of(spec: CountyStudy, last: Month, starts: Mapping[str, Start]) -> Calendar:
    """Return the periods of a study.

    last : of the months of entry. starts : unit -> its start.

    Raises
    ------
    SpecError
        E307 where no period lies before a start, E309 where none lies after it.
    """
    months, period = _kept_months(spec, last)
    T = int(period[-1]) + 1 if len(period) else 0
    ends = np.searchsorted(period, np.arange(T), side="right") - 1
    first, final = months[np.searchsorted(period, np.arange(T))], months[ends]
    horizon = max(outcome.horizons[0] for outcome in spec.outcomes.values())
    positions, between = {}, 0
    problems = []
    for unit, start in starts.items():
        before, after = final + horizon <= start.before, first >= start.after
        problems += _outside(unit, before, after, horizon)
        if before.any() and after.any():
            positions[unit] = int(np.flatnonzero(after)[0])
            between = max(between, positions[unit] - int(before.sum()))
    if not problems and min(positions.values()) - between < 1:
        problems += _outside("", np.zeros(0, dtype=bool), np.ones(1, dtype=bool), horizon)
    if problems:
        raise SpecError(tuple(spec.located(problem) for problem in problems))
    return Calendar(
        label=_labels(spec, first),
        first=first,
        last=final,
        months=months,
        period=period,
        start=positions,
        anticipation=between,
        sealed=min(positions.values()) - between,
    )


def _kept_months(spec: CountyStudy, last: Month) -> tuple[Ints, Ints]:
    """(M,) months of entry that are not dropped, and the position of the period of each."""
    months = np.arange(spec.population.accrual.first.ordinal, last.ordinal + 1, dtype=np.int64)
    for dropped in spec.panel.drop:
        end = last if dropped.last is None else dropped.last
        months = months[(months < dropped.first.ordinal) | (months > end.ordinal)]
    length = {"month": 1, "quarter": 3, "year": 12}[spec.panel.period]
    _, period = np.unique(months // length, return_inverse=True)
    return months, period.astype(np.int64)


def _labels(spec: CountyStudy, first: Ints) -> Array:
    year, month = first // 12, first % 12
    if spec.panel.period == "year":
        return year.astype(np.float64)
    part = 10 * year + month // 3 + 1 if spec.panel.period == "quarter" else 100 * year + month + 1
    return part.astype(np.float64)


def _outside(unit: str, before: Mask, after: Mask, horizon: int) -> list[Problem]:
    """Say which side of a start has no period; it costs nothing to say both."""
    where = f" of `{unit}`" if unit else ""
    problems = []
    if not before.any():
        problems.append(
            Problem(
                code="E307",
                sentence=f"nobody enters so early that {horizon} months have passed before the start{where}",
                help="begin `accrual` earlier, drop fewer months, or read outcomes at an earlier time",
                path=("population", "accrual"),
            )
        )
    if not after.any():
        problems.append(
            Problem(
                code="E309",
                sentence=f"nobody enters after the start{where}",
                help="end `accrual` later, or leave the county out",
                path=("population", "accrual"),
            )
        )
    return problems
