"""Municipalities, counties and Nav regions, and how their borders of 2018, 2019, 2020 and 2024 correspond.

County codes do not map one-to-one across 2020 (Oppland went to Viken and to Innlandet, Nordland partly to Troms og
Finnmark), so a county is only ever reached through municipalities. A municipality that was divided is not decided by
weights: what all its parts share is known, and the rest is not. Minor adjustments of borders, which moved no code,
are not seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from effekt.literals import Refusal
from effekt.registers.schema import rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.object_]

VERSIONS = ("2018", "2019", "2020", "2024")
"""Years in which the numbers of municipalities changed; each holds until the next."""

_COUNTIES_OF = {"2017": "1919-2017", "2018": "2018-2019", "2019": "2018-2019", "2020": "2020-2023", "2024": "2024-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """One municipality in one version. ``name`` is empty where the source has none; validity is half-open."""

    code: str
    name: str
    county: str
    valid_from: str
    valid_until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Harmonised:
    """What became of codes in other borders.

    mapped : (n,) object, ``None`` where the code could not be mapped. unmapped : reason -> number of rows.
    """

    mapped: Codes
    unmapped: Mapping[str, int]


def version_of(year: str | int) -> str:
    """Return the version of the municipalities that holds in a year, `2022` -> `2020`.

    Raises
    ------
    Refusal
        E206 for a year before the first version.
    """
    text = str(year)
    held = [version for version in VERSIONS if text.isdigit() and len(text) == 4 and version <= text]
    if not held:
        raise Refusal(
            "E206",
            f"no municipalities are known in the borders of `{text}`",
            help="write a year from 2018 on, such as `2024`",
            note=f"numbers changed in {', '.join(VERSIONS)}",
        )
    return held[-1]


@cache
def counties(year: str | int = "2024") -> Mapping[str, str]:
    """Return the counties of a year: code -> name. 19 until 2017, 18 in 2018, 11 in 2020 and 15 from 2024."""
    version = _COUNTIES_OF["2017" if str(year) == "2017" else version_of(year)]
    held = [row for row in rows("geography/fylker.csv") if row["versjon"] == version]
    return MappingProxyType({row["fylkesnr"]: row["fylkesnavn"] for row in held})


@cache
def municipalities(year: str | int = "2024") -> Mapping[str, Municipality]:
    """Return the municipalities of a year by code."""
    version = version_of(year)
    return MappingProxyType(
        {
            row["kommunenr"]: Municipality(
                code=row["kommunenr"],
                name=row["kommunenavn"],
                county=row["fylkesnr"],
                valid_from=row["gyldig_fra"],
                valid_until=row["gyldig_til"],
            )
            for row in rows("geography/kommuner.csv")
            if row["versjon"] == version
        }
    )


@cache
def successors(to: str | int = "2024") -> Mapping[str, frozenset[str]]:
    """Return what every code of any version is in the borders of ``to``: code -> codes, several where undecided.

    A code that several versions know (Stavanger before and after it grew) gets what any of them would give,
    because the code alone does not tell which one is meant.
    """
    version = version_of(to)
    found: dict[str, set[str]] = {code: {code} for code in municipalities(version)}
    here = VERSIONS.index(version)
    for path in (VERSIONS[here::-1], VERSIONS[here:]):
        reached: Mapping[str, set[str]] = {code: {code} for code in municipalities(version)}
        for near, far in pairwise(path):
            reached = _one_step(near, far, reached)
            for code, targets in reached.items():
                found.setdefault(code, set()).update(targets)
    return MappingProxyType({code: frozenset(targets) for code, targets in found.items()})


def _one_step(near: str, far: str, reached: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return the codes of version ``far`` and what they reach, given what those of ``near`` reach."""
    source, target = ("fra", "til") if far < near else ("til", "fra")
    step: dict[str, set[str]] = {}
    for row in rows("geography/kommune_korrespondanse.csv"):
        if row[f"{source}_versjon"] == far and row[f"{target}_versjon"] == near:
            step.setdefault(row[source], set()).update(reached[row[target]])
    return step


@cache
def county_by_municipality(to: str | int = "2024") -> Mapping[str, str]:
    """Return the county, in the borders of ``to``, of every municipality code whose parts all lie in one."""
    return _shared(to, {code: place.county for code, place in municipalities(to).items()})


@cache
def nav_region_by_municipality() -> Mapping[str, str]:
    """Return Nav's region (12 regions, not nested in counties) of every code whose parts all lie in one."""
    return _shared("2024", {row["kommunenr"]: row["nav_region"] for row in rows("geography/nav_region.csv")})


@cache
def uncertain_nav_regions() -> frozenset[str]:
    """Return the municipalities whose Nav region the sources do not name."""
    return frozenset(row["kommunenr"] for row in rows("geography/nav_region.csv") if row["sikkerhet"] != "sikker")


def _shared(to: str | int, above: Mapping[str, str]) -> Mapping[str, str]:
    upward = {code: {above[target] for target in targets} for code, targets in successors(to).items()}
    return MappingProxyType({code: next(iter(units)) for code, units in upward.items() if len(units) == 1})


def county_of(codes: Iterable[str | None], to: str | int = "2024") -> Codes:
    """Return the county of municipality codes of any version, in the borders of ``to``.

    Parameters
    ----------
    codes
        (n,) municipality numbers, four digits; ``None`` = unknown.

    Returns
    -------
    (n,) object; ``None`` for unknown codes and for municipalities whose parts lie in several counties.
    """
    return _looked_up(codes, county_by_municipality(to))


def nav_region_of(codes: Iterable[str | None]) -> Codes:
    """Return Nav's region of municipality codes of any version, (n,) object; ``None`` where it is not known."""
    return _looked_up(codes, nav_region_by_municipality())


def _looked_up(codes: Iterable[str | None], known: Mapping[str, str]) -> Codes:
    import numpy as np

    return np.array([None if code is None else known.get(code) for code in codes], dtype=object)


def harmonise(codes: Iterable[str | None], to: str | int = "2024") -> Harmonised:
    """Return municipality codes of any version in the borders of ``to``, and how many could not be mapped, and why.

    Reasons are `missing` (no code), `unknown` (no municipality of 2018-2024) and `divided` (several possible).
    """
    known = successors(to)
    delivered = list(codes)
    single = {code: next(iter(targets)) for code, targets in known.items() if len(targets) == 1}
    lost = Counter(_why_unmapped(code, known) for code in delivered if code not in single)
    return Harmonised(mapped=_looked_up(delivered, single), unmapped=MappingProxyType(dict(sorted(lost.items()))))


def _why_unmapped(code: str | None, known: Mapping[str, Any]) -> str:
    if code is None:
        return "missing"
    return "divided" if code in known else "unknown"


def county_table(to: str | int = "2024") -> list[tuple[str, str, str, str]]:
    """Return (kommunenr, valid_from, valid_until, county in ``to``), one row per code, sorted; open end = empty text.

    A code never changes its meaning between the versions, so a join on the code alone is right.
    """
    spans, county = _spans(), county_by_municipality(to)
    return [(code, *spans[code], county[code]) for code in sorted(spans) if code in county]


@cache
def _spans() -> Mapping[str, tuple[str, str]]:
    """Return from when and until when each number has been in use; rows stand by version, oldest first."""
    spans: dict[str, tuple[str, str]] = {}
    for row in rows("geography/kommuner.csv"):
        begun = spans.get(row["kommunenr"], (row["gyldig_fra"],))[0]
        spans[row["kommunenr"]] = (begun, row["gyldig_til"])
    return MappingProxyType(spans)


def validity(code: str) -> tuple[str, str]:
    """Return from when and until when (half-open, empty = open) a municipality number has been in use since 2018.

    Raises
    ------
    Refusal
        E206 with the nearest number for one that no version knows.
    """
    if code in _spans():
        return _spans()[code]
    near = get_close_matches(code, successors(), n=1)
    raise Refusal(
        "E206",
        f"`{code}` is not a municipality of any year from 2018 on",
        help=f"did you mean `{near[0]}`?" if near else 'write four digits in quotes: `"0301"`',
        note="numbers before 2018 are not known to this version",
    )


@cache
def county_population(year: int) -> Mapping[str, int]:
    """Return the population of the counties of 2024 on 1 January of a year: code -> persons.

    Raises
    ------
    Refusal
        E206 for a year without figures.
    """
    by_date = [row for row in rows("geography/fylke_folkemengde.csv") if row["dato"] == f"{year}-01-01"]
    if not by_date:
        held = sorted({row["dato"][:4] for row in rows("geography/fylke_folkemengde.csv")})
        raise Refusal("E206", f"no populations are known for {year}", help=f"write one of {', '.join(held)}")
    return MappingProxyType({row["fylkesnr"]: int(row["folkemengde"]) for row in by_date})
