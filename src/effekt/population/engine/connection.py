"""One connection over an extract: tables in, named steps, ordered results out.

Ibis writes the SQL and a database runs it. Every step is materialised under a name and its SQL kept, so that what was
done to persons can be read. Nothing here may depend on the order of rows or the number of threads: results leave
ordered by keys, and sums are taken over decimals (see `operators`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from types import TracebackType
from typing import Any, Self

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from effekt.errors import DataError, Problem
from effekt.population.engine.backend import Backend
from effekt.population.engine.duck import Duck
from effekt.population.engine.machine import LOCAL, Machine
from effekt.population.extract.opening import Extract
from effekt.population.wording import named
from effekt.registers.schema import tables

_PERSONS = "persons"


@dataclass(frozen=True, slots=True)
class Step:
    """A named step and the SQL that made it."""

    name: str
    sql: str


@dataclass(frozen=True, eq=False)
class Statement:
    """A query that was run, a step or rows that were read; its SQL is written when somebody asks for it."""

    name: str
    expression: ibis.Table
    written: Callable[[ibis.Table], str]

    @cached_property
    def sql(self) -> str:
        """The SQL as the database ran it."""
        return self.written(self.expression)


class Engine:
    """A connection over one extract; use it as a context, since its temporary files hold rows of persons."""

    def __init__(self, extract: Extract, backend: Backend) -> None:
        self.extract = extract
        self._backend = backend
        self._steps: list[Step] = []
        self._statements: list[Statement] = []
        self._files: dict[str, ibis.Table] = {}
        self._tables: dict[str, ibis.Table] = {}
        self._made: dict[Hashable, ibis.Table] = {}
        self._results: dict[str, ibis.Table] = {}
        self._taken = {_PERSONS, *extract.tables}

    @classmethod
    def open(cls, extract: Extract, machine: Machine = LOCAL) -> Self:
        """Connect to the tables of an extract on a machine."""
        backend = _backend(machine)
        try:
            engine = cls(extract, backend)
            engine._register()
        except BaseException:
            backend.close()
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
        self._backend.close()

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
        sql = self._backend.sql(expr)
        self._steps.append(Step(name, sql))
        self._statements.append(Statement(name, expr, self._backend.sql))
        self._results[name] = self._backend.keep(name, sql)
        return self._results[name]

    def result(self, name: str) -> ibis.Table:
        """Return a step or an upload by its name."""
        return self._results[name]

    def fetch(self, expr: ibis.Table, *, by: Sequence[str] | None = None) -> pa.Table:
        """Return rows ordered by the columns ``by``, or by all columns from the first to the last.

        Give ``by`` only if it is a key: rows that tie would come in any order.
        """
        keys = [expr[name].asc(nulls_first=False) for name in by or expr.columns]
        ordered = expr.order_by(keys)
        self._statements.append(Statement(f"read_{len(self._statements) + 1}", ordered, self._backend.sql))
        return self._backend.read(ordered)

    def upload(self, name: str, table: pa.Table) -> ibis.Table:
        """Store rows of ours under a name; not a step, since no SQL made them."""
        self._take(name)
        self._results[name] = self._backend.upload(name, table)
        return self._results[name]

    def _take(self, name: str) -> None:
        if name in self._taken:
            raise ValueError(f"a step or table `{name}` is there already")
        self._taken.add(name)

    def person_ids(self, pids: NDArray[np.int64]) -> NDArray[Any]:
        """(n,) object: pseudonyms of persons, for the keyed hash; they go no further than `population`."""
        persons = self.fetch(self._tables[_PERSONS], by=["pid"])
        # Taken before they become Python's: of a whole country only the few that are asked for.
        ids: NDArray[Any] = persons.column("person_id").take(pa.array(pids)).to_numpy(zero_copy_only=False)
        return ids

    def _register(self) -> None:
        """Make views of the files, and number the persons in the order of their pseudonyms."""
        self._files = {
            name: self._backend.delivered(file, list(tables()[name].columns))
            for name, file in self.extract.tables.items()
        }
        ids = [table.select("person_id") for table in self._files.values() if "person_id" in table.columns]
        if ids:
            # Distinct once, of all rows on end: a union of distinct rows hashes everybody again at each of its levels.
            everyone = (ibis.union(*ids) if len(ids) > 1 else ids[0]).distinct()
            numbered = everyone.select(pid=ibis.row_number().over(order_by="person_id"), person_id="person_id")
            self._tables[_PERSONS] = self._backend.keep(_PERSONS, self._backend.sql(numbered))
        for name, table in self._files.items():
            view = self._numbered(table, self._tables[_PERSONS]) if "person_id" in table.columns else table
            self._tables[name] = self._backend.view(name, view)

    @staticmethod
    def _numbered(table: ibis.Table, persons: ibis.Table) -> ibis.Table:
        others = [name for name in table.columns if name != "person_id"]
        return table.join(persons, "person_id").select("pid", *others)


def _backend(machine: Machine) -> Backend:
    return Duck(machine)
