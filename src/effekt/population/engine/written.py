"""Queries that need not be written twice: what they are made of, and the SQL that Ibis has written of it.

Ibis takes longer to write a query than DuckDB takes to run it on a small world, and a rehearsal asks the same of
every draw. A query is therefore a function and what it is about; its SQL depends on these and on the columns and
coverage of the registers alone, never on a row, and is kept for as long as the process lives.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import ibis

from effekt.errors import DataError, Problem
from effekt.literals import Month
from effekt.population.wording import named

PERSONS = "persons"
"""The numbers of persons beside their pseudonyms."""


@dataclass(frozen=True, slots=True)
class Held:
    """Rows that an engine holds under a name: a register, a step or an upload."""

    name: str
    schema: ibis.Schema

    @property
    def table(self) -> ibis.Table:
        """The rows in Ibis."""
        return ibis.table(self.schema, name=self.name)


@dataclass(frozen=True, slots=True)
class Query:
    """A question in two halves: ``make(registers, *about)`` is the expression.

    make : a function of a module, which reads nothing but what it is given. about : whatever tells one question from
    another; where rows that are held stand here, ``make`` is given their table.
    """

    make: Callable[..., ibis.Table]
    about: tuple[Hashable, ...] = ()


def held(_: Registers, rows: ibis.Table) -> ibis.Table:
    """Return rows that are held, as they are."""
    return rows


@dataclass(frozen=True, kw_only=True, eq=False)
class Registers:
    """The registers of an extract to write expressions from; nothing is run here.

    files : as they were delivered, each with the schema of its columns. coverage : first and last month.
    """

    files: Mapping[str, Held]
    coverage: Mapping[str, tuple[Month, Month]]
    delivered: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "delivered", {name: tuple(file.schema) for name, file in self.files.items()})

    @property
    def shape(self) -> Hashable:
        """All that a query can depend on, of registers: their columns and coverage."""
        return tuple((name, file, self.coverage[name]) for name, file in sorted(self.files.items()))

    @cached_property
    def persons(self) -> ibis.Table:
        """``pid`` and ``person_id`` of everyone, as :func:`everyone` numbers them."""
        return ibis.table({"pid": "int64", "person_id": "string"}, name=PERSONS)

    @cached_property
    def _views(self) -> Mapping[str, ibis.Table]:
        return {name: ibis.table(view(self, name).schema(), name=name) for name in self.files}

    def table(self, name: str, *, of: ibis.Table | None = None) -> ibis.Table:
        """Return a canonical table with `pid` in place of the pseudonym, rows as delivered.

        of : a table with `pid`; rows of other persons are dropped while the file is read.

        Raises
        ------
        DataError
            E201 if the extract was opened without it.
        """
        if name not in self.files:
            raise DataError(
                Problem(
                    code="E201",
                    sentence=f"the extract was opened without the table `{name}`",
                    note=f"opened: {named(sorted(self.files))}",
                )
            )
        if of is None:
            return self._views[name]
        return _numbered(self.files[name].table, self.persons.semi_join(of, "pid"))


def everyone(registers: Registers) -> ibis.Table:
    """Return the persons of all registers, numbered in the order of their pseudonyms."""
    held = [file.table for file in registers.files.values() if "person_id" in file.schema]
    ids = [table.select("person_id") for table in held]
    # Distinct once, of all rows on end: a union of distinct rows hashes everybody again at each of its levels.
    persons = (ibis.union(*ids) if len(ids) > 1 else ids[0]).distinct()
    return persons.select(pid=ibis.row_number().over(order_by="person_id"), person_id="person_id")


def view(registers: Registers, name: str) -> ibis.Table:
    """Return what :meth:`Registers.table` is a name of."""
    file = registers.files[name].table
    return _numbered(file, registers.persons) if "person_id" in file.columns else file


def _numbered(table: ibis.Table, persons: ibis.Table) -> ibis.Table:
    others = [name for name in table.columns if name != "person_id"]
    return table.join(persons, "person_id").select("pid", *others)


@dataclass(frozen=True, slots=True)
class Written:
    """The SQL of a query, and the columns that come of it."""

    sql: str
    schema: ibis.Schema


_MOST = 5000
_WRITTEN: dict[Hashable, Written] = {}


def written(key: Hashable, write: Callable[[], Written]) -> Written:
    """Return what was written for a key, which is done the first time.

    key : None for an expression that nobody else can ask for.
    """
    if key is None:
        return write()
    found = _WRITTEN.get(key)
    if found is None:
        found = write()
        if len(_WRITTEN) >= _MOST:
            _WRITTEN.clear()
        _WRITTEN[key] = found
    return found
