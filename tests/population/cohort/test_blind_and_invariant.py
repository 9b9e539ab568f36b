"""The design stage does not see what comes after time zero, and no number depends on the order of rows."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_worlds import random_world
from small_worlds import World, cohort_ids, opened

from effekt.population.cohort.cohort import Cohort
from effekt.population.outcomes.registers import read

FULL = {
    "covariates": ["standard", {"from": "ytelse", "is": "months_active", "window": "12m before", "by": "ytelse"}],
    "subgroups": {"under_25": {"age": "19..24"}},
    "negative_controls": {"placebo_time": {"outcome": "i_jobb", "shift": ["18m"]}},
    "comparison": {"candidates": "all", "cells": {"fylke": "exact", "calendar": "year"}},
    "disclosure": "terskel10",
}
LAST = dt.date(2024, 12, 31)


def design(folder: Path, world: World, **changes: Any) -> tuple[Any, ...]:
    """Everything the design stage makes of a world."""
    with opened(folder, world, **{**FULL, **changes}) as cohort:
        return of(cohort)


def of(cohort: Cohort) -> tuple[Any, ...]:
    sample = cohort.sample
    units = {name: column.fillna(-1).tolist() for name, column in sample.units.items()}
    return sample.digest, cohort.notes, units, list(sample.baseline.columns)


def last_time_zero(cohort: Cohort) -> dict[str, dt.date]:
    ids = cohort_ids(cohort)
    days = cohort.within.day.astype("datetime64[D]").astype(object)
    last: dict[str, dt.date] = {}
    for pid, day in zip(cohort.within.pid.tolist(), days.tolist(), strict=True):
        last[ids[pid]] = max(day, last.get(ids[pid], day))
    return last


def poisoned(world: World, from_day: Callable[[str], dt.date | None], tables: tuple[str, ...]) -> World:
    """Return the world with everything after a day of each person turned into something else."""
    other = copy.deepcopy(world)
    for name in tables:
        rows = []
        for row in other.held[name]:
            after = from_day(row["person_id"])
            begins = next((row[c] for c in ("start", "dato", "maaned") if c in row), None)
            if after is None or begins is None or begins <= after:
                rows.append(row | _ended_after(row, after))
        for person in {row["person_id"] for row in other.held["person"]}:
            after = from_day(person)
            if after is not None and name in POISON:
                rows.append({"person_id": person, **POISON[name](after)})
        other.held[name] = rows
    return other


def _ended_after(row: dict[str, Any], after: dt.date | None) -> dict[str, Any]:
    """A spell that was open on the day may end on any later day, or never."""
    if after is None or "slutt" not in row or (row["slutt"] is not None and row["slutt"] <= after):
        return {}
    return {"slutt": after + dt.timedelta(days=1) if row["slutt"] is None else None}


def next_month(day: dt.date, n: int = 0) -> dt.date:
    month = day.year * 12 + day.month - 1 + n
    return dt.date(month // 12, month % 12 + 1, 1)


POISON: dict[str, Callable[[dt.date], dict[str, Any]]] = {
    "arbeidsforhold": lambda day: {
        "maaned": next_month(day, 1),
        "jobb_id": "poison",
        "kontantlonn": 1e9,
        "naering": "01.110",
        "yrke": "0110",
        "hovedjobb": True,
        "arbeidstid": 99.0,
    },
    "ytelse": lambda day: {"start": day + dt.timedelta(days=1), "ytelse": "UFORE"},
    "tiltak": lambda day: {"start": day + dt.timedelta(days=1), "tiltakskode": "JOBBKLUBB", "gruppe": "poison"},
    "utdanningsnivaa": lambda day: {"start": day + dt.timedelta(days=1), "nus2000": "801101"},
    "utdanningsforloep": lambda day: {
        "start": day + dt.timedelta(days=1),
        "kurs_id": "poison",
        "nus2000": "801101",
        "utfall": "fullfoert",
    },
    "arbeidssoeker": lambda day: {"start": day + dt.timedelta(days=1), "hovedstatus": "HL"},
    "vedtak14a": lambda day: {
        "start": day + dt.timedelta(days=1),
        "innsatsgruppe": "JOBBE_DELVIS",
        "nav_kontor": "POISON",
    },
    "deltakelse": lambda day: {"dato": day + dt.timedelta(days=1), "form": "gruppe"},
    "bosted": lambda day: {"start": day + dt.timedelta(days=1), "kommunenr": "5001", "status": "utvandret"},
}


@pytest.fixture(scope="module")
def drawn() -> World:
    return random_world(3)


@pytest.fixture(scope="module")
def clean(drawn: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cohort]:
    with opened(tmp_path_factory.mktemp("clean"), drawn, **FULL) as cohort:
        yield cohort


def test_the_world_of_these_tests_says_something(clean: Cohort):
    sample = clean.sample
    groups = {sample.groups[name] for name in sample.baseline.columns}
    assert {"kjoenn", "alder", "foreldre", "arbeid", "naering", "ytelse", "tiltak", "ledighet", "fylke"} <= groups
    assert {"lønn -1", "i jobb -24", "måneder siden jobb"} <= sample.lags
    assert list(sample.placebos) == ["placebo_time_18m"]


def test_nothing_after_the_end_of_accrual_moves_the_design(tmp_path: Path, drawn: World, clean: Cohort):
    everything = poisoned(drawn, lambda _: LAST, tuple(POISON))
    for row in everything.held["person"]:
        row["doed"] = dt.date(2025, 1, 1) if row.get("doed") is None else None
    assert design(tmp_path, everything) == of(clean)


def test_nothing_about_a_person_after_their_last_time_zero_moves_the_design(
    tmp_path: Path, drawn: World, clean: Cohort
):
    last = last_time_zero(clean)
    about_them = ("arbeidsforhold", "ytelse", "tiltak", "utdanningsnivaa", "utdanningsforloep")
    assert len(last) > 20
    moved = poisoned(drawn, last.get, about_them)
    assert design(tmp_path, moved) == of(clean)


def test_what_came_before_time_zero_does_move_it(tmp_path: Path, drawn: World, clean: Cohort):
    before = copy.deepcopy(drawn)
    for row in before.held["arbeidsforhold"]:
        if row["maaned"] == dt.date(2023, 12, 1):
            row["kontantlonn"] += 1
    assert design(tmp_path, before)[0] != clean.sample.digest


def test_rows_in_any_order_give_the_same_design_and_the_same_outcomes(tmp_path: Path, drawn: World, clean: Cohort):
    with opened(tmp_path, drawn, shuffled=1, **FULL) as cohort:
        assert of(cohort) == of(clean)
        assert read(cohort, "frozen").digest == read(clean, "frozen").digest


def test_records_of_a_placebo_are_those_of_the_sample_with_covariates_measured_anew(clean: Cohort):
    sample = clean.sample
    placebo = sample.placebos["placebo_time_18m"]
    assert placebo.sample.units["key"].tolist() == sample.units["key"].tolist()
    assert placebo.sample.cells.tolist() == sample.cells.tolist()
    assert placebo.series.time.tolist() == [12.0]
    assert (placebo.sample.units["index_period"] == sample.units["index_period"] - 18).all()
    history, moved = sample.history["i_jobb"].values, placebo.sample.history["i_jobb"].values
    assert np.array_equal(placebo.series.values[:, 0], history[:, 24 - 6]), "month -18 + 12 is month -6"
    assert np.array_equal(moved[:, 18:], history[:, :6]), "its last six months are the sample's first"
    assert not np.array_equal(placebo.sample.baseline["alder"], sample.baseline["alder"])
