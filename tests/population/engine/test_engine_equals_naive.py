"""The engine equals a naive interpreter on registers that Hypothesis makes up: any measure, window and grain."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from naive_measures import CODES_SELECT_IN, Naive
from toy_extracts import register, unchecked

from effekt.errors import DataError
from effekt.population.engine.asked import Asked
from effekt.population.engine.connection import Engine
from effekt.population.engine.machine import Machine
from effekt.population.engine.measures import by_value, categories, measured, monthly
from effekt.registers.measures import clock_of, valid_measures
from effekt.registers.schema import Column, tables

PERSONS = tuple(f"P{n:02d}" for n in range(40))
FIRST, LAST = 12 * 2019, 12 * 2022 + 11
TABLES = (
    "arbeidsforhold", "arbeidssoeker", "bosted", "deltakelse", "inntekt_aar", "person", "realkompetansevurdering",
    "tiltak", "utdanningsforloep", "utdanningsnivaa", "vedtak14a", "ytelse",
)  # fmt: skip
CODES = {
    "nus2000": ["3", "41", "4999", "5"],
    "kommunenr": ["0301", "1103"],
    "tiltakskode": ["INDIVIDUELL_JOBBSTOTTE", "INDIVIDUELL_JOBBSTOTTE_UNG"],
    "resultat": ["godkjent", "avslag"],
}
SAFE = settings(
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
"""No shrinking: a world comes from a seed, and the message names the ask, the record and its rows."""
LENGTHS = (None, 1, 2, 5, 15, 29, 30, 31, 32, 61, 200, 800)


@dataclass(frozen=True)
class World:
    """One register with rows of forty persons, and records of them. A person is named where the engine is wrong."""

    table: str
    rows: list[dict[str, Any]]
    coverage: tuple[int, int]
    records: list[tuple[str, int]]


def a_world(name: str, random: Random) -> World:
    rows = [a_row(name, person, random) for person in PERSONS for _ in range(random.randrange(6))]
    if tables()[name].kind == "fixed":
        rows = list({row["person_id"]: row for row in rows}.values())
    else:
        rows += random.sample(rows, len(rows) // 20)
    coverage = (FIRST, LAST)
    if random.random() < 0.7:
        coverage = (random.randint(FIRST, FIRST + 20), random.randint(FIRST + 20, LAST))
    records = [(random.choice(PERSONS), random.randint(FIRST + 6, LAST - 6)) for _ in range(60)]
    return World(name, rows, coverage, records)


def a_row(name: str, person: str, random: Random) -> dict[str, Any]:
    columns = tables()[name].columns
    row = {column.name: a_cell(column, random) for column in columns.values()}
    row["person_id"] = person
    if "start" in columns:
        row["start"], length = a_date(random), random.choice(LENGTHS)
        row["slutt"] = None if length is None else row["start"] + dt.timedelta(days=length)
    if "maaned" in columns:
        row["maaned"] = a_date(random).replace(day=1)
    if "aar" in columns:
        row["aar"] = random.randint(FIRST // 12, LAST // 12)
    if "dato" in columns:
        row["dato"] = a_date(random)
    return row


def a_date(random: Random) -> dt.date:
    """A date that is often on the edge of a month, where mistakes live."""
    month, day = random.randint(FIRST, LAST), random.choice((0, 1, 2, 15, 28))
    return dt.date(month // 12, month % 12 + 1, 1) + dt.timedelta(days=day - 1)


def a_cell(column: Column, random: Random) -> Any:
    if random.random() < 0.15 and column.type != "text":
        return None
    return {
        "text": lambda: random.choice(("j1", "j2")),
        "code": lambda: random.choice(codes_of(column)),
        "int": lambda: random.randint(0, 9),
        "float": lambda: random.randint(-(10**4), 10**9) / 100,
        "date": lambda: a_date(random),
        "bool": lambda: random.random() < 0.5,
    }[column.type]()


def codes_of(column: Column) -> list[str]:
    return list(column.values[:3]) or CODES.get(column.name, ["a", "b"])


@st.composite
def an_asked(draw: st.DrawFn, name: str, measure: str) -> Asked:
    table = tables()[name]
    first = draw(st.integers(-30, 30))
    last = first
    if clock_of(measure, table) == "window":
        years = table.kind == "yearly"
        last = first + (12 * draw(st.integers(1, 2)) if years else draw(st.integers(1, 25))) - 1
        if years:
            first, last = draw(st.just((first, last)) | st.just((1, last - first + 1)))
    codes = None
    if name in CODES_SELECT_IN and draw(st.booleans()):
        valid = codes_of(table.columns[CODES_SELECT_IN[name]])
        valid = [*valid, "4"] if CODES_SELECT_IN[name] == "nus2000" else valid
        codes = tuple(draw(st.lists(st.sampled_from(valid), min_size=1, max_size=2)))
    return Asked(table=name, measure=measure, codes=codes, first=first, last=last)


def text(month: int) -> str:
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


@contextmanager
def engine_of(world: World, *, threads: int = 1) -> Iterator[Engine]:
    registers = {world.table: register(world.table, world.rows, whole=True)}
    if world.table != "person":
        registers["person"] = register("person", [{"person_id": person} for person in PERSONS])
    with tempfile.TemporaryDirectory() as folder:
        coverage = {world.table: (text(world.coverage[0]), text(world.coverage[1]))}
        with Engine.open(unchecked(Path(folder), registers, coverage), Machine(threads=threads)) as engine:
            yield engine


def uploaded(engine: Engine, world: World):
    known = engine.person_ids(slice(None)).tolist()
    everyone = [(known.index(person), month) for person, month in world.records if person in known]
    pids, months = zip(*everyone, strict=True) if everyone else ((), ())
    columns = {
        "record": pa.array(range(len(pids)), pa.int64()),
        "pid": pa.array(pids, pa.int64()),
        "m0": pa.array(months, pa.int32()),
    }
    return engine.upload("records", pa.table(columns)), [(known[pid], month) for pid, month in everyone]


def naive(world: World, asked: Asked, person: str, m0: int, **changed: Any) -> Any:
    rows = [row for row in world.rows if row["person_id"] == person]
    months = {"first": asked.first, "last": asked.last, "codes": asked.codes, **changed}
    return Naive(world.table, rows, coverage=world.coverage, m0=m0, **months).measure(asked.measure)


def assert_same(found: Mapping[Any, Any], expected: Mapping[Any, Any], asked: Asked) -> None:
    """Spells spread amounts over days, each rounded to four decimals; everything else is exact."""
    spread = tables()[asked.table].kind == "spell" and asked.measure.startswith("sum_")
    assert found.keys() == expected.keys(), asked
    for key, value in expected.items():
        near = pytest.approx(value, abs=1e-2, rel=1e-12) if spread and value is not None else value
        assert found[key] == near, (asked, key)


GRAINS = ("window", "split", "month")


def check(world: World, asks: Sequence[tuple[Asked, str]]) -> None:
    """Hold measures against the naive ones, each at a grain."""
    with engine_of(world) as engine:
        records, whom = uploaded(engine, world)
        for asked, grain in asks:
            try:
                check_one(engine, world, records, whom, asked, grain)
            except DataError as refused:
                assert [problem.code for problem in refused.problems] == ["E210"], asked
                if "is a code and no number" in refused.problems[0].sentence:
                    check_categories(engine, world, records, whom, asked)


def check_one(
    engine: Engine, world: World, records: Any, whom: list[tuple[str, int]], asked: Asked, grain: str
) -> None:
    if grain == "split":
        check_split(engine, world, records, whom, asked)
    elif grain == "month" and tables()[world.table].kind not in ("yearly", "fixed"):
        check_monthly(engine, world, records, whom, asked)
    else:
        rows = engine.fetch(measured(engine, records, asked)).to_pylist()
        assert len(rows) == len(whom)
        expected = {n: naive(world, asked, *record) for n, record in enumerate(whom)}
        assert_same({row["record"]: row["value"] for row in rows}, expected, asked)


def check_categories(engine: Engine, world: World, records: Any, whom: list[tuple[str, int]], asked: Asked) -> None:
    rows = engine.fetch(categories(engine, records, asked)).to_pylist()
    expected = {n: naive(world, asked, *record) for n, record in enumerate(whom)}
    assert_same({row["record"]: row["value"] for row in rows}, expected, asked)


def check_monthly(engine: Engine, world: World, records: Any, whom: list[tuple[str, int]], asked: Asked) -> None:
    first, last = asked.first, asked.first + 3
    rows = engine.fetch(monthly(engine, records, asked, first, last)).to_pylist()
    expected = {
        (n, k): naive(world, asked, *record, first=k, last=k)
        for n, record in enumerate(whom)
        for k in range(first, last + 1)
    }
    assert_same({(row["record"], row["month"]): row["value"] for row in rows}, expected, asked)


def check_split(engine: Engine, world: World, records: Any, whom: list[tuple[str, int]], asked: Asked) -> None:
    split = next((c.name for c in tables()[world.table].columns.values() if c.type == "code" and not c.optional), None)
    if split is None:
        return
    rows = engine.fetch(by_value(engine, records, asked, split)).to_pylist()
    levels = {row[split] for row in rows}
    expected = {
        (n, level): naive(world, asked, *record, only=(split, level))
        for n, record in enumerate(whom)
        for level in levels
    }
    assert_same({(row["record"], row[split]): row["value"] for row in rows}, expected, asked)
    assert levels >= {
        row[split]
        for row in world.rows
        for person, m0 in whom
        if row["person_id"] == person and row[split] is not None and naive_there(world, row, asked, m0)
    }


def naive_there(world: World, row: dict[str, Any], asked: Asked, m0: int) -> bool:
    one = Naive(world.table, [row], coverage=world.coverage, m0=m0, first=asked.first, last=asked.last)
    at_a_time = clock_of(asked.measure, tables()[asked.table]) == "at"
    return tables()[asked.table].kind != "yearly" and bool(one.there_at_the_end() if at_a_time else one.there())


def every_measure(data: st.DataObject, name: str) -> list[tuple[Asked, str]]:
    measures = valid_measures(tables()[name])
    return [(data.draw(an_asked(name, measure)), data.draw(st.sampled_from(GRAINS))) for measure in measures]


@pytest.mark.parametrize("name", TABLES)
@settings(SAFE, max_examples=2)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_engine_equals_naive(name: str, seed: int, data: st.DataObject):
    check(a_world(name, Random(seed)), every_measure(data, name))


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
@settings(SAFE, max_examples=40)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_engine_equals_naive_on_many_worlds(name: str, seed: int, data: st.DataObject):
    check(a_world(name, Random(seed)), every_measure(data, name))
