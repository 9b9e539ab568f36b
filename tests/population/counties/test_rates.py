"""Rates of entrants by county: hand-made registers with known rates, a naive reference, and what may not matter."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from county_worlds import opened, unit
from small_worlds import World, world

from effekt.errors import EffektError
from effekt.population.counties.build import CountyCohort
from effekt.population.outcomes import counties as outcomes
from effekt.sample import Outcomes

HOMES = """
    person_id start      kommunenr status
    A         2015-01-01 1103      bosatt
    B         2015-01-01 1103      bosatt
    C         2015-01-01 1103      bosatt
    D         2015-01-01 1804      bosatt
    E         2015-01-01 1804      bosatt
"""
ENTRIES = """
    person_id start      slutt
    A         2019-03-10 2019-09-01
    B         2019-07-01 2019-12-01
    C         2023-02-02 .
    A         2023-05-05 .
    D         2019-04-01 2020-01-01
    E         2023-04-01 .
"""
JOBS = """
    person_id maaned     jobb_id
    A         2020-03-01 x
    B         2020-06-01 x
    B         2020-08-01 x
    C         2024-02-01 x
    D         2020-04-01 x
"""


def read(cohort: CountyCohort) -> Outcomes:
    return outcomes.read(cohort, "f" * 64)


def cells(cohort: CountyCohort, code: str, *, after: bool) -> dict[int, tuple[float, float]]:
    """Return period -> (numerator, denominator) of a county, without empty cells."""
    found = read(cohort).series["i_jobb"] if after else cohort.sample.history["i_jobb"]
    row = unit(cohort, code)
    assert found.numerator is not None and found.denominator is not None
    return {
        int(time): (found.numerator[row, t], found.denominator[row, t])
        for t, time in enumerate(found.time)
        if found.denominator[row, t] > 0
    }


def test_a_rate_is_of_those_who_entered_in_the_period_at_their_horizon(tmp_path: Path):
    """B had work before and after, and not in the twelfth month after entry: July 2020."""
    with opened(tmp_path, world(bosted=HOMES, vedtak14a=ENTRIES, arbeidsforhold=JOBS)) as cohort:
        assert cells(cohort, "11", after=False) == {2019: (1, 2)}
        assert cells(cohort, "18", after=False) == {2019: (1, 1)}
        assert cells(cohort, "11", after=True) == {2023: (1, 2)}
        assert cells(cohort, "18", after=True) == {2023: (0, 1)}


def test_a_cell_without_a_person_is_missing_and_never_zero(tmp_path: Path):
    with opened(tmp_path, world(bosted=HOMES, vedtak14a=ENTRIES, arbeidsforhold=JOBS)) as cohort:
        history = cohort.sample.history["i_jobb"]
        assert np.isnan(history.values[unit(cohort, "46")]).all()
        assert history.time.tolist() == [2019.0, 2020.0]
        assert np.isnan(history.values[unit(cohort, "11"), 1])


def test_a_period_is_before_only_if_every_outcome_window_ends_before_the_start(tmp_path: Path):
    """Entrants of 2021 are followed into 2022, when county 11 starts: neither before nor after."""
    with opened(tmp_path, world(bosted=HOMES, vedtak14a=ENTRIES, arbeidsforhold=JOBS)) as cohort:
        assert cohort.calendar.label[: cohort.calendar.sealed].tolist() == [2019, 2020]
        assert cohort.sample.anticipation == 1
        first = cohort.sample.first_treated
        assert first[unit(cohort, "11")] == 2022
        assert np.isnan(np.delete(first, unit(cohort, "11"))).all()


def test_the_county_is_that_of_the_month_before_entry(tmp_path: Path):
    moved = """
        person_id start      slutt      kommunenr status
        A         2015-01-01 2019-03-05 1804      bosatt
        A         2019-03-05 .          1103      bosatt
        C         2015-01-01 .          1103      bosatt
    """
    registers = world(bosted=moved, vedtak14a=ENTRIES, arbeidsforhold=JOBS)
    with opened(tmp_path, registers) as cohort:
        assert cells(cohort, "18", after=False)[2019][1] == 1
        assert cells(cohort, "11", after=True) == {2023: (1, 3)}


def test_borders_of_2018_2020_and_2024_are_one_county(tmp_path: Path):
    """Halden was in Østfold (0101), then in Viken (3001), and is in Østfold again (3101)."""
    homes = """
        person_id start      slutt      kommunenr status
        A         2015-01-01 .          0101      bosatt
        B         2015-01-01 2020-01-01 0101      bosatt
        B         2020-01-01 2024-01-01 3001      bosatt
        B         2024-01-01 .          3101      bosatt
        C         2015-01-01 .          9999      bosatt
    """
    entries = """
        person_id start      slutt
        A         2019-03-10 2019-09-01
        B         2019-07-01 2019-12-01
        B         2022-07-01 2022-12-01
        B         2024-07-01 .
        C         2019-07-01 .
    """
    with opened(tmp_path, world(bosted=homes, vedtak14a=entries)) as cohort:
        assert cells(cohort, "31", after=False) == {2019: (0, 2)}
        assert cells(cohort, "31", after=True) == {2022: (0, 1), 2024: (0, 1)}
        lost = [s.reason for s, t in pairwise(cohort.sample.attrition.steps[::-1]) if t.units > s.units]
        assert lost == ["no known county of residence before entry"]


def test_a_gap_of_28_days_is_no_new_entry_and_a_person_counts_once_in_a_period(tmp_path: Path):
    entries = """
        person_id start      slutt
        A         2019-01-10 2019-02-01
        A         2019-03-01 2019-04-01
        A         2019-06-01 2019-07-01
        A         2020-06-01 .
    """
    with opened(tmp_path, world(vedtak14a=entries)) as cohort:
        assert cells(cohort, "11", after=False) == {2019: (0, 1), 2020: (0, 1)}
        steps = cohort.sample.attrition.steps
        assert [(s.units, s.persons) for s in (steps[0], steps[-1])] == [(3, 1), (2, 1)]


def test_the_emigrated_are_missing_and_the_dead_are_zero(tmp_path: Path):
    homes = """
        person_id start      slutt      kommunenr status
        A         2015-01-01 2019-12-01 1103      bosatt
        A         2019-12-01 .          .         utvandret
        B         2015-01-01 2019-12-01 1103      bosatt
        B         2019-12-01 .          .         doed
        C         2015-01-01 .          1103      bosatt
    """
    entries = "person_id start\n A 2019-03-01\n B 2019-03-01\n C 2019-03-01"
    jobs = "person_id maaned jobb_id\n A 2020-03-01 x\n C 2020-03-01 x"
    with opened(tmp_path, world(bosted=homes, vedtak14a=entries, arbeidsforhold=jobs)) as cohort:
        assert cells(cohort, "11", after=False) == {2019: (1, 2)}


def test_dropped_months_and_counties_left_out_are_gone_and_the_flow_says_so(tmp_path: Path):
    changes: dict[str, Any] = {
        "panel": {"period": "year", "drop": ["2019-07..2019-07"]},
        "treatment": {"start": {"11": "2022-01"}, "leave_out": ["18"]},
    }
    registers = world(bosted=HOMES, vedtak14a=ENTRIES, arbeidsforhold=JOBS)
    with opened(tmp_path, registers, **changes) as cohort:
        assert cells(cohort, "11", after=False) == {2019: (1, 1)}
        assert "18" not in cohort.units.codes
        assert len(cohort.sample) == 14
        left_out = next(s for s in cohort.sample.attrition.steps if s.reason == "in units that are left out")
        assert left_out.units == 1


def test_periods_whose_outcomes_the_registers_do_not_cover_are_no_periods(tmp_path: Path):
    registers = world({"arbeidsforhold": ("2015-01", "2024-11")}, bosted=HOMES, vedtak14a=ENTRIES, arbeidsforhold=JOBS)
    with opened(tmp_path, registers) as cohort:
        assert read(cohort).series["i_jobb"].time.tolist() == [2021, 2022]


def test_outcomes_are_sealed_without_a_freeze(tmp_path: Path):
    with (
        opened(tmp_path, world(vedtak14a=ENTRIES)) as cohort,
        pytest.raises(EffektError, match="E604"),
    ):
        outcomes.read(cohort, "")


def drawn(seed: int, people: int = 60) -> dict[str, list[dict[str, Any]]]:
    """Return registers of people who move, enter several times, work, emigrate and die."""
    rng = np.random.default_rng(seed)
    places = ["1103", "1804", "4601", "0301", "3001", "0101"]
    held: dict[str, list[dict[str, Any]]] = {"bosted": [], "vedtak14a": [], "arbeidsforhold": [], "person": []}

    def day(low: int, high: int) -> pd.Timestamp:
        return pd.Timestamp("2018-06-01") + pd.Timedelta(days=int(rng.integers(low, high)))

    for p in range(people):
        person = f"P{p:03d}"
        born = {"foedselsaar": int(rng.integers(1985, 2005)), "kjoenn": "1", "innvkat": "A", "foedselsmaaned": 6}
        moved, gone = day(0, 2400), day(800, 6000)
        status = rng.choice(["utvandret", "doed"])
        first, second = rng.choice(places, 2)
        rows = [("2015-01-01", min(moved, gone), first, "bosatt"), (gone, None, None, status)]
        if moved < gone:
            rows.insert(1, (moved, gone, second, "bosatt"))
        held["person"].append({"person_id": person, **born, "doed": gone.date() if status == "doed" else None})
        for start, stop, place, what in rows:
            row = {"start": pd.Timestamp(start).date(), "slutt": None if stop is None else stop.date()}
            held["bosted"].append({"person_id": person, **row, "kommunenr": place, "status": what})
        begins = day(0, 500)
        for _ in range(4):
            ends = begins + pd.Timedelta(days=int(rng.integers(20, 300)))
            row = {"start": begins.date(), "slutt": ends.date(), "innsatsgruppe": "TRENGER_VEILEDNING"}
            held["vedtak14a"].append({"person_id": person, **row, "nav_kontor": "1"})
            begins = ends + pd.Timedelta(days=int(rng.integers(5, 400)))
        for month in pd.period_range("2018-01", "2026-12", freq="M"):
            if rng.random() < 0.4:
                held["arbeidsforhold"].append(
                    {"person_id": person, "maaned": month.to_timestamp().date(), "jobb_id": "x"}
                )
    return held


COUNTY = {"1103": "11", "1804": "18", "4601": "46", "0301": "03", "3001": "31", "0101": "31"}


def naive(held: dict[str, list[dict[str, Any]]]) -> dict[tuple[str, int], tuple[int, int]]:
    """Count entrants aged 19..30 of 2019-2024 by county and year, and those in work twelve months on, by loops."""
    homes, working = pd.DataFrame(held["bosted"]), {(r["person_id"], r["maaned"]) for r in held["arbeidsforhold"]}
    counts: dict[tuple[str, int], list[int]] = {}
    counted = set()

    def home(person: str, day: Any) -> Any:
        mine = homes[(homes.person_id == person) & (homes.start <= day) & (homes.slutt.isna() | (homes.slutt > day))]
        return mine.iloc[0]

    for p in held["person"]:
        person, reach = p["person_id"], None
        for spell in sorted((r for r in held["vedtak14a"] if r["person_id"] == person), key=lambda r: r["start"]):
            new = reach is None or (spell["start"] - reach).days > 28
            reach = spell["slutt"] if reach is None else max(reach, spell["slutt"])
            entry = pd.Timestamp(spell["start"])
            age = (12 * entry.year + entry.month - (12 * p["foedselsaar"] + 6)) // 12
            before = home(person, (entry.to_period("M").to_timestamp() - pd.Timedelta(days=1)).date())
            if not (new and 2019 <= entry.year <= 2024 and 19 <= age <= 30 and before.status == "bosatt"):
                continue
            if (person, entry.year) in counted:
                continue
            counted.add((person, entry.year))
            month = entry.to_period("M") + 12
            then = home(person, month.end_time.date())
            if then.status == "utvandret":
                continue
            dead = p["doed"] is not None and pd.Timestamp(p["doed"]).to_period("M") < month
            cell = counts.setdefault((COUNTY[before.kommunenr], entry.year), [0, 0])
            cell[0] += (person, month.to_timestamp().date()) in working and not dead
            cell[1] += 1
    return {key: (cell[0], cell[1]) for key, cell in counts.items()}


AGES = {"population": {"from": "vedtak14a", "accrual": "2019-01..2024-12", "include": [{"age": "19..30"}]}}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_cell_is_that_of_a_naive_count(tmp_path: Path, seed: int):
    held = drawn(seed)
    with opened(tmp_path, world(**held), **AGES) as cohort:
        ours = {
            (code, period): cell
            for code in cohort.units.codes
            for after in (False, True)
            for period, cell in cells(cohort, code, after=after).items()
        }
    assert ours == naive(held)


def test_the_order_of_rows_in_the_files_does_not_matter(tmp_path: Path):
    held = drawn(4)
    digests = set()
    for shuffled in (None, 1):
        with opened(tmp_path / str(shuffled), world(**held), shuffled=shuffled, **AGES) as cohort:
            digests.add((cohort.sample.digest, read(cohort).digest))
    assert len(digests) == 1


def poisoned(held: dict[str, list[dict[str, Any]]], since: str) -> World:
    """Return the world in which, from a month on, everybody works, is registered anew, and moves."""
    start = pd.Timestamp(since)
    changed = {name: [dict(row) for row in rows] for name, rows in held.items()}
    for p in {row["person_id"] for row in held["person"]}:
        for month in pd.date_range(start, "2026-12-01", freq="MS"):
            changed["arbeidsforhold"].append({"person_id": p, "maaned": month.date(), "jobb_id": "poison"})
        changed["vedtak14a"].append({"person_id": p, "start": start.date(), "innsatsgruppe": "JOBBE_DELVIS"})
        changed["bosted"].append({"person_id": p, "start": start.date(), "kommunenr": "5501", "status": "doed"})
    for p in changed["person"]:
        p["doed"] = p["doed"] if p["doed"] is not None and pd.Timestamp(p["doed"]) < start else start.date()
    return world(**changed)


def test_nothing_dated_from_the_first_start_on_moves_the_design(tmp_path: Path):
    held = drawn(5)
    digests, read_after = [], []
    for name, registers in (("clean", world(**held)), ("poisoned", poisoned(held, "2022-01-01"))):
        with opened(tmp_path / name, registers, **AGES) as cohort:
            digests.append(cohort.sample.digest)
            read_after.append(read(cohort).digest)
    assert digests[0] == digests[1]
    assert read_after[0] != read_after[1]


def test_the_poison_is_seen_where_it_falls_a_month_before_the_start(tmp_path: Path):
    held = drawn(5)
    digests = []
    for name, registers in (("clean", world(**held)), ("poisoned", poisoned(held, "2021-11-01"))):
        with opened(tmp_path / name, registers, **AGES) as cohort:
            digests.append(cohort.sample.digest)
    assert digests[0] != digests[1]
