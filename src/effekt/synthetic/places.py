"""Where people live: municipalities in the borders of 2024 and the numbers they had before, by county."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from effekt.registers.geography import counties
from effekt.synthetic.careers import Persons
from effekt.synthetic.shocks import Floats, Ints

ERAS = (2015, 2018, 2020, 2024)
"""Years from whose 1 January a column of numbers holds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """The municipalities of a world; m of them, k counties.

    codes : (len(ERAS), m) municipality numbers. county : (m,) index of the county; county_codes : (k,).
    people : (m,) aged 16-29 in 2025. within : (m,) cumulative share of a municipality in its county, on top of the
    county's index; overall : (m,) in the country. office : (m,) code of the Nav office.
    """

    codes: NDArray[np.str_]
    county: Ints
    county_codes: NDArray[np.str_]
    people: Floats
    within: Floats
    overall: Floats
    office: NDArray[np.str_]

    def position(self, code: str) -> int:
        """Return the index of a county."""
        return int(np.flatnonzero(self.county_codes == code)[0])

    def code_in(self, place: Ints, month: Ints) -> NDArray[np.str_]:
        """Return the number a municipality had in a month (ordinals)."""
        return np.asarray(self.codes[era_of(month), place])

    def in_county(self, county: Ints, u: Floats) -> Ints:
        """Return a municipality of each county, in proportion to people; u in (0, 1)."""
        return np.asarray(np.searchsorted(self.within, county + u * (1 - 1e-12)), dtype=np.int64)

    def anywhere(self, u: Floats) -> Ints:
        """Return a municipality of the country, in proportion to people; u in (0, 1)."""
        return np.asarray(np.searchsorted(self.overall, u * (1 - 1e-12)), dtype=np.int64)


def era_of(month: Ints) -> Ints:
    """Return which column of numbers holds in a month (ordinals); months before the first count as it."""
    starts = np.array([12 * year for year in ERAS])
    return np.maximum(np.searchsorted(starts, month, side="right") - 1, 0)


@cache
def places() -> Places:
    """Return the municipalities that worlds use, sorted by county."""
    text = (files("effekt.synthetic") / "data" / "municipalities.csv").read_text(encoding="utf-8")
    rows = sorted(csv.DictReader(text.splitlines()), key=lambda row: row["fylkesnr"])
    codes = sorted(counties())
    county = np.array([codes.index(row["fylkesnr"]) for row in rows])
    people = np.array([float(row["alder_16_29_2025"]) for row in rows])
    return Places(
        codes=np.array([[row[f"fra_{era}"] for row in rows] for era in ERAS]),
        county=county,
        county_codes=np.array(codes),
        people=people,
        within=_within(county, people),
        overall=np.cumsum(people) / people.sum(),
        office=np.array([f"NAV{row['kommunenr']}" for row in rows]),
    )


def _within(county: Ints, people: Floats) -> Floats:
    share = np.zeros(len(county))
    for index in np.unique(county):
        here = county == index
        share[here] = index + np.cumsum(people[here]) / people[here].sum()
    return share


def county_shares(persons: Persons, where: Places) -> Floats:
    """(k,) share of each county: as the world says, the rest by people aged 16-29."""
    people = np.bincount(where.county, weights=where.people)
    named = {code: share.value for code, share in persons.counties.items()}
    share = np.array([named.get(code, np.nan) for code in where.county_codes])
    rest = np.isnan(share)
    share[rest] = people[rest] / people[rest].sum() * (1 - sum(named.values()))
    return share


AGES = (16, 30, 67)
"""Ages in 2025 from which people are counted by county in ``data/counties.csv``."""
_FROM_TWENTY = 0.731
"""Share of those aged 16-29 who are 20 or more: seven and a third of ten years alike large, rather than of fourteen."""


@cache
def shares_by_age() -> Floats:
    """(len(AGES) + 1, k): shares of counties among people under 16, 16-29, 30-66 and 67 or more, at the start of 2025.

    Those under 16 and over 66 are told together, as what is left of everybody.
    """
    text = (files("effekt.synthetic") / "data" / "counties.csv").read_text(encoding="utf-8")
    rows = sorted(csv.DictReader(text.splitlines()), key=lambda row: row["fylkesnr"])
    names = ("folkemengde_2025_01_01", "alder_16_29_2025", "alder_20_66_2025")
    everybody, young, able = (np.array([float(row[name]) for row in rows]) for name in names)
    grown = able - _FROM_TWENTY * young
    rest = everybody - young - grown
    return np.array([group / group.sum() for group in (rest, young, grown, rest)])
