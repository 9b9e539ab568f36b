"""What each predicate means for a person on a day: who is compared with A, who starts on 2024-03-05."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_worlds import World, compared, opened, reasons, world


def at_risk(folder: Path, people: World, **population: Any) -> str:
    """Return who A is compared with."""
    with opened(folder, people, population=population) as cohort:
        (others,) = compared(cohort).values()
        assert reasons(cohort.sample) == {}
        return others


def everyone(*people: str, **registers: Any) -> World:
    registers.setdefault("vedtak14a", "person_id start\n" + "\n".join(f"{p} 2023-01-10" for p in ("A", *people)))
    registers.setdefault("deltakelse", "person_id dato\n A 2024-03-05")
    return world(**registers)


def test_age_is_in_whole_years_full_from_the_month_of_birth_and_unknown_is_in_no_range(tmp_path: Path):
    people = everyone(
        "B",
        "C",
        "D",
        "E",
        person="""
            person_id foedselsaar foedselsmaaned kjoenn innvkat
            B         1994        3              1      A
            C         1994        4              1      A
            D         1993        3              1      A
            E         .           .              1      A
        """,
    )
    assert at_risk(tmp_path / "a", people, include=[{"age": "20..30"}]) == "B C"
    assert at_risk(tmp_path / "b", people, include=[{"age": "..29"}]) == "C"
    assert at_risk(tmp_path / "c", people, exclude=[{"age": "30.."}]) == "C E", "unknown is not excluded either"


def test_a_column_has_the_value_it_has_on_the_day(tmp_path: Path):
    people = everyone(
        vedtak14a="""
            person_id start       slutt       innsatsgruppe
            A         2023-01-10  .           TRENGER_VEILEDNING
            B         2023-01-10  2024-03-05  GODE_MULIGHETER
            B         2024-03-05  .           TRENGER_VEILEDNING
            C         2023-01-10  2024-03-05  TRENGER_VEILEDNING
            C         2024-03-05  .           GODE_MULIGHETER
            D         2023-01-10  .           .
        """,
    )
    assert at_risk(tmp_path / "in", people, include=[{"innsatsgruppe": ["TRENGER_VEILEDNING"]}]) == "B"
    assert at_risk(tmp_path / "out", people, exclude=[{"innsatsgruppe": ["GODE_MULIGHETER"]}]) == "B D"


def test_a_column_of_person_is_fixed(tmp_path: Path):
    people = everyone(
        "B",
        "C",
        person="""
            person_id foedselsaar kjoenn innvkat
            A         2000        2      A
            B         2000        2      A
        """,
    )
    assert at_risk(tmp_path, people, include=[{"kjoenn": "2"}]) == "B"


@pytest.mark.parametrize(
    ("start", "slutt", "had"),
    [
        ("2022-02-01", "2022-03-01", False),
        ("2022-02-01", "2022-03-02", True),
        ("2024-03-04", None, True),
        ("2024-03-05", None, False),
        ("2021-01-01", None, True),
    ],
)
def test_had_looks_from_the_first_month_of_its_window_to_the_day_before(
    tmp_path: Path, start: str, slutt: str | None, had: bool
):
    people = everyone("B", "C", tiltak=[{"person_id": "B", "start": start, "slutt": slutt, "tiltakskode": "MENTOR"}])
    expected = "C" if had else "B C"
    assert at_risk(tmp_path, people, exclude=[{"had": "tiltak", "within": "24m before"}]) == expected


def test_months_count_only_when_they_are_over(tmp_path: Path):
    people = everyone(
        "B",
        "C",
        arbeidsforhold="""
            person_id maaned     jobb_id
            B         2024-03-01 x
            C         2024-02-01 x
        """,
    )
    assert at_risk(tmp_path, people, exclude=[{"had": "arbeidsforhold", "within": "24m before"}]) == "B"


EDUCATION = """
    person_id start      nus2000
    A         2016-06-01 201199
    B         2016-06-01 201199
    C         2016-06-01 201199
    C         2024-03-05 401101
    D         2016-06-01 601101
    E         2024-03-06 201199
    F         2016-06-01 201199
    G         2016-06-01 201199
    H         2016-06-01 999999
"""
COURSES = """
    person_id start      slutt      kurs_id nus2000 utfall
    F         2020-08-01 2024-03-05 k1      401101  fullfoert
    G         2020-08-01 2024-03-06 k1      401101  fullfoert
    B         2020-08-01 2023-06-01 k1      401101  avbrutt
"""


def test_not_completed_takes_a_known_level_and_nothing_completed_by_the_day(tmp_path: Path):
    people = everyone(*"BCDEFGHI", utdanningsnivaa=EDUCATION, utdanningsforloep=COURSES)
    assert at_risk(tmp_path, people, include=[{"not_completed": "upper_secondary"}]) == "B G"


def test_completed_is_a_level_attained_or_a_course_that_ended_so(tmp_path: Path):
    attained = EDUCATION.replace("A         2016-06-01 201199", "A         2016-06-01 401101")
    people = everyone(*"BCDEFGHI", utdanningsnivaa=attained, utdanningsforloep=COURSES)
    assert at_risk(tmp_path, people, include=[{"completed": "upper_secondary"}]) == "C D F"


def test_subgroups_are_read_on_the_day(tmp_path: Path):
    people = everyone(
        "B",
        "C",
        person="""
            person_id foedselsaar kjoenn innvkat
            A         2000        2      A
            B         1990        2      A
        """,
    )
    subgroups = {"under_25": {"age": "19..24"}, "kvinner": {"kjoenn": "2"}}
    with opened(tmp_path, people, subgroups=subgroups) as cohort:
        masks = {name: int(mask.sum()) for name, mask in cohort.sample.subgroups.items()}
    assert masks == {"kvinner": 2, "under_25": 2}
