"""What every measure means, by example: these tests are the documentation of the measures.

Everybody's time zero is in May 2024: month -1 is April 2024, month 12 is May 2025.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from toy_extracts import register, unchecked

from effekt.errors import DataError
from effekt.population.engine.asked import Asked, asked_covariate, asked_outcome
from effekt.population.engine.connection import Engine
from effekt.population.engine.machine import Machine
from effekt.population.engine.measures import by_value, categories, measured, monthly
from effekt.spec.codes import CodeList
from effekt.spec.measured import Covariate, Outcome

M0 = 12 * 2024 + 4
Rows = list[dict[str, Any]]


@contextmanager
def engine_over(folder: Path, table: str, rows: Rows, coverage: tuple[str, str] | None) -> Iterator[Engine]:
    """An engine over one register, and a person A who is in no other."""
    registers = {table: register(table, [{"person_id": "A", **row} for row in rows])}
    if table != "person":
        registers["person"] = register("person", [{"person_id": "A"}])
    with Engine.open(
        unchecked(folder, registers, {table: coverage} if coverage else None), Machine(threads=1)
    ) as engine:
        yield engine


def person_a(engine: Engine, m0: int = M0) -> ibis.Table:
    columns = {"record": pa.array([7], pa.int64()), "pid": pa.array([0], pa.int64()), "m0": pa.array([m0], pa.int32())}
    return engine.upload("records", pa.table(columns))


@pytest.fixture
def value(tmp_path: Path) -> Callable[..., Any]:
    """The value of a measure for A: ``value(rows, table, measure, first, last)``."""
    count = iter(range(100))

    def found(rows: Rows, table: str, measure: str, first: int, last: int | None = None, **options: Any) -> Any:
        m0, coverage = options.pop("m0", M0), options.pop("coverage", None)
        take = options.pop("take", measured)
        asked = Asked(table=table, measure=measure, first=first, last=first if last is None else last, **options)
        with engine_over(tmp_path / str(next(count)), table, rows, coverage) as engine:
            (row,) = engine.fetch(take(engine, person_a(engine, m0), asked)).to_pylist()
        assert row["record"] == 7
        return row["value"]

    return found


# -- active: as of the last day of a month --------------------------------------------------------------------

BENEFIT = [{"start": "2024-01-10", "slutt": "2024-03-10", "ytelse": "DAGP", "grad": 50.0}]


@pytest.mark.parametrize(("month", "is_active"), [(-5, 0.0), (-4, 1.0), (-3, 1.0), (-2, 0.0), (-1, 0.0)])
def test_a_spell_is_active_in_months_whose_last_day_it_covers(value, month: int, is_active: float):
    assert value(BENEFIT, "ytelse", "active", month) == is_active


def test_a_spell_that_ends_on_the_first_of_a_month_covers_the_last_day_before_it(value):
    rows = [{"start": "2024-04-30", "slutt": "2024-05-01", "ytelse": "AAP"}]
    assert value(rows, "ytelse", "active", -1) == 1.0
    assert value(rows, "ytelse", "active", 0) == 0.0


def test_an_open_spell_is_active_ever_after(value):
    assert value([{"start": "2020-01-01", "ytelse": "AAP"}], "ytelse", "active", 60) == 1.0


def test_a_job_is_active_in_its_month(value):
    rows = [{"maaned": "2025-05-01", "jobb_id": "j"}]
    assert [value(rows, "arbeidsforhold", "active", month) for month in (11, 12, 13)] == [0.0, 1.0, 0.0]


# -- over a window --------------------------------------------------------------------------------------------


def test_any_asks_for_a_day_in_the_window(value):
    assert value(BENEFIT, "ytelse", "any", -2, -1) == 1.0
    assert value(BENEFIT, "ytelse", "any", -1, -1) == 0.0


def test_months_active_counts_months_with_a_day_and_overlaps_once(value):
    assert value(BENEFIT, "ytelse", "months_active", -24, -1) == 3.0
    assert value(BENEFIT * 2, "ytelse", "months_active", -24, -1) == 3.0
    assert value(BENEFIT, "ytelse", "months_active", -3, -1) == 2.0
    jobs = [{"maaned": "2024-03-01", "jobb_id": job} for job in ("j", "k")]
    assert value(jobs, "arbeidsforhold", "months_active", -24, -1) == 1.0


def test_any_start_asks_for_a_first_day_in_the_window(value):
    assert value(BENEFIT, "ytelse", "any_start", -4, -1) == 1.0
    assert value(BENEFIT, "ytelse", "any_start", -3, -1) == 0.0


EDUCATION = {"start": "2024-08-15", "kurs_id": "k", "nus2000": "417101"}


@pytest.mark.parametrize(
    ("row", "last", "expected"),
    [
        ({"slutt": "2025-07-01", "utfall": "fullfoert"}, 13, 1.0),  # the last day is 30 June 2025, month 13
        ({"slutt": "2025-07-01", "utfall": "fullfoert"}, 12, 0.0),
        ({"slutt": "2025-07-01", "utfall": "avbrutt"}, 13, 0.0),
        ({"slutt": "2025-07-01", "utfall": None}, 13, None),
        ({"slutt": "2025-07-01", "utfall": None}, 12, 0.0),
        ({"slutt": None, "utfall": "igang"}, 36, 0.0),
    ],
)
def test_a_completion_is_a_last_day_in_the_window_with_the_right_outcome(value, row, last, expected):
    assert value([EDUCATION | row], "utdanningsforloep", "any_completion", 1, last) == expected


def test_count_counts_rows(value):
    rows = [{"dato": date} for date in ("2024-04-30", "2024-05-01", "2024-06-01", "2025-05-31")]
    assert value(rows, "deltakelse", "count", 1, 12) == 2.0
    assert value(rows, "deltakelse", "count", -24, -1) == 1.0


def test_sums_are_exact(value):
    rows = [{"maaned": f"2024-0{month}-01", "jobb_id": "j", "kontantlonn": 0.1} for month in range(1, 5)]
    assert value(rows, "arbeidsforhold", "sum_kontantlonn", -12, -1) == 0.4
    assert value(rows, "arbeidsforhold", "sum_kontantlonn", -2, -1) == 0.2


def test_the_amount_of_a_spell_is_spread_over_its_days(value):
    rows = [{"start": "2024-06-21", "slutt": "2024-07-21", "ytelse": "AAP", "beloep": 3000.0}]
    assert value(rows, "ytelse", "sum_beloep", 1, 1) == 1000.0
    assert value(rows, "ytelse", "sum_beloep", 1, 2) == 3000.0
    assert value(rows, "ytelse", "sum_beloep", 3, 4) == 0.0


def test_what_a_spell_amounts_to_is_unknown_while_it_lasts(value):
    lasting = {"start": "2024-04-01", "ytelse": "AAP", "beloep": 3000.0}
    assert value([lasting | {"slutt": None}], "ytelse", "sum_beloep", -2, -1) is None
    assert value([lasting | {"slutt": "2024-05-02"}], "ytelse", "sum_beloep", -2, -1) is None
    assert value([lasting | {"slutt": "2024-05-01"}], "ytelse", "sum_beloep", -2, -1) == 3000.0
    assert value([lasting | {"slutt": "2024-06-01"}], "ytelse", "sum_beloep", 0, 1) is not None


# -- years ----------------------------------------------------------------------------------------------------

INCOMES = [{"aar": year, "wlonn": 1000.0 * (year - 2020), "deflator": 1.0} for year in (2022, 2023, 2024, 2025)]


def test_a_sum_of_years_is_observed_where_the_window_is_whole_calendar_years(value):
    december = 12 * 2023 + 11
    assert value(INCOMES, "inntekt_aar", "sum_wlonn", 1, 12, m0=december) == 4000.0
    assert value(INCOMES, "inntekt_aar", "sum_wlonn", 1, 24, m0=december) == 9000.0
    assert value(INCOMES, "inntekt_aar", "sum_wlonn", 1, 12) is None
    assert value(INCOMES[:2], "inntekt_aar", "sum_wlonn", 1, 12, m0=december) is None
    assert value(INCOMES, "inntekt_aar", "sum_wlonn", 1, 36, m0=december) is None


def test_a_value_of_a_year_is_that_of_the_last_year_that_is_over(value):
    assert value([row | {"deflator": row["aar"] / 1} for row in INCOMES], "inntekt_aar", "value_deflator", -1) == 2023.0
    assert value([row | {"deflator": row["aar"] / 1} for row in INCOMES], "inntekt_aar", "value_deflator", 7) == 2024.0


# -- value: as of the last day of a month ---------------------------------------------------------------------


def test_a_value_is_that_of_the_spell_that_started_last(value):
    rows = [{"start": f"2024-0{month}-01", "ytelse": "AAP", "grad": 10.0 * month} for month in (2, 4, 5)]
    assert value(rows, "ytelse", "value_grad", -1) == 40.0
    assert value(rows, "ytelse", "value_grad", -4) == 0.0


def test_a_newer_row_without_a_value_is_not_passed_over(value):
    rows = [{"start": "2024-01-01", "ytelse": "AAP", "grad": 50.0}, {"start": "2024-02-01", "ytelse": "AAP"}]
    assert value(rows, "ytelse", "value_grad", -1) is None


def test_of_several_jobs_the_main_one_speaks_and_then_the_smallest_key(value):
    job = {"maaned": "2024-04-01", "hovedjobb": False}
    rows = [job | {"jobb_id": name, "stillingsprosent": p} for name, p in (("c", 30.0), ("a", 20.0), ("b", 100.0))]
    assert value(rows, "arbeidsforhold", "value_stillingsprosent", -1) == 20.0
    rows[2]["hovedjobb"] = True
    assert value(rows, "arbeidsforhold", "value_stillingsprosent", -1) == 100.0


def test_yes_and_no_are_one_and_zero(value):
    rows = [{"start": "2024-01-01", "kurs_id": "k", "nus2000": "417101", "heltid": True}]
    assert value(rows, "utdanningsforloep", "value_heltid", -1) == 1.0
    assert value([rows[0] | {"heltid": False}], "utdanningsforloep", "value_heltid", -1) == 0.0
    assert value([rows[0] | {"heltid": None}], "utdanningsforloep", "value_heltid", -1) is None


def test_what_is_fixed_has_no_time(value):
    rows = [{"foedselsaar": 2001, "kjoenn": "2"}]
    assert value(rows, "person", "value_foedselsaar", -1, coverage=("2030-01", "2030-01")) == 2001.0
    assert value(rows, "person", "value_kjoenn", -1, take=categories) == "2"


def test_a_code_is_asked_for_as_a_category(value):
    rows = [{"start": "2024-01-01", "innsatsgruppe": "JOBBE_DELVIS"}]
    assert value(rows, "vedtak14a", "value_innsatsgruppe", -1, take=categories) == "JOBBE_DELVIS"
    assert value(rows, "vedtak14a", "value_innsatsgruppe", -6, take=categories) is None


# -- missing is never zero ------------------------------------------------------------------------------------


def test_nothing_found_is_zero_or_unknown_as_the_register_declares(value):
    assert value([], "ytelse", "any", 1, 12) == 0.0
    assert value([], "arbeidsforhold", "sum_kontantlonn", 1, 12) == 0.0
    assert value([], "deltakelse", "any", 1, 12) is None
    assert value([], "bosted", "months_active", 1, 12) is None


def test_a_row_of_another_kind_makes_a_zero_known(value):
    rows = [{"start": "2020-01-01", "nus2000": "301102"}]
    assert value(rows, "utdanningsnivaa", "active", -1, codes=("4",)) == 0.0
    assert value(rows, "utdanningsnivaa", "any_start", -24, -1) == 0.0
    assert value(rows, "utdanningsnivaa", "active", -60, codes=("4",)) is None


@pytest.mark.parametrize(("first", "last", "seen"), [(1, 12, True), (1, 13, False), (-16, -1, True), (-17, -1, False)])
def test_months_outside_the_coverage_are_not_observed(value, first: int, last: int, seen: bool):
    rows = [{"start": "2000-01-01", "ytelse": "AAP"}]
    found = value(rows, "ytelse", "any", first, last, coverage=("2023-01", "2025-05"))
    assert found == (1.0 if seen else None)


def test_an_unknown_code_or_amount_leaves_it_open(value):
    unknown = {"start": "2024-04-01", "slutt": "2024-05-01", "ytelse": None}
    assert value([unknown], "ytelse", "any", -12, -1, codes=("AAP",)) is None
    assert value([unknown, *BENEFIT], "ytelse", "any", -12, -1, codes=("DAGP",)) == 1.0
    assert value([unknown, *BENEFIT], "ytelse", "months_active", -12, -1, codes=("DAGP",)) is None
    jobs = [{"maaned": "2024-03-01", "jobb_id": job, "kontantlonn": wage} for job, wage in (("j", 1.0), ("k", None))]
    assert value(jobs, "arbeidsforhold", "sum_kontantlonn", -12, -1) is None


# -- codes ----------------------------------------------------------------------------------------------------


def test_a_code_of_education_selects_everything_below_it(value):
    rows = [{"start": "2024-06-01", "kurs_id": "k", "nus2000": "417101"}]
    found = [value(rows, "utdanningsforloep", "any_start", 1, 12, codes=c) for c in (("4",), ("3", "41"), ("17",))]
    assert found == [1.0, 1.0, 0.0]


def test_other_codes_select_themselves_alone(value):
    rows = [{"start": "2024-06-01", "tiltakskode": "INDIVIDUELL_JOBBSTOTTE_UNG"}]
    assert value(rows, "tiltak", "any", 1, 12, codes=("INDIVIDUELL_JOBBSTOTTE",)) == 0.0
    assert value(rows, "tiltak", "any", 1, 12, codes=("INDIVIDUELL_JOBBSTOTTE_UNG", "MENTOR")) == 1.0


# -- month by month, and by value -----------------------------------------------------------------------------


def test_month_by_month_every_record_has_every_month(tmp_path: Path):
    asked = Asked(table="ytelse", measure="any", first=-1, last=-1)
    with engine_over(tmp_path, "ytelse", BENEFIT, ("2024-01", "2029-12")) as engine:
        found = engine.fetch(monthly(engine, person_a(engine), asked, -6, -1)).to_pylist()
    assert [(row["month"], row["value"]) for row in found] == [
        (-6, None),
        (-5, None),
        (-4, 1.0),
        (-3, 1.0),
        (-2, 1.0),
        (-1, 0.0),
    ]


def test_a_measure_is_split_over_the_values_of_a_column(tmp_path: Path):
    asked = Asked(table="ytelse", measure="months_active", first=-12, last=-1)
    rows = [*BENEFIT, {"start": "2024-04-01", "slutt": "2024-04-02", "ytelse": "AAP"}]
    with engine_over(tmp_path, "ytelse", rows, None) as engine:
        found = engine.fetch(by_value(engine, person_a(engine), asked, "ytelse")).to_pylist()
    assert [(row["ytelse"], row["value"]) for row in found] == [("AAP", 1.0), ("DAGP", 3.0)]


# -- from the spec --------------------------------------------------------------------------------------------


def test_times_and_windows_of_an_outcome_in_the_order_of_its_horizons():
    outcome = Outcome.model_validate({"from": "arbeidsforhold", "is": "sum_kontantlonn", "window": ["1y..2y", "0..3y"]})
    assert [(asked_outcome(outcome, n).first, asked_outcome(outcome, n).last) for n in (0, 1)] == [(13, 24), (1, 36)]
    outcome = Outcome.model_validate({"from": "arbeidsforhold", "is": "active", "at": ["1y", "2y"]})
    assert [asked_outcome(outcome, n).first for n in (0, 1)] == [12, 24]


def test_a_set_of_a_code_list_is_looked_up():
    covariate = Covariate.model_validate({"from": "ytelse", "is": "active", "codes": "codes/y.csv#helse"})
    lists = {"codes/y.csv#helse": CodeList({"AAP": ("", ""), "SYKEP": ("", "")})}
    asked = asked_covariate(covariate, lists)
    assert (asked.first, asked.last, asked.codes, asked.history) == (-1, -1, ("AAP", "SYKEP"), True)


# -- what is refused ------------------------------------------------------------------------------------------

REFUSED = {
    "an unknown register": (
        {"table": "ytelsse", "measure": "any"},
        "E201 outcomes.y.from: unknown register `ytelsse` | did you mean `ytelse`?",
    ),
    "a register that was not opened": (
        {"table": "tiltak", "measure": "any"},
        "E201 outcomes.y.from: the extract was opened without the table `tiltak` | "
        "add it to the extract, or ask for nothing from it",
    ),
    "an unknown column": (
        {"table": "ytelse", "measure": "value_gradd"},
        "E202 outcomes.y.is: unknown column `gradd` in ytelse | did you mean `value_grad`?",
    ),
    "a column that was not delivered": (
        {"table": "ytelse", "measure": "sum_beloep"},
        "E202 outcomes.y.is: `beloep` of ytelse was not delivered | have it delivered",
    ),
    "an unknown measure": (
        {"table": "ytelse", "measure": "anny"},
        "E208 outcomes.y.is: unknown measure `anny` | did you mean `any`?",
    ),
    "a code as a number": (
        {"table": "ytelse", "measure": "value_ytelse"},
        "E210 outcomes.y.is: `ytelse` of ytelse says who, which or when | measure another column",
    ),
    "an unknown code": (
        {"table": "ytelse", "measure": "any", "codes": ("AAPP",)},
        "E206 outcomes.y.codes: `AAPP` is not a code of ytelse | did you mean `AAP`?",
    ),
    "no code at all": (
        {"table": "ytelse", "measure": "any", "codes": ()},
        "E206 outcomes.y.codes: `codes` is an empty list | write at least one code, or leave it out",
    ),
    "codes where it is unclear of what": (
        {"table": "arbeidsforhold", "measure": "any", "codes": ("4",)},
        "E210 outcomes.y.codes: `codes` cannot select in arbeidsforhold, which has no one column of codes | "
        "leave out `codes`",
    ),
    "a register without persons": (
        {"table": "senter", "measure": "any"},
        "E210 outcomes.y.from: `senter` does not hold persons, and a measure is of a person | "
        "ask a register of persons",
    ),
    "a window that cuts through years": (
        {"table": "inntekt_aar", "measure": "sum_wlonn", "first": 1, "last": 18},
        "E210 outcomes.y.window: inntekt_aar holds whole years, and this window is not of whole years | "
        "write a window of whole years, such as `0..1y`",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_measured_is_refused_where_it_is_asked_for(tmp_path: Path, name: str):
    asked, said = REFUSED[name]
    registers = {"ytelse": BENEFIT, "arbeidsforhold": [], "senter": [], "inntekt_aar": []}
    tables = {table: register(table, [{"person_id": "A", **row} for row in rows]) for table, rows in registers.items()}
    with Engine.open(unchecked(tmp_path, tables)) as engine, pytest.raises(DataError) as error:
        everyone = {"first": 1, "last": 12, "path": ("outcomes", "y")}
        measured(engine, person_a(engine), Asked(**(everyone | asked)))
    (problem,) = error.value.problems
    where = ".".join(str(part) for part in problem.path or ())
    assert f"{problem.code} {where}: {problem.sentence} | {problem.help}" == said
    assert engine.steps == ()


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_rows_alike_in_key_and_value_the_one_that_may_be_no_hit_speaks(value, order: int):
    course = {"start": "2024-01-10", "kurs_id": "j1", "kompetanse": "b"}
    rows = [{**course, "nus2000": "41"}, {**course, "nus2000": None}][::order]
    assert value(rows, "utdanningsforloep", "value_kompetanse", -1, codes=("4",), take=categories) is None
