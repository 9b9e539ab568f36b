"""Cells: within what a comparison is made. Two records share a cell if they agree in every coordinate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from effekt.literals import IntRange
from effekt.population.cohort.people import Standing
from effekt.population.cohort.places import Places
from effekt.population.cohort.spells import Ints, Mask
from effekt.spec.registered import Cells

_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}

OUTSIDE = -1
"""In no band, or unknown: such a record is in no cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinates:
    """Coordinates of records in the order they are written, each (n,) int with -1 = none."""

    by_name: Mapping[str, Ints]

    @property
    def inside(self) -> Mask:
        """(n,) bool: every coordinate is known."""
        inside: Mask = np.logical_and.reduce([values >= 0 for values in self.by_name.values()])
        return inside

    @property
    def table(self) -> Ints:
        """(n, coordinates): one row per record."""
        return np.column_stack(list(self.by_name.values()))


def coordinates(cells: Cells, at: Standing, places: Places, *, places_too: bool = True) -> Coordinates:
    """Return the coordinates of persons on their day.

    places_too : False leaves out county, region and office, for comparisons between counties.
    """
    found: dict[str, Ints] = {"all": np.zeros(len(at.pid), dtype=np.int64)}
    if places_too:
        by_place = {"fylke": places.county, "nav_region": places.region, "nav_kontor": places.office}
        found |= {name: of(at) for name, of in by_place.items() if getattr(cells, name) == "exact"}
    if cells.kjoenn == "exact":
        found["kjoenn"] = at.people.fixed["kjoenn"].at(at.people.rows(at.pid))
    if cells.age:
        found["age"] = band_of(cells.age, at.age)
    if cells.months_registered:
        found["months_registered"] = band_of(cells.months_registered, at.months_registered)
    if cells.calendar != "none":
        found["calendar"] = at.month // _MONTHS_IN[cells.calendar]
    return Coordinates(by_name=found)


def band_of(bands: tuple[IntRange, ...], value: Ints) -> Ints:
    """(n,): position of the band that holds a value, ``OUTSIDE`` = none."""
    found = np.full(len(value), OUTSIDE)
    for position, band in enumerate(bands):
        low = 0 if band.low is None else band.low
        high = np.iinfo(np.int64).max if band.high is None else band.high
        found[(value >= low) & (value <= high)] = position
    return found
