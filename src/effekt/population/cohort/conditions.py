"""Conditions at time zero: what a predicate of the spec means for a person on a day, from rows dated by then.

Unknown is never a match: who has no known age is in no range of ages, and who has no known education has neither
completed nor not completed anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from effekt.errors import DataError, Problem, SpecPath
from effekt.literals import IntRange
from effekt.population.cohort.people import People, Standing
from effekt.population.cohort.reading import as_date, coded_column, days, ints
from effekt.population.cohort.spells import NEVER, Ints, Mask, Spells, first_day, month_of
from effekt.population.engine.connection import Engine
from effekt.population.engine.written import Held, Query, Registers
from effekt.registers.schema import tables
from effekt.spec.codes import CodeSet, Selection
from effekt.spec.predicates import Age, Completed, Had, NotCompleted, Predicate, Values
from effekt.spec.registered import OnRegisters

UNKNOWN_LEVEL = "9"
"""The level of education that says it was not stated."""

Holds = Callable[[Standing], Mask]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must hold on the day. lost : who leaves if it does not, for the flow. holds : (n,) bool."""

    lost: str
    holds: Holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where conditions are read from. who : `pid` of the persons. last : the last day anything may be dated."""

    engine: Engine
    spec: OnRegisters
    people: People
    who: Held
    last: int


def conditions(source: Source) -> tuple[Condition, ...]:
    """Return the conditions of `include` and `exclude`, in the order they are written."""
    population = source.spec.population
    return (
        *(
            _condition(source, predicate, ("population", "include", position), wanted=True)
            for position, predicate in enumerate(population.include)
        ),
        *(
            _condition(source, predicate, ("population", "exclude", position), wanted=False)
            for position, predicate in enumerate(population.exclude)
        ),
    )


def subgroup(source: Source, predicate: Predicate, path: SpecPath) -> Holds:
    """Return who belongs to a subgroup on their day; who is unknown belongs to none."""
    return _reader(source, predicate, path)


def codes_of(spec: OnRegisters, selection: Selection) -> tuple[str, ...]:
    """Return the codes that a selection names."""
    return spec.code_lists[str(selection)].codes if isinstance(selection, CodeSet) else selection


def matching(names: tuple[str, ...], column: str, wanted: tuple[str, ...]) -> Mask:
    """(names,) bool: the text is among the codes wanted, or begins with one in a hierarchical classification."""
    if any(table.columns[column].match != "exact" for table in tables().values() if column in table.columns):
        return np.array([name.startswith(wanted) for name in names], dtype=bool)
    return np.array([name in wanted for name in names], dtype=bool)


def _condition(source: Source, predicate: Predicate, path: SpecPath, *, wanted: bool) -> Condition:
    reads = _reader(source, predicate, path)
    words = worded(predicate)
    if wanted:
        return Condition(lost=f"not {words}, or not known to be", holds=reads)
    return Condition(lost=words, holds=lambda at: ~reads(at))


def worded(predicate: Predicate) -> str:
    """Return a condition in words, as the flow says it."""
    match predicate:
        case Age():
            return f"aged {predicate.age} at time zero"
        case Had():
            return f"with {predicate.had} within {predicate.within} time zero"
        case Completed():
            return f"with {predicate.completed.set} completed"
        case NotCompleted():
            return f"with {predicate.not_completed.set} not completed"
        case Values():
            return f"with one of the wanted values of {predicate.column}"


def _reader(source: Source, predicate: Predicate, path: SpecPath) -> Holds:
    match predicate:
        case Age():
            return _age(predicate.age)
        case Had():
            return _had(source, predicate)
        case Completed():
            return _education(source, codes_of(source.spec, predicate.completed), completed=True)
        case NotCompleted():
            return _education(source, codes_of(source.spec, predicate.not_completed), completed=False)
        case Values():
            return _values(source, predicate, path)


def _age(wanted: IntRange) -> Holds:
    low = 0 if wanted.low is None else wanted.low
    high = np.iinfo(np.int64).max if wanted.high is None else wanted.high
    return lambda at: (at.age >= low) & (at.age <= high)


def _values(source: Source, predicate: Values, path: SpecPath) -> Holds:
    """Return who has a wanted value: of the register the study starts from, on the day, or of ``person``."""
    column, people = predicate.column, source.people
    wanted = codes_of(source.spec, predicate.values)
    if column in people.registered.text:
        mine = people.registered.text[column]
        chosen = matching(mine.names, column, wanted)
        return lambda at: mine.among(chosen, at.registration)
    if column in people.fixed:
        fixed = people.fixed[column]
        chosen = matching(fixed.names, column, wanted)
        return lambda at: fixed.among(chosen, people.rows(at.pid))
    held = sorted({*people.registered.text, *people.fixed})
    problem = Problem(
        code="E202",
        sentence=f"`{column}` is neither in {source.spec.population.table} nor in person as delivered",
        help="use a column of one of the two",
        note=f"columns: {', '.join(held)}",
        path=(*path, column),
    )
    raise DataError(problem)


def _had(source: Source, predicate: Had) -> Holds:
    """Return who has a record from the first day of the window until, and not with, the day itself.

    Months and years of monthly and yearly registers count only when they are over.
    """
    months = -predicate.within.months[0]
    kind = tables()[predicate.had].kind
    rows = _dated(source, predicate.had)

    def holds(at: Standing) -> Mask:
        last = first_day(at.month) if kind in ("monthly", "yearly") else at.day
        return rows.touching(at.pid, first_day(at.month - months), last)

    return holds


def _dated(source: Source, name: str) -> Spells:
    """Return rows of any register as spells."""
    table = tables()[name]
    if not table.times or "person_id" not in table.columns:
        problem = Problem(
            code="E204",
            sentence=f"`had: {name}` is not in this version",
            help="name a register of spells, months, years or dated events of persons",
        )
        raise DataError(problem)
    rows = source.engine.fetch(Query(_spans, (name, source.who, source.last)))
    pid = ints(rows, "pid")
    start, stop = _span(rows, table.kind)
    order = np.lexsort((stop, start, pid))
    return Spells(pid=pid[order], start=start[order], stop=stop[order])


def _spans(registers: Registers, name: str, who: Any, last: int) -> Any:
    table, held = tables()[name], registers.table(name, of=who)
    latest = as_date(last)
    within = held[table.times[0]] <= (latest.year if table.kind == "yearly" else latest)
    return held.filter(within).select("pid", *table.times).distinct()


def _span(rows: Any, kind: str) -> tuple[Ints, Ints]:
    if kind == "spell":
        return days(rows, "start"), days(rows, "slutt")
    if kind == "event":
        start = days(rows, "dato")
        return start, start + 1
    if kind == "monthly":
        start = days(rows, "maaned")
        return start, first_day(month_of(start) + 1)
    year = ints(rows, "aar")
    return first_day(12 * year), first_day(12 * year + 12)


def _education(source: Source, wanted: tuple[str, ...], *, completed: bool) -> Holds:
    """Completed by the day: a level attained, or education that ended as completed.

    Not completed takes a known level: who has none by then is in neither.
    """
    people = source.people
    attained, known = np.full(len(people.pid), NEVER), np.full(len(people.pid), NEVER)
    for pid, day, hit, stated in _attained(source, wanted):
        at = people.rows(pid)
        np.minimum.at(attained, at[hit], day[hit])
        np.minimum.at(known, at[stated], day[stated])

    def holds(at: Standing) -> Mask:
        row = people.rows(at.pid)
        done = attained[row] <= at.day
        return done if completed else (known[row] <= at.day) & ~done

    return holds


def _attained(source: Source, wanted: tuple[str, ...]) -> Iterator[tuple[Ints, Ints, Mask, Mask]]:
    """Yield rows of levels and of completed courses: person, day, among the codes wanted, a level that is stated."""
    for read, tells_the_level in ((_levels, True), (_courses, False)):
        rows = source.engine.fetch(Query(read, (source.who, source.last)))
        column = coded_column(rows, "nus2000")
        hit = np.append(matching(column.names, "nus2000", wanted), False)[column.codes]
        stated = np.array([not name.startswith(UNKNOWN_LEVEL) for name in column.names] + [False], dtype=bool)
        yield ints(rows, "pid"), days(rows, "day"), hit, stated[column.codes] & tells_the_level


def _levels(registers: Registers, who: Any, last: int) -> Any:
    levels = registers.table("utdanningsnivaa", of=who)
    return levels.filter(levels.start <= as_date(last)).select("pid", "nus2000", day="start")


def _courses(registers: Registers, who: Any, last: int) -> Any:
    courses = registers.table("utdanningsforloep", of=who)
    over = (courses.slutt <= as_date(last)) & (courses.utfall == "fullfoert")
    return courses.filter(over).select("pid", "nus2000", day="slutt")
