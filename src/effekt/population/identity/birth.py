"""A birth date in one column and the five other digits in another make a person number as well.

Two columns are put together where the first thousand cells of one are dates (as six or eight digits in any
order of day, month and year, with or without marks) and those of the other have at most five digits. They are
refused if their names say what they are, or if together they give more hits than chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from effekt.population.files.tables import TableFile
from effekt.population.identity.numbers import CHANCE_DATED, examine, more_than_chance

Whole = NDArray[np.int64]

_LOOKED_AT = 1000
_MOSTLY = 0.8
_REFUSED_SHARE = 0.20
_FEWEST_HITS = 3
_NOT_WHOLE = -1
_LONGEST = 8
_NO_PAIRS = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))

_ORDERS = (
    (10**6, 10**8, 1, 10**2, 10**4),  # yyyymmdd
    (10**6, 10**8, 10**6, 10**4, 1),  # ddmmyyyy
    (10**4, 10**6, 10**4, 10**2, 1),  # ddmmyy
    (0, 10**6, 1, 10**2, 10**4),  # yymmdd
)
"""Smallest and largest number, and what to divide by for day, month and year."""

_DATE_NAME = re.compile(r"f[oø]e?d(t|sels?)?_?(dato|dag)|birth|(^|[^a-z])(dob|fdato|foedt|fodt|født)([^a-z]|$)")
_NUMBER_NAME = re.compile(r"pers(on)?_?(nr|num)|(^|[^a-z])pnr|individ(nr|num|sif)|(^|[^a-z])siste_?(5|fem)")


@dataclass(slots=True)
class Candidates:
    """Columns that may be dates, and columns that may be five digits, gathered while a table is scanned."""

    dates: list[str] = field(default_factory=list)
    fives: list[str] = field(default_factory=list)

    def look_at(self, name: str, cells: pa.ChunkedArray) -> None:
        """Look at the first cells of a column."""
        first = cells.slice(0, 50 * _LOOKED_AT)
        if pa.types.is_dictionary(cells.type):
            # A slice keeps the whole dictionary, and only these cells are to be read.
            first = pa.chunked_array([chunk.dictionary_decode() for chunk in first.chunks], cells.type.value_type)
        whole = whole_numbers(pc.drop_null(first)[:_LOOKED_AT])
        if not len(whole):
            return
        short = (whole >= 0) & (whole < 10**5)
        if short.mean() >= _MOSTLY and (whole >= 10**3).any():
            self.fives.append(name)
        if any((parts >= 0).mean() >= _MOSTLY for parts in _as_dates(whole)):
            self.dates.append(name)


def refused_pairs(file: TableFile, candidates: Candidates) -> Iterator[tuple[str, str, int]]:
    """Yield the names of a date column and a five-digit column that make person numbers, and the rows that do."""
    pairs = [(date, five) for date in candidates.dates for five in candidates.fives if date != five]
    columns = {
        name: whole_numbers(file.read([name]).column(name)) for name in dict.fromkeys(n for pair in pairs for n in pair)
    }
    for date, five in pairs:
        both = Pairs()
        both.add(columns[date], columns[five])
        rows = both.refused(date, five)
        if rows:
            yield date, five, rows


@dataclass(slots=True)
class Pairs:
    """The distinct pairs of a date and five digits that two columns hold, gathered a stretch at a time.

    Chance works on pairs, not on rows: a thousand residents of one municipality since one day are one pair.
    """

    _found: list[tuple[Whole, Whole]] = field(default_factory=lambda: [_NO_PAIRS] * len(_ORDERS))
    _fives: int = 0

    def add(self, date: Whole, five: Whole) -> None:
        """Add the next rows. date, five : (n,) int, -1 = none."""
        self._fives += int((five != _NOT_WHOLE).sum())
        both = (date >= 0) & (five >= 0) & (five < 10**5)
        distinct, counts = np.unique(date[both] * 10**5 + five[both], return_counts=True)
        for order, ddmmyy in enumerate(_as_dates(distinct // 10**5)):
            dated = ddmmyy >= 0
            known, rows = self._found[order]
            pairs = np.concatenate([known, ddmmyy[dated] * 10**5 + distinct[dated] % 10**5])
            pairs, place = np.unique(pairs, return_inverse=True)
            total = np.bincount(place, weights=np.concatenate([rows, counts[dated]]), minlength=len(pairs))
            self._found[order] = pairs, total.astype(np.int64)

    def refused(self, date: str, five: str) -> int:
        """Return the rows that make person numbers if the columns are refused, else 0. date, five : their names."""
        rows = max(_rows_of_numbers(pairs, counts) for pairs, counts in self._found)
        by_name = bool(_DATE_NAME.search(date.lower()) and _NUMBER_NAME.search(five.lower()))
        return rows or (self._fives if by_name else 0)


def whole_numbers(cells: pa.ChunkedArray) -> Whole:
    """(N,) int: digits of each cell as a number; -1 for what has none, more than eight, or a fraction."""
    kind = cells.type
    if pa.types.is_dictionary(kind) or pa.types.is_temporal(kind) or pa.types.is_string(kind):
        return _whole_by_distinct(cells)
    return _whole_of(cells)


def _whole_by_distinct(cells: pa.ChunkedArray) -> Whole:
    """As :func:`_whole_of`, which then reads every distinct cell once: days and codes stand in many rows."""
    found: list[Whole] = [np.empty(0, dtype=np.int64)]
    for chunk in cells.chunks:
        encoded = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
        distinct = np.append(_whole_of(encoded.dictionary), _NOT_WHOLE)
        found.append(distinct[pc.fill_null(encoded.indices, len(distinct) - 1).to_numpy(zero_copy_only=False)])
    return np.concatenate(found)


def _whole_of(cells: pa.Array | pa.ChunkedArray) -> Whole:
    kind = cells.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        cells, kind = pc.strftime(cells, format="%Y%m%d"), pa.string()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        values = pc.fill_null(cells, _NOT_WHOLE).to_numpy(zero_copy_only=False)
        fits = (values >= 0) & (values < 10**_LONGEST) & (values == np.floor(values))
        return np.where(fits, values, _NOT_WHOLE).astype(np.int64)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return np.full(len(cells), _NOT_WHOLE, dtype=np.int64)
    # Midnight after a date is spelling.
    date = pc.replace_substring_regex(cells, r"[T ]00:00(:00(\.0+)?)?$", "")
    digits = pc.replace_substring_regex(date, r"^(\d+)\.0$|[\s.\-/]", r"\1")
    fits = pc.fill_null(pc.match_substring_regex(digits, rf"^\d{{1,{_LONGEST}}}$"), False)
    number = pc.cast(pc.if_else(fits, digits, str(_NOT_WHOLE)), pa.int64())
    whole: Whole = number.to_numpy(zero_copy_only=False)
    return whole


def _as_dates(whole: Whole) -> Iterator[Whole]:
    """Yield (N,) ddmmyy under each order of day, month and year; -1 where that is no date."""
    for low, high, *divisors in _ORDERS:
        day, month, year = (np.maximum(whole, 0) // divisor % 100 for divisor in divisors)
        valid = (whole >= low) & (whole < high) & (day >= 1) & (day <= 31) & (month >= 1) & (month <= 12)
        yield np.where(valid, day * 10**4 + month * 100 + year, _NOT_WHOLE)


def _rows_of_numbers(pairs: Whole, rows: Whole) -> int:
    """Return the rows that make a person number, if those pairs are more than chance. pairs : (p,) distinct."""
    found = examine(pairs).dated
    hits = int(found.sum())
    common = hits >= max(_FEWEST_HITS, _REFUSED_SHARE * len(pairs))
    return int(rows[found].sum()) if common or more_than_chance(hits, CHANCE_DATED * len(pairs)) else 0
