"""DuckDB in this process: it reads the files of an extract where they are."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
from ibis.backends.duckdb.converter import DuckDBPyArrowData
from ibis.backends.sql.datatypes import DuckDBType

from effekt.errors import Problem
from effekt.population.engine.backend import means_nothing, own_folder, removed
from effekt.population.engine.faults import guarded
from effekt.population.engine.machine import Machine, database_settings
from effekt.population.engine.written import Held
from effekt.population.extract.manifest import RegisterFile


class Duck:
    """A connection in memory; what does not fit goes to a folder of its own."""

    dialect = "duckdb"

    def __init__(self, machine: Machine) -> None:
        folder = own_folder(machine.temp)
        # Also where a caller forgets to close, or is interrupted before it can.
        self._remove = weakref.finalize(self, removed, folder)
        try:
            self._connection = _connected(machine, folder)
        except BaseException:
            self._remove()
            raise

    def sql(self, expr: ibis.Table) -> str:
        """Return an expression as DuckDB runs it."""
        return str(ibis.to_sql(expr, dialect="duckdb"))

    def delivered(self, file: RegisterFile, columns: Sequence[str]) -> Held:
        """Return the columns that a file has of those wanted."""
        name, connection = f"delivered_{file.name}", self._connection.con

        def opened() -> Held:
            rows = connection.read_parquet(str(file.path))
            kinds = dict(zip(rows.columns, rows.types, strict=True))
            kept = [column for column in columns if column in kinds]
            rows.select(*(f'"{column}"' for column in kept)).create_view(name)
            return Held(name, ibis.Schema({column: DuckDBType.from_string(str(kinds[column])) for column in kept}))

        held: Held = self._run(opened)
        return held

    def keep(self, name: str, sql: str, schema: ibis.Schema) -> None:
        """Materialise a query as a temporary table."""
        self._run(lambda: self._connection.con.execute(f'CREATE TEMP TABLE "{name}" AS {sql}'))

    def view(self, name: str, sql: str, schema: ibis.Schema) -> None:
        """Give a query a name."""
        self._run(lambda: self._connection.con.execute(f'CREATE TEMP VIEW "{name}" AS {sql}'))

    def read(self, sql: str, schema: ibis.Schema) -> pa.Table:
        """Return the rows of a query."""
        rows = self._run(lambda: self._connection.con.sql(sql).to_arrow_table())
        return DuckDBPyArrowData.convert_table(rows, schema)

    def upload(self, name: str, table: pa.Table) -> None:
        """Store rows as a temporary table."""
        con = self._connection.con

        def copied() -> None:
            con.register("uploaded", table)
            con.execute(f'CREATE TEMP TABLE "{name}" AS SELECT * FROM uploaded')
            con.unregister("uploaded")

        self._run(copied)

    def close(self) -> None:
        """Disconnect and remove the folder."""
        try:
            self._connection.disconnect()
        finally:
            self._remove()

    def _run(self, action: Callable[[], Any]) -> Any:
        """Run a query; see :func:`guarded` for its faults."""
        return guarded(
            action,
            memory=_unfit("do not fit in the memory and temporary space that were given", "give more memory"),
            files=_unfit("cannot be read to their end, or the temporary folder is full or gone", "look at both"),
            what="engine",
        )


def _connected(machine: Machine, folder: Path) -> Any:
    with suppress(duckdb.Error):
        connection = ibis.duckdb.connect(":memory:", **database_settings(machine, folder))
        connection.raw_sql("SET enable_progress_bar = false")
        return connection
    raise means_nothing(
        "memory or the number of threads",
        "write memory as a number and its unit, such as `8GB`, and threads as a whole number from 1",
    )


def _unfit(what: str, help_: str) -> Problem:
    return Problem(code="E701", sentence=f"the registers {what}", help=help_)
