"""The digest of a table's content, which the order of its rows cannot change.

Every cell becomes 64 bits (numbers and dates by their bits, text by its BLAKE2b), a row is a mix of its cells, and
the digest is the sum over rows, in two lanes with constants of their own: the order of rows cannot matter, and a
row that stands twice counts twice. It is arithmetic of our own, so no version of a library changes it. It tells
extracts apart and is no seal: the sha256 in the manifest guards the bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from effekt.registers.schema import Column

Bits = NDArray[np.uint64]

_LANES = 2
_UNKNOWN = np.uint64(0x9E3779B97F4A7C15)


def content_digest(columns: Sequence[Column], batches: Iterable[pa.RecordBatch]) -> tuple[int, str]:
    """Return the number of rows and a text that is equal where the rows are, in any order.

    columns : canonical columns, in the order of the schema. batches : rows with those columns, text encoded or not.
    """
    rows, sums = 0, [0] * _LANES
    lists = {column.name: _Names(column) for column in columns}
    for batch in batches:
        rows += batch.num_rows
        mixed = np.zeros((_LANES, batch.num_rows), dtype=np.uint64)
        for column in columns:
            cells = batch.column(column.name)
            if _is_text(cells.type):
                lists[column.name].add_to(mixed, cells)
                continue
            bits = _bits(cells)
            for lane in range(_LANES):
                mixed[lane] += _mix(bits ^ _constant(column, lane))
        for lane in range(_LANES):
            sums[lane] = (sums[lane] + int(_mix(mixed[lane]).sum(dtype=np.uint64))) % 2**64
    names = ",".join(f"{column.name}:{column.type}" for column in columns)
    return rows, f"{names};{rows};{';'.join(f'{total:016x}' for total in sums)}"


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))


class _Names:
    """The mixed cells of one column of text, worked out once for each list of names that it comes with."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._names: pa.Array | None = None
        self._mixed: list[Bits] = []

    def add_to(self, mixed: Bits, cells: pa.Array) -> None:
        """Add every cell to the rows of both lanes; mixed : (2, n)."""
        encoded = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
        if self._names is None or not self._names.equals(encoded.dictionary):
            self._names = encoded.dictionary
            texts = encoded.dictionary.to_pylist()
            bits = np.array([_UNKNOWN if t is None else _hashed(t) for t in [*texts, None]], dtype=np.uint64)
            self._mixed = [_mix(bits ^ _constant(self._column, lane)) for lane in range(_LANES)]
        # A missing cell is the last of the list.
        at = pc.fill_null(encoded.indices, len(self._names)).to_numpy(zero_copy_only=False)
        for lane in range(_LANES):
            mixed[lane] += self._mixed[lane][at]


def _constant(column: Column, lane: int) -> np.uint64:
    return _hashed(f"{lane}:{column.name}:{column.type}")


def _hashed(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))


def _mix(bits: Bits) -> Bits:
    """Mix 64 bits so that each depends on all: the finaliser of SplitMix64 (Steele, Lea and Flood 2014, fig. 17)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _bits(cells: pa.Array) -> Bits:
    """(n,) uint64: equal cells have equal bits, and a missing one has its own."""
    kind = cells.type
    if pa.types.is_floating(kind):
        # Adding zero makes one zero of the two.
        bits = (pc.fill_null(cells, 0.0).to_numpy(zero_copy_only=False) + 0.0).view(np.uint64)
    else:
        whole = pc.cast(cells, pa.int32()) if pa.types.is_date(kind) else cells
        bits = pc.fill_null(pc.cast(whole, pa.int64()), 0).to_numpy(zero_copy_only=False).view(np.uint64)
    missing = cells.is_null().to_numpy(zero_copy_only=False)
    return np.where(missing, _UNKNOWN, bits)
