"""A query is written once in a process, and what is remembered is what would be written now."""

from __future__ import annotations

from pathlib import Path

import ibis
import pytest
from test_connection import BENEFITS, WAGES, extract_of, jobs_and_benefits, records
from toy_extracts import register, unchecked

from effekt.population.engine import written
from effekt.population.engine.connection import Engine
from effekt.population.engine.duck import Duck
from effekt.population.engine.measures import by_value, measured, monthly
from effekt.population.engine.written import Held, Query, Registers, Written


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "_WRITTEN", {})


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """SQL as Ibis writes it, each time."""
    texts: list[str] = []
    write = Duck.sql

    def noted(self: Duck, expr: ibis.Table) -> str:
        texts.append(write(self, expr))
        return texts[-1]

    monkeypatch.setattr(Duck, "sql", noted)
    return texts


def test_the_second_extract_of_a_shape_needs_no_writing(tmp_path: Path, times: list[str]):
    found, wrote = [], []
    for seed in (1, 2, 1):
        with Engine.open(extract_of(tmp_path / str(len(found)), jobs_and_benefits(seed=seed))) as engine:
            whom = records(engine)
            asked = (measured(engine, whom, WAGES), monthly(engine, whom, WAGES, -24, -1))
            split = by_value(engine, whom, BENEFITS, "ytelse")
            found.append([engine.fetch(query) for query in (*asked, split)])
            wrote.append(len(times))
    assert wrote[0] == wrote[1] == wrote[2] > 5
    assert found[0] == found[2] != found[1], "and the rows are each extract's own"


def test_another_coverage_or_another_column_is_another_question(tmp_path: Path):
    rows = jobs_and_benefits()["ytelse"]
    spells = {"ytelse": register("ytelse", rows)}
    percent = {"ytelse": register("ytelse", rows, whole=True)}
    texts = set()
    for number, (tables, until) in enumerate([(spells, "2029-12"), (spells, "2024-03"), (percent, "2029-12")]):
        extract = unchecked(tmp_path / str(number), tables, {"ytelse": ("2000-01", until)})
        with Engine.open(extract) as engine:
            engine.fetch(measured(engine, records(engine), BENEFITS))
            texts.add(tuple(statement.sql for statement in engine.statements))
    assert len(texts) == 3


def only_pids(_: Registers, rows: ibis.Table) -> ibis.Table:
    return rows.select("pid")


def test_rows_of_another_name_are_another_question(tmp_path: Path):
    with Engine.open(extract_of(tmp_path / "x", jobs_and_benefits())) as engine:
        whom = records(engine)
        first = engine.step("first", Query(only_pids, (whom,)))
        engine.step("second", Query(only_pids, (first,)))
        assert '"records"' in engine.steps[0].sql
        assert '"first"' in engine.steps[1].sql
    assert first == Held("first", ibis.Schema({"pid": "int64"}))


def test_what_is_remembered_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(written, "_MOST", 3)
    for number in range(10):
        written.written(number, lambda: Written("SELECT 1", ibis.Schema({})))
    assert len(written._WRITTEN) <= 3
