"""Raw cells -> text codes or float64, exactly, with one rule for what is missing.

A code (unit, cluster) is the text of its cell as typed: ``0301`` stays ``0301``; whole numbers of a typed file
become their digits. Only a cell that is empty or blank is missing there: ``NA`` may be a code.

A number is read to the nearest float64 (correct rounding, so what another program wrote in full comes back
bit by bit). Missing are: null; NaN, and Stata's ``.`` and ``.a`` to ``.z`` (all alike: a reason for missing is
not a number); in text an empty or blank cell, ``NA``, ``NaN`` and the Stata forms. Anything else that is not
a finite number is refused, and so is a whole number that float64 cannot hold. Booleans are 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from effekt.errors import DataError, Problem
from effekt.sample import Array

Decimal = Literal[".", ","]
Cells: TypeAlias = pa.ChunkedArray

MISSING_TEXT = ("", "NA", "NaN", "nan", ".", *(f".{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"))
"""What a missing number looks like in text, after blanks are trimmed."""

_FIRST_INEXACT = 2**53
_NUMBER = {mark: rf"^[+-]?(\d+(\{mark}\d*)?|\{mark}\d+)([eE][+-]?\d+)?$" for mark in ".,"}
_MARKED = {mark: rf"^[+-]?\d*\{mark}\d*([eE][+-]?\d+)?$" for mark in ".,"}
_GROUPED = {mark: rf"^[+-]?[1-9]\d{{0,2}}(\{mark}\d{{3}})+$" for mark in ".,"}


@dataclass(frozen=True, slots=True)
class Numbers:
    """values : (n,) float64, NaN where missing or refused; refused : (n,) bool, not a number float64 holds."""

    values: Array
    refused: NDArray[np.bool_]

    @property
    def missing(self) -> NDArray[np.bool_]:
        """(n,) bool: nothing stands there, which is another matter than something that is not a number."""
        return np.isnan(self.values) & ~self.refused


def is_text(cells: Cells) -> bool:
    """Return True for a column of text, whatever its width or encoding."""
    kind = cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def codes_as_text(cells: Cells) -> NDArray[Any]:
    """(n,) object: each cell's text as typed, None where the cell is empty or blank."""
    plain = _plain(cells)
    if pa.types.is_floating(plain.type):
        plain = _whole_as_integers(plain)
    text = pc.cast(plain, pa.large_string())
    blank = pc.equal(pc.utf8_trim_whitespace(text), "")
    values: NDArray[Any] = pc.if_else(blank, None, text).to_numpy(zero_copy_only=False)
    return values


def numbers(cells: Cells, decimal: Decimal) -> Numbers:
    """Return the cells as float64; ``decimal`` matters for text only."""
    plain = _plain(cells)
    if is_text(plain):
        return _numbers_in_text(plain, decimal)
    if pa.types.is_boolean(plain.type):
        plain = pc.cast(plain, pa.int8())
    if not (pa.types.is_integer(plain.type) or pa.types.is_floating(plain.type) or pa.types.is_decimal(plain.type)):
        unreadable = np.asarray(pc.is_valid(plain))
        return Numbers(values=np.full(len(plain), np.nan), refused=unreadable)
    values = pc.cast(plain, pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
    refused = np.isinf(values)
    if pa.types.is_integer(plain.type):
        refused |= np.abs(values) >= _FIRST_INEXACT
    return Numbers(values=np.where(refused, np.nan, values), refused=refused)


def decimal_mark(columns: Iterable[Cells], *, delimiter: str | None) -> Decimal:
    """Return the decimal mark the text columns show, ``.`` where they show none.

    ``1.234`` alone could be a thousand or a bit more than one. It is taken as a decimal only beside a clear one
    (``0.5``, ``12.25``) or in a file separated by commas, where a point cannot mean anything else.

    Raises
    ------
    DataError
        E702 if both marks occur as decimals, or if only thousands-like numbers do.
    """
    clear = {".": False, ",": False}
    grouped = {".": False, ",": False}
    for cells in columns:
        text = pc.unique(pc.utf8_trim_whitespace(pc.cast(_plain(cells), pa.large_string())))
        for mark in (".", ","):
            marked = text.filter(pc.match_substring_regex(text, rf"\d\{mark}|\{mark}\d"))
            like_thousands = pc.match_substring_regex(marked, _GROUPED[mark])
            decimal = pc.match_substring_regex(marked, _MARKED[mark])
            clear[mark] |= bool(pc.any(pc.and_not(decimal, like_thousands)).as_py())
            grouped[mark] |= bool(pc.any(like_thousands).as_py())
    if clear["."] != clear[","]:
        return "." if clear["."] else ","
    shows_nothing = not (clear["."] or grouped["."] or grouped[","])
    if shows_nothing or (delimiter == "," and not clear[","] and not grouped[","]):
        return "."
    raise DataError(
        Problem(
            code="E702",
            sentence="the decimal mark of the table is ambiguous",
            help='state it under `prepared`: `csv: {decimal: "."}` or `csv: {decimal: ","}`',
            note="numbers with a point and numbers with a comma both occur, or only thousands-like ones",
            path=("prepared", "csv", "decimal"),
        )
    )


def _plain(cells: Cells) -> Cells:
    return pc.dictionary_decode(cells) if pa.types.is_dictionary(cells.type) else cells


def _whole_as_integers(cells: Cells) -> Cells:
    """Floats that are all whole numbers as integers: a code 301.0 is 301. NaN becomes null."""
    values = cells.to_numpy(zero_copy_only=False)
    known = values[~np.isnan(values)]
    if np.all(np.abs(known) < _FIRST_INEXACT) and np.all(known == np.floor(known)):
        return pa.chunked_array([pa.array(values, from_pandas=True).cast(pa.int64())])
    return pa.chunked_array([pa.array(values, from_pandas=True)])


def _numbers_in_text(text: Cells, decimal: Decimal) -> Numbers:
    trimmed = pc.utf8_trim_whitespace(pc.cast(text, pa.large_string()))
    missing = pc.or_kleene(pc.is_null(trimmed), pc.is_in(trimmed, value_set=pa.array(MISSING_TEXT, pa.large_string())))
    readable = pc.fill_null(pc.match_substring_regex(trimmed, _NUMBER[decimal]), False)
    with_point = pc.replace_substring(trimmed, ",", ".") if decimal == "," else trimmed
    parsed = pc.cast(pc.if_else(readable, with_point, None), pa.float64())
    values = parsed.to_numpy(zero_copy_only=False).astype(np.float64)
    refused = ~np.asarray(missing) & ~np.asarray(readable)
    # 1e999 matches the pattern and overflows; 2**53 + 1 written in full would be rounded without a word.
    too_large = np.isinf(values) | (_is_whole(trimmed) & (np.abs(values) >= _FIRST_INEXACT))
    refused |= too_large
    return Numbers(values=np.where(refused, np.nan, values), refused=refused)


def _is_whole(trimmed: Cells) -> NDArray[np.bool_]:
    whole: NDArray[np.bool_] = np.asarray(pc.fill_null(pc.match_substring_regex(trimmed, r"^[+-]?\d+$"), False))
    return whole
