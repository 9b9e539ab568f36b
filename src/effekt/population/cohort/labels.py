"""Codes in words, and fine codes as main groups."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from effekt.population.cohort.reading import coded_labels
from effekt.population.cohort.spells import Coded
from effekt.registers.geography import counties


def spelt(classification: str, column: Coded) -> Coded:
    """Return a column in words; a code without words stays as it is."""
    return _renamed(column, lambda code: _words(classification, code))


def category_of(classification: str, column: Coded) -> Coded:
    """Return a column of fine codes as main groups, in words."""
    return _renamed(column, lambda code: _words(classification, code))


def _renamed(column: Coded, rename: Callable[[str], str | None]) -> Coded:
    """Return the column under other names; codes that share one become one."""
    renamed = np.array([rename(name) for name in column.names] + [None], dtype=object)
    return coded_labels(renamed[column.codes])


def _words(classification: str, code: str) -> str:
    return str(counties().get(code, code)) if classification == "fylke" else code
