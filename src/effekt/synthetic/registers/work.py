"""Jobs and incomes: arbeidsforhold, inntekt_aar."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from effekt.synthetic.places import era_of
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
_SITES = 3
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
    trade = (u[0][:, None] > trades().open_to[level][:, :-1]).sum(axis=1)
    position = (u[1][:, None] > _SHARES[student][:, :-1]).sum(axis=1)
    age = np.clip((record.first + runs.begin - persons.born[runs.row]) // 12, 16, 40)
    pay = trades().pay[trade] * np.exp(_SPREAD * z + _ABILITY * persons.ability[runs.row] + _PER_YEAR * (age - 20))
    of = np.repeat(np.arange(len(runs.row)), runs.end - runs.begin)
    at = np.nonzero(months["job"])[1]
    return Jobs(
        serial=runs.value,
        trade=trade,
        percent=_PERCENT[position],
        site=(u[2] * _SITES).astype(np.int64),
        place=months["place"][runs.row, runs.begin].astype(np.int64),
        of=of,
        row=runs.row[of],
        at=at,
        cash=_cash((pay * _PERCENT[position] / 100)[of], (record.first + at) // 12),
    )


def _cash(earned: Floats, year: Ints) -> Floats:
    """(r,) NOK of each employed month, in its year: constant within job and year; earned : in the base year."""
    since = np.arange(year.min(initial=_BASE), year.max(initial=_BASE) + 1)
    earned = earned * (_WAGE_GROWTH ** (since - _BASE).astype(np.float64))[year - since[0]]
    return np.asarray(np.maximum(np.round(earned / _ROUNDED_TO), 1) * _ROUNDED_TO, dtype=np.float64)


def arbeidsforhold(record: Record, found: Jobs) -> pa.Table:
    """One row per job and month."""
    n = len(found.of)
    trade = found.trade[found.of]
    places = len(record.where.county)
    era = era_of(record.first + found.at)
    return table(
        "arbeidsforhold",
        {
            "person_id": coded(record.ids, found.row),
            "maaned": first_of(record.first + found.at),
            "jobb_id": coded(
                np.array([f"J{k}" for k in range(int(found.serial.max(initial=0)) + 1)]), found.serial[found.of]
            ),
            "virksomhet_id": coded(
                establishments(places * len(trades().yrke) * _SITES),
                (found.place[found.of] * len(trades().yrke) + trade) * _SITES + found.site[found.of],
            ),
            "arbeidstid": _FULL_WEEK * found.percent[found.of] / 100,
            "stillingsprosent": found.percent[found.of],
            "kontantlonn": found.cash,
            "yrke": coded(trades().yrke, trade),
            "yrke_versjon": coded(np.array(["STYRK08"]), np.zeros(n, dtype=np.int64)),
            "naering": coded(trades().naering, trade),
            "naering_versjon": coded(np.array(["SN2007"]), np.zeros(n, dtype=np.int64)),
            "hovedjobb": np.ones(n, dtype=bool),
            "arbeidskommunenr": coded(record.where.codes.ravel(), era * places + found.place[found.of]),
        },
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
    months, n = record.months, len(record.ids)
    years = np.arange(record.first // 12, record.months.last // 12 + 1)
    year_of = (record.first + np.arange(record.length)) // 12 - years[0]
    wages = np.bincount(
        found.row * len(years) + year_of[found.at], weights=found.cash, minlength=n * len(years)
    ).reshape(n, -1)
    transfers = np.stack([_BENEFIT[months["benefit"][:, year_of == y]].sum(axis=1) for y in range(len(years))], axis=1)
    transfers = np.round(transfers * _WAGE_GROWTH ** (years - _BASE) / _ROUNDED_TO) * _ROUNDED_TO
    lived = np.stack([(months["gone"][:, year_of == y] == 0).any(axis=1) for y in range(len(years))], axis=1)
    of_age = years[None, :] - record.lives.persons.born[:, None] // 12 >= 17
    row, year = np.nonzero(lived & of_age)
    return table(
        "inntekt_aar",
        {
            "person_id": coded(record.ids, row),
            "aar": years[year],
            "wlonn": wages[row, year],
            "wyrkinnt": wages[row, year],
            "overfoeringer": transfers[row, year],
            "deflator": np.round(_PRICE_GROWTH ** (years - _BASE), 4)[year],
        },
    )
