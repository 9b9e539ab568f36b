"""What a study needs to read, variable by variable, each with the key of the spec that asks for it and why.

It is the data order: nothing is in it that nobody asks for, and a study runs on an extract that holds nothing else.
Months are relative to time zero, ``None`` = as far back as the register goes: who took part or completed a school
years ago is not new to it, whenever that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from effekt.errors import SpecPath
from effekt.population.cohort.measuring import has_months
from effekt.population.cohort.standard import MONTHS
from effekt.registers.schema import Table, tables
from effekt.spec.measured import Covariate, Outcome
from effekt.spec.predicates import Age, Completed, Had, NotCompleted, Predicate, Values
from effekt.spec.registered import CountyStudy, OnRegisters, RegisterStudy
from effekt.spec.standard import STANDARD

_AGE = ("foedselsaar", "foedselsmaaned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One variable that is read.

    reason : key of its words. path : the key of the spec that asks. first, last : months relative to time zero
    between which rows matter; first ``None`` = all before, last 0 = up to time zero.
    """

    table: str
    column: str
    reason: str
    path: SpecPath
    first: int | None
    last: int


def needs_of(spec: RegisterStudy | CountyStudy) -> tuple[Need, ...]:
    """Return every variable a study reads, in the order in which the spec asks for them."""
    return tuple(_shared(spec)) + tuple(_of_persons(spec) if isinstance(spec, RegisterStudy) else _of_counties(spec))


def _shared(spec: OnRegisters) -> Iterator[Need]:
    population = spec.population
    registered = tables()[population.table]
    yield from _columns(registered, registered.times, "registered", ("population", "from"))
    residence = ("start", "slutt", "kommunenr", "status")
    yield from _columns(tables()["bosted"], residence, "resident", ("population",), last=_last_horizon(spec))
    yield from _columns(tables()["person"], ("doed",), "alive", ("population",), last=_last_horizon(spec))
    for key in ("include", "exclude"):
        for position, predicate in enumerate(getattr(population, key)):
            yield from _of_predicate(predicate, population.table, "eligible", ("population", key, position))
    for name, outcome in spec.outcomes.items():
        yield from _of_outcome(outcome, ("outcomes", name))


def _of_persons(spec: RegisterStudy) -> Iterator[Need]:
    treatment = tables()[spec.treatment.table]
    when, arms = treatment.times[:1], sorted({c for arm in spec.treatment.arms.values() for c in arm.where})
    yield from _columns(treatment, when, "treated", ("treatment", "from"))
    yield from _columns(treatment, arms, "arm", ("treatment", "arms"))
    yield from _cells(spec)
    back = max((shift.months for control in spec.negative_controls.values() for shift in control.shift), default=0)
    for position, covariate in enumerate(spec.covariates):
        path: SpecPath = ("covariates", position)
        if isinstance(covariate, Covariate):
            yield from _of_covariate(covariate, path, back)
            continue
        for standard in STANDARD:
            first = -standard.months - back if standard.months else None
            yield from _columns(tables()[standard.table], standard.columns, "standard", path, first=first)
    for name, subgroup in spec.subgroups.items():
        yield from _of_predicate(subgroup.where, spec.population.table, "subgroup", ("subgroups", name))
    for name, control in spec.negative_controls.items():
        outcome = spec.outcomes[control.outcome]
        yield from _of_outcome(outcome, ("negative_controls", name), first=-back)
    yield from _histories(spec)


def _of_counties(spec: CountyStudy) -> Iterator[Need]:
    dose = spec.treatment.dose
    if dose is not None:
        table = tables()[dose.table]
        yield from _columns(table, table.times[:1], "dose", ("treatment", "dose"))


def _histories(spec: RegisterStudy) -> Iterator[Need]:
    """Yield the outcomes' own past, which event studies and checks compare."""
    for name, outcome in spec.outcomes.items():
        if has_months(outcome):
            yield from _of_outcome(outcome, ("outcomes", name), first=-MONTHS)


def _cells(spec: RegisterStudy) -> Iterator[Need]:
    cells = spec.comparison.cells
    registered, person = tables()[spec.population.table], tables()["person"]
    if cells.nav_kontor == "exact":
        yield from _columns(registered, ("nav_kontor",), "cells", ("comparison", "cells", "nav_kontor"))
    if cells.kjoenn == "exact":
        yield from _columns(person, ("kjoenn",), "cells", ("comparison", "cells", "kjoenn"))
    if cells.age:
        yield from _columns(person, _AGE, "cells", ("comparison", "cells", "age"))


def _of_predicate(predicate: Predicate, registered: str, reason: str, path: SpecPath) -> Iterator[Need]:
    match predicate:
        case Age():
            yield from _columns(tables()["person"], _AGE, reason, (*path, "age"))
        case Had():
            table = tables()[predicate.had]
            first = predicate.within.months[0]
            yield from _columns(table, table.times, reason, (*path, "had"), first=first)
        case Completed() | NotCompleted():
            levels, courses = tables()["utdanningsnivaa"], tables()["utdanningsforloep"]
            yield from _columns(levels, ("start", "nus2000"), reason, path)
            yield from _columns(courses, ("slutt", "nus2000", "utfall"), reason, path)
        case Values():
            table = next(
                tables()[name] for name in (registered, "person") if predicate.column in tables()[name].columns
            )
            yield from _columns(table, (*table.times, predicate.column), reason, (*path, predicate.column))


def _of_outcome(outcome: Outcome, path: SpecPath, *, first: int = 0) -> Iterator[Need]:
    table = tables()[outcome.table]
    columns = _measured(outcome.measure, table, selected=outcome.codes is not None)
    yield from _columns(
        table, columns, "outcome" if first == 0 else "history", path, first=first, last=max(outcome.horizons)
    )


def _of_covariate(covariate: Covariate, path: SpecPath, back: int) -> Iterator[Need]:
    table = tables()[covariate.table]
    columns = _measured(covariate.measure, table, selected=covariate.codes is not None)
    by = () if covariate.by is None else (covariate.by,)
    first = None if covariate.window is None else covariate.window.months[0] - back
    yield from _columns(table, (*columns, *by), "covariate", path, first=first)


def _measured(measure: str, table: Table, *, selected: bool) -> tuple[str, ...]:
    """Return the columns a measure is made from."""
    prefix, _, column = measure.partition("_")
    columns = [*table.times]
    if selected:
        columns.append(table.codes_in)
    if measure == "any_completion":
        columns.append("utfall")
    if prefix in ("sum", "value"):
        columns.append(column)
    if prefix == "value":
        # Of several rows the main job speaks for the person, then the smallest key.
        columns += [name for name in (*table.key, "hovedjobb") if name in table.columns and name != "person_id"]
    return tuple(dict.fromkeys(columns))


def _columns(
    table: Table, columns: Iterable[str], reason: str, path: SpecPath, *, first: int | None = None, last: int = 0
) -> Iterator[Need]:
    if table.kind == "fixed":
        first, last = None, 0
    for column in columns:
        if column in table.columns:
            yield Need(table=table.name, column=column, reason=reason, path=path, first=first, last=last)


def _last_horizon(spec: OnRegisters) -> int:
    return max(months for outcome in spec.outcomes.values() for months in outcome.horizons)
