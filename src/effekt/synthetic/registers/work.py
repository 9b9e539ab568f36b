"""Jobs and incomes: arbeidsforhold, inntekt_aar."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from effekt.synthetic.places import Places, era_of
from effekt.synthetic.registers.columns import Record, coded, table
from effekt.synthetic.shocks import Floats, Ints, Module
from effekt.synthetic.spells import first_of, spells

_BASE = 2015
_WAGE_GROWTH, _PRICE_GROWTH = 1.035, 1.025
_ROUNDED_TO = 500.0
"""NOK. Pay is constant within a job and a year and a round sum, so that a register stays small."""
_FULL_WEEK = 37.5
_PERCENT = np.array([20.0, 40.0, 60.0, 80.0, 100.0])
_SHARES = np.cumsum([[0.05, 0.08, 0.10, 0.15, 0.62], [0.40, 0.30, 0.15, 0.05, 0.10]], axis=1)
"""Of positions held by others and by students."""
_SPREAD, _ABILITY, _PER_YEAR = 0.10, 0.08, 0.012
SITES = 3
"""Establishments by municipality and industry."""
_BENEFIT = np.array([0.0, 17_000, 19_000, 9_500, 8_500, 21_000])
"""NOK a month in the base year, by a state's ``benefit``."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trades:
    """Kinds of jobs, (j,) each. open_to : (10, j) cumulative shares by level of education. pay : NOK a month."""

    yrke: NDArray[np.str_]
    naering: NDArray[np.str_]
    pay: Floats
    open_to: Floats


@cache
def trades() -> Trades:
    """Return the kinds of jobs in a world."""
    text = (files("effekt.synthetic") / "data" / "jobs.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    weight = np.array([float(row["vekt"]) for row in rows])
    least = np.array([int(row["nivaa"]) for row in rows])
    # A job below one's education is possible, and half as likely.
    fit = np.array([weight * np.where(least > level, 0, np.where(least + 3 > level, 1.0, 0.5)) for level in range(10)])
    return Trades(
        yrke=np.array([row["yrke"] for row in rows]),
        naering=np.array([row["naering"] for row in rows]),
        pay=np.array([float(row["lonn"]) for row in rows]),
        open_to=np.cumsum(fit, axis=1) / fit.sum(axis=1, keepdims=True),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Jobs:
    """Every job of the record, (s,) each, in the order of rows and time; and which of them a month belongs to.

    of : (r,) job of each employed month; row, at : (r,) its life and position in time; cash : (r,) NOK.
    """

    serial: Ints
    trade: Ints
    percent: Floats
    site: Ints
    place: Ints
    of: Ints
    row: Ints
    at: Ints
    cash: Floats


def jobs(record: Record) -> Jobs:
    """Return the jobs of a record and their traits, which are drawn from the luck of the month they began."""
    months, persons = record.months, record.lives.persons
    runs = spells(months["job"])
    u = record.shocks.uniforms(Module.JOB_TRAITS, *record.luck(runs.row, runs.begin))
    z = record.shocks.normals(Module.JOB_TRAITS, *record.luck(runs.row, runs.begin), block=1)[0]
    level = months["level"][runs.row, runs.begin].astype(np.int64)
    student = (months["course"][runs.row, runs.begin] > 0).astype(np.int64)
    trade, percent = trade_and_percent(u, level, student)
    age = np.clip((record.first + runs.begin - persons.born[runs.row]) // 12, 16, 40)
    pay = monthly_pay(trade, percent, z, persons.ability[runs.row], age)
    of = np.repeat(np.arange(len(runs.row)), runs.end - runs.begin)
    at = np.nonzero(months["job"])[1]
    return Jobs(
        serial=runs.value,
        trade=trade,
        percent=percent,
        site=(u[2] * SITES).astype(np.int64),
        place=months["place"][runs.row, runs.begin].astype(np.int64),
        of=of,
        row=runs.row[of],
        at=at,
        cash=cash(pay, of, at, record.first),
    )


def trade_and_percent(u: Floats, level: Ints, student: Ints) -> tuple[Ints, Floats]:
    """Return kind and percent of jobs; u : (2 or more, s). level : of education. student : 0 or 1."""
    trade = (u[0][:, None] > trades().open_to[level][:, :-1]).sum(axis=1)
    position = (u[1][:, None] > _SHARES[student][:, :-1]).sum(axis=1)
    return trade, _PERCENT[position]


def monthly_pay(trade: Ints, percent: Floats, z: Floats, ability: Floats, age: Ints) -> Floats:
    """(s,) NOK a month in the base year, for the hours worked; z : (s,) normal."""
    full = trades().pay[trade] * np.exp(_SPREAD * z + _ABILITY * ability + _PER_YEAR * (age - 20))
    return np.asarray(full * percent / 100, dtype=np.float64)


def cash(pay: Floats, of: Ints, at: Ints, first: int) -> Floats:
    """(r,) NOK of each employed month, in its year: constant within job and year; pay : (s,) in the base year.

    of, at : (r,) job and position in time of each month. first : ordinal of the first position.
    """
    year = (first + np.arange(int(at.max(initial=0)) + 1)) // 12
    years = np.arange(year[0], year[-1] + 1)
    growth = _WAGE_GROWTH ** (years - _BASE).astype(np.float64)
    by_year = np.maximum(np.round(pay[:, None] * growth / _ROUNDED_TO), 1) * _ROUNDED_TO
    return np.asarray(by_year[of, (year - years[0])[at]], dtype=np.float64)


def arbeidsforhold(found: Jobs, *, ids: NDArray[np.str_], first: int, where: Places, encoded: bool = False) -> pa.Table:
    """One row per job and month. ids : (n,) person_id of each life. first : ordinal of the first month."""
    n, places = len(found.of), len(where.county)
    months = first + np.arange(int(found.at.max(initial=0)) + 1)
    days = first_of(months).astype(np.int64).astype(np.int32)
    era = (era_of(months) * places).astype(np.int32)
    site = (found.place * len(trades().yrke) + found.trade) * SITES + found.site
    serials = np.array([f"J{k}" for k in range(int(found.serial.max(initial=0)) + 1)])
    # Positions in lists of names need no more than 32 bits, and rows are many.
    serial, trade, place, at_site = (
        part.astype(np.int32)[found.of] for part in (found.serial, found.trade, found.place, site)
    )
    percent, one = found.percent[found.of], np.zeros(n, dtype=np.int32)
    return table(
        "arbeidsforhold",
        {
            "person_id": coded(ids, found.row),
            "maaned": pa.array(days[found.at]).view(pa.date32()),
            "jobb_id": coded(serials, serial),
            "virksomhet_id": coded(establishments(places * len(trades().yrke) * SITES), at_site),
            "arbeidstid": _FULL_WEEK * percent / 100,
            "stillingsprosent": percent,
            "kontantlonn": found.cash,
            "yrke": coded(trades().yrke, trade),
            "yrke_versjon": coded(np.array(["STYRK08"]), one),
            "naering": coded(trades().naering, trade),
            "naering_versjon": coded(np.array(["SN2007"]), one),
            "hovedjobb": np.ones(n, dtype=bool),
            "arbeidskommunenr": coded(where.codes.ravel(), era[found.at] + place),
        },
        encoded=encoded,
    )


@cache
def establishments(count: int) -> NDArray[np.str_]:
    """Return organisation numbers that cannot exist: nine digits, the check digit wrong.

    The right one is 11 minus the sum of the first eight weighted by 3 2 7 6 5 4 3 2, modulo 11 (Broennoeysund).
    """
    stem = 80_000_000 + np.arange(count)
    digits = stem[:, None] // 10 ** np.arange(7, -1, -1) % 10
    right = -(digits @ np.array([3, 2, 7, 6, 5, 4, 3, 2])) % 11
    wrong = (right + 1) % 10
    return np.array([f"{number}{check}" for number, check in zip(stem.tolist(), wrong.tolist(), strict=True)])


def inntekt_aar(record: Record, found: Jobs) -> pa.Table:
    """Yearly incomes of everybody who lived here in the year and turned seventeen."""
    months = record.months
    years = np.arange(record.first // 12, months.last // 12 + 1)
    year_of = (record.first + np.arange(record.length)) // 12 - years[0]
    transfers = np.stack([_BENEFIT[months["benefit"][:, year_of == y]].sum(axis=1) for y in range(len(years))], axis=1)
    lived = np.stack([(months["gone"][:, year_of == y] == 0).any(axis=1) for y in range(len(years))], axis=1)
    of_age = years[None, :] - record.lives.persons.born[:, None] // 12 >= 17
    return incomes(found, ids=record.ids, first=record.first, received=transfers, who=lived & of_age)


def incomes(
    found: Jobs, *, ids: NDArray[np.str_], first: int, received: Floats, who: NDArray[np.bool_], encoded: bool = False
) -> pa.Table:
    """One row per life and year of ``who``. received : (n, years) NOK of transfers in money of the base year."""
    n, length = received.shape
    years = first // 12 + np.arange(length)
    year = (first + np.arange(int(found.at.max(initial=0)) + 1)) // 12 - years[0]
    wages = np.bincount(found.row * length + year[found.at], weights=found.cash, minlength=n * length).reshape(n, -1)
    transfers = np.round(received * _WAGE_GROWTH ** (years - _BASE) / _ROUNDED_TO) * _ROUNDED_TO
    row, column = np.nonzero(who)
    return table(
        "inntekt_aar",
        {
            "person_id": coded(ids, row),
            "aar": years[column],
            "wlonn": wages[row, column],
            "wyrkinnt": wages[row, column],
            "overfoeringer": transfers[row, column],
            "deflator": np.round(_PRICE_GROWTH ** (years - _BASE), 4)[column],
        },
        encoded=encoded,
    )
