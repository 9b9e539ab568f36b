"""Stata, SAS, SPSS and parquet by stretches of rows. Labels are for people: codes are what the registers are about."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from effekt.errors import MissingPackage, Problem
from effekt.population.deliveries import stata

ROWS = 1 << 18
"""Rows read at a time."""


def parquet_header(path: Path) -> tuple[str, ...]:
    """Return the names of the columns."""
    with pq.ParquetFile(path) as file:
        return tuple(file.schema_arrow.names)


def parquet_chunks(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the rows with the types that the file says."""
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=ROWS)


def stata_header(path: Path) -> tuple[str, ...]:
    """Return the names of the columns."""
    layout = stata.layout_of(path)
    if layout is not None:
        return layout.names
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pd.read_stata(path, iterator=True, convert_categoricals=False) as reader:
            return tuple(reader.variable_labels())


def stata_chunks(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the rows; a date in a date format is a date."""
    layout = stata.layout_of(path)
    if layout is not None:
        yield from stata.chunks(path, layout, ROWS)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pd.read_stata(path, chunksize=ROWS, convert_categoricals=False, convert_missing=False) as reader:
            for frame in reader:
                yield _batch(frame)


def sas_header(path: Path) -> tuple[str, ...]:
    """Return the names of the columns."""
    with pd.read_sas(path, format="sas7bdat", chunksize=1, encoding="latin-1") as reader:
        return tuple(column.name for column in reader.columns)  # type: ignore[attr-defined]


def sas_chunks(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the rows; a date in a date format is a date."""
    with pd.read_sas(path, format="sas7bdat", chunksize=ROWS, encoding="infer") as reader:
        for frame in reader:
            yield _batch(frame)


def spss_header(path: Path) -> tuple[str, ...]:
    """Return the names of the columns."""
    with _in_words():
        _, said = _pyreadstat().read_sav(str(path), metadataonly=True)
    return tuple(said.column_names)


def spss_chunks(path: Path) -> Iterator[pa.RecordBatch]:
    """Yield the rows; a date in a date format is a date."""
    reader = _pyreadstat()
    with _in_words():
        for frame, _ in reader.read_file_in_chunks(reader.read_sav, str(path), chunksize=ROWS):
            yield _batch(frame)


@contextmanager
def _in_words() -> Iterator[None]:
    """Turn the reader's own error into one that every reader raises at a damaged file."""
    reader = _pyreadstat()
    try:
        yield
    except (reader.ReadstatError, reader.PyreadstatError):
        raise ValueError from None


def _batch(frame: pd.DataFrame) -> pa.RecordBatch:
    return pa.RecordBatch.from_pandas(frame, preserve_index=False)


def _pyreadstat() -> Any:
    try:
        import pyreadstat
    except ImportError:
        raise MissingPackage(
            Problem(
                code="E807",
                sentence="SPSS files are read with pyreadstat, which is not installed",
                help="pip install 'effekt[spss]'",
            )
        ) from None
    return pyreadstat
