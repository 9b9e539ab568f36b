"""Entries into the register that a county study starts from: one record per person and period, by county before it.

A person enters when a registration begins; gaps of up to 28 days do not begin a new one. Conditions hold on the day
of entry, and the county is that of the month before, so that who moves because of the programme moves no rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from effekt.population.cohort.conditions import Source, conditions
from effekt.population.cohort.eligibility import survivors
from effekt.population.cohort.people import People, Standing, read_people, standing
from effekt.population.cohort.spells import Ints, Mask, first_day
from effekt.population.counties.units import Units
from effekt.population.engine.connection import Engine
from effekt.results import Attrition, AttritionStep
from effekt.spec.registered import CountyStudy


@dataclass(frozen=True, kw_only=True, eq=False)
class Entries:
    """Records in the order of person and day.

    pid, month : (n,). unit : (n,) position of the unit. group : (n,) period, as the caller numbers them.
    attrition : entries and persons after each step.
    """

    pid: Ints
    month: Ints
    unit: Ints
    group: Ints
    attrition: Attrition


def read_entries(engine: Engine, spec: CountyStudy, units: Units, *, months: Ints, group: Ints, name: str) -> Entries:
    """Return who enters in some months.

    months : (M,) ascending months; group : (M,) what each belongs to; a person counts once in a group, at the first
    entry. No row dated after the last of the months is looked at. name : of the step in the engine.
    """
    first, last = int(first_day(months[:1])[0]), int(first_day(months[-1:] + 1)[0]) - 1
    people, who = read_people(engine, spec, first=first, last=last, name=name)
    at, of = _begun(people, months, group)
    rules = conditions(Source(engine=engine, spec=spec, people=people, who=who, last=last))
    steps = [("entries in the months that are used", np.ones(len(at.pid), dtype=bool))]
    steps += survivors(rules, at)
    unit, left_out = units.of(people, at.pid, at.month)
    kept = steps[-1][1]
    for reason, lost in (
        (f"no known {units.grain} of residence before entry", (unit < 0) & (left_out == 0)),
        ("in units that are left out", left_out == 1),
        ("entered before in the same period", _again(at.pid, of, kept & (unit >= 0))),
    ):
        kept = kept & ~lost
        steps.append((reason, kept))
    return Entries(
        pid=at.pid[kept],
        month=at.month[kept],
        unit=unit[kept],
        group=of[kept],
        attrition=_attrition(steps, at.pid),
    )


def _begun(people: People, months: Ints, group: Ints) -> tuple[Standing, Ints]:
    """Return where persons stand on the day a registration begins, and the group of that day's month."""
    spells = people.registered
    rows = np.flatnonzero(spells.start == people.since)
    pairs = np.unique(np.column_stack([spells.pid[rows], spells.start[rows]]), axis=0)
    at = standing(people, pairs[:, 0], pairs[:, 1])
    place = np.clip(np.searchsorted(months, at.month), 0, len(months) - 1)
    inside = months[place] == at.month
    return at.take(inside), group[place[inside]]


def _again(pid: Ints, group: Ints, among: Mask) -> Mask:
    """(n,) bool: not the first of those ``among`` of the person in the group; rows stand by person and day."""
    rows = np.flatnonzero(among)
    _, first = np.unique(np.column_stack([pid[rows], group[rows]]), axis=0, return_index=True)
    again = among.copy()
    again[rows[first]] = False
    return again


def _attrition(steps: Sequence[tuple[str, Mask]], pid: Ints) -> Attrition:
    return Attrition(
        steps=tuple(
            AttritionStep(reason=reason, units=int(left.sum()), persons=len(np.unique(pid[left])))
            for reason, left in steps
        )
    )
