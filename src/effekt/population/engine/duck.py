"""DuckDB in this process: it reads the files of an extract where they are."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa

from effekt.errors import Problem
from effekt.population.engine.backend import means_nothing, own_folder, removed
from effekt.population.engine.faults import guarded
from effekt.population.engine.machine import Machine
from effekt.population.extract.manifest import RegisterFile


class Duck:
    """A connection in memory; what does not fit goes to a folder of its own."""

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

    def delivered(self, file: RegisterFile, columns: Sequence[str]) -> ibis.Table:
        """Return the columns that a file has of those wanted."""

        def opened() -> ibis.Table:
            table = self._connection.read_parquet(file.path, table_name=f"delivered_{file.name}")
            return table.select([column for column in columns if column in table.columns])

        return self._run(opened)

    def keep(self, name: str, sql: str) -> ibis.Table:
        """Materialise a query as a temporary table."""
        self._run(lambda: self._connection.raw_sql(f'CREATE TEMP TABLE "{name}" AS {sql}'))
        return self._run(lambda: self._connection.table(name))

    def view(self, name: str, expr: ibis.Table) -> ibis.Table:
        """Give a query a name."""
        return self._run(lambda: self._connection.create_view(name, expr))

    def read(self, expr: ibis.Table) -> pa.Table:
        """Return the rows of a query."""
        return self._run(lambda: self._connection.to_pyarrow(expr))

    def upload(self, name: str, table: pa.Table) -> ibis.Table:
        """Store rows as a temporary table."""
        return self._run(lambda: self._connection.create_table(name, table, temp=True))

    def close(self) -> None:
        """Disconnect and remove the folder."""
        try:
            self._connection.disconnect()
        finally:
            self._remove()

    def _run(self, action: Callable[[], Any]) -> Any:
        """Run a query; see :func:`guarded` for its faults."""
        # Ibis 12 fetches by a name that DuckDB 1.5 has given a new one.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*is deprecated, use to_arrow", category=DeprecationWarning)
            return guarded(
                action,
                memory=_unfit("do not fit in the memory and temporary space that were given", "give more memory"),
                files=_unfit("cannot be read to their end, or the temporary folder is full or gone", "look at both"),
                what="engine",
            )


def _connected(machine: Machine, folder: Path) -> Any:
    settings: Mapping[str, Any] = {
        "temp_directory": str(folder),
        "autoinstall_known_extensions": False,
        "python_enable_replacements": False,
        **({} if machine.memory is None else {"memory_limit": machine.memory}),
        **({} if machine.threads is None else {"threads": machine.threads}),
    }
    with suppress(duckdb.Error):
        connection = ibis.duckdb.connect(":memory:", **settings)
        connection.raw_sql("SET enable_progress_bar = false")
        return connection
    raise means_nothing(
        "memory or the number of threads",
        "write memory as a number and its unit, such as `8GB`, and threads as a whole number from 1",
    )


def _unfit(what: str, help_: str) -> Problem:
    return Problem(code="E701", sentence=f"the registers {what}", help=help_)
