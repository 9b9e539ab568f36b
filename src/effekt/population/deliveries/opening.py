"""One delivered file, opened: what it is, what its columns are called, and its rows a stretch at a time."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from effekt.errors import DataError, Problem
from effekt.population.catalogue.model import Csv
from effekt.population.deliveries import binary, text
from effekt.population.deliveries.packed import kind_of, unpacked
from effekt.population.files.dialect import Dialect, look_at_bytes
from effekt.population.files.tables import refuse_duplicates

Kind = Literal["csv", "dta", "sas7bdat", "sav", "parquet"]

KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".dta": "dta",
    ".sas7bdat": "sas7bdat",
    ".sav": "sav",
    ".zsav": "sav",
    ".parquet": "parquet",
}

_BINARY: dict[str, tuple[Callable[[Path], tuple[str, ...]], Callable[[Path], Iterator[pa.RecordBatch]]]] = {
    "dta": (binary.stata_header, binary.stata_chunks),
    "sas7bdat": (binary.sas_header, binary.sas_chunks),
    "sav": (binary.spss_header, binary.spss_chunks),
    "parquet": (binary.parquet_header, binary.parquet_chunks),
}
_UNREADABLE = (
    *(pa.ArrowException, OSError, ValueError, KeyError, EOFError, OverflowError, struct.error),
    *(IndexError, TypeError, AssertionError, MemoryError),
)
"""What a reader of somebody else raises at a damaged file; its words may quote a cell and are never passed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredFile:
    """A file as it was when its digest was taken. path : where it lies unpacked. digest : sha256 of the packed bytes.

    header : names of the columns, as they stand. dialect : of a CSV file. has_header : whether the file names them.
    """

    path: Path
    kind: Kind
    digest: str
    header: tuple[str, ...]
    dialect: Dialect | None
    has_header: bool = True

    def chunks(self) -> Iterator[pa.RecordBatch]:
        """Yield all columns, a stretch of rows at a time.

        Raises
        ------
        DataError
            E701 if the file cannot be read to its end.
        """
        rows = self._rows()
        while True:
            with suppress(*_UNREADABLE):
                chunk = next(rows, None)
                if chunk is None:
                    return
                yield chunk
                continue
            # Raised outside the handler: the reader's own error quotes cells and must not travel along.
            raise DataError(_unreadable(self.kind))

    def _rows(self) -> Iterator[pa.RecordBatch]:
        if self.dialect is not None:
            return text.chunks(self.path, self.dialect, has_header=self.has_header)
        return _BINARY[self.kind][1](self.path)


def open_delivered(path: Path, *, csv: Csv, folder: Path, header: tuple[str, ...] | None = None) -> DeliveredFile:
    """Open a file. folder : private, for what must be unpacked. header : names for a file that has none of its own.

    Raises
    ------
    DataError
        E701 if it is empty, cut off, of unknown kind or unreadable; E702 if its delimiter or encoding cannot be told.
    """
    extension = kind_of(path)
    if extension not in KINDS:
        raise DataError(
            Problem(
                code="E701",
                sentence=f"a file of kind `{extension or 'without extension'}` is not read",
                help="export it as one of the kinds below",
                note=f"kinds: {', '.join(KINDS)}, packed as .gz or .zip or not",
            )
        )
    kind = KINDS[extension]
    facts = look_at_bytes(path)
    digest = facts.digest
    plain = unpacked(path, folder)
    if plain != path:
        facts = look_at_bytes(plain)
    if facts.size == 0:
        raise DataError(Problem(code="E701", sentence="the file is empty: 0 bytes", help="copy it once more"))
    dialect: Dialect | None = None
    if kind == "csv":
        dialect = text.dialect_of(facts, stated=csv, header=header)
        names = dialect.header
    else:
        if facts.is_cut_off_stata:
            raise DataError(_unreadable(kind))
        names = _header(plain, kind)
    refuse_duplicates(names)
    return DeliveredFile(path=plain, kind=kind, digest=digest, header=names, dialect=dialect, has_header=header is None)


def _header(path: Path, kind: Kind) -> tuple[str, ...]:
    with suppress(*_UNREADABLE):
        return _BINARY[kind][0](path)
    raise DataError(_unreadable(kind))


def _unreadable(kind: str) -> Problem:
    return Problem(
        code="E701",
        sentence=f"the file cannot be read to its end as {kind}: it is cut off, damaged or of another kind",
        help="copy it once more, and check that its extension says what it is",
    )
