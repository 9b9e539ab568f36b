"""The data order is enough: studies run on an extract that holds nothing else, and come to the same numbers."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from effekt.plan.data_order import KEY, Ordered, data_order, registers_ordered
from effekt.population.cohort.observed import registers_of
from effekt.population.counties.build import registers_of as county_registers_of
from effekt.registers.schema import tables
from effekt.spec.load import load
from effekt.spec.registered import RegisterStudy
from effekt.spec.shipped import shipped_spec
from effekt.study import Study
from effekt.study.worlds import extract_of

SPECS = ("demo.yaml", "karriereveiledning.yaml", "karriereveiledning_fylke.yaml", "karriereveiledning_alle.yaml")
DATES = {"spell": "start", "monthly": "maaned", "event": "dato"}


def delivered_as_ordered(folder: Path, order: tuple[Ordered, ...], world: str) -> Path:
    """The world's registers with every variable that was not ordered emptied, and every year that was not, gone."""
    source, into = extract_of(world, work=folder), folder / "delivered"
    manifest = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
    entries = {name: manifest["tables"][name] for name in registers_ordered(order)}
    into.mkdir()
    for name, rows in registers_ordered(order).items():
        held = within_years(pq.read_table(source / entries[name]["file"]), name, rows[0].years)
        wanted = {row.column for row in rows}
        for position, field in enumerate(held.schema):
            if field.name not in wanted:
                held = held.set_column(position, field, emptied(held, field, name))
        path = into / entries[name]["file"]
        pq.write_table(held, path)
        entries[name] |= {"rows": held.num_rows, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (into / "manifest.json").write_text(json.dumps(manifest | {"tables": entries}), encoding="utf-8")
    return into


def emptied(held: pa.Table, field: pa.Field, name: str) -> pa.Array:
    """What stands in a column that was not ordered: nothing, or in a key something that says nothing."""
    if field.name in tables()[name].key:
        return pa.array([f"k{n}" for n in range(held.num_rows)], field.type)
    return pa.nulls(held.num_rows, field.type)


def within_years(held: pa.Table, name: str, years: tuple[int | None, int | None]) -> pa.Table:
    kind, (first, last) = tables()[name].kind, years
    if kind == "fixed":
        return held
    if last is not None:
        held = held.filter(pc.less_equal(held[DATES[kind]], dt.date(last, 12, 31)))
    if first is not None:
        begins = dt.date(first, 1, 1)
        ends = held["slutt"] if kind == "spell" else held[DATES[kind]]
        alive = pc.greater(ends, begins) if kind == "spell" else pc.greater_equal(ends, begins)
        held = held.filter(pc.fill_null(alive, True))
    return held


@pytest.mark.parametrize("name", SPECS)
def test_the_order_names_the_registers_that_the_study_opens(name: str):
    spec = load(shipped_spec(name))
    opened = registers_of(spec) if isinstance(spec, RegisterStudy) else county_registers_of(spec)
    assert set(registers_ordered(data_order(spec))) == set(opened)


@pytest.mark.parametrize("name", SPECS)
def test_every_variable_has_a_reason_and_a_key_of_the_spec(name: str):
    spec = load(shipped_spec(name))
    for row in data_order(spec):
        assert row.reasons
        assert row.column == KEY or all(spec.where(path) for path in row.asked_by)


@pytest.mark.slow
@pytest.mark.parametrize("name", SPECS)
def test_a_study_is_the_same_on_what_it_ordered_and_nothing_else(name: str, tmp_path: Path):
    path = shipped_spec(name)
    order = data_order(load(path))
    whole = Study.open(path, world="tiny", work=tmp_path / "whole")
    ordered = Study.open(path, registers=delivered_as_ordered(tmp_path, order, "tiny"), work=tmp_path / "ordered")
    assert ordered.sample.digest == whole.sample.digest
    for study in (whole, ordered):
        closed = {finding.check for finding in study.findings if finding.verdict in ("FAIL", "NOT_EVALUATED")}
        study.freeze(overrides=dict.fromkeys(closed, "the world is synthetic"))
    assert ordered.estimates().keys() == whole.estimates().keys()
    for key, estimates in whole.estimates().items():
        assert ordered.estimates()[key].rows == estimates.rows, key
