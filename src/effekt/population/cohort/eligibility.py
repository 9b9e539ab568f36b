"""Who may be compared on a day: registered, resident, seen to be untreated, and as the spec says.

The same rules hold for the treated on the day they start and for their comparisons on that very day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from effekt.population.cohort.cells import coordinates
from effekt.population.cohort.conditions import Condition, Source, conditions
from effekt.population.cohort.people import Standing
from effekt.population.cohort.places import Places
from effekt.population.cohort.spells import Ints, Mask
from effekt.spec.registered import RegisterStudy

UNRECORDED = np.int64(1) << 40
"""A month that never comes: since when participants are identified where they are not."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Eligibility:
    """Rules in the order they are applied. within : in counties where participants are identified. between : elsewhere.

    The two differ only in where a person lives; a study without `recorded` has everyone within.
    """

    within: tuple[Condition, ...]
    between: tuple[Condition, ...]


def eligibility(source: Source, places: Places) -> Eligibility:
    """Return the rules of a study."""
    spec = source.spec
    if not isinstance(spec, RegisterStudy):
        raise TypeError("these rules are about persons at risk")
    asked = conditions(source)
    table = spec.population.table
    common = (
        Condition(lost=f"not registered in {table} on the day", holds=lambda at: at.registered),
        Condition(lost="not resident on the day", holds=lambda at: at.resident),
        Condition(lost="county of residence unknown", holds=lambda at: places.county(at) >= 0),
    )
    return Eligibility(
        within=(*common, *_identified(spec, places), *asked, *_placed(spec, places, between=False)),
        between=(*common, *_outside(spec, places), *asked, *_placed(spec, places, between=True)),
    )


def _since(spec: RegisterStudy, places: Places) -> Ints:
    """(counties + 1,): the month from which participants are identified in each county; unknown county last."""
    recorded = spec.treatment.recorded or {}
    months = [recorded[name].ordinal if name in recorded else UNRECORDED for name in places.counties]
    return np.array([*months, UNRECORDED], dtype=np.int64)


def _identified(spec: RegisterStudy, places: Places) -> tuple[Condition, ...]:
    """Where participants are identified from some month on, nobody is known to be untreated before it."""
    if spec.treatment.recorded is None:
        return ()
    since, look_back = _since(spec, places), spec.population.wash_out.months
    return (
        Condition(
            lost="in a county where participants were not yet, or never, identified",
            holds=lambda at: since[places.county(at)] <= at.month,
        ),
        Condition(
            lost=f"less than {spec.population.wash_out} after participants began to be identified in the county",
            holds=lambda at: since[places.county(at)] <= at.month - look_back,
        ),
    )


def _outside(spec: RegisterStudy, places: Places) -> tuple[Condition, ...]:
    since = _since(spec, places)
    return (Condition(lost="in a county with a project", holds=lambda at: since[places.county(at)] == UNRECORDED),)


def _placed(spec: RegisterStudy, places: Places, *, between: bool) -> tuple[Condition, ...]:
    """Every coordinate of the cell is known, and the office where offices decide."""
    cells = spec.comparison.cells
    needs_office = spec.assigned_at == "office"
    inside = Condition(
        lost="outside the bands of `cells`, or unknown in one of them",
        holds=lambda at: coordinates(cells, at, places, places_too=not between).inside,
    )
    office = Condition(lost="Nav office unknown", holds=lambda at: places.office(at) >= 0)
    return (inside, office) if needs_office else (inside,)


def survivors(rules: tuple[Condition, ...], at: Standing) -> list[tuple[str, Mask]]:
    """Return who is left after each rule, as masks over ``at``; a person lost is not looked at again."""
    left = np.ones(len(at.pid), dtype=bool)
    steps = []
    for rule in rules:
        positions = np.flatnonzero(left)
        left = left.copy()
        left[positions] = rule.holds(at.take(positions))
        steps.append((rule.lost, left))
    return steps
