"""What the standard covariates are, person by person, before any is pooled or left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from small_worlds import cohort_ids, opened, world

from effekt.population.cohort.cohort import Cohort
from effekt.population.cohort.columns import Category
from effekt.population.cohort.moments import moments_of
from effekt.population.cohort.people import read_people, standing
from effekt.population.cohort.places import places_of
from effekt.population.cohort.samples import covariates_of

REGISTERS = {
    "vedtak14a": """
        person_id start      slutt nav_kontor innsatsgruppe
        A         2023-11-10 .     NAV1       TRENGER_VEILEDNING
        B         2024-02-28 .     NAV2       GODE_MULIGHETER
        C         2023-03-01 .     .          .
    """,
    "deltakelse": "person_id dato\n A 2024-03-05",
    "person": """
        person_id foedselsaar foedselsmaaned kjoenn innvkat foreldre_utdanning
        A         2000        3              2      A       601101
        B         2000        4              1      B       .
        C         .           .              .      .       4
    """,
    "bosted": """
        person_id start      slutt      kommunenr status
        B         2015-01-01 2024-02-20 0301      bosatt
        B         2024-02-20 .          1103      bosatt
        C         2015-01-01 2024-03-01 1103      bosatt
        C         2024-03-01 .          1108      bosatt
    """,
    "utdanningsnivaa": """
        person_id start      nus2000
        A         2016-06-01 201199
        A         2024-02-29 401101
        B         2016-06-01 201199
        B         2024-03-01 401101
    """,
    "utdanningsforloep": """
        person_id start      slutt      kurs_id nus2000 utfall
        A         2023-08-01 2024-06-01 k       401101  igang
        B         2023-08-01 2024-02-29 k       401101  avbrutt
    """,
    "arbeidsforhold": """
        person_id maaned     jobb_id kontantlonn naering yrke hovedjobb arbeidstid
        A         2023-12-01 x       100         47.110  5223 0         37
        A         2023-12-01 y       900         86.101  3256 1         10
        A         2024-01-01 x       100         47.110  5223 0         20
        A         2024-01-01 y       100         56.101  9112 0         30
        A         2024-03-01 x       999         01.110  0110 1         37
        B         2022-03-01 x       50          .       .    1         37
        C         2022-02-01 x       50          47.110  5223 1         37
    """,
    "arbeidssoeker": """
        person_id start      slutt      hovedstatus
        A         2023-12-15 2024-02-10 HL
        B         2024-02-01 .          AN
        C         2024-03-01 .          HL
    """,
    "ytelse": "person_id start slutt ytelse\n A 2024-01-31 2024-02-01 AAP\n B 2020-01-01 . DAGP",
    "tiltak": "person_id start slutt tiltakskode gruppe\n A 2022-02-01 2022-04-01 MENTOR tilrettelegging",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cohort]:
    with opened(tmp_path_factory.mktemp("standard"), world(**REGISTERS), covariates=["standard"]) as cohort:
        yield cohort


@pytest.fixture(scope="module")
def told(built: Cohort) -> dict[str, dict[str, object]]:
    """Covariate -> person -> value, in words."""
    last = int(built.within.day.max())
    people, _ = read_people(built.engine, built.spec, first=last, last=last, name="again")
    at = standing(people, built.within.pid, built.within.day)
    ids = [cohort_ids(built)[pid] for pid in built.within.pid.tolist()]
    found: dict[str, dict[str, object]] = {}
    moments, of = moments_of(built.engine, "measured_again", at.pid, at.month)
    for covariate in covariates_of(built.spec, at, places_of(people), moments, of):
        if isinstance(covariate, Category):
            names = (*covariate.labels.names, None)
            cells: list[object] = [names[code] for code in covariate.labels.codes]
        else:
            cells = [None if np.isnan(v) else float(v) for v in covariate.values]
        found[covariate.name] = dict(sorted(zip(ids, cells, strict=True)))
    return found


def all_of(told: dict[str, dict[str, object]], name: str) -> list[object]:
    assert list(told[name]) == ["A", "B", "C"]
    return list(told[name].values())


@pytest.mark.parametrize(
    ("name", "a", "b", "c"),
    [
        ("kjønn", "kvinne", "mann", None),
        ("alder", 24, 23, None),
        ("alder²", 576, 529, None),
        ("innvandring", "Født i Norge med to norskfødte foreldre", "Innvandrere", None),
        ("foreldre", "høyere, kort", None, "videregående"),
        # As of 2024-02-29, the last day of the month before.
        ("utdanning", "videregående", "grunnskole", None),
        ("under utdanning", 1, 0, 0),
        ("i jobb -3", 1, 0, 0),
        ("i jobb -2", 1, 0, 0),
        ("i jobb -1", 0, 0, 0),
        ("i jobb -24", 0, 1, 0),
        ("lønn -3", 1000, 0, 0),
        ("lønn -24", 0, 50, 0),
        ("måneder siden jobb", 2, 24, 25),
        # Of two jobs in January none is the main one: the one with most hours.
        ("næring", "Overnattings- og serveringsvirksomhet", None, "ingen jobb"),
        ("yrke", "Renholdere, hjelpearbeidere mv.", None, "ingen jobb"),
        ("måneder ledig", 3, 0, 0),
        ("måneder ytelse: AAP", 1, 0, 0),
        ("måneder ytelse: DAGP", 0, 24, 0),
        ("måneder tiltak: tilrettelegging", 1, 0, 0),
        ("innsatsgruppe", "Trenger veiledning", "Gode muligheter", None),
        ("fylke", "Rogaland", "Rogaland", "Rogaland"),
        ("nav_kontor", "NAV1", "NAV2", None),
        ("måneder registrert", 4, 1, 12),
        # On 2024-02-29 A, B and C lived in 1103, and B alone was a registered job seeker.
        ("lokal ledighet", 1 / 3, 1 / 3, 1 / 3),
    ],
)
def test_a_standard_covariate(told: dict[str, dict[str, object]], name: str, a: object, b: object, c: object):
    assert all_of(told, name) == pytest.approx([a, b, c]) if isinstance(a, float) else all_of(told, name) == [a, b, c]


def test_standard_is_these_and_no_others(told: dict[str, dict[str, object]]):
    by_month = {f"{word} {month}" for word in ("i jobb", "lønn") for month in range(-24, 0)}
    others = set(told) - by_month
    assert by_month <= set(told)
    assert others == {
        *("kjønn", "alder", "alder²", "innvandring", "foreldre", "utdanning", "under utdanning"),
        *("måneder siden jobb", "næring", "yrke", "måneder ledig", "måneder ytelse: AAP", "måneder ytelse: DAGP"),
        *("måneder tiltak: tilrettelegging", "innsatsgruppe", "fylke", "nav_kontor", "måneder registrert"),
        "lokal ledighet",
    }
