"""One DuckDB connection over an extract: tables in, named steps, ordered results out.

Ibis writes the SQL and DuckDB runs it. Every step is materialised under a name and its SQL kept, so that what was
done to persons can be read. Nothing here may depend on the order of rows or the number of threads: results leave
ordered by keys, and sums are taken over decimals (see `operators`).
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
import weakref
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from effekt.errors import DataError, Problem
from effekt.population.engine.faults import guarded
from effekt.population.extract.opening import Extract
from effekt.population.wording import named
from effekt.registers.schema import tables

_PERSONS = "persons"


@dataclass(frozen=True, slots=True)
class Step:
    """A named step and the SQL that made it."""

    name: str
    sql: str


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A query that was run, a step or rows that were read; its SQL is written when somebody asks for it."""

    name: str
    expression: ibis.Table

    @property
    def sql(self) -> str:
        """The SQL as DuckDB ran it."""
        return str(ibis.to_sql(self.expression, dialect="duckdb"))


class Engine:
    """A connection over one extract; use it as a context, since its temporary files hold rows of persons."""

    def __init__(self, extract: Extract, connection: Any, folder: Path) -> None:
        self.extract = extract
        self._connection = connection
        # Also where a caller forgets to close, or is interrupted before it can.
        self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._steps: list[Step] = []
        self._statements: list[Statement] = []
        self._files: dict[str, ibis.Table] = {}
        self._tables: dict[str, ibis.Table] = {}
        self._made: dict[Hashable, ibis.Table] = {}
        self._taken = {_PERSONS, *extract.tables}

    @classmethod
    def open(
        cls,
        extract: Extract,
        *,
        memory: str | None = None,
        threads: int | None = None,
        temp: Path | None = None,
    ) -> Self:
        """Connect to the tables of an extract.

        memory : most memory, such as `8GB`. threads : most threads. temp : where what does not fit in memory is
        written, in a folder of its own that only its owner can read and that is removed at the end.
        """
        folder = _own_folder(temp)
        try:
            settings: dict[str, Any] = {"temp_directory": str(folder), "autoinstall_known_extensions": False}
            settings |= {"python_enable_replacements": False}
            settings |= {} if memory is None else {"memory_limit": memory}
            settings |= {} if threads is None else {"threads": threads}
            engine = cls(extract, _connected(settings), folder)
            engine._register()
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return engine

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect and remove everything that was written."""
        try:
            self._connection.disconnect()
        finally:
            self._remove()

    @property
    def delivered(self) -> Mapping[str, tuple[str, ...]]:
        """Canonical columns of each table, as they were delivered."""
        return {name: tuple(table.columns) for name, table in self._files.items()}

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step so far, in order."""
        return tuple(self._steps)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every query so far, in order: steps by their name, rows that were read by their number."""
        return tuple(self._statements)

    def table(self, name: str, *, of: ibis.Table | None = None) -> ibis.Table:
        """Return a canonical table with `pid` in place of the pseudonym, rows as delivered.

        of : a table with `pid`; rows of other persons are dropped while the file is read.

        Raises
        ------
        DataError
            E201 if the extract was opened without it.
        """
        if name not in self.extract.tables:
            raise DataError(
                Problem(
                    code="E201",
                    sentence=f"the extract was opened without the table `{name}`",
                    note=f"opened: {named(sorted(self.extract.tables))}",
                )
            )
        if of is None:
            return self._tables[name]
        return self._numbered(self._files[name], self._tables[_PERSONS].semi_join(of, "pid"))

    def once(self, key: Hashable, name: str, make: Callable[[], ibis.Table]) -> ibis.Table:
        """Return the step that was made for a key, which is made the first time; the name gets a number if taken."""
        if key not in self._made:
            free = (f"{name}_{n}" if n > 1 else name for n in count(1))
            self._made[key] = self.step(next(n for n in free if n not in self._taken), make())
        return self._made[key]

    def step(self, name: str, expr: ibis.Table) -> ibis.Table:
        """Materialise an expression under a name and keep its SQL. A name stands once."""
        self._take(name)
        sql = str(ibis.to_sql(expr, dialect="duckdb"))
        self._steps.append(Step(name, sql))
        self._statements.append(Statement(name, expr))
        self._run(lambda: self._connection.raw_sql(f'CREATE TEMP TABLE "{name}" AS {sql}'))
        return self.result(name)

    def result(self, name: str) -> ibis.Table:
        """Return a step or an upload by its name."""
        return self._run(lambda: self._connection.table(name))

    def fetch(self, expr: ibis.Table, *, by: Sequence[str] | None = None) -> pa.Table:
        """Return rows ordered by the columns ``by``, or by all columns from the first to the last.

        Give ``by`` only if it is a key: rows that tie would come in any order.
        """
        keys = [expr[name].asc(nulls_first=False) for name in by or expr.columns]
        ordered = expr.order_by(keys)
        self._statements.append(Statement(f"read_{len(self._statements) + 1}", ordered))
        return self._run(lambda: self._connection.to_pyarrow(ordered))

    def upload(self, name: str, table: pa.Table) -> ibis.Table:
        """Store rows of ours under a name; not a step, since no SQL made them."""
        self._take(name)
        return self._run(lambda: self._connection.create_table(name, table, temp=True))

    def _take(self, name: str) -> None:
        if name in self._taken:
            raise ValueError(f"a step or table `{name}` is there already")
        self._taken.add(name)

    def person_ids(self, pids: NDArray[np.int64]) -> NDArray[Any]:
        """(n,) object: pseudonyms of persons, for the keyed hash; they go no further than `population`."""
        persons = self.fetch(self._tables[_PERSONS], by=["pid"])
        ids: NDArray[Any] = persons.column("person_id").to_numpy(zero_copy_only=False)[pids]
        return ids

    def _register(self) -> None:
        """Make views of the files, and number the persons in the order of their pseudonyms."""
        self._files = {name: self._run(partial(self._delivered, name)) for name in self.extract.tables}
        ids = [table.select("person_id") for table in self._files.values() if "person_id" in table.columns]
        if ids:
            everyone = ibis.union(*ids, distinct=True) if len(ids) > 1 else ids[0].distinct()
            numbered = everyone.select("person_id", pid=ibis.row_number().over(order_by="person_id"))
            self._tables[_PERSONS] = self._run(
                lambda: self._connection.create_table(_PERSONS, numbered.select("pid", "person_id"), temp=True)
            )
        for name, table in self._files.items():
            view = self._numbered(table, self._tables[_PERSONS]) if "person_id" in table.columns else table
            self._tables[name] = self._run(partial(self._connection.create_view, name, view))

    def _delivered(self, name: str) -> ibis.Table:
        table = self._connection.read_parquet(self.extract.tables[name].path, table_name=f"delivered_{name}")
        return table.select([column for column in tables()[name].columns if column in table.columns])

    @staticmethod
    def _numbered(table: ibis.Table, persons: ibis.Table) -> ibis.Table:
        others = [name for name in table.columns if name != "person_id"]
        return table.join(persons, "person_id").select("pid", *others)

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


def _own_folder(temp: Path | None) -> Path:
    """Return a new folder that nobody else can read, as `mkdtemp` makes them."""
    with suppress(OSError):
        return Path(tempfile.mkdtemp(prefix="effekt-", dir=temp))
    raise DataError(
        Problem(code="E710", sentence="the temporary folder cannot be written", help="name one that you may write to")
    )


def _connected(settings: Mapping[str, Any]) -> Any:
    with suppress(duckdb.Error):
        connection = ibis.duckdb.connect(":memory:", **settings)
        connection.raw_sql("SET enable_progress_bar = false")
        return connection
    raise DataError(
        Problem(
            code="E105",
            sentence="the memory or the number of threads for the engine is not valid",
            help="write memory as a number and its unit, such as `8GB`, and threads as a whole number from 1",
        )
    )


def _unfit(what: str, help_: str) -> Problem:
    return Problem(code="E701", sentence=f"the registers {what}", help=help_)
