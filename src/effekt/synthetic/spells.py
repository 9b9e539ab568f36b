"""From months to spells: runs of one value, half-open, and the dates they have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effekt.synthetic.shocks import Ints

Dates = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spells:
    """Runs of a value other than 0, in the order of rows and time; (s,) each.

    row : position of the life. begin, end : position of the first month, and of the first month after; ``end`` is
    the number of months where the run is still going on. value : what it is a run of.
    """

    row: Ints
    begin: Ints
    end: Ints
    value: Ints


def spells(values: NDArray[np.integer]) -> Spells:
    """Return the runs in (n, T) months."""
    n, length = values.shape
    framed = np.zeros((n, length + 2), dtype=values.dtype)
    framed[:, 1:-1] = values
    change = framed[:, 1:] != framed[:, :-1]
    row, begin = np.nonzero(change & (framed[:, 1:] != 0))
    _, end = np.nonzero(change & (framed[:, :-1] != 0))
    return Spells(row=row, begin=begin, end=end, value=values[row, begin].astype(np.int64))


def first_of(month: Ints) -> Dates:
    """Return the first day of months (ordinals)."""
    return (np.asarray(month) - 12 * 1970).astype("datetime64[M]").astype("datetime64[D]")


def day_of(month: Ints, day: Ints) -> Dates:
    """Return a day, 1-28, of months (ordinals)."""
    return first_of(month) + (np.asarray(day) - 1)
