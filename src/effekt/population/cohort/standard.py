"""The standard covariates: what every study of Nav clients conditions on, and what a referee asks for.

What the eligibility of the day rests on (county, office, innsatsgruppe, months registered) is read on the day itself;
everything else ends with the last day of the month before. Months count back from time zero: `i jobb -1` is the
month before it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from effekt.population.cohort.columns import Category, Covariate, Number
from effekt.population.cohort.jobs import last_job
from effekt.population.cohort.labels import education, industry, occupation, sexes, spelt
from effekt.population.cohort.local import local_unemployment
from effekt.population.cohort.moments import Moments
from effekt.population.cohort.people import Standing
from effekt.population.cohort.places import Places
from effekt.population.cohort.reading import read_spells
from effekt.population.cohort.spells import Coded, Ints
from effekt.population.engine.asked import Asked
from effekt.sample import Array

MONTHS = 24
UNEMPLOYED = ("HL", "DS")
"""Main status of who is wholly or partly unemployed among registered job seekers."""


def standard(at: Standing, places: Places, moments: Moments, of: Ints) -> Iterator[Covariate]:
    """Yield the standard covariates of records.

    at : the records on their day. moments : their persons and months; of : (n,) the moment of each record.
    """
    yield from _person(at)
    yield from _education(at, moments, of)
    yield from _work(moments, of)
    yield from _nav(moments, of)
    yield from _registration(at, places)
    yield Number(
        name="lokal ledighet",
        values=local_unemployment(at.people, moments)[of],
        group="ledighet",
        source="arbeidssoeker",
    )


def _person(at: Standing) -> Iterator[Covariate]:
    row = at.people.rows(at.pid)
    fixed = at.people.fixed
    age = np.where(at.age < 0, np.nan, at.age.astype(np.float64))
    yield Category(name="kjønn", labels=sexes(_of(fixed.get("kjoenn"), row)), group="kjoenn", source="person")
    yield Number(name="alder", values=age, group="alder", source="person")
    yield Number(name="alder²", values=age**2, group="alder", source="person")
    origin = spelt("innvkat", _of(fixed.get("innvkat"), row))
    yield Category(name="innvandring", labels=origin, group="innvandring", source="person")
    parents = education(_of(fixed.get("foreldre_utdanning"), row))
    yield Category(name="foreldre", labels=parents, group="foreldre", source="person")


def _of(column: Coded | None, row: Ints) -> Coded:
    """Return a column of `person` by record; all unknown where it was not delivered."""
    if column is None:
        return Coded(np.full(len(row), -1), ())
    return Coded(column.at(row), column.names)


def _education(at: Standing, moments: Moments, of: Ints) -> Iterator[Covariate]:
    day = moments.last_day_before
    who = moments.table
    levels = read_spells(moments.engine, "utdanningsnivaa", ("nus2000",), until=int(day.max()), people=who)
    attained = levels.text["nus2000"]
    now = Coded(attained.at(levels.covering(moments.pid, day))[of], attained.names)
    yield Category(name="utdanning", labels=education(now), group="utdanning", source="utdanningsnivaa")
    studying = moments.measured(Asked(table="utdanningsforloep", measure="active", first=-1, last=-1))
    yield Number(name="under utdanning", values=studying[of], group="utdanning", source="utdanningsforloep")


def _work(moments: Moments, of: Ints) -> Iterator[Covariate]:
    def asked(measure: str) -> Asked:
        return Asked(table="arbeidsforhold", measure=measure, first=-MONTHS, last=-1)

    employed = moments.monthly(asked("active"), -MONTHS, -1)
    wages = moments.monthly(asked("sum_kontantlonn"), -MONTHS, -1)
    for label, values in (("i jobb", employed), ("lønn", wages)):
        for position in range(MONTHS):
            name = f"{label} {position - MONTHS}"
            yield Number(name=name, values=values[of, position], group="arbeid", source="arbeidsforhold")
    yield Number(name="måneder siden jobb", values=_months_since(employed)[of], group="arbeid", source="arbeidsforhold")
    last = last_job(moments, MONTHS)
    for label, labels in (("næring", industry(last[0])), ("yrke", occupation(last[1]))):
        by_record = Coded(labels.codes[of], labels.names)
        yield Category(name=label, labels=by_record, group="naering", source="arbeidsforhold")


def _months_since(employed: Array) -> Array:
    """(k,): months from the last month with a job to time zero, ``MONTHS + 1`` = none within them, NaN = unknown.

    employed : (k, MONTHS). An unobserved month hides a job only if none is seen after it.
    """
    answered = np.where(np.isnan(employed), np.inf, np.where(employed > 0, 1.0, 0.0))
    backwards = answered[:, ::-1]
    seen = backwards > 0
    first = np.where(seen.any(axis=1), seen.argmax(axis=1), MONTHS)
    hidden = np.isinf(np.column_stack([backwards, np.zeros(len(backwards))])[np.arange(len(first)), first])
    return np.where(hidden, np.nan, first + 1.0)


def _nav(moments: Moments, of: Ints) -> Iterator[Covariate]:
    def asked(table: str, codes: tuple[str, ...] | None = None) -> Asked:
        return Asked(table=table, measure="months_active", codes=codes, first=-MONTHS, last=-1)

    unemployed = moments.measured(asked("arbeidssoeker", UNEMPLOYED))
    yield Number(name="måneder ledig", values=unemployed[of], group="ledighet", source="arbeidssoeker")
    for table, column in (("ytelse", "ytelse"), ("tiltak", "gruppe")):
        for value, months in moments.by_value(asked(table), column).items():
            yield Number(name=f"måneder {table}: {value}", values=months[of], group=table, source=table)


def _registration(at: Standing, places: Places) -> Iterator[Covariate]:
    registered = at.people.registered
    if "innsatsgruppe" in registered.text:
        group = registered.text["innsatsgruppe"]
        labels = spelt("innsatsgruppe", Coded(group.at(at.registration), group.names))
        yield Category(name="innsatsgruppe", labels=labels, group="innsatsgruppe", source="vedtak14a")
    county = spelt("fylke", Coded(places.county(at), places.counties))
    yield Category(name="fylke", labels=county, group="fylke", source="bosted")
    offices = Coded(places.office(at), () if places.offices is None else places.offices.names)
    yield Category(name="nav_kontor", labels=offices, group="nav_kontor", source="vedtak14a", inside=county)
    months = np.maximum(at.months_registered, 0).astype(np.float64)
    yield Number(name="måneder registrert", values=months, group="ledighet", source="vedtak14a")
