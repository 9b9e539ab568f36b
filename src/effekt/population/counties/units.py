"""The units of a county study: counties in the borders of 2024, or Nav's regions, by residence before entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from effekt.population.cohort.people import People, Standing, standing
from effekt.population.cohort.places import Places, places_of
from effekt.population.cohort.spells import Ints, first_day
from effekt.registers.geography import counties, nav_region_by_municipality
from effekt.sample import Grain
from effekt.spec.registered import CountyStudy


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """codes : of the units, ascending. names : what they are called. left_out : codes that the study leaves out."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    left_out: tuple[str, ...]
    region: bool

    @property
    def grain(self) -> Grain:
        """What one unit is."""
        return "region" if self.region else "county"

    def of(self, people: People, pid: Ints, month: Ints) -> tuple[Ints, Ints]:
        """Return where persons lived on the last day before a month.

        Returns
        -------
        (n,) position among ``codes``, -1 = not known or left out; (n,) 1 where it is a unit that is left out.
        """
        places = places_of(people)
        day = first_day(month) - 1
        at = standing(people, pid, day, registration=np.full(len(pid), -1, dtype=np.int64))
        found, held = self._place(places, at)
        position = {code: place for place, code in enumerate(self.codes)}
        here = np.array([*(position.get(code, -1) for code in held), -1], dtype=np.int64)
        left = np.array([*(code in self.left_out for code in held), False], dtype=np.int64)
        return here[found], left[found]

    def _place(self, places: Places, at: Standing) -> tuple[Ints, tuple[str, ...]]:
        if self.region:
            return places.region(at), places.regions
        return places.county(at), places.counties


def units_of(spec: CountyStudy) -> Units:
    """Return the units of a study, without those that it leaves out."""
    left_out = tuple(spec.treatment.leave_out)
    region = spec.level.name == "nav_region"
    names: Mapping[str, str] = (
        {name: name for name in set(nav_region_by_municipality().values())} if region else counties()
    )
    codes = tuple(sorted(set(names) - set(left_out)))
    return Units(codes=codes, names=tuple(names[code] for code in codes), left_out=left_out, region=region)
