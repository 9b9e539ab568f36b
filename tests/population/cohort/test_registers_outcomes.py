"""What outcomes are after the freeze: the register's values, by the rules of death and emigration, in order of rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from small_worlds import cohort_ids, opened, register, rows, world

from effekt.errors import DataError, OutcomesSealed
from effekt.population.cohort.cohort import Cohort
from effekt.population.outcomes.registers import on_replays, read
from effekt.sample import Outcomes

JOBS = """
    person_id maaned     jobb_id kontantlonn
    A         2024-04-01 x       10
    A         2025-03-01 x       20
    B         2025-03-01 x       30
    C         2025-03-01 x       40
    D         2024-04-01 x       50
    E         2024-05-01 x       60
"""
PERSON = """
    person_id foedselsaar kjoenn innvkat doed
    D         2000        1      A       2024-06-20
"""
HOMES = """
    person_id start      slutt      kommunenr status
    C         2015-01-01 2024-09-15 1103      bosatt
    C         2024-09-15 .          .         utvandret
    E         2015-01-01 2024-09-15 1103      bosatt
"""
OUTCOMES = {
    "i_jobb": {"from": "arbeidsforhold", "is": "active", "at": ["1m", "1y"]},
    "loenn": {"from": "arbeidsforhold", "is": "sum_kontantlonn", "window": ["0..3m", "0..1y"]},
}


def people(**changes: str) -> Any:
    held = {"arbeidsforhold": JOBS, "person": PERSON, "bosted": HOMES, **changes}
    return world(
        vedtak14a="person_id start\n" + "\n".join(f"{p} 2024-01-10" for p in "ABCDE"),
        deltakelse="person_id dato\n A 2024-03-05",
        **held,
    )


def by_person(cohort: Cohort, values: np.ndarray) -> dict[str, list[float | None]]:
    ids = cohort_ids(cohort)
    cells = [[None if np.isnan(v) else float(v) for v in row] for row in values]
    return dict(sorted(zip([ids[p] for p in cohort.within.pid.tolist()], cells, strict=True)))


def test_comparisons_treated_later_are_counted_from_the_day_after_time_zero(tmp_path: Path):
    registers = world(
        vedtak14a="person_id start\n" + "\n".join(f"{p} 2024-01-10" for p in "ABCDE"),
        deltakelse="person_id dato\n A 2024-03-05\n B 2024-03-20\n C 2025-03-31\n D 2025-04-01",
        arbeidsforhold=JOBS,
        person=PERSON,
        bosted=HOMES,
    )
    accrual = {"from": "vedtak14a", "accrual": "2024-03..2024-03"}
    with opened(tmp_path, registers, outcomes=OUTCOMES, population=accrual) as cohort:
        later = read(cohort, "frozen").later
        assert later is not None
        assert later.time.tolist() == [1, 3, 12]
        ids, group = cohort_ids(cohort), cohort.within
        on_the_day_of_a = group.day == group.day.min()
        found = {
            ids[person]: "".join("." if np.isnan(v) else str(int(v)) for v in cells)
            for person, cells in zip(group.pid[on_the_day_of_a], later.values[on_the_day_of_a], strict=True)
        }
        assert found == {"A": "...", "B": "111", "C": "001", "D": "000", "E": "000"}


def test_death_is_zero_emigration_and_unknown_residence_are_missing(tmp_path: Path):
    with opened(tmp_path, people(), outcomes=OUTCOMES) as cohort:
        outcomes = read(cohort, "frozen")
        assert by_person(cohort, outcomes.series["i_jobb"].values) == {
            "A": [1, 1],
            "B": [0, 1],
            "C": [0, None],
            "D": [1, 0],
            "E": [0, None],
        }
        assert by_person(cohort, outcomes.series["loenn"].values) == {
            "A": [10, 30],
            "B": [0, 30],
            "C": [0, None],
            "D": [50, 50],
            "E": [60, None],
        }
        assert outcomes.series["i_jobb"].time.tolist() == [1, 12]
        assert outcomes.series["loenn"].unit == "NOK"
        assert outcomes.sample_digest == cohort.sample.digest


def test_the_other_rules_make_death_missing_and_emigration_zero(tmp_path: Path):
    rules = {"death": "missing", "emigration": "zero"}
    with opened(tmp_path, people(), outcomes=OUTCOMES, follow_up=rules) as cohort:
        outcomes = read(cohort, "frozen")
        assert by_person(cohort, outcomes.series["i_jobb"].values)["C"] == [0, 1]
        assert by_person(cohort, outcomes.series["i_jobb"].values)["D"] == [1, None]
        assert by_person(cohort, outcomes.series["loenn"].values)["D"] == [50, None]


def test_paths_run_month_by_month_from_the_first_to_the_last_horizon(tmp_path: Path):
    with opened(tmp_path, people(), outcomes=OUTCOMES) as cohort:
        path = read(cohort, "frozen").paths["i_jobb"]
        assert path.time.tolist() == list(range(1, 13))
        assert by_person(cohort, path.values)["A"] == [1, *([0] * 10), 1]
        assert by_person(cohort, path.values)["D"] == [1, *([0] * 11)]
        assert by_person(cohort, path.values)["C"] == [0] * 5 + [None] * 7


def test_history_ends_the_month_before_and_month_zero_is_in_neither(tmp_path: Path):
    jobs = """
        person_id maaned     jobb_id kontantlonn
        A         2022-03-01 x       1
        A         2024-02-01 x       1
        A         2024-03-01 x       1
    """
    with opened(tmp_path, people(arbeidsforhold=jobs)) as cohort:
        history = cohort.sample.history["i_jobb"]
        assert history.time.tolist() == list(range(-24, 0))
        assert by_person(cohort, history.values)["A"] == [1, *([0] * 22), 1]
        assert np.nansum(read(cohort, "frozen").paths["i_jobb"].values) == 0


def test_months_beyond_coverage_are_missing_for_the_dead_too(tmp_path: Path):
    available = {"i_jobb": {"from": "arbeidsforhold", "is": "active", "at": ["1y"], "follow_up": "available"}}
    held = people()
    held.coverage["arbeidsforhold"] = ("2015-01", "2025-02")
    with opened(tmp_path, held, outcomes=available) as cohort:
        outcomes = read(cohort, "frozen")
        assert np.isnan(outcomes.series["i_jobb"].values).all()
        assert np.isfinite(outcomes.paths["i_jobb"].values[:, 0]).all()


def test_without_a_freeze_outcomes_are_sealed(tmp_path: Path):
    with opened(tmp_path, people()) as cohort, pytest.raises(OutcomesSealed):
        read(cohort, "")


def lives(text: str, streams: int) -> list[dict[str, Any]]:
    return [{**row, "person_id": f"{row['person_id']}~{s}"} for s in range(streams) for row in rows(text)]


def test_replays_are_measured_as_the_study_measures(tmp_path: Path):
    jobs = """
        person_id maaned     jobb_id kontantlonn
        A~0       2024-04-01 x       10
        A~1       2025-03-01 x       20
    """
    home = "person_id start kommunenr status\n A 2015-01-01 1103 bosatt"
    born = "person_id foedselsaar kjoenn innvkat\n A 2000 1 A"
    replays: dict[str, pa.Table] = {
        "arbeidsforhold": register("arbeidsforhold", rows(jobs)),
        "bosted": register("bosted", lives(home, 2)),
        "person": register("person", lives(born, 2)),
    }
    asked = OUTCOMES | {"i_jobb": OUTCOMES["i_jobb"] | {"at": ["1y", "1m"]}}
    with opened(tmp_path, people(), outcomes=asked) as cohort:
        truth = on_replays(cohort, replays, streams=2)
        assert read(cohort, "frozen").series["i_jobb"].time.tolist() == [1, 12]
        assert truth["i_jobb"].tolist() == [[[0, 1], [1, 0]]], "one year, one month: as the study writes them"
        assert truth["loenn"].tolist() == [[[10, 10], [0, 20]]]
        with pytest.raises(DataError, match="not among the replays"):
            on_replays(cohort, replays, streams=3)


def test_outcomes_of_the_second_comparison_are_in_its_own_order(tmp_path: Path):
    held = people(bosted="person_id start kommunenr status\n B 2015-01-01 0301 bosatt\n C 2015-01-01 0301 bosatt")
    recorded = {"from": "deltakelse", "recorded": {"11": "2022-01"}}
    with opened(tmp_path, held, treatment=recorded, comparison={"between": "outside_projects"}) as cohort:
        assert cohort.between is not None
        found: Outcomes = read(cohort, "frozen", group=cohort.between)
        ids = cohort_ids(cohort)
        jobs = dict(
            zip([ids[p] for p in cohort.between.pid.tolist()], found.series["i_jobb"].values[:, 0], strict=True)
        )
        assert jobs == {"A": 1, "B": 1, "C": 1}
        assert found.sample_digest == cohort.between.sample.digest
