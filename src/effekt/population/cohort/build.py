"""Build the cohort of a study: everyone's time zero, and what was known of them by then."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

import numpy as np

from effekt.errors import DataError, Problem, SpecError
from effekt.population.cohort.cohort import Cohort, Group
from effekt.population.cohort.conditions import Source, subgroup
from effekt.population.cohort.eligibility import Eligibility, eligibility
from effekt.population.cohort.followed import Follow, day_of_death
from effekt.population.cohort.hashing import of_persons
from effekt.population.cohort.moments import moments_of
from effekt.population.cohort.observed import accrual_of
from effekt.population.cohort.participants import read_participants
from effekt.population.cohort.people import People, Standing, read_people
from effekt.population.cohort.placebos import placebos
from effekt.population.cohort.places import places_of
from effekt.population.cohort.records import Frame, Records, draw_records
from effekt.population.cohort.samples import Measured, covariates_of, rows_of, sample_of
from effekt.population.cohort.spells import Mask
from effekt.population.engine.connection import Engine
from effekt.population.extract.opening import Extract
from effekt.spec.registered import RegisterStudy

_BUILT: WeakKeyDictionary[Engine, int] = WeakKeyDictionary()
"""Cohorts built on each engine, so that the steps of the second have names of their own."""


def build_cohort(engine: Engine, spec: RegisterStudy, extract: Extract) -> Cohort:
    """Return the cohort of a study on registers; no row dated after the end of accrual is looked at.

    Raises
    ------
    DataError
        E201 for registers that are missing; E204 for measures that are not built; E301, E309, E310 for time that the
        registers do not cover; E306 where nobody is identified, treated or at risk; E109 for arms that overlap.
    SpecError
        E204 for designs that are not built; E301 for horizons beyond a register's coverage.
    """
    later = tuple(spec.located(problem) for problem in spec.unbuilt_design)
    if later:
        raise SpecError(later)
    scope = _scope(engine)
    first, last = accrual_of(spec, extract).days
    people, who = read_people(engine, spec, first=first, last=last, name=f"{scope}people")
    if not len(people.pid):
        raise _nobody(spec)
    places = places_of(people)
    source = Source(engine=engine, spec=spec, people=people, who=who, last=last)
    rules = eligibility(source, places)
    frame = Frame(
        spec=spec,
        people=people,
        places=places,
        participants=read_participants(engine, spec, until=last),
        hashed=of_persons(engine.person_ids(people.pid), spec.study),
        first=first,
        last=last,
    )
    drawn = _drawn(frame, rules)
    members = {name: subgroup(source, group.where, ("subgroups", name)) for name, group in spec.subgroups.items()}
    at = _together([records.at for records in drawn])
    moments, of = moments_of(engine, f"{scope}moments", at.pid, at.month)
    covariates = covariates_of(spec, at, places, moments, of)
    follow = follow_before(people, extract, spec)
    groups: list[Group] = []
    for records in drawn:
        begin = sum(len(group.pid) for group in groups)
        rows = slice(begin, begin + len(records))
        masks: Mapping[str, Mask] = {name: belongs(records.at) for name, belongs in members.items()}
        placed = (
            {}
            if groups
            else placebos(engine, spec, places, records, subgroups=masks, follow=follow, scope=f"{scope}placebo")
        )
        sample, notes = sample_of(
            spec,
            places,
            Measured(records=records, at=records.at, moments=moments, of=of[rows]),
            rows_of(covariates, rows),
            masks,
            between=bool(groups),
            placebos=placed,
        )
        groups.append(Group(sample=sample, pid=records.at.pid, day=records.at.day, of=of[rows], notes=notes))
    return Cohort(
        engine=engine,
        spec=spec,
        moments=moments,
        within=groups[0],
        between=groups[1] if len(groups) > 1 else None,
    )


def _nobody(spec: RegisterStudy) -> DataError:
    return DataError(
        Problem(
            code="E306",
            sentence=f"nobody is registered in {spec.population.table} within `accrual`",
            help="check the months of `accrual`, and that the register is the one you mean",
            path=("population", "from"),
        )
    )


def _scope(engine: Engine) -> str:
    """Return a prefix for the names of steps: none for the first cohort of an engine."""
    count = _BUILT.get(engine, 0) + 1
    _BUILT[engine] = count
    return "" if count == 1 else f"cohort{count}_"


def _drawn(frame: Frame, rules: Eligibility) -> list[Records]:
    """Return the records within, and those between where the study asks for them."""
    within = draw_records(frame, rules.within, rules.within, between=False)
    if frame.spec.comparison.between == "none":
        return [within]
    return [within, draw_records(frame, rules.between, rules.within, between=True)]


def _together(parts: list[Standing]) -> Standing:
    fields = ("pid", "day", "month", "registration", "home")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in fields}
    return Standing(people=parts[0].people, **joined)


def follow_before(people: People, extract: Extract, spec: RegisterStudy) -> Follow:
    """Who can be followed before time zero, by what was known by the end of accrual."""
    return Follow(
        pid=people.pid,
        residence=people.residence,
        death=day_of_death(people.pid, people.dead, people.residence),
        until=extract.tables["bosted"].coverage[1],
        rules=spec.follow_up,
    )
