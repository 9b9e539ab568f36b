"""The risk set: for everyone who starts on a day, who was registered and untreated on that very day.

For each day on which somebody starts, persons at risk that day in the same cell are comparisons with that day as
their time zero. As many days are looked at together as memory has room for. With `candidates: k`, the k persons per
treated, day and cell that come first in a keyed hash of study, person and day stand for all, each with the weight at
risk / drawn; who is drawn depends neither on the order of rows nor on who else starts.

Who starts later is a comparison until then: the estimand is now versus wait. Nobody is their own comparison on the
day they start, since they are not untreated on it.

References: Sianesi (2004), Review of Economics and Statistics 86(1), section 3; Li, Propert and Rosenbaum (2001),
JASA 96, on risk-set matching.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from effekt.population.cohort.conditions import Condition
from effekt.population.cohort.eligibility import survivors
from effekt.population.cohort.participants import Participants
from effekt.population.cohort.people import People, Standing, standing
from effekt.population.cohort.spells import Ints, Mask
from effekt.population.keys import Keys
from effekt.results import Attrition, AttritionStep
from effekt.sample import Array

_AT_ONCE = 1 << 18
"""Persons and days that are looked at together."""

_MOST_CELLS = 1 << 62

CellsOf = Callable[[Standing], Ints]
"""Standing -> (n, coordinates) int."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """Comparisons. pid, day : (m,); weight : (m,) at risk / drawn, in their cell and on their day.

    at_risk : (treated,) persons at risk in the cell and on the day of each treated. attrition : of person-days.
    """

    pid: Ints
    day: Ints
    weight: Array
    at_risk: Ints
    attrition: Attrition


def draw(
    people: People,
    participants: Participants,
    rules: tuple[Condition, ...],
    treated: Standing,
    *,
    cells: CellsOf,
    candidates: int | None,
    order: Callable[[Ints, Ints], Keys],
) -> Drawn:
    """Return the comparisons of the treated.

    rules : what holds for comparisons, the first of them that they are registered. candidates : per treated, day and
    cell; None = all. order : persons and days -> (n,) hashes, the smallest of which are drawn.
    """
    tally = _Tally(people)
    pids, days, weights = [], [], []
    at_risk = np.zeros(len(treated.pid), dtype=np.int64)
    for registered, some in _in_parts(people, np.unique(treated.day)):
        starting = np.isin(treated.day, some)
        at = tally.left(people, participants, rules, registered)
        group, treated_group = _grouped(_cells(cells, at), _cells(cells, treated.take(starting)))
        at_risk[starting] = np.bincount(group[group >= 0], minlength=len(treated_group))[treated_group]
        shared = np.flatnonzero(group >= 0)
        tally.add("nobody in the same cell starts that day", at.pid[shared])
        wanted = np.bincount(treated_group) * candidates if candidates is not None else None
        chosen, weight = _first(group[shared], order(at.pid[shared], at.day[shared]), wanted)
        tally.add("not among the candidates drawn", at.pid[shared][chosen])
        pids.append(at.pid[shared][chosen])
        days.append(at.day[shared][chosen])
        weights.append(weight)
    empty = np.zeros(0, dtype=np.int64)
    return Drawn(
        pid=np.concatenate([empty, *pids]),
        day=np.concatenate([empty, *days]),
        weight=np.concatenate([np.zeros(0), *weights]),
        at_risk=at_risk,
        attrition=tally.attrition,
    )


def _in_parts(people: People, days: Ints) -> Iterator[tuple[Standing, Ints]]:
    """Yield who is registered on some of the days, and these days; as many at once as memory has room for."""
    rows: list[Ints] = []
    begun = 0
    for n, day in enumerate(days.tolist(), start=1):
        rows.append(people.registered.on(day))
        if n == len(days) or sum(map(len, rows)) >= _AT_ONCE:
            some, row = days[begun:n], np.concatenate(rows)
            on = np.repeat(some, [len(part) for part in rows])
            yield standing(people, people.registered.pid[row], on, row), some
            rows, begun = [], n


def _cells(cells: CellsOf, at: Standing) -> Ints:
    """(n, 1 + coordinates): the day and the cell; who is compared shares both."""
    return np.column_stack([at.day, cells(at)])


def _grouped(pool: Ints, treated: Ints) -> tuple[Ints, Ints]:
    """Return the cell of everyone, as a position among the cells of the treated; -1 = nobody starts in it."""
    number = _numbered(np.concatenate([treated, pool]))
    cells, of_treated = np.unique(number[: len(treated)], return_inverse=True)
    of_pool = number[len(treated) :]
    at = np.minimum(np.searchsorted(cells, of_pool), len(cells) - 1)
    return np.where(cells[at] == of_pool, at, -1), of_treated


def _numbered(rows: Ints) -> Ints:
    """(n,): a number for each row, equal where rows are and in their order. rows : (n, columns)."""
    low = rows.min(axis=0)
    sizes = rows.max(axis=0) - low + 1
    if math.prod(sizes.tolist()) >= _MOST_CELLS:
        return np.asarray(np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1))
    number = np.zeros(len(rows), dtype=np.int64)
    for column, size in zip((rows - low).T, sizes, strict=True):
        number = number * size + column
    return number


def _first(group: Ints, hashed: Keys, wanted: Ints | None) -> tuple[Ints, Array]:
    """Return the positions with the smallest hashes of each group, ``wanted`` of them, and at risk / drawn of each."""
    order = np.lexsort((hashed, group))
    counts = np.bincount(group)
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    limit = counts if wanted is None else np.minimum(counts, wanted[: len(counts)])
    in_order = group[order]
    chosen = order[rank < limit[in_order]] if len(order) else order
    return chosen, counts[group[chosen]] / limit[group[chosen]]


@dataclass
class _Tally:
    """Person-days and persons left after each step, summed over days."""

    people: People
    reasons: list[str] = field(default_factory=list)
    units: dict[str, int] = field(default_factory=dict)
    persons: dict[str, Mask] = field(default_factory=dict)

    def add(self, reason: str, pid: Ints) -> None:
        if reason not in self.units:
            self.units[reason] = 0
            self.persons[reason] = np.zeros(len(self.people.pid), dtype=bool)
        self.units[reason] += len(pid)
        self.persons[reason][self.people.rows(pid)] = True

    def left(self, people: People, participants: Participants, rules: tuple[Condition, ...], at: Standing) -> Standing:
        """Return who of the registered is at risk on their day, and count who is lost on the way."""
        self.add("persons registered on a day when somebody starts, by day", at.pid)
        at = at.take(participants.first_day(at.pid) > at.day)
        self.add("took part by that day", at.pid)
        steps = survivors(rules[1:], at)
        for lost, left in steps:
            self.add(lost, at.pid[left])
        return at.take(steps[-1][1]) if steps else at

    @property
    def attrition(self) -> Attrition:
        return Attrition(
            steps=tuple(
                AttritionStep(reason=reason, units=units, persons=int(self.persons[reason].sum()))
                for reason, units in self.units.items()
            )
        )
