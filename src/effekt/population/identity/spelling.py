"""From cells of any type to numbers of ten or eleven digits that could be person numbers.

Spaces, hyphens, a trailing ``.0`` and digits of other scripts are spelling. Text is examined on its bytes, a
quarter of a million cells at a time; only cells with ten digits that are no number meet a regular expression,
and only those with a number-like stretch meet Python.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from effekt.population.identity.numbers import CHANCE_ELEVEN, LARGEST, ROWS_KEPT, SMALLEST, Tally, examine, tally_bare

Positions = NDArray[np.int64]
Flags = NDArray[np.bool_]

_STRETCH = 1 << 18
_FEWEST_DIGITS = 10
_ELEVEN = 11

# Not inside a longer number, nor behind its decimal mark.
_INSIDE = re.compile(r"(?<!\d)(?<!\d[.,])\d\d[ .\-/]?\d\d[ .\-/]?\d\d[ .\-/]{0,3}\d{3} ?\d\d(?!\d)")
_INSIDE_RE2 = r"(^|\D)\d\d[ .\-/]?\d\d[ .\-/]?\d\d[ .\-/]{0,3}\d{3} ?\d\d(\D|$)"
_KEY_RE2 = r"^(?:[A-Za-z0-9_:#]*[A-Za-z_:#])?(?P<number>[0-9]{11})(?:[A-Za-z_:#][A-Za-z0-9_:#]*)?$"
_SCIENTIFIC_RE2 = r"^\s*[+\-]?\d{0,9}[.,]?\d*([eE][+\-]?\d+)?\s*$"
_DASHES = str.maketrans(dict.fromkeys("\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))


def tally_cells(cells: pa.ChunkedArray) -> Tally:
    """Tally a whole column of any type; rows are positions in the column."""
    tally, start = Tally(), 0
    for chunk in cells.chunks:
        for first in range(0, len(chunk), _STRETCH):
            tally += _tally_stretch(chunk.slice(first, _STRETCH), start + first)
        start += len(chunk)
    return tally


def hits_in_text(text: str) -> int:
    """Return how many person-number-like stretches a text holds: for names, and for files of a repository."""
    found = np.array([int(re.sub(r"\D", "", m.group())) for m in _INSIDE.finditer(text)], dtype=np.int64)
    return int(examine(found).dated.sum())


def _tally_stretch(cells: pa.Array, start: int) -> Tally:
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return _tally_encoded(cells, start)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _tally_numbers(cells, start)
    if pa.types.is_null(kind) or pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        return Tally(cells=len(cells) - cells.null_count)
    return _tally_text(_as_text(cells), start)


def _tally_encoded(cells: pa.DictionaryArray, start: int) -> Tally:
    """Tally the distinct values; only where one of them is suspect does every cell count."""
    values = cells.dictionary
    if 2 * len(values) > len(cells):
        return _tally_stretch(cells.dictionary_decode(), start)
    tally = _tally_stretch(values, start)
    if tally.bare or tally.embedded or tally.text_hits or tally.undated_hits:
        return _tally_stretch(cells.dictionary_decode(), start)
    times = np.bincount(pc.drop_null(cells.indices).to_numpy(zero_copy_only=False), minlength=len(values))
    filled = np.ones(len(values), dtype=bool)
    if tally.cells < len(values):
        filled = pc.fill_null(pc.greater(pc.binary_length(_as_text(values)), 0), False).to_numpy(zero_copy_only=False)
    return Tally(cells=int(times[filled].sum()))


def _tally_numbers(cells: pa.Array, start: int) -> Tally:
    values = pc.fill_null(cells, 0).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero((values >= SMALLEST) & (values < LARGEST))
    found = values[rows]
    if values.dtype.kind == "f":
        whole = found == np.floor(found)
        rows, found = rows[whole], found[whole]
    return tally_bare(found.astype(np.int64), rows + start, cells=len(cells) - cells.null_count)


def _as_text(cells: pa.Array) -> pa.Array:
    """Text of anything: bytes as Latin-1 (which cannot fail), decimals and nested values as they print."""
    kind = cells.type
    if pa.types.is_large_string(kind):
        return cells
    if pa.types.is_string(kind) or pa.types.is_string_view(kind) or pa.types.is_decimal(kind):
        return pc.cast(cells, pa.large_string())
    values = cells.to_pylist()
    text = [None if v is None else v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in values]
    return pa.array(text, pa.large_string())


def _tally_text(text: pa.Array, start: int) -> Tally:
    cells = _spell(text)
    bare = cells.is_number & ((cells.digits == _FEWEST_DIGITS) | (cells.digits == _ELEVEN))
    rows = np.flatnonzero(bare) + start
    tally = tally_bare(_numbers_of(cells, bare), rows, cells=int((cells.length > 0).sum()))
    # A digit of another script takes at least two bytes.
    odd = ~cells.is_number & ~cells.is_fraction & (cells.digits + cells.foreign // 2 >= _FEWEST_DIGITS)
    rows = np.flatnonzero(odd)
    return tally + _tally_odd(text.take(pa.array(rows)), rows + start) if len(rows) else tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelled:
    """Cells of text by their bytes; (m,) each but ``compact``.

    length, foreign : bytes, and those beyond ASCII. digits : before a decimal mark with nothing but zeros after
    it. is_number : nothing but those digits and separators. is_fraction : a number with decimals.
    compact : (d,) every digit of all cells on end, as 0-9; last : where a cell's digits end in it.
    """

    length: Positions
    foreign: Positions
    digits: Positions
    is_number: Flags
    is_fraction: Flags
    compact: NDArray[np.uint8]
    last: Positions


def _spell(text: pa.Array) -> Spelled:
    _, offsets_buffer, data_buffer = text.buffers()
    offsets = np.frombuffer(offsets_buffer, dtype=np.int64)[text.offset : text.offset + len(text) + 1]
    raw = np.frombuffer(data_buffer or b"", dtype=np.uint8)[offsets[0] : offsets[-1]]
    ends = offsets - offsets[0]
    value = raw - np.uint8(ord("0"))
    digit = value < 10
    before = _running(digit)
    digits, last, length = np.diff(before[ends]), before[ends[1:]], np.diff(ends)
    none: Positions = np.zeros(len(length), dtype=np.int64)
    if digit.all():
        return Spelled(
            length=length,
            foreign=none,
            digits=digits,
            is_number=np.ones(len(length), dtype=bool),
            is_fraction=np.zeros(len(length), dtype=bool),
            compact=value,
            last=last,
        )
    separators = np.diff(_running((raw == ord(" ")) | (raw == ord("-")) | (raw == ord("\t")))[ends])
    mark = (raw == ord(".")) | (raw == ord(","))
    marks = np.diff(_running(mark)[ends])
    one_mark = (digits + separators + marks == length) & (marks == 1)
    zeros, decimals, fraction = none.copy(), np.zeros(len(length), dtype=bool), np.zeros(len(length), dtype=bool)
    if one_mark.any():
        row = np.flatnonzero(one_mark)
        at = np.flatnonzero(mark)[np.cumsum(marks)[row] - 1]
        not_zero = _running(digit & (value > 0))
        decimals[row] = not_zero[ends[row + 1]] > not_zero[at]
        zeros[row] = np.where(decimals[row], 0, before[ends[row + 1]] - before[at])
        # A list of two numbers is digits and a mark too: a fraction is short before it, with a sign at most.
        short = before[at] - before[ends[row]] < _FEWEST_DIGITS
        fraction[row] = decimals[row] & short & (separators[row] <= (raw[ends[row]] == ord("-")))
    return Spelled(
        length=length,
        foreign=np.diff(_running(raw >= 0x80)[ends]),
        digits=digits - zeros,
        is_number=(digits + separators == length) | (one_mark & ~decimals),
        is_fraction=fraction,
        compact=value[digit],
        last=last - zeros,
    )


def _running(flags: Flags) -> NDArray[np.int32]:
    """(b + 1,) int: how many flags stand before each byte."""
    total = np.zeros(len(flags) + 1, dtype=np.int32)
    np.cumsum(flags, out=total[1:])
    return total


def _numbers_of(cells: Spelled, bare: Flags) -> NDArray[np.int64]:
    """(k,) int: the numbers of the bare cells; a lost leading zero changes nothing."""
    last, width = cells.last[bare], cells.digits[bare]
    number = np.zeros(len(last), dtype=np.int64)
    if len(cells.compact) == _ELEVEN * len(width) and bool((width == _ELEVEN).all()):
        # Nothing but numbers of eleven digits: they lie in a grid and need not be looked up one by one.
        for place, column in enumerate(cells.compact.reshape(-1, _ELEVEN).T[::-1]):
            number += column * np.int64(10**place)
        return number
    for place in range(_ELEVEN):
        here = cells.compact[np.maximum(last - 1 - place, 0)]
        number += np.where(place < width, here, 0).astype(np.int64) * 10**place
    return number


def _tally_odd(text: pa.Array, rows: Positions) -> Tally:
    """Tally cells that hold more than a number; as cells they are counted already."""
    numbers = _numbers_of_keys(text)
    keys = np.asarray(numbers.is_valid())
    if not keys.any():
        return _tally_words(text, rows)
    found = pc.cast(pc.drop_null(numbers), pa.int64()).to_numpy(zero_copy_only=False)
    hit = examine(found).dated
    tally = Tally(
        embedded=len(found),
        embedded_hits=int(hit.sum()),
        chance=CHANCE_ELEVEN * len(found),
        rows=tuple(rows[keys][hit][:ROWS_KEPT].tolist()),
    )
    return tally + _tally_words(text.filter(pa.array(~keys)), rows[~keys]) if not keys.all() else tally


def _numbers_of_keys(text: pa.Array) -> pa.Array:
    """Return the eleven digits of keys such as ``w99_`` and a number; null for cells that must be read as words.

    Between letters, digits and marks that are no separators a number is a run of exactly eleven digits. A cell with
    another run that long is left to be read.
    """
    one = pc.equal(pc.count_substring_regex(text, r"[0-9]{11}"), 1)
    shaped = pc.struct_field(pc.extract_regex(text, _KEY_RE2), "number")
    return pc.if_else(pc.fill_null(one, False), shaped, None)


def _tally_words(text: pa.Array, rows: Positions) -> Tally:
    """Tally cells in which numbers may be spelt with separators, or stand among words."""
    suspect = pc.or_(pc.match_substring_regex(text, _INSIDE_RE2), pc.invert(pc.string_is_ascii(text)))
    suspect = pc.and_not(suspect, pc.match_substring_regex(text, _SCIENTIFIC_RE2))
    left = np.asarray(pc.fill_null(suspect, False))
    found: list[tuple[int, int, bool]] = []
    for value, row in zip(text.filter(pa.array(left)).to_pylist(), rows[left].tolist(), strict=True):
        normal = unicodedata.normalize("NFKC", value).translate(_DASHES)
        free = _is_free_text(normal)
        found += [(number, row, free) for number in _inside(normal)]
    if not found:
        return Tally()
    numbers, at, free_text = (np.array(column) for column in zip(*found, strict=True))
    hit = examine(numbers).dated
    hit_rows = np.unique(at[hit])
    return Tally(
        embedded=len(np.unique(at[~free_text])),
        embedded_hits=len(np.unique(at[hit & ~free_text])),
        text_hits=int((hit & free_text).sum()),
        chance=CHANCE_ELEVEN * int((~free_text).sum()),
        rows=tuple(hit_rows[:ROWS_KEPT].tolist()),
    )


def _is_free_text(value: str) -> bool:
    """Return True if words stand around the numbers; a key has none."""
    rest = _INSIDE.sub("", value)
    return any(c.isspace() for c in rest) and any(c.isalpha() for c in rest)


def _inside(value: str) -> list[int]:
    """Numbers of eleven digits inside a text, and of ten if nothing else stands there."""
    whole = re.sub(r"[\s\-]|[.,]0*$", "", value)
    if whole.isdecimal() and len(whole) == _FEWEST_DIGITS:
        return [int(whole)]
    return [int(re.sub(r"\D", "", m.group())) for m in _INSIDE.finditer(value)]
