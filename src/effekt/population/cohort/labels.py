"""Codes in words, and fine codes as main groups, so that a column says what it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

import numpy as np

from effekt.population.cohort.reading import coded_labels
from effekt.population.cohort.spells import Coded
from effekt.registers.codes import classification, name_of

WORDS: Mapping[str, str] = MappingProxyType({"1": "mann", "2": "kvinne"})
"""Sex, which has no classification of its own."""

LEVELS: Mapping[str, str] = MappingProxyType(
    {
        "grunnskole": "grunnskole",
        "vgo_ikke_fullfort": "videregående, ikke fullført",
        "vgo_fullfort": "videregående",
        "vgo_fullfort (fagskole)": "fagskole",
        "hoyere_kort": "høyere, kort",
        "hoyere_lang": "høyere, lang",
    }
)
"""Levels of education as groups; what is not stated is in none of them."""


def sexes(column: Coded) -> Coded:
    """Return sex in words."""
    return _renamed(column, lambda code: WORDS.get(code, code))


def spelt(name: str, column: Coded) -> Coded:
    """Return a column in the words of a classification; a code it does not know stays as it is."""
    known = classification(name)
    return _renamed(column, lambda code: name_of(name, code) if code in known else code)


def education(column: Coded) -> Coded:
    """Return codes of education, of any length, as groups of levels; a level that is not stated is unknown."""
    known = classification("nus2000")
    return _renamed(column, lambda code: LEVELS.get(known[code[:1]].group) if code[:1] in known else None)


def occupation(column: Coded) -> Coded:
    """Return codes of occupations as main groups."""
    known = classification("styrk08")
    return _renamed(column, lambda code: name_of("styrk08", code[:1]) if code[:1] in known else code)


def industry(column: Coded) -> Coded:
    """Return codes of industries as main groups."""
    return _renamed(column, lambda code: _sections().get(code[:2], code))


@cache
def _sections() -> Mapping[str, str]:
    """Return the main group of each division."""
    found: dict[str, str] = {}
    for section, code in classification("sn2007").items():
        first, last = (int(division) for division in code.covers.split(".."))
        found |= {f"{division:02d}": name_of("sn2007", section) for division in range(first, last + 1)}
    return found


def _renamed(column: Coded, rename: Callable[[str], str | None]) -> Coded:
    """Return the column under other names; codes that share one become one."""
    renamed = np.array([*(rename(name) for name in column.names), None], dtype=object)
    return coded_labels(renamed[column.codes])
