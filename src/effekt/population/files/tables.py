"""Delivered tables: CSV, parquet and Stata .dta, opened once and then read column by column.

What a reader returns are raw cells in file order. Nothing is converted here, so that a stage which may not
look at an outcome can drop the sealed rows before a single cell of them is parsed. Messages of pandas and
pyarrow quote what they stumbled on; they are never passed on.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from effekt.errors import DataError, Problem
from effekt.population.files.dialect import ByteFacts, Dialect, detect, look_at_bytes
from effekt.population.wording import counted, named, rows_at
from effekt.spec.prepared import Csv

Rows = NDArray[np.bool_]
Format = Literal["csv", "parquet", "dta"]

FORMATS: dict[str, Format] = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".parquet": "parquet", ".dta": "dta"}

_UNREADABLE = (pa.ArrowException, OSError, ValueError, KeyError, EOFError, OverflowError, struct.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """One table on disk, as it was when its digest was taken.

    digest : sha256 of the bytes. header : column names as they stand. dialect : of a CSV file, else None.
    """

    path: Path
    format: Format
    digest: str
    header: tuple[str, ...]
    dialect: Dialect | None

    def read(self, columns: Sequence[str], rows: Rows | None = None) -> pa.Table:
        """Return the raw cells of some columns.

        rows : (N,) bool over all rows of the file. Row groups of a parquet file without a wanted row are not
        read; elsewhere the cells of other rows are dropped as they stand.

        Raises
        ------
        DataError
            E701 if the file cannot be read to its end.
        """
        unique = list(dict.fromkeys(columns))
        reader = {"csv": self._read_csv, "parquet": self._read_parquet, "dta": self._read_dta}[self.format]
        with suppress(*_UNREADABLE):
            return reader(unique, rows)
        # Raised outside the handler: the reader's own error quotes cells and must not travel along.
        raise DataError(_unreadable(self.format))

    def batches(self) -> Iterator[pa.Table]:
        """Yield every column, a few at a time, so that a wide file need not fit in memory at once."""
        at_once = len(self.header) if self.format == "csv" else 8
        for first in range(0, len(self.header), at_once):
            yield self.read(self.header[first : first + at_once])

    def verify_unchanged(self) -> None:
        """Read the bytes once more and compare.

        Raises
        ------
        DataError
            E602 if the file is not the one that was opened; E701 if it is gone.
        """
        if look_at_bytes(_existing(self.path)).digest != self.digest:
            raise DataError(
                Problem(
                    code="E602",
                    sentence="the table changed after the sample was built from it",
                    help="run the design stage and the freeze again on the table as it is now",
                )
            )

    def _read_csv(self, columns: list[str], rows: Rows | None) -> pa.Table:
        assert self.dialect is not None
        ragged: list[tuple[int, int]] = []

        def note_ragged(row: pacsv.InvalidRow) -> str:
            ragged.append((row.number, row.actual_columns))
            return "skip"

        table = pacsv.read_csv(
            self.path,
            # One thread, since only then are rows numbered.
            read_options=pacsv.ReadOptions(use_threads=False, encoding=self.dialect.encoding),
            parse_options=pacsv.ParseOptions(
                delimiter=self.dialect.delimiter, newlines_in_values=True, invalid_row_handler=note_ragged
            ),
            convert_options=pacsv.ConvertOptions(
                include_columns=columns,
                column_types={name: pa.large_string() for name in columns},
                strings_can_be_null=False,
            ),
        )
        if ragged:
            raise DataError(_ragged(ragged, len(self.header)))
        return table if rows is None else table.filter(pa.array(rows))

    def _read_parquet(self, columns: list[str], rows: Rows | None) -> pa.Table:
        with pq.ParquetFile(self.path) as file:
            if rows is None:
                return file.read(columns=columns)
            kept, start = [], 0
            for group in range(file.num_row_groups):
                wanted = rows[start : start + file.metadata.row_group(group).num_rows]
                start += len(wanted)
                if wanted.any():
                    kept.append(file.read_row_group(group, columns=columns).filter(pa.array(wanted)))
            return pa.concat_tables(kept) if kept else file.schema_arrow.empty_table().select(columns)

    def _read_dta(self, columns: list[str], rows: Rows | None) -> pa.Table:
        # Labels are for people: the numbers behind them are what the spec is about. Dates stay counts of days,
        # months or quarters, which is what makes a Stata date usable as a time.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = pd.read_stata(self.path, columns=columns, convert_categoricals=False, convert_dates=False)
        kept = frame if rows is None else frame[rows]
        return pa.Table.from_pandas(kept[columns], preserve_index=False)


def open_file(path: Path, *, wanted: Sequence[str], csv: Csv) -> TableFile:
    """Return the table at ``path``; ``wanted`` = columns of the spec, which help to tell the delimiter.

    Raises
    ------
    DataError
        E701 if there is no such file, or it is empty, cut off, of unknown kind or not readable; E702 if its
        delimiter or encoding cannot be told.
    """
    extension = path.suffix.lower()
    if extension not in FORMATS:
        raise DataError(
            Problem(
                code="E701",
                sentence=f"a table of kind `{extension or 'without extension'}` is not read",
                note=f"kinds: {', '.join(FORMATS)}",
            )
        )
    facts = look_at_bytes(_existing(path))
    if facts.size == 0:
        raise DataError(
            Problem(
                code="E701",
                sentence="the table is empty: 0 bytes",
                help="export it again, and look at the size of the file",
            )
        )
    kind = FORMATS[extension]
    dialect = None
    if kind == "csv":
        dialect = detect(facts, wanted=wanted, stated=csv)
        header = dialect.header
        if facts.lines == 0:
            raise DataError(no_rows())
    else:
        header = _header(path, kind, facts)
    refuse_duplicates(header)
    return TableFile(path=path, format=kind, digest=facts.digest, header=header, dialect=dialect)


def no_rows() -> Problem:
    """Return the problem of a table with a header and nothing under it."""
    return Problem(code="E701", sentence="the table has a header and no rows", help="export it again with its rows")


def _existing(path: Path) -> Path:
    if path.is_dir():
        raise DataError(Problem(code="E701", sentence="the table is a folder", help="name the file inside it"))
    if not path.is_file():
        raise DataError(Problem(code="E701", sentence="the table does not exist", help="check `--table`"))
    return path


def _header(path: Path, kind: Format, facts: ByteFacts) -> tuple[str, ...]:
    with suppress(*_UNREADABLE):
        if kind == "parquet":
            with pq.ParquetFile(path) as file:
                return tuple(file.schema_arrow.names)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pd.read_stata(path, iterator=True, convert_categoricals=False) as reader:
                if not facts.is_cut_off_stata:
                    return tuple(reader.variable_labels())
    raise DataError(_unreadable(kind))


def refuse_duplicates(header: tuple[str, ...]) -> None:
    """Raise E701 for a header in which a name stands twice."""
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(
            Problem(
                code="E701",
                sentence=f"column names stand twice in the header: {named([f'`{n}`' for n in twice])}",
                help="give every column a name of its own",
            )
        )


def _unreadable(kind: Format) -> Problem:
    return Problem(
        code="E701",
        sentence=f"the table cannot be read as {kind}: it is cut off, damaged or of another kind",
        help="export the table once more, and check that its extension says what it is",
    )


def _ragged(found: list[tuple[int, int]], expected: int) -> Problem:
    # The reader counts the header as line 1.
    rows = rows_at(np.array([number - 2 for number, _ in found]))
    has = counted(found[0][1], "field")
    return Problem(
        code="E701",
        sentence=f"{rows} of the table: {has} where the header has {expected}",
        help="the table is cut off, or a text holds the delimiter without quotation marks around it",
    )
