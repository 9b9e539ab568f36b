"""Classifications: what the codes of the registers mean, how long they hold, and what old ones became.

Occupations and industries have their names from memory, and every English name is too: their rows say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Literal

from effekt.literals import Refusal
from effekt.registers.geography import VERSIONS, county_table, municipalities
from effekt.registers.schema import Match, rows

Language = Literal["nb", "en"]

_FILES: Mapping[str, str] = MappingProxyType(
    {
        "nus2000": "nus2000",
        "innvkat": "innvandring",
        "innsatsgruppe": "innsatsgruppe",
        "innsatsgruppe_v1": "innsatsgruppe",
        "innsatsgruppe_arena": "innsatsgruppe",
        "tiltak": "tiltak",
        "tiltak_alias": "tiltak",
        "tiltak_arena": "tiltak",
        "tiltak_gruppe": "tiltak",
        "ytelse": "ytelse",
        "arbeidssoeker": "arbeidssoeker",
        "arbeidssoeker_ytelse": "arbeidssoeker",
        "arbeidssoeker_2001": "arbeidssoeker",
        "styrk08": "styrk08",
        "sn2007": "sn2007",
    }
)
CLASSIFICATIONS = (*_FILES, "fylke", "kommune")
"""Every classification: those of the files, and counties and municipalities of all versions."""

_OLDER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"innsatsgruppe": ("innsatsgruppe_v1", "innsatsgruppe_arena"), "tiltak": ("tiltak_alias", "tiltak_arena")}
)
"""Where the older codes of a classification stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One code. ``becomes`` names the codes that follow it, several where it was divided.

    names : language -> name, without the languages it is not known in. valid_from, valid_until : half-open ISO
    dates, empty = open. covers : range of divisions under a main group. source : where the row comes from.
    """

    code: str
    names: Mapping[str, str]
    valid_from: str = ""
    valid_until: str = ""
    becomes: tuple[str, ...] = ()
    group: str = ""
    covers: str = ""
    remark: str = ""
    source: str


@cache
def classification(name: str) -> Mapping[str, Code]:
    """Return the codes of a classification, in its own order.

    Raises
    ------
    Refusal
        E206 for a classification that is not known.
    """
    if name in ("fylke", "kommune"):
        return _counties() if name == "fylke" else _municipalities()
    if name not in _FILES:
        near = get_close_matches(name, CLASSIFICATIONS, n=1)
        raise Refusal(
            "E206",
            f"unknown classification `{name}`",
            help=f"did you mean `{near[0]}`?" if near else None,
            note=f"valid: {', '.join(sorted(CLASSIFICATIONS))}",
        )
    found = [row for row in rows(f"classifications/{_FILES[name]}.csv") if row["classification"] == name]
    return MappingProxyType({row["code"]: _code(row) for row in found})


def _code(row: Mapping[str, str]) -> Code:
    return Code(
        code=row["code"],
        names=MappingProxyType({language: row[language] for language in ("nb", "en") if row[language]}),
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        becomes=tuple(code for code in row["becomes"].split(";") if code),
        group=row["group"],
        covers=row["covers"],
        remark=row["remark"],
        source=row["source"],
    )


def _counties() -> Mapping[str, Code]:
    """Return the counties since 2018; a code keeps its latest name and the span of the versions that know it."""
    found: dict[str, Code] = {}
    for row in rows("geography/fylker.csv"):
        if row["versjon"] == "1919-2017":
            continue
        code = row["fylkesnr"]
        begun = found[code].valid_from if code in found else _since(row["gyldig_fra"])
        found[code] = Code(
            code=code,
            names=MappingProxyType({"nb": row["fylkesnavn"]}),
            valid_from=begun,
            valid_until=row["gyldig_til"],
            source=row["source"],
        )
    return MappingProxyType(found)


def _municipalities() -> Mapping[str, Code]:
    names = {code: place.name for version in VERSIONS for code, place in municipalities(version).items()}
    became = _renumbered()
    return MappingProxyType(
        {
            code: Code(
                code=code,
                names=MappingProxyType({"nb": names[code]} if names[code] else {}),
                valid_from=_since(first),
                valid_until=last,
                becomes=became.get(code, ()),
                group=county,
                source="see data/geography/kommuner.csv",
            )
            for code, first, last, county in county_table()
        }
    )


def _since(day: str) -> str:
    """Return the first day of use; what holds in the first version may be older, so its beginning is open."""
    return "" if day == f"{VERSIONS[0]}-01-01" else day


def _renumbered() -> Mapping[str, tuple[str, ...]]:
    """Return what each municipality number that went out of use became in the version after it."""
    became: dict[str, tuple[str, ...]] = {}
    for row in rows("geography/kommune_korrespondanse.csv"):
        if row["fra"] != row["til"]:
            became[row["fra"]] = (*became.get(row["fra"], ()), row["til"])
    return became


def name_of(name: str, code: str, language: Language = "nb") -> str:
    """Return the name of a code; the Norwegian one where no English one is known, the code where none is.

    Raises
    ------
    Refusal
        E206 for an unknown classification or code, with the nearest one.
    """
    refuse_unknown(name, code)
    names = classification(name)[code].names
    return names.get(language) or names.get("nb") or code


def translated(name: str, code: str) -> tuple[str, ...]:
    """Return the codes of today that a code, new or old, stands for: `VARIG` stands for two groups.

    Raises
    ------
    Refusal
        E206 for a code that no scheme of the classification knows.
    """
    if code in classification(name):
        return (code,)
    for older in _OLDER.get(name, ()):
        if code in classification(older):
            return classification(older)[code].becomes
    refuse_unknown(name, code)
    return ()


def refuse_unknown(name: str, code: str, *, column: str | None = None) -> None:
    """Raise E206 for a code outside a classification; an old code is answered with what it became."""
    known = classification(name)
    if code in known:
        return
    raise Refusal(
        "E206",
        f"`{code}` is not a code of {column or name}",
        help=_instead(name, code),
        note=f"valid: {', '.join(known)}" if len(known) <= _LISTED else None,
    )


_LISTED = 40
"""The most codes a note lists."""


def _instead(name: str, code: str) -> str | None:
    for older in _OLDER.get(name, ()):
        if code in classification(older):
            return (
                f"write {' and '.join(f'`{new}`' for new in classification(older)[code].becomes)}: the code was renamed"
            )
    by_fold = {known.casefold(): known for known in classification(name)}
    near = get_close_matches(code.casefold(), by_fold, n=1)
    return f"did you mean `{by_fold[near[0]]}`?" if near else None


def refuse_unselectable(name: str, match: Match, value: str, column: str) -> None:
    """Raise E206 for what selects nothing in a column whose codes come from a classification.

    A hierarchical column takes any prefix of its codes: `4` and `45` both select in `nus2000`.
    """
    _MATCHES[match](name, value, column)


def _exact(name: str, value: str, column: str) -> None:
    refuse_unknown(name, value, column=column)


def _prefix(name: str, value: str, column: str) -> None:
    """Digits whose first is a main group; finer levels are not known here."""
    known = classification(name)
    if value[:1] not in known or not (value.isascii() and value.isdigit()):
        raise Refusal(
            "E206",
            f"`{value}` is not a code of {column}",
            help="write digits: a main group, such as `4`, or more of the code",
            note=f"main groups: {', '.join(f'{code} {name_of(name, code)}' for code in known)}",
        )


def _divisions(name: str, value: str, column: str) -> None:
    """Take a division of two digits or what it begins with, or more of the code: `8`, `84`, `84.1`, `84.110`."""
    known = classification(name)
    if value in known:
        first, last = known[value].covers.split("..")
        written = f"`{first}`" if first == last else f"the divisions `{first}` to `{last}`"
        raise Refusal(
            "E206",
            f"`{value}` is a main group, and {column} holds the digits under it",
            help=f"write {written}",
        )
    digits = value.replace(".", "", 1)
    held = {division for code in known.values() for division in _spanned(code.covers)}
    begins = digits[:2] in held or (len(digits) == 1 and any(division[0] == digits for division in held))
    if not (digits.isascii() and digits.isdigit() and begins):
        raise Refusal(
            "E206",
            f"`{value}` is not a code of {column}",
            help="write two digits or more: `84`, `84.1`",
            note=f"divisions: {', '.join(code.covers for code in known.values())}",
        )


def _spanned(covers: str) -> Iterator[str]:
    first, last = covers.split("..")
    return (f"{division:02d}" for division in range(int(first), int(last) + 1))


_MATCHES = {"exact": _exact, "prefix": _prefix, "divisions": _divisions}


def gaps(name: str, codes: Iterable[str], first: str, last: str) -> Mapping[str, str]:
    """Return the codes that are not in use on every day of ``first..last``: code -> why.

    A code that a renumbering cut short is whole when all that it became is asked for too, and the new ones are
    whole when one of those they came from is.
    """
    known = classification(name)
    asked = [code for code in codes if code in known]
    found: dict[str, str] = {}
    for code in asked:
        here = known[code]
        ended = bool(here.valid_until) and here.valid_until <= last
        begun = bool(here.valid_from) and here.valid_from > first
        if ended and not (here.becomes and set(here.becomes) <= set(asked)):
            found[code] = f"it went out of use on {here.valid_until}"
        elif begun and not any(code in known[other].becomes for other in asked):
            found[code] = f"it came into use on {here.valid_from}"
    return found
