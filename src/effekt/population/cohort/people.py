"""The persons a study may be about, with what is needed to say who is eligible on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from effekt.population.cohort.reading import as_date, coded_column, days, ints, read_spells
from effekt.population.cohort.spells import NEVER, Coded, Ints, Mask, Spells, month_of, taken
from effekt.population.engine.connection import Engine
from effekt.population.engine.written import Held, Query, Registers, held
from effekt.registers.schema import tables
from effekt.spec.registered import OnRegisters

REGISTRATION_GAP = 28
"""Days between two spells of one registration (methods.md, time zero)."""

RESIDENT, DEAD = "bosatt", "doed"


@dataclass(frozen=True, kw_only=True, eq=False)
class People:
    """Persons with a spell in the register a study starts from.

    pid : (p,) ascending. registered : their spells there; since : (m,) day the registration of each began.
    residence : spells of ``bosted``. fixed : column of ``person`` -> codes in the order of ``pid``, all unknown for
    who is not in ``person``. birth_year, birth_month : (p,), -1 = unknown. dead : (p,) day, ``NEVER`` = not by then.
    """

    pid: Ints
    registered: Spells
    since: Ints
    residence: Spells
    fixed: Mapping[str, Coded]
    birth_year: Ints
    birth_month: Ints
    dead: Ints

    def rows(self, pid: Ints) -> Ints:
        """(n,): where persons stand in ``pid``; all of them must be there."""
        return np.searchsorted(self.pid, pid)


def read_people(
    engine: Engine, spec: OnRegisters, *, first: int, last: int, name: str = "people"
) -> tuple[People, Held]:
    """Return the persons registered on some day from ``first`` to ``last``, and rows of their ``pid``.

    name : of the step in the engine.
    """
    table = spec.population.table
    who = engine.step(name, Query(_between, (table, first, last)))
    pid = ints(engine.fetch(Query(held, (who,))), "pid")
    columns = [c for c, column in tables()[table].columns.items() if column.type in ("text", "code", "bool", "int")]
    delivered = [c for c in columns if c != "person_id" and c in engine.delivered[table]]
    registered = read_spells(engine, table, delivered, until=last, people=who)
    residence = read_spells(engine, "bosted", ("kommunenr", "status"), until=last, people=who)
    return (
        People(
            pid=pid,
            registered=registered,
            since=registered.since(REGISTRATION_GAP),
            residence=residence,
            **_fixed(engine, who, pid, last),
        ),
        who,
    )


def _between(registers: Registers, name: str, first: int, last: int) -> Any:
    source = registers.table(name)
    within = (source.start <= as_date(last)) & (source.slutt.isnull() | (source.slutt > as_date(first)))
    return source.filter(within).select("pid").distinct()


def fixed_of(registers: Registers, people: Any) -> Any:
    """Return the rows of ``person`` of some people."""
    return registers.table("person", of=people)


def _fixed(engine: Engine, who: Held, pid: Ints, last: int) -> dict[str, Any]:
    """Read ``person`` in the order of ``pid``."""
    rows = engine.fetch(Query(fixed_of, (who,)))
    found = ints(rows, "pid")
    place = np.full(len(pid), -1, dtype=np.int64)
    place[np.searchsorted(pid, found)] = np.arange(len(found))
    fixed = {
        name: Coded(column.at(place), column.names)
        for name in rows.column_names
        if name not in ("pid", "doed", "foerste_innvandring")
        for column in (coded_column(rows, name),)
    }
    dead = days(rows, "doed") if "doed" in rows.column_names else np.full(len(found), NEVER)
    dead = np.where(dead > last, NEVER, dead)
    return {
        "fixed": fixed,
        "birth_year": _numbers(fixed.get("foedselsaar"), len(pid)),
        "birth_month": _numbers(fixed.get("foedselsmaaned"), len(pid)),
        "dead": np.where(place >= 0, taken(dead, place), NEVER),
    }


def _numbers(column: Coded | None, n: int) -> Ints:
    """(n,) int: a column of whole numbers, -1 = unknown or not delivered."""
    if column is None:
        return np.full(n, -1, dtype=np.int64)
    return np.append(np.array([int(name) for name in column.names], dtype=np.int64), -1)[column.codes]


def age(people: People, pid: Ints, month: Ints) -> Ints:
    """(n,): age in whole years in a month, -1 = unknown.

    A year is full from the month of birth on. Without a month of birth it is full from January on, as in
    Statistics Norway's "age at the end of the year".
    """
    row = people.rows(pid)
    year, born = people.birth_year[row], people.birth_month[row]
    months = month - (12 * year + np.where(born >= 1, born - 1, 0))
    return np.where(year < 0, -1, months // 12)


@dataclass(frozen=True, kw_only=True, eq=False)
class Standing:
    """Where persons stand on a day. pid, day, month : (n,). registration, home : (n,) rows of ``People``, -1 = none.

    home is a row of ``residence`` only where the person is resident and alive on the day.
    """

    people: People
    pid: Ints
    day: Ints
    month: Ints
    registration: Ints
    home: Ints

    def take(self, rows: Mask | Ints) -> Standing:
        """Return some of them."""
        parts = ("pid", "day", "month", "registration", "home")
        return Standing(people=self.people, **{name: getattr(self, name)[rows] for name in parts})

    @property
    def registered(self) -> Mask:
        """(n,) bool: registered on the very day."""
        return self.registration >= 0

    @property
    def resident(self) -> Mask:
        """(n,) bool: resident and alive on the very day."""
        return self.home >= 0

    @property
    def months_registered(self) -> Ints:
        """(n,): months from the month the registration began to the month of the day, -1 = not registered."""
        since = taken(self.people.since, self.registration)
        return np.where(self.registered, self.month - month_of(since), -1)

    @property
    def age(self) -> Ints:
        """(n,): age in whole years, -1 = unknown."""
        return age(self.people, self.pid, self.month)


def standing(people: People, pid: Ints, day: Ints, registration: Ints | None = None) -> Standing:
    """Return where persons stand on their day; registration : their rows, where they are known already."""
    if registration is None:
        registration = people.registered.covering(pid, day)
    home = people.residence.covering(pid, day)
    status = people.residence.text["status"]
    wanted = np.array([name == RESIDENT for name in status.names], dtype=bool)
    here = status.among(wanted, home) & (people.dead[people.rows(pid)] > day)
    return Standing(
        people=people,
        pid=pid,
        day=day,
        month=month_of(day),
        registration=registration,
        home=np.where(here, home, -1),
    )
