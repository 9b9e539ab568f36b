"""The database in which an ingest sorts and counts: in memory as far as it goes, then in a folder of its own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from effekt.errors import DataError, Problem
from effekt.population.engine.faults import T, guarded
from effekt.population.engine.machine import Machine, database_settings

_AT_ONCE = 1 << 18


class Database:
    """One connection. Every query is closed over by names; no cell ever comes out in a message."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def run(self, sql: str) -> None:
        """Carry out a statement."""
        self._guarded(sql)

    def number(self, sql: str) -> int:
        """Return the one number a query gives; nothing counts as 0."""
        row = self._guarded(sql).fetchone()
        return int(row[0] or 0)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query whose result is small."""
        found: list[tuple[Any, ...]] = self._guarded(sql).fetchall()
        return found

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query, in its order, a stretch at a time."""
        result = self._guarded(sql)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            reader = result.to_arrow_reader(_AT_ONCE)
        while True:
            batch = _safely(lambda: next(reader, None))
            if batch is None:
                return
            yield batch

    def upload(self, name: str, table: pa.Table) -> None:
        """Make a table that lives as long as the connection."""
        self._connection.register(f"{name}_arrow", table)
        self.run(f"create or replace table {name} as select * from {name}_arrow")
        self._connection.unregister(f"{name}_arrow")

    def _guarded(self, sql: str) -> Any:
        return _safely(lambda: self._connection.execute(sql))


@contextmanager
def database(folder: Path, *, memory: str | None = None, threads: int | None = None) -> Iterator[Database]:
    """Open a database. memory : most memory, such as `8GB`. folder : private; what memory cannot hold goes there.

    Raises
    ------
    DataError
        E105 for memory or threads that mean nothing.
    """
    settings = database_settings(Machine(memory=memory, threads=threads), folder)
    connection = None
    with suppress(duckdb.Error):
        connection = duckdb.connect(":memory:", config=settings)
    if connection is None:
        raise DataError(
            Problem(
                code="E105",
                sentence="the memory or the number of threads is not valid",
                help="write memory as a number and its unit, such as `8GB`, and threads as a whole number from 1",
            )
        )
    try:
        connection.execute("set enable_progress_bar = false")
        yield Database(connection)
    finally:
        connection.close()


def _safely(action: Callable[[], T]) -> T:
    return guarded(
        action,
        memory=_unfit("the rows do not fit in the memory and temporary space that were given", "give more memory"),
        files=_unfit("the temporary folder is full or gone", "make room, or name another with `--temp-dir`"),
        what="ingest",
    )


def _unfit(sentence: str, help_: str) -> Problem:
    return Problem(code="E710", sentence=sentence, help=help_)


def name(column: str) -> str:
    """Return a column's name for SQL."""
    return '"' + column.replace('"', '""') + '"'


def names(columns: Sequence[str]) -> str:
    """Return several, in order."""
    return ", ".join(name(column) for column in columns)


def text(value: str) -> str:
    """Return a text for SQL."""
    return "'" + value.replace("'", "''") + "'"
