"""Who is compared with whom, and when: one small world per rule of the design."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from small_worlds import World, compared, opened, reasons, study, who, world

STARTS = "person_id dato\n A 2024-03-05"


def registered(*people: str, since: str = "2024-01-10") -> str:
    return "person_id start\n" + "\n".join(f"{person} {since}" for person in people)


def test_a_comparison_takes_its_matchs_date_and_is_registered_and_untreated_on_that_very_day(tmp_path: Path):
    people = world(
        vedtak14a="""
            person_id start       slutt
            A         2024-01-10  .
            B         2024-01-10  .
            C         2024-01-10  2024-03-05
            D         2024-01-10  2024-03-06
            E         2024-03-06  .
            F         2024-03-05  .
        """,
        deltakelse=STARTS,
    )
    with opened(tmp_path, people) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "B D F"}
        assert reasons(cohort.sample) == {}


def test_who_starts_later_is_a_comparison_until_then_and_never_of_oneself(tmp_path: Path):
    people = world(
        vedtak14a=registered("A", "B", "C"),
        deltakelse="""
            person_id dato
            A         2024-03-05
            B         2024-03-06
        """,
    )
    with opened(tmp_path, people) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "B C", "B 2024-03-06": "C"}
        sample = cohort.sample
        assert len(np.unique(sample.units["entity"])) == 3
        assert len(np.unique(sample.clusters["person"])) == 3
        assert len(np.unique(sample.clusters["unit"])) == 5


def test_who_took_part_before_accrual_is_neither_treated_nor_a_comparison_however_long_ago(tmp_path: Path):
    people = world(
        vedtak14a=registered("A", "B", "C"),
        deltakelse="""
            person_id dato
            A         2024-03-05
            B         2016-01-01
            B         2024-03-05
        """,
    )
    with opened(tmp_path, people) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "C"}
        assert reasons(cohort.sample) == {"first record in deltakelse before accrual": 1}


def test_a_gap_of_28_days_continues_a_registration_and_one_of_29_begins_a_new_one(tmp_path: Path):
    people = world(
        vedtak14a="""
            person_id start       slutt
            A         2023-06-10  .
            B         2023-06-10  2023-12-01
            B         2023-12-29  .
            C         2023-06-10  2023-12-01
            C         2023-12-30  .
            D         2023-06-10  2024-03-01
            D         2024-03-09  .
        """,
        deltakelse=STARTS,
    )
    cells = {"fylke": "exact", "months_registered": ["6.."]}
    with opened(tmp_path / "banded", people, comparison={"cells": cells}) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "B"}
    with opened(tmp_path / "all", people) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "B C"}, "D was between two spells that day"


def test_comparisons_live_in_the_county_of_the_treated_on_that_day_whatever_their_municipality_was_called(
    tmp_path: Path,
):
    people = world(
        vedtak14a=registered("A", "B", "C", "D", "E"),
        bosted="""
            person_id start       slutt      kommunenr status
            A         2015-01-01  .          1103      bosatt
            B         2015-01-01  2024-03-05 0301      bosatt
            B         2024-03-05  .          1108      bosatt
            C         2015-01-01  .          0301      bosatt
            D         2015-01-01  .          1141      bosatt
            E         2015-01-01  2024-03-05 1103      bosatt
            E         2024-03-05  .          1103      utvandret
        """,
        deltakelse=STARTS,
    )
    with opened(tmp_path, people) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "B D"}
        assert set(cohort.sample.cluster_names["county"]) == {"11"}


def test_the_dead_are_not_resident(tmp_path: Path):
    people = world(
        vedtak14a=registered("A", "B", "C"),
        person="""
            person_id foedselsaar kjoenn innvkat doed
            B         2000        1      A       2024-03-05
            C         2000        1      A       2024-03-06
        """,
        deltakelse=STARTS,
    )
    with opened(tmp_path, people) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "C"}


def test_cells_hold_sex_age_office_and_calendar_apart(tmp_path: Path):
    people = world(
        vedtak14a="""
            person_id start       nav_kontor
            A         2024-01-10  1103
            B         2024-01-10  1103
            C         2024-01-10  1108
            D         2024-01-10  1103
            E         2024-01-10  1103
        """,
        person="""
            person_id foedselsaar foedselsmaaned kjoenn innvkat
            A         2000        6              2      A
            B         1999        4              2      A
            C         2000        6              2      A
            D         2000        6              1      A
            E         1990        6              2      A
        """,
        deltakelse=STARTS,
    )

    def cells(**changes: object) -> dict[str, object]:
        return {"comparison": {"cells": {"fylke": "exact", **changes}}}

    with opened(tmp_path / "sex", people, **cells(kjoenn="exact")) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "B C E"}
    with opened(tmp_path / "age", people, **cells(age=["20..24", "25.."])) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "B C D"}
    with opened(tmp_path / "office", people, **cells(nav_kontor="exact")) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "B D E"}
    with opened(tmp_path / "month", people, **cells(calendar="month", kjoenn="exact", nav_kontor="exact")) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "B E"}


def crowd(n: int) -> World:
    people = [f"P{i:03d}" for i in range(n)]
    return world(
        vedtak14a=registered("A", "B", *people),
        deltakelse="person_id dato\n A 2024-03-05\n B 2024-03-05",
    )


def test_candidates_are_drawn_per_treated_with_the_weight_of_those_they_stand_for(tmp_path: Path):
    with opened(tmp_path, crowd(50), comparison={"candidates": "5"}) as cohort:
        table = who(cohort)
        drawn = table[table.treated == 0]
        assert len(drawn) == 10
        assert drawn["weight"].tolist() == [5.0] * 10
        last, before = cohort.flow["comparison"].steps[-1], cohort.flow["comparison"].steps[-2]
        assert (before.units, last.units) == (50, 10)


def test_the_draw_does_not_depend_on_the_order_of_rows_or_on_who_else_is_there(tmp_path: Path):
    chosen = []
    for number, people in enumerate((crowd(50), crowd(50), crowd(40))):
        with opened(tmp_path / str(number), people, shuffled=number, comparison={"candidates": "5"}) as cohort:
            table = who(cohort)
            chosen.append((set(table[table.treated == 0].person), cohort.sample.digest))
    assert chosen[0] == chosen[1]
    fewer = {person for person in chosen[0][0] if person < "P040"}
    assert fewer <= chosen[2][0]


def test_another_study_draws_others(tmp_path: Path):
    drawn = []
    for name in ("small", "other"):
        with opened(tmp_path / name, crowd(50), study=name, comparison={"candidates": "5"}) as cohort:
            drawn.append(set(who(cohort).person))
    assert drawn[0] != drawn[1]


def test_treated_are_identified_where_and_since_when_they_are_recorded(tmp_path: Path):
    people = world(
        vedtak14a=registered("A", "B", "C", "D", "E"),
        bosted="""
            person_id start      kommunenr status
            B         2015-01-01 0301      bosatt
            C         2015-01-01 1804      bosatt
        """,
        deltakelse="""
            person_id dato
            A         2024-03-05
            B         2024-03-05
            C         2024-04-05
        """,
    )
    recorded = {"from": "deltakelse", "recorded": {"11": "2022-03", "18": "2022-05"}}
    with opened(tmp_path, people, treatment=recorded) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "D E"}
        assert reasons(cohort.sample) == {
            "in a county where participants were not yet, or never, identified": 1,
            "less than 24m after participants began to be identified in the county": 1,
        }


def test_counties_without_a_project_are_a_second_comparison_on_the_same_dates(tmp_path: Path):
    people = world(
        vedtak14a=registered("A", "B", "C", "D", "E"),
        bosted="""
            person_id start      kommunenr status
            C         2015-01-01 0301      bosatt
            D         2015-01-01 1804      bosatt
            E         2015-01-01 4601      bosatt
        """,
        deltakelse=STARTS,
    )
    recorded = {"from": "deltakelse", "recorded": {"11": "2022-01", "18": "2022-01"}}
    with opened(tmp_path, people, treatment=recorded, comparison={"between": "outside_projects"}) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "B"}
        assert compared(cohort, "between") == {"A 2024-03-05": "C E"}
        assert set(cohort.between.sample.cluster_names["county"]) == {"03", "11", "46"}


def test_arms_are_told_apart_at_the_first_record_and_small_ones_are_pooled(tmp_path: Path):
    people = world(
        vedtak14a=registered(*(f"T{i:02d}" for i in range(14)), "C"),
        deltakelse="person_id dato form\n"
        + "\n".join(f"T{i:02d} 2024-03-05 {'gruppe' if i < 10 else 'trekant'}" for i in range(13))
        + "\nT00 2024-06-01 trekant\nT13 2024-03-05 individuell",
    )
    arms = {"gruppe": {"form": ["gruppe"]}, "trekant": {"form": "trekant"}}
    treatment = {"from": "deltakelse", "arms": arms}
    with opened(tmp_path / "open", people, treatment=treatment) as cohort:
        assert cohort.sample.units["arm"].value_counts().to_dict() == {"gruppe": 10, "trekant": 3, "comparison": 1}
        assert reasons(cohort.sample) == {"in none of the arms at the first record": 1}
    with opened(tmp_path / "closed", people, treatment=treatment, disclosure="terskel10") as cohort:
        assert cohort.sample.units["arm"].value_counts().to_dict() == {"pooled": 13, "comparison": 1}
    parts = [study(tmp_path / d, treatment=treatment, disclosure=d).sample_part for d in ("open", "terskel10")]
    assert parts[0] != parts[1], "so variants that differ in it do not share a sample"


def test_a_treated_without_anyone_at_risk_in_the_cell_is_lost_and_told(tmp_path: Path):
    people = world(
        vedtak14a=registered("A", "B", "C"),
        bosted="person_id start kommunenr status\n B 2015-01-01 0301 bosatt",
        deltakelse="person_id dato\n A 2024-03-05\n B 2024-03-05",
    )
    with opened(tmp_path, people) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "C"}
        assert reasons(cohort.sample) == {"nobody at risk in the same cell on the day": 1}


def test_any_register_of_spells_may_hold_the_population_and_begin_the_treatment(tmp_path: Path):
    people = world(
        arbeidssoeker="""
            person_id start      slutt      hovedstatus nav_kontor
            A         2024-01-10 .          HL          NAV1
            B         2024-01-10 .          HL          NAV1
            C         2024-01-10 .          HL          NAV2
            D         2024-01-10 2024-03-01 HL          NAV1
        """,
        tiltak="""
            person_id start      slutt      tiltakskode
            A         2024-03-05 2024-09-01 MENTOR
            B         2024-06-01 .          MENTOR
        """,
    )
    population = {"from": "arbeidssoeker", "include": [{"hovedstatus": "HL"}]}
    cells = {"fylke": "none", "nav_kontor": "exact"}
    with opened(
        tmp_path, people, population=population, treatment={"from": "tiltak"}, comparison={"cells": cells}
    ) as cohort:
        assert compared(cohort) == {"A 2024-03-05": "B"}
        assert cohort.sample.cluster_names["office"] == ("NAV1",)
        assert reasons(cohort.sample) == {"nobody at risk in the same cell on the day": 1}
