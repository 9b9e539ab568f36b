"""One connection over an extract: tables in, named steps, ordered results out.

Ibis writes the SQL and a database runs it. Every step is materialised under a name and its SQL kept, so that what was
done to persons can be read. Nothing here may depend on the order of rows or the number of threads: results leave
ordered by keys, and sums are taken over decimals (see `operators`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from types import TracebackType
from typing import Any, Self

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from effekt.population.engine.backend import Backend
from effekt.population.engine.duck import Duck
from effekt.population.engine.machine import LOCAL, Machine
from effekt.population.engine.written import PERSONS, Held, Query, Registers, Written, everyone, view, written
from effekt.population.extract.opening import Extract
from effekt.registers.schema import tables


@dataclass(frozen=True, slots=True)
class Statement:
    """A query that was run, a step or rows that were read, and its SQL as the database ran it."""

    name: str
    sql: str


class Engine:
    """A connection over one extract; use it as a context, since its temporary files hold rows of persons."""

    def __init__(self, extract: Extract, backend: Backend) -> None:
        self.extract = extract
        self._backend = backend
        self._steps: list[Statement] = []
        self._statements: list[Statement] = []
        self._made: dict[Hashable, Held] = {}
        self._results: dict[str, Held] = {}
        self._taken = {PERSONS, *extract.tables}
        self._registers = Registers(
            files={
                name: backend.delivered(file, list(tables()[name].columns)) for name, file in extract.tables.items()
            },
            coverage={name: file.coverage for name, file in extract.tables.items()},
        )
        self._shape = (backend.dialect, self._registers.shape)
        self._number_persons()

    @classmethod
    def open(cls, extract: Extract, machine: Machine = LOCAL) -> Self:
        """Connect to the tables of an extract on a machine."""
        backend = _backend(machine)
        try:
            return cls(extract, backend)
        except BaseException:
            backend.close()
            raise

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
        return self._registers.delivered

    @property
    def steps(self) -> tuple[Statement, ...]:
        """Every step so far, in order."""
        return tuple(self._steps)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Every query so far, in order: steps by their name, rows that were read by their number."""
        return tuple(self._statements)

    def table(self, name: str) -> ibis.Table:
        """Return a canonical table with `pid` in place of the pseudonym, rows as delivered.

        Raises
        ------
        DataError
            E201 if the extract was opened without it.
        """
        return self._registers.table(name)

    def once(self, key: Hashable, name: str, make: Callable[[], Query]) -> Held:
        """Return the step that was made for a key, which is made the first time; the name gets a number if taken."""
        if key not in self._made:
            free = (f"{name}_{n}" if n > 1 else name for n in count(1))
            self._made[key] = self.step(next(n for n in free if n not in self._taken), make())
        return self._made[key]

    def step(self, name: str, query: Query | ibis.Table) -> Held:
        """Materialise a query under a name and keep its SQL. A name stands once."""
        self._take(name)
        found = self._written(query)
        self._steps.append(Statement(name, found.sql))
        self._statements.append(self._steps[-1])
        self._backend.keep(name, found.sql, found.schema)
        return self._held(Held(name, found.schema))

    def result(self, name: str) -> ibis.Table:
        """Return a step or an upload by its name."""
        return self._results[name].table

    def fetch(self, query: Query | ibis.Table, *, by: Sequence[str] = ()) -> pa.Table:
        """Return rows ordered by the columns ``by``, or by all columns from the first to the last.

        Give ``by`` only if it is a key: rows that tie would come in any order.
        """
        found = self._written(query, by=tuple(by))
        self._statements.append(Statement(f"read_{len(self._statements) + 1}", found.sql))
        return self._backend.read(found.sql, found.schema)

    def upload(self, name: str, table: pa.Table) -> Held:
        """Store rows of ours under a name; not a step, since no SQL made them."""
        self._take(name)
        self._backend.upload(name, table)
        return self._held(Held(name, ibis.Schema.from_pyarrow(table.schema)))

    def _held(self, rows: Held) -> Held:
        self._results[rows.name] = rows
        return rows

    def _take(self, name: str) -> None:
        if name in self._taken:
            raise ValueError(f"a step or table `{name}` is there already")
        self._taken.add(name)

    def person_ids(self, pids: NDArray[np.int64]) -> NDArray[Any]:
        """(n,) object: pseudonyms of persons, for the keyed hash; they go no further than `population`."""
        persons = self.fetch(Query(_persons), by=["pid"])
        # Taken before they become Python's: of a whole country only the few that are asked for.
        asked = np.arange(persons.num_rows)[pids]
        ids: NDArray[Any] = persons.column("person_id").take(pa.array(asked)).to_numpy(zero_copy_only=False)
        return ids

    def _written(self, query: Query | ibis.Table, *, by: tuple[str, ...] | None = None) -> Written:
        """Return the SQL of a query. by : columns to order by, () = all; None = in no order."""

        def write() -> Written:
            expr = self._expression(query)
            if by is not None:
                expr = expr.order_by([expr[name].asc(nulls_first=False) for name in by or expr.columns])
            return Written(self._backend.sql(expr), expr.schema())

        return written((self._shape, query, by) if isinstance(query, Query) else None, write)

    def _expression(self, query: Query | ibis.Table) -> ibis.Table:
        if not isinstance(query, Query):
            return query
        return query.make(self._registers, *(part.table if isinstance(part, Held) else part for part in query.about))

    def _number_persons(self) -> None:
        """Give persons numbers in the order of their pseudonyms, and views of the registers in which these stand."""
        if any("person_id" in columns for columns in self.delivered.values()):
            numbers = self._written(Query(everyone))
            self._backend.keep(PERSONS, numbers.sql, numbers.schema)
        for name in self.extract.tables:
            found = self._written(Query(view, (name,)))
            self._backend.view(name, found.sql, found.schema)


def _persons(registers: Registers) -> ibis.Table:
    return registers.persons


def _backend(machine: Machine) -> Backend:
    return Duck(machine)
