"""Outcomes and declared covariates of records: the engine's values, by the rules of follow-up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import numpy as np

from effekt.errors import DataError, Problem
from effekt.population.cohort.columns import Category, Number
from effekt.population.cohort.columns import Covariate as Built
from effekt.population.cohort.conditions import codes_of
from effekt.population.cohort.followed import Follow
from effekt.population.cohort.labels import spelt
from effekt.population.cohort.moments import Moments
from effekt.population.cohort.people import Standing
from effekt.population.cohort.reading import read_spells
from effekt.population.cohort.spells import Coded, Ints, Mask
from effekt.population.engine.asked import Asked, asked_covariate
from effekt.registers.measures import FLAGS
from effekt.registers.schema import tables
from effekt.sample import Array, Series
from effekt.spec.measured import Covariate, Outcome
from effekt.spec.registered import CovariateGroup, OnRegisters

OTHER = "other"

_GROUPS = {
    "arbeidsforhold": "arbeid",
    "inntekt_aar": "arbeid",
    "arbeidssoeker": "ledighet",
    "ytelse": "ytelse",
    "tiltak": "tiltak",
    "utdanningsnivaa": "utdanning",
    "utdanningsforloep": "utdanning",
    "vedtak14a": "innsatsgruppe",
    "bosted": "fylke",
}


def unit_of(outcome: Outcome) -> str:
    """Return the unit of an outcome's values: shares, months, or that of the column."""
    if outcome.measure in FLAGS:
        return "share"
    if outcome.measure == "months_active":
        return "months"
    _, _, column = outcome.measure.partition("_")
    return tables()[outcome.table].columns[column].unit if column in tables()[outcome.table].columns else ""


def spans(outcome: Outcome) -> tuple[tuple[int, int], ...]:
    """Return (first, last) month of each time and window, in the order of ``outcome.horizons``."""
    return (*((t.months, t.months) for t in outcome.at), *(w.months for w in outcome.window))


def asked_months(spec: OnRegisters, outcome: Outcome, first: int, last: int) -> Asked:
    """Return the measure of an outcome over other months than its own."""
    codes = None if outcome.codes is None else codes_of(spec, outcome.codes)
    return Asked(table=outcome.table, measure=outcome.measure, codes=codes, first=first, last=last)


def has_months(outcome: Outcome) -> bool:
    """Whether an outcome can be taken month by month: what holds years, or never changes, cannot."""
    return tables()[outcome.table].kind in ("spell", "monthly", "event")


def series(
    spec: OnRegisters, outcome: Outcome, moments: Moments, of: Ints, follow: Follow, *, before: int | None = None
) -> Series | None:
    """Return an outcome at its horizons, by record; None if no horizon lies before month ``before``.

    before : only horizons that end before this month after time zero.
    """
    kept = sorted((last, first) for first, last in spans(outcome) if before is None or last < before)
    # One reading serves every horizon, and the months from the first on.
    reach = (min((1, *(first for _, first in kept))), max((last for last, _ in kept), default=1))
    values, time = [], []
    for last, first in kept:
        if last in time:
            continue
        raw = moments.measured(asked_months(spec, outcome, first, last), reach)
        ruled = follow.over_window(raw, follow.states(moments.pid, moments.month, first, last))
        ruled[~_covered(outcome, moments, first, last)] = np.nan
        values.append(ruled[of])
        time.append(last)
    if not time:
        return None
    return Series(
        values=np.column_stack(values), time=np.array(time, dtype=np.float64), clock="event", unit=unit_of(outcome)
    )


def path(spec: OnRegisters, outcome: Outcome, moments: Moments, of: Ints, *, months: tuple[int, int]) -> Series:
    """Return an outcome month by month, by record, as the register has it. months : first and last."""
    return _path(outcome, moments.monthly(asked_months(spec, outcome, *months), *months)[of], months)


def followed_path(
    spec: OnRegisters, outcome: Outcome, moments: Moments, of: Ints, follow: Follow, *, months: tuple[int, int]
) -> Series:
    """Return an outcome month by month, by record and by the rules of follow-up. months : first and last."""
    values = moments.monthly(asked_months(spec, outcome, *months), *months)
    ruled = follow.over_months(values, follow.states(moments.pid, moments.month, *months))
    for position in range(ruled.shape[1]):
        month = months[0] + position
        ruled[~_covered(outcome, moments, month, month), position] = np.nan
    return _path(outcome, ruled[of], months)


def _covered(outcome: Outcome, moments: Moments, first: int, last: int) -> Mask:
    """(k,) bool: the register covers the months; outside them nobody is observed, or the dead alone would count."""
    begins, ends = (month.ordinal for month in moments.engine.extract.tables[outcome.table].coverage)
    inside: Mask = (moments.month + first >= begins) & (moments.month + last <= ends)
    return inside | (tables()[outcome.table].kind == "fixed")


def _path(outcome: Outcome, values: Array, months: tuple[int, int]) -> Series:
    time = np.arange(months[0], months[1] + 1, dtype=np.float64)
    return Series(values=values, time=time, clock="event", unit=unit_of(outcome))


def declared(spec: OnRegisters, covariate: Covariate, at: Standing, moments: Moments, of: Ints) -> Iterator[Built]:
    """Yield the columns of a covariate that the spec spells out."""
    column = covariate.measure.removeprefix("value_")
    held = tables()[covariate.table].columns
    if covariate.measure.startswith("value_") and held[column].type in ("text", "code", "bool"):
        yield _status(covariate, column, at, moments, of)
        return
    asked = asked_covariate(covariate, spec.code_lists)
    name, group = covariate.name, _group(covariate.table, column)
    if covariate.by is None:
        yield Number(name=name, values=moments.measured(asked)[of], group=group, source=covariate.table)
        return
    for value, found in moments.by_value(asked, covariate.by).items():
        yield Number(name=f"{name}: {value}", values=found[of], group=group, source=covariate.table)


def _group(table: str, column: str) -> str:
    if table == "person":
        known = {"kjoenn": "kjoenn", "innvkat": "innvandring", "foreldre_utdanning": "foreldre"}
        return known.get(column, "alder" if column.startswith("foedsel") else OTHER)
    group = _GROUPS.get(table, OTHER)
    return group if group in get_args(CovariateGroup) else OTHER


def _status(covariate: Covariate, column: str, at: Standing, moments: Moments, of: Ints) -> Category:
    """Return a column of codes as of the last day of the month before time zero."""
    name, group = covariate.name, _group(covariate.table, column)
    kind, held = tables()[covariate.table].kind, tables()[covariate.table].columns[column]
    if covariate.table == "person" and column in at.people.fixed:
        fixed = at.people.fixed[column]
        labels = Coded(fixed.at(at.people.rows(at.pid)), fixed.names)
    elif kind == "spell":
        day = moments.last_day_before
        rows = read_spells(moments.engine, covariate.table, (column,), until=int(day.max()), people=moments.table)
        codes = rows.text[column].at(rows.covering(moments.pid, day))
        labels = Coded(codes[of], rows.text[column].names)
    else:
        raise DataError(
            Problem(
                code="E204",
                sentence=f"`{covariate.measure}` of `{covariate.table}` is not in this version",
                help="use a column of codes of a register of spells, or `standard`, which has industry and occupation",
                path=("covariates",),
            )
        )
    words = held.classification
    spoken = spelt(words, labels) if words else labels
    return Category(name=name, labels=spoken, group=group, source=covariate.table)
