"""Sentences about data that never hold a value: columns, counts and row positions only."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effekt.errors import DataError, Problem, SpecPath

_SHOWN = 5
_LONGEST_LIST = 40


def rows_at(positions: NDArray[Any]) -> str:
    """Return ``row 3`` or ``rows 3, 8, 12 ... (210 in all)``; the first row under the header is row 1.

    positions : (m,) int positions counted from 0, ascending, or a boolean mask over all rows.
    """
    found = np.flatnonzero(positions) if positions.dtype == bool else positions
    shown = ", ".join(str(int(p) + 1) for p in found[:_SHOWN])
    if len(found) == 1:
        return f"row {shown}"
    more = f" ... ({len(found)} in all)" if len(found) > _SHOWN else ""
    return f"rows {shown}{more}"


def counted(n: int, noun: str) -> str:
    """Return ``1 unit`` or ``3 units``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def named(names: Sequence[str]) -> str:
    """Return the names in order, cut where a list stops being readable."""
    more = f", ... ({len(names)} in all)" if len(names) > _LONGEST_LIST else ""
    return ", ".join(names[:_LONGEST_LIST]) + more


def unknown_column(name: str, header: Sequence[str], path: SpecPath) -> Problem:
    """Return E202 for a column the table does not have, with the nearest name and the valid set."""
    near = difflib.get_close_matches(name, header, n=1, cutoff=0.5)
    same = [h for h in header if h.strip().lower() == name.strip().lower()]
    best = next(iter([*same, *near]), None)
    return Problem(
        code="E202",
        sentence=f"the table has no column `{name}`",
        help=f"did you mean `{best}`?" if best else None,
        note=f"columns: {named(header)}",
        path=path,
    )


def refuse_if_any(problems: Sequence[Problem]) -> None:
    """Raise every problem found so far in one go.

    Raises
    ------
    DataError
        If there is one.
    """
    if problems:
        raise DataError(problems)
