"""Starts, periods astride them, and the change in uptake as a dose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from county_worlds import opened, study, unit
from small_worlds import World, world

from effekt.errors import EffektError
from effekt.literals import Month
from effekt.population.counties.calendar import Calendar, Start, calendar_of
from effekt.spec.load import load

SPECS = Path(__file__).parents[3] / "specs"


def calendar(folder: Path, starts: dict[str, str], **changes: Any) -> Calendar:
    spec = study(folder, treatment={"start": starts}, **changes)
    months = {unit: Month.parse(text).ordinal for unit, text in starts.items()}
    return calendar_of(spec, Month(2024, 12), {u: Start(before=m - 1, after=m) for u, m in months.items()})


QUARTERS = {"panel": {"period": "quarter"}}


def test_a_start_at_the_first_of_a_quarter_leaves_four_quarters_astride(tmp_path: Path):
    found = calendar(tmp_path, {"11": "2022-04"}, **QUARTERS)
    assert found.label[found.start["11"]] == 20222
    assert (found.anticipation, found.label[found.sealed - 1]) == (4, 20211)


def test_entrants_of_the_quarter_in_which_it_starts_are_not_after(tmp_path: Path):
    found = calendar(tmp_path, {"11": "2022-05"}, **QUARTERS)
    assert found.label[found.start["11"]] == 20223
    assert (found.anticipation, found.label[found.sealed - 1]) == (5, 20211)


def test_all_counties_leave_out_as_many_periods_as_the_one_with_most_of_them(tmp_path: Path):
    found = calendar(tmp_path, {"11": "2022-05", "18": "2023-07"}, **QUARTERS)
    assert (found.anticipation, found.sealed) == (5, found.start["11"] - 5)


def test_dropped_months_shorten_what_lies_astride(tmp_path: Path):
    panel = {"period": "quarter", "drop": ["2021-04..2021-09"]}
    found = calendar(tmp_path, {"11": "2022-04"}, panel=panel)
    assert 20212 not in found.label and 20213 not in found.label
    assert (found.anticipation, found.label[found.sealed - 1]) == (2, 20211)


def test_no_window_before_the_seal_reaches_the_first_start(tmp_path: Path):
    for period in ("month", "quarter", "year"):
        for start in ("2022-01", "2022-02", "2022-06", "2022-12"):
            found = calendar(tmp_path, {"11": start, "46": "2023-05"}, panel={"period": period})
            assert found.last[: found.sealed].max() + 12 < Month.parse(start).ordinal
            assert found.first[found.start["11"]] >= Month.parse(start).ordinal


@pytest.mark.parametrize(("start", "code"), [("2019-06", "E307"), ("2024-12", "E309")])
def test_a_start_without_a_period_before_or_after_it_is_refused(tmp_path: Path, start: str, code: str):
    with pytest.raises(EffektError, match=code):
        calendar(tmp_path, {"11": start})


def test_entry_before_municipalities_are_known_is_refused_and_not_lost(tmp_path: Path):
    population = {"from": "vedtak14a", "accrual": "2018-01..2024-12"}
    with (
        pytest.raises(EffektError, match="E310"),
        opened(tmp_path, world(vedtak14a="person_id start\n A 2019-01-01"), population=population),
    ):
        pass


def uptake_world() -> World:
    """Return three counties of ten persons, all entrants of 2021 and 2023, and who takes part when."""
    homes = [
        {"person_id": f"{c}{i}", "start": "2015-01-01", "kommunenr": place, "status": "bosatt"}
        for c, place in (("R", "1103"), ("N", "1804"), ("O", "0301"))
        for i in range(10)
    ]
    entries = [
        {"person_id": row["person_id"], "start": f"{year}-03-01", "slutt": f"{year}-06-01"}
        for row in homes
        for year in (2019, 2020, 2021, 2023)
        if row["person_id"] != "R9"
    ]
    part = ["R0 2021", "R0 2023", "R1 2023", "R2 2023", "R9 2023", "N0 2021", "N0 2023", "N1 2023", "O0 2021"]
    rows = [{"person_id": p, "dato": f"{year}-04-15"} for p, year in (text.split() for text in part)]
    return world(bosted=homes, vedtak14a=entries, deltakelse=[*rows, {**rows[1], "dato": "2023-09-01"}])


OTHERS = ["15", "31", "32", "33", "34", "39", "40", "42", "46", "50", "55", "56"]


def dosed(per: str, **more: Any) -> dict[str, Any]:
    dose = {"from": "deltakelse", "is": "persons", "per": per, "change": [2021, 2023]}
    return {"treatment": {"dose": dose, "leave_out": OTHERS, **more}, "analyses": ["dose_slope"]}


def test_the_dose_is_the_change_in_the_share_of_residents_who_take_part(tmp_path: Path):
    with opened(tmp_path, uptake_world(), **dosed("population")) as cohort:
        dose = cohort.sample.dose
        assert dose is not None and cohort.uptake is not None
        assert [round(dose[unit(cohort, code)], 12) for code in ("11", "18", "03")] == [0.3, 0.1, -0.1]
        assert cohort.uptake.participants[cohort.units.codes.index("11")].tolist() == [1, 4]


def test_per_target_group_counts_entrants_of_the_year_and_nobody_else(tmp_path: Path):
    with opened(tmp_path, uptake_world(), **dosed("target_group")) as cohort:
        dose = cohort.sample.dose
        assert dose is not None and cohort.uptake is not None
        assert dose[unit(cohort, "11")] == pytest.approx(3 / 9 - 1 / 9)
        assert cohort.uptake.among[cohort.units.codes.index("11")].tolist() == [9, 9]


def test_without_a_start_cohorts_end_by_the_first_year_and_enter_from_the_second(tmp_path: Path):
    """Windows of 2020 end in 2021, which still is before; entrants of 2021 and 2022 are neither."""
    with opened(tmp_path, uptake_world(), **dosed("population")) as cohort:
        assert cohort.calendar.label[: cohort.calendar.sealed].tolist() == [2019, 2020]
        assert cohort.sample.anticipation == 2
        assert cohort.sample.first_treated[unit(cohort, "11")] == 2023
        assert np.isnan(cohort.sample.first_treated[unit(cohort, "03")])


def test_a_start_and_a_dose_go_together(tmp_path: Path):
    with opened(tmp_path, uptake_world(), **dosed("population", start={"18": "2022-01"})) as cohort:
        assert cohort.sample.treated.nonzero()[0].tolist() == [unit(cohort, "18")]
        assert cohort.sample.dose is not None


@pytest.mark.parametrize("change", [[2021, 2031], [2014, 2023]])
def test_a_year_that_the_register_does_not_cover_is_no_year_without_uptake(tmp_path: Path, change: list[int]):
    changes = dosed("population")
    changes["treatment"]["dose"]["change"] = change
    with pytest.raises(EffektError, match="E301"), opened(tmp_path, uptake_world(), **changes):
        pass


def test_uptake_that_changes_alike_everywhere_is_no_dose(tmp_path: Path):
    homes = "person_id start kommunenr status\n A 2015-01-01 1103 bosatt\n B 2015-01-01 1804 bosatt"
    entries = "person_id start\n A 2019-03-01\n B 2019-03-01"
    changes = dosed("population")
    changes["treatment"]["leave_out"] = [*OTHERS, "03"]
    with (
        pytest.raises(EffektError, match="E804"),
        opened(tmp_path, world(bosted=homes, vedtak14a=entries), **changes),
    ):
        pass


@pytest.mark.parametrize("name", ["karriereveiledning_fylke", "karriereveiledning_alle"])
def test_the_shipped_county_studies_list_built_methods_only(name: str):
    assert load(SPECS / f"{name}.yaml").not_in_this_version == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"level": "nav_kontor", "assigned_at": "office"}, "`level: nav_kontor`"),
        ({"level": "nav_region"}, "a start by county"),
        ({"outcomes": {"i_jobb": {"from": "arbeidsforhold", "is": "active", "at": ["1y", "2y"]}}}, "several horizons"),
    ],
)
def test_what_is_not_built_answers_by_name(tmp_path: Path, changes: dict[str, Any], words: str):
    assert any(words in problem.sentence for problem in study(tmp_path, **changes).not_in_this_version)
