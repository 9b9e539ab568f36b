"""The engine leaves nothing behind, says nothing of what it saw, and gives the same bytes however it is run."""

from __future__ import annotations

import datetime as dt
import gc
import stat
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pytest
from toy_extracts import register, unchecked

from effekt.errors import DataError
from effekt.population.engine.asked import Asked
from effekt.population.engine.connection import Engine
from effekt.population.engine.machine import Machine
from effekt.population.engine.measures import by_value, measured, monthly
from effekt.population.engine.operators import first_event, risk_set
from effekt.population.extract.opening import Extract

M0 = 12 * 2024 + 4
"""Month zero of every record: May 2024."""


def jobs_and_benefits(n: int = 60, seed: int = 1) -> dict[str, list[dict[str, Any]]]:
    random = Random(seed)
    persons = [f"p{i:02d}x" for i in range(n)]
    jobs = [a_job(person, month, random) for person in persons for month in random.sample(range(60), 20)]
    return {"arbeidsforhold": jobs, "ytelse": [a_benefit(person, random) for person in persons]}


def a_job(person: str, month: int, random: Random) -> dict[str, Any]:
    return {
        "person_id": person,
        "maaned": dt.date(2021 + month // 12, month % 12 + 1, 1),
        "jobb_id": random.choice("ab"),
        # Amounts of every size: in floating point their sum depends on the order.
        "kontantlonn": random.choice((0.01, 0.1, 33333.33, 1e9)) * random.randint(1, 9),
        "stillingsprosent": random.random() * 100,
        "hovedjobb": random.random() < 0.5,
    }


def a_benefit(person: str, random: Random) -> dict[str, Any]:
    start = dt.date(2023, 1, 1) + dt.timedelta(days=random.randrange(900))
    slutt = start + dt.timedelta(days=random.randrange(1, 400))
    return {"person_id": person, "start": start, "slutt": slutt, "ytelse": random.choice(("AAP", "DAGP"))}


def extract_of(folder: Path, rows: dict[str, list[dict[str, Any]]]) -> Extract:
    return unchecked(folder, {name: register(name, found) for name, found in rows.items()})


def records(engine: Engine, n: int = 60) -> ibis.Table:
    return engine.upload(
        "records",
        pa.table(
            {
                "record": pa.array(range(n), pa.int64()),
                "pid": pa.array(range(n), pa.int64()),
                "m0": pa.array([M0] * n, pa.int32()),
            }
        ),
    )


WAGES = Asked(table="arbeidsforhold", measure="sum_kontantlonn", first=-36, last=-1)
PERCENT = Asked(table="arbeidsforhold", measure="value_stillingsprosent", first=-1, last=-1)
BENEFITS = Asked(table="ytelse", measure="months_active", first=-12, last=-1)


def everything(engine: Engine) -> list[pa.Table]:
    """Results of every shape over all records."""
    whom = records(engine)
    return [
        engine.fetch(measured(engine, whom, WAGES)),
        engine.fetch(measured(engine, whom, PERCENT)),
        engine.fetch(monthly(engine, whom, WAGES, -24, -1)),
        engine.fetch(by_value(engine, whom, BENEFITS, "ytelse")),
    ]


# -- the same bytes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_results_do_not_depend_on_threads_or_on_the_order_of_rows(tmp_path: Path, threads: int):
    rows = jobs_and_benefits()
    with Engine.open(extract_of(tmp_path / "as delivered", rows), Machine(threads=1)) as engine:
        before = everything(engine)
    shuffled = {name: Random(threads).sample(found, len(found)) for name, found in rows.items()}
    with Engine.open(extract_of(tmp_path / "shuffled", shuffled), Machine(threads=threads)) as engine:
        assert everything(engine) == before


def test_sums_are_those_of_decimals(tmp_path: Path):
    rows = jobs_and_benefits()
    with Engine.open(extract_of(tmp_path / "x", rows)) as engine:
        found = engine.fetch(measured(engine, records(engine), WAGES)).column("value").to_pylist()
    mine = [job for job in rows["arbeidsforhold"] if job["person_id"] == "p00x"]
    within = [job for job in mine if dt.date(2021, 5, 1) <= job["maaned"] < dt.date(2024, 5, 1)]
    assert found[0] == sum(round(100 * job["kontantlonn"]) for job in within) / 100


# -- what lies after time zero --------------------------------------------------------------------------------


def test_history_is_blind_to_everything_dated_after_time_zero(tmp_path: Path):
    """Rows in or after month zero are poisoned; so is how and when a spell ends after it."""
    rows = jobs_and_benefits()
    zero = dt.date(2024, 5, 1)
    poisoned = {
        "arbeidsforhold": [
            job | ({"kontantlonn": 1e12, "stillingsprosent": -1.0, "hovedjobb": True} if job["maaned"] >= zero else {})
            for job in rows["arbeidsforhold"]
        ],
        "ytelse": [
            spell
            | ({"slutt": None} if spell["slutt"] > zero else {})
            | ({"ytelse": None} if spell["start"] >= zero else {})
            for spell in rows["ytelse"]
        ],
    }
    with Engine.open(extract_of(tmp_path / "x", rows)) as engine:
        before = everything(engine)
    with Engine.open(extract_of(tmp_path / "poisoned", poisoned)) as engine:
        assert everything(engine) == before
        for step in engine.steps:
            assert "MAKE_DATE(2024, 5, 1)" in step.sql, f"{step.name} reads on past time zero"


def test_the_step_of_history_holds_no_later_row(tmp_path: Path):
    with Engine.open(extract_of(tmp_path / "x", jobs_and_benefits())) as engine:
        everything(engine)
        for name in ("arbeidsforhold_rows", "ytelse_rows"):
            step = engine.result(name)
            latest = engine.fetch(
                step.aggregate(latest=(step.month if "month" in step.columns else step["first"]).max())
            )
            assert latest.to_pylist()[0]["latest"] < M0


# -- steps ----------------------------------------------------------------------------------------------------


def test_a_register_is_read_once_for_all_measures_of_a_reach(tmp_path: Path):
    with Engine.open(extract_of(tmp_path / "x", jobs_and_benefits())) as engine:
        everything(engine)
        names = [step.name for step in engine.steps]
    assert names == ["arbeidsforhold_rows", "arbeidsforhold_rows_2", "ytelse_rows"], "36 months, 24 months, 24 months"


GOLDEN = Path(__file__).with_name("ytelse_rows.sql")


def test_the_sql_of_a_step_is_short_and_as_expected(tmp_path: Path):
    """Ibis and sqlglot may write it otherwise one day; then read it and store it anew."""
    with Engine.open(extract_of(tmp_path / "x", jobs_and_benefits())) as engine:
        measured(engine, records(engine), BENEFITS)
        (step,) = engine.steps
    assert step.sql + "\n" == GOLDEN.read_text(encoding="utf-8")
    assert str(tmp_path) not in step.sql


def test_a_name_stands_once(tmp_path: Path):
    with Engine.open(extract_of(tmp_path / "x", jobs_and_benefits())) as engine:
        engine.step("people", engine.table("ytelse").select("pid").distinct())
        for name in ("people", "ytelse", "persons"):
            with pytest.raises(ValueError, match="there already"):
                engine.step(name, engine.table("ytelse"))


def test_persons_are_numbered_in_the_order_of_their_pseudonyms(tmp_path: Path):
    rows = {"ytelse": [{"person_id": p, "start": "2024-01-01", "ytelse": "AAP"} for p in ("b1", "a1", "c1", "a1")]}
    rows["tiltak"] = [{"person_id": "a0", "start": "2024-01-01", "tiltakskode": "AMO"}]
    with Engine.open(extract_of(tmp_path / "x", rows)) as engine:
        assert engine.fetch(engine.table("ytelse").select("pid")).column("pid").to_pylist() == [1, 1, 2, 3]
        assert engine.person_ids(np.array([0, 3, 1])).tolist() == ["a0", "c1", "a1"]
        assert "person_id" not in engine.table("ytelse").columns


# -- nothing left behind, nothing told ------------------------------------------------------------------------


@pytest.fixture
def temp(tmp_path: Path) -> Iterator[Path]:
    """A folder for temporary files that must be empty at the end of the test."""
    folder = tmp_path / "temp"
    folder.mkdir()
    yield folder
    gc.collect()
    assert list(folder.iterdir()) == []


def test_temporary_files_are_for_their_owner_alone_and_go_at_the_end(tmp_path: Path, temp: Path):
    with Engine.open(extract_of(tmp_path / "x", jobs_and_benefits()), Machine(temp=temp)) as engine:
        (own,) = temp.iterdir()
        assert stat.S_IMODE(own.stat().st_mode) == 0o700
    assert list(temp.iterdir()) == [], "while the engine is still held by its name"
    assert engine.steps == ()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_temporary_files_go_when_something_goes_wrong(tmp_path: Path, temp: Path, error: type[BaseException]):
    with (
        pytest.raises(error),
        Engine.open(extract_of(tmp_path / "x", jobs_and_benefits()), Machine(temp=temp)) as engine,
    ):
        everything(engine)
        raise error


def test_temporary_files_go_when_an_engine_is_forgotten(tmp_path: Path, temp: Path):
    Engine.open(extract_of(tmp_path / "x", jobs_and_benefits()), Machine(temp=temp))


def test_temporary_files_go_when_the_engine_cannot_be_opened(tmp_path: Path, temp: Path):
    extract = extract_of(tmp_path / "x", jobs_and_benefits())
    (tmp_path / "x" / "ytelse.parquet").unlink()
    with pytest.raises(DataError, match="E701: the registers cannot be read to their end"):
        Engine.open(extract, Machine(temp=temp))
    with pytest.raises(DataError, match="E105: the memory or the number of threads"):
        Engine.open(extract, Machine(temp=temp, memory="much"))
    with pytest.raises(DataError, match="E710: the temporary folder cannot be written"):
        Engine.open(extract, Machine(temp=temp / "nowhere"))


def test_what_does_not_fit_is_said_without_a_value(tmp_path: Path, temp: Path):
    with Engine.open(extract_of(tmp_path / "x", jobs_and_benefits()), Machine(temp=temp)) as engine:
        codes = engine.table("ytelse").ytelse
        with pytest.raises(RuntimeError, match="ConversionException") as error:
            engine.fetch(engine.table("ytelse").select(number=codes.cast("int64")))
    assert "AAP" not in repr(error.getrepr(chain=True))
    assert "DAGP" not in str(error.value)


def test_a_table_that_was_not_opened_is_named(tmp_path: Path):
    with (
        Engine.open(extract_of(tmp_path / "x", jobs_and_benefits())) as engine,
        pytest.raises(DataError, match="E201: the extract was opened without the table `tiltak`") as error,
    ):
        engine.table("tiltak")
    assert error.value.problems[0].note == "opened: arbeidsforhold, ytelse"


# -- two operators that no measure needs ----------------------------------------------------------------------


def test_first_event_is_the_earliest_dated_one_of_each_person(tmp_path: Path):
    rows = {
        "deltakelse": [
            {"person_id": p, "dato": d} for p, d in (("a", "2024-03-01"), ("a", "2024-02-29"), ("b", "2025-01-01"))
        ]
    }
    with Engine.open(extract_of(tmp_path / "x", rows)) as engine:
        found = engine.fetch(first_event(engine.table("deltakelse"), "dato")).to_pylist()
    assert found == [{"pid": 0, "dato": dt.date(2024, 2, 29)}, {"pid": 1, "dato": dt.date(2025, 1, 1)}]


def test_risk_set_holds_who_is_covered_on_a_day_and_not_who_left_on_it(tmp_path: Path):
    rows = {
        "arbeidssoeker": [
            {"person_id": "a", "start": "2024-01-01", "slutt": "2024-02-01"},
            {"person_id": "a", "start": "2024-01-15", "slutt": "2024-03-01"},
            {"person_id": "b", "start": "2024-02-01", "slutt": None},
        ]
    }
    with Engine.open(extract_of(tmp_path / "x", rows)) as engine:
        days = engine.upload(
            "days", pa.table({"day": [dt.date(2024, 1, 20), dt.date(2024, 2, 1), dt.date(2024, 3, 1)]})
        )
        found = engine.fetch(risk_set(engine.table("arbeidssoeker"), days.table)).to_pylist()
    assert [(row["pid"], row["day"].isoformat()) for row in found] == [
        (0, "2024-01-20"),
        (0, "2024-02-01"),
        (1, "2024-02-01"),
        (1, "2024-03-01"),
    ]
