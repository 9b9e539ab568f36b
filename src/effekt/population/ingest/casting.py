"""From delivered cells to the canonical type, as declared: nothing is inferred, and what does not fit is counted.

Text is read once for every distinct cell, since dates and codes stand in many rows. Numbers that come as numbers
are taken as such.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from effekt.population.catalogue.patterns import Mark
from effekt.population.extract.columns import TYPES
from effekt.population.ingest.reading import (
    LARGEST_INT,
    NUMBER,
    WITHOUT_DAY,
    Flags,
    Rule,
    at_bound,
    gone_for,
    reader_for,
)

ENCODED = pa.dictionary(pa.int32(), pa.string())
"""How text is held until it is written: every distinct one once."""
_YEAR = 12


@dataclass(frozen=True, slots=True)
class Cast:
    """cells : (n,) of the canonical type, text encoded; null = not known. unfit : (n,) bool, what could not be read.

    marked : (n,) bool, what a code says is not known. walked : (n,) bool, codes that the crosswalk changed.
    """

    cells: pa.Array
    unfit: Flags
    marked: Flags
    walked: Flags


def _plain(cells: pa.Array) -> Cast:
    """Return cells that are as they should be."""
    none = np.zeros(len(cells), dtype=bool)
    return Cast(cells, none, none, none)


def cast(cells: pa.Array, rule: Rule) -> Cast:
    """Return delivered cells as canonical ones."""
    kind = rule.column.type
    if pa.types.is_dictionary(cells.type):
        return _by_distinct(cells, rule)
    native = pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type) or pa.types.is_decimal(cells.type)
    if kind in ("int", "float") and native and not rule.map and rule.derive is None:
        return _numbers(cells, rule)
    if kind == "date" and pa.types.is_temporal(cells.type):
        return _whole_days(cells, rule)
    if kind == "bool" and pa.types.is_boolean(cells.type):
        return _plain(cells)
    return _by_distinct(text_of(cells).dictionary_encode(), rule)


def constant(rule: Rule, n: int) -> pa.Array:
    """Return a column of one value; `none` is not known."""
    kind = TYPES[rule.column.type]
    value = None if rule.const in (None, "none") else reader_for(rule)(str(rule.const))
    if kind != pa.string():
        return pa.nulls(n, kind) if value is None else pa.repeat(pa.scalar(value, kind), n)
    if value is None:
        return pa.nulls(n, ENCODED)
    return pa.DictionaryArray.from_arrays(np.zeros(n, dtype=np.int32), pa.array([value], kind))


def text_of(cells: pa.Array) -> pa.Array:
    """Return cells of any type as text without blanks around it; the empty text is not known."""
    kind = cells.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return cells
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = pc.cast(cells, pa.float64())
        whole = pc.equal(values, pc.floor(values))
        fits = pc.and_(whole, pc.less(pc.abs(values), 1e18))
        return pc.if_else(
            fits,
            pc.cast(pc.cast(pc.if_else(fits, values, 0.0), pa.int64()), pa.large_string()),
            pc.cast(pc.if_else(pc.is_nan(values), None, values), pa.large_string()),
        )
    if pa.types.is_boolean(kind):
        return pc.if_else(cells, pa.scalar("1", pa.large_string()), pa.scalar("0", pa.large_string()))
    if pa.types.is_temporal(kind):
        return pc.cast(pc.strftime(cells, format="%Y-%m-%d"), pa.large_string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        read = [None if v is None else v.decode("latin-1") for v in cells.to_pylist()]
        cells = pa.array(read, pa.large_string())
    return pc.cast(cells, pa.large_string())


def _numbers(cells: pa.Array, rule: Rule) -> Cast:
    values = pc.cast(cells, pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(float)
    empty = np.isnan(values)
    marked = np.zeros(len(values), dtype=bool)
    for mark in rule.missing:
        marked |= at_bound(values, mark) if mark.bound else _says(values, mark)
    gone = empty | marked
    walked = np.zeros(len(values), dtype=bool)
    unfit = ~gone & ~np.isfinite(values)
    if rule.column.type == "int":
        unfit |= ~gone & ~((np.abs(values) <= LARGEST_INT) & (values == np.floor(values)))
        whole = np.where(gone | unfit, 0, values).astype(np.int32)
        return Cast(pa.array(whole, pa.int32(), mask=gone | unfit), unfit, marked, walked)
    return Cast(pa.array(values, pa.float64(), mask=gone | unfit), unfit, marked, walked)


def _plain_numbers(text: pa.Array, rule: Rule) -> pa.Array | None:
    """Return text as numbers where all of it is plainly that; None where a cell must be looked at by itself."""
    if any(mark.expression is not None for mark in rule.missing):
        return None
    trimmed = pc.utf8_trim_whitespace(text)
    trimmed = pc.if_else(pc.equal(pc.binary_length(trimmed), 0), None, trimmed)
    if rule.decimal == ",":
        if pc.any(pc.match_substring(trimmed, ".")).as_py():
            return None
        trimmed = pc.replace_substring(trimmed, ",", ".")
    with suppress(pa.ArrowInvalid):
        numbers = pc.cast(trimmed, pa.float64())
        if pc.all(pc.is_finite(numbers)).as_py() is not False:
            return numbers
    return None


def _says(values: NDArray[np.float64], mark: Mark) -> Flags:
    if NUMBER.fullmatch(mark.text) is None:
        return np.zeros(len(values), dtype=bool)
    return np.asarray(values == float(mark.text))


def _whole_days(cells: pa.Array, rule: Rule) -> Cast:
    days = pc.cast(cells, pa.date32(), safe=False)
    if rule.stop_inclusive:
        unit = WITHOUT_DAY.get(rule.style)
        if unit is not None:
            # The first day of a month or year stands for all of it, so what follows is the next one.
            days = pc.floor_temporal(days, unit="year" if unit == _YEAR else "month")
            months = pc.cast(days, pa.timestamp("s")).to_numpy(zero_copy_only=False).astype("datetime64[M]")
            days = pa.array((months + unit).astype("datetime64[D]"), pa.date32())
        else:
            days = pc.cast(pc.add(pc.cast(days, pa.int32()), 1), pa.date32())
    return _plain(days)


def _by_distinct(encoded: pa.DictionaryArray, rule: Rule) -> Cast:
    """Read every distinct cell once, and put the results where the cells stand."""
    read = _distinct(text_of(encoded.dictionary), rule)
    kind = TYPES[rule.column.type]
    # One more, for cells that are null.
    unfit, marked, walked = (np.append(flags, False) for flags in (read.unfit, read.marked, read.walked))
    place = pc.fill_null(encoded.indices, len(read.unfit)).to_numpy(zero_copy_only=False)
    if kind == pa.string():
        where = pa.array(np.arange(len(read.cells), dtype=np.int32), mask=np.asarray(read.cells.is_null()))
        # What is not known points nowhere; parquet takes no dictionary with an unknown in it.
        words = pc.fill_null(read.cells, "")
        cells = pa.DictionaryArray.from_arrays(where.take(encoded.indices), words)
    else:
        cells = pa.concat_arrays([read.cells, pa.nulls(1, kind)]).take(pa.array(place))
    return Cast(cells, unfit[place], marked[place], walked[place])


def _distinct(text: pa.Array, rule: Rule) -> Cast:
    """Read texts, all at once where they are plainly what is asked for, else one by one."""
    kind = rule.column.type
    plain = not rule.map and rule.crosswalk is None and rule.derive is None
    if kind in ("int", "float") and plain:
        numbers = _plain_numbers(text, rule)
        if numbers is not None:
            return _numbers(numbers, rule)
    if kind in ("text", "code") and plain and not rule.missing:
        trimmed = pc.utf8_trim_whitespace(text)
        trimmed = pc.if_else(pc.equal(pc.binary_length(trimmed), 0), None, trimmed)
        padded = trimmed if rule.pad is None else pc.utf8_lpad(trimmed, rule.pad, "0")
        return _plain(pc.cast(padded, pa.string()))
    reads, gone = reader_for(rule), gone_for(rule)
    values: list[Any] = []
    unfit: list[bool] = []
    marked: list[bool] = []
    walked: list[bool] = []
    for cell in text.to_pylist():
        stripped = "" if cell is None else cell.strip()
        unknown = not stripped or gone(stripped)
        value = None if unknown else reads(stripped)
        # A code that is not known is told from one that cannot be read by whether anything stood there.
        unfit.append(value is None and not unknown)
        marked.append(unknown and bool(stripped))
        walked.append(rule.crosswalk is not None and value not in (None, stripped.rjust(rule.pad or 0, "0")))
        values.append(value)
    flags = (np.array(found, dtype=bool) for found in (unfit, marked, walked))
    return Cast(pa.array(values, TYPES[kind]), *flags)
