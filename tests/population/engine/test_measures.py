"""What every measure means, by example: the tests of measures are their documentation."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest
from toy_extracts import extract, register

from effekt.population.engine.asked import Asked
from effekt.population.engine.connection import Engine
from effekt.population.engine.measures import measured

T0 = dt.date(2024, 5, 20)


@pytest.fixture
def measure(tmp_path: Path):
    """Return the value of a measure for person A at time zero 2024-05-20 (month 0 = May 2024)."""

    def value(table: str, measure: str, first: int, last: int | None = None, *, rows, codes=None, coverage=None):
        person = [{"person_id": "A", "foedselsaar": 2000, "kjoenn": "2"}]
        rows = [{"person_id": "A", **row} for row in rows]
        registers = {
            "person": register("person", person),
            table: register(table, rows or person if table == "person" else rows),
        }
        opened = extract(tmp_path / f"{len(list(tmp_path.iterdir()))}", registers, coverage)
        with Engine.open(opened) as engine:
            asked = Asked(table=table, measure=measure, codes=codes, first=first, last=first if last is None else last)
            found = engine.fetch(measured(engine, records(engine), asked))
        assert found.column("record").to_pylist() == [0]
        return found.column("value").to_pylist()[0]

    return value


def records(engine: Engine, t0: dt.date = T0):
    m0 = t0.year * 12 + t0.month - 1
    table = pa.table(
        {
            "record": pa.array([0], pa.int64()),
            "pid": pa.array([0], pa.int64()),
            "t0": pa.array([t0], pa.date32()),
            "m0": pa.array([m0], pa.int32()),
        }
    )
    return engine.upload("records", table)


SPELL = [{"start": "2024-01-10", "slutt": "2024-03-10", "ytelse": "DAGP", "grad": 50.0}]


@pytest.mark.parametrize(
    ("month", "expected"),
    [(-5, 0.0), (-4, 1.0), (-3, 1.0), (-2, 0.0)],
)
def test_active_is_read_on_the_last_day_of_the_month(measure, month, expected):
    assert measure("ytelse", "active", month, rows=SPELL) == expected


def test_any_is_a_day_in_the_window_and_months_active_counts_months_with_a_day(measure):
    assert measure("ytelse", "any", -2, -1, rows=SPELL) == 1.0
    assert measure("ytelse", "any", -1, -1, rows=SPELL) == 0.0
    assert measure("ytelse", "months_active", -24, -1, rows=SPELL) == 3.0
    assert measure("ytelse", "months_active", -24, -1, rows=SPELL * 2) == 3.0


def test_sums_are_exact(measure):
    rows = [{"maaned": f"2024-0{m}-01", "jobb_id": "j", "kontantlonn": 0.1} for m in range(1, 5)]
    assert measure("arbeidsforhold", "sum_kontantlonn", -12, -1, rows=rows) == 0.4


def test_value_is_as_of_the_last_day_of_the_month(measure):
    assert measure("ytelse", "value_grad", -3, rows=SPELL) == 50.0
    assert measure("ytelse", "value_grad", -2, rows=SPELL) == 0.0
