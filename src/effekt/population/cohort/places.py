"""Where a person belongs on a day: county by municipality of residence, Nav region, Nav office."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effekt.population.cohort.people import People, Standing
from effekt.population.cohort.reading import coded_labels
from effekt.population.cohort.spells import Coded, Ints
from effekt.registers.geography import county_of, nav_region_of

OFFICE = "nav_kontor"


@dataclass(frozen=True, kw_only=True, eq=False)
class Places:
    """Names by code, and where each municipality code of ``residence`` lies: (municipalities,) codes, -1 = unknown.

    A county is the 2024 county of the municipality of residence, by way of how municipalities became each other.
    """

    counties: tuple[str, ...]
    regions: tuple[str, ...]
    county_by_code: Ints
    region_by_code: Ints
    offices: Coded | None

    def county(self, at: Standing) -> Ints:
        """(n,) codes of counties, -1 = unknown."""
        return self._by_home(self.county_by_code, at)

    def region(self, at: Standing) -> Ints:
        """(n,) codes of Nav's regions, -1 = unknown."""
        return self._by_home(self.region_by_code, at)

    def office(self, at: Standing) -> Ints:
        """(n,) codes of the Nav office that the registration names, -1 = unknown."""
        return np.full(len(at.pid), -1) if self.offices is None else self.offices.at(at.registration)

    def _by_home(self, by_code: Ints, at: Standing) -> Ints:
        return np.append(by_code, -1)[at.people.residence.text["kommunenr"].at(at.home)]


def places_of(people: People) -> Places:
    """Return the places that the persons of a study live in."""
    municipalities = np.array(people.residence.text["kommunenr"].names, dtype=object)
    county, counties = _labelled(county_of(municipalities))
    region, regions = _labelled(nav_region_of(municipalities))
    return Places(
        counties=counties,
        regions=regions,
        county_by_code=county,
        region_by_code=region,
        offices=people.registered.text.get(OFFICE),
    )


def _labelled(labels: NDArray[np.object_]) -> tuple[Ints, tuple[str, ...]]:
    coded = coded_labels(np.asarray(labels, dtype=object))
    return coded.codes, coded.names
