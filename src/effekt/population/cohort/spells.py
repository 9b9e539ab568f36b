"""Register rows in time, as sorted arrays that can be asked who stands where on a day.

Days are whole numbers since 1970-01-01 and months are ordinals, ``12 * year + month - 1``. Spells are half-open:
they hold their first day and not their last. Codes of text columns follow the alphabet, so nothing here depends on
the order in which rows were delivered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

NEVER = np.int64(1) << 17
"""A day after all days: the end of an open spell."""

_DAYS = np.int64(1) << 19
"""Room for a day beside a person in one number; days lie within 130,000 of 1970."""


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A text column. codes : (m,) int, -1 = unknown. names : the text of each code, in the order of the alphabet."""

    codes: Ints
    names: tuple[str, ...]

    def at(self, rows: Ints) -> Ints:
        """(n,) codes of some rows, -1 where the row is -1 too."""
        return taken(self.codes, rows)

    def among(self, wanted: Mask, rows: Ints) -> Mask:
        """(n,) bool: the row's text is one of those wanted. wanted : (names,) bool. Unknown is none of them."""
        return np.append(wanted, False)[self.at(rows)]


def taken(values: Ints, rows: Ints) -> Ints:
    """(n,): the values of some rows, -1 where the row is -1."""
    return np.append(values, -1)[rows]


def composite(pid: Ints, day: Ints) -> Ints:
    """(n,): one number that sorts by person, then by day."""
    return pid * _DAYS + np.clip(day, -NEVER, NEVER) + NEVER


@dataclass(frozen=True, kw_only=True, eq=False)
class Spells:
    """Spells sorted by person, then start. pid, start, stop : (m,), stop = ``NEVER`` for open spells.

    text : coded columns. number : float columns, NaN = unknown.
    """

    pid: Ints
    start: Ints
    stop: Ints
    text: Mapping[str, Coded] = field(default_factory=dict)
    number: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    def covering(self, pid: Ints, day: Ints) -> Ints:
        """(n,): the row that holds a person's day, the one begun last if there are several; -1 = none."""
        row: Ints = np.searchsorted(self._key, composite(pid, day), side="right") - 1
        searching = np.ones(len(row), dtype=bool)
        while True:
            mine = (row >= 0) & (taken(self.pid, row) == pid)
            searching &= mine & (taken(self._reach, row) > day)
            ended = searching & (taken(self.stop, row) <= day)
            row = np.where(searching, row, -1)
            if not ended.any():
                break
            row = np.where(ended, row - 1, row)
        found: Ints = row
        return found

    def on(self, day: int) -> Ints:
        """(k,): the rows that hold a day, one per person, the one begun last if there are several."""
        rows = np.flatnonzero((self.start <= day) & (self.stop > day))
        last = np.append(self.pid[rows[1:]] != self.pid[rows[:-1]], True)[: len(rows)]
        return np.asarray(rows[last], dtype=np.int64)

    def touching(self, pid: Ints, first: Ints, last: Ints) -> Mask:
        """(n,) bool: a spell of the person holds some day from ``first`` until, and not with, ``last``."""
        row: Ints = np.searchsorted(self._key, composite(pid, last), side="left") - 1
        mine = (row >= 0) & (taken(self.pid, row) == pid)
        touched: Mask = mine & (taken(self._reach, row) > first) & (first < last)
        return touched

    def since(self, gap: int) -> Ints:
        """(m,): when the registration that each spell belongs to began; gaps of up to ``gap`` days do not end it.

        Only earlier rows are looked at: who is between two spells on a day is not registered on that day, since
        nobody knew then that they would come back.
        """
        reach = np.concatenate(([np.int64(-NEVER)], self._reach[:-1]))
        first = np.concatenate(([True], self.pid[1:] != self.pid[:-1])) if len(self.pid) else np.zeros(0, dtype=bool)
        begins = np.flatnonzero(first | (self.start - reach > gap))
        return self.start[np.repeat(begins, np.diff(np.append(begins, len(self.pid))))]

    @cached_property
    def _key(self) -> Ints:
        return composite(self.pid, self.start)

    @cached_property
    def _reach(self) -> Ints:
        """(m,): the last end among a person's spells up to and with this one."""
        reach: Ints = np.maximum.accumulate(composite(self.pid, self.stop)) - self.pid * _DAYS - NEVER
        return reach


def month_of(day: Ints) -> Ints:
    """(n,): month ordinals of days."""
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 12 * 1970


def first_day(month: Ints) -> Ints:
    """(n,): the first day of months."""
    return (month - 12 * 1970).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
