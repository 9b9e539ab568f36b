"""A delivery becomes the draw it was made from, and its ingest finds every trouble as often as it was planted."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from effekt.__main__ import run
from effekt.errors import DataError, SpecError
from effekt.literals import Month, MonthRange
from effekt.population.ingest.run import ingest
from effekt.registers.geography import counties, municipalities
from effekt.synthetic.deliveries.borders import counties_before, municipalities_before
from effekt.synthetic.deliveries.writing import write_delivery
from effekt.synthetic.draw import Draw, draw
from effekt.synthetic.world import World, load_world

TODAY = dt.date(2026, 11, 25)
KIND = "ssb-delivery"
ROOT = Path(__file__).parents[3]


def short(world: World) -> World:
    """A world of few years, so that few files are written."""
    months = MonthRange(Month(2018, 6), Month(2022, 2))
    return world.model_copy(update={"coverage": months})


@pytest.fixture(scope="module")
def drawn() -> Draw:
    return draw(short(load_world("tiny")), persons=np.arange(300))


@pytest.fixture(scope="module")
def delivered(drawn: Draw, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("delivery") / "D"
    write_delivery(drawn, folder, KIND)
    return folder


@pytest.fixture(scope="module")
def registers(delivered: Path) -> Path:
    return ingest(delivered / "catalogue.yaml", delivered.parent / "C", today=TODAY).out


def assert_same_rows(registers: Path, tables: Mapping[str, pa.Table]) -> None:
    assert {path.stem for path in registers.glob("*.parquet")} == set(tables)
    for name, table in tables.items():
        made = pq.read_table(registers / f"{name}.parquet")
        assert set(made.column_names) == set(table.column_names), name
        order = [(column, "ascending") for column in made.column_names]
        meant = table.select(made.column_names).cast(made.schema)
        assert made.sort_by(order).equals(meant.sort_by(order)), name


def found(report: Mapping[str, Any], planted: Mapping[str, Any]) -> int:
    """How often the integrity report says that it found a planted trouble."""
    table = report["tables"][planted["table"]]
    came, column = table["delivered"], planted["column"]
    told: dict[str, Any] = {
        "duplicates": lambda: sum(rule["count"] for rule in table["rules"] if rule["rule"] == "duplicates"),
        "hole": lambda: sum(part["files"] for part in came["parts"] if "ettersending" in part["file"]),
        "late": lambda: came["late"],
        "opening_lines": lambda: came["opening_lines"],
        "reform": lambda: came["crosswalk"].get(column, 0),
        "renamed_key": lambda: came["person_columns"]["w99_0000_lopenr_person"],
        "sentinels": lambda: came["marked"].get(column, 0),
        "type_drift": lambda: len(came["type_drift"]),
    }
    return int(told[planted["artefact"]]())


def assert_all_found(delivered: Path, registers: Path) -> None:
    report = json.loads((registers / "integrity.json").read_text(encoding="utf-8"))
    planted = json.loads((delivered / "delivery.json").read_text(encoding="utf-8"))["planted"]
    assert len({one["artefact"] for one in planted}) == 8
    for one in planted:
        assert found(report, one) == one["count"], one
    touched = {(one["artefact"], one["table"]) for one in planted}
    for name, table in report["tables"].items():
        for rule in table["rules"]:
            assert rule["count"] == 0 or (rule["rule"], name) in touched, "nothing is found that was not planted"


def test_a_delivery_becomes_the_draw_row_for_row(registers: Path, drawn: Draw) -> None:
    assert_same_rows(registers, drawn.tables)


def test_every_planted_trouble_is_found_as_often_as_it_was_planted(delivered: Path, registers: Path) -> None:
    assert_all_found(delivered, registers)


def test_the_same_draw_is_the_same_bytes(delivered: Path, drawn: Draw, tmp_path: Path) -> None:
    write_delivery(drawn, tmp_path / "D", KIND)
    files = sorted(path.relative_to(delivered) for path in delivered.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(tmp_path / "D") for path in (tmp_path / "D").rglob("*") if path.is_file())
    for name in files:
        assert (delivered / name).read_bytes() == (tmp_path / "D" / name).read_bytes(), name


def test_without_the_month_that_came_later_the_ingest_is_refused(delivered: Path, tmp_path: Path) -> None:
    shutil.copytree(delivered, tmp_path / "D")
    shutil.rmtree(tmp_path / "D/atid/ettersending")
    with pytest.raises(DataError) as caught:
        ingest(tmp_path / "D/catalogue.yaml", tmp_path / "C", today=TODAY)
    assert [problem.code for problem in caught.value.problems] == ["E715"]


def test_a_hole_between_parts_is_refused_where_it_stands(delivered: Path, tmp_path: Path) -> None:
    shutil.copytree(delivered, tmp_path / "D")
    catalogue = tmp_path / "D/catalogue.yaml"
    lines = [line for line in catalogue.read_text(encoding="utf-8").splitlines() if "ettersending" not in line]
    catalogue.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        ingest(catalogue, tmp_path / "C", today=TODAY)
    assert [(p.code, p.sentence) for p in caught.value.problems] == [("E302", "no part covers 2019-06")]


def test_a_delivery_is_never_written_over_other_files(drawn: Draw, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(DataError):
        write_delivery(drawn, tmp_path, KIND)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_kind_that_there_is_not_and_a_world_too_short_for_the_troubles_are_refused(
    drawn: Draw, tmp_path: Path
) -> None:
    with pytest.raises(SpecError) as caught:
        write_delivery(drawn, tmp_path / "D", "ssb-delivry")
    assert caught.value.problems[0].help == "did you mean `ssb-delivery`?"
    late = replace(drawn, coverage=dict.fromkeys(drawn.tables, ("2021-01", "2022-02")))
    with pytest.raises(SpecError) as caught:
        write_delivery(late, tmp_path / "D", KIND)
    assert caught.value.problems[0].code == "E309"
    assert not (tmp_path / "D").exists()


def test_codes_of_before_a_reform_lead_to_one_code_after_it() -> None:
    for before, old, new in (
        (municipalities_before(2020), municipalities(2019), municipalities(2020)),
        (counties_before(2020), counties(2019), counties(2020)),
    ):
        assert before and set(before) <= set(new)
        assert set(before.values()) <= set(old) - set(new)
        assert len(set(before.values())) == len(before)
    assert counties_before(2020)["34"] == "04"


@pytest.mark.slow
def test_the_whole_journey_from_a_delivery_gives_the_digits_of_the_committed_registers(tmp_path: Path) -> None:
    assert run(["synth", "tiny", "--as", KIND, "--out", str(tmp_path / "D")]) == 0
    assert run(["ingest", str(tmp_path / "D/catalogue.yaml"), "--out", str(tmp_path / "C")]) == 0
    committed = {path.stem: pq.read_table(path) for path in (ROOT / "synthetic/tiny").glob("*.parquet")}
    assert_same_rows(tmp_path / "C", committed)
    assert_all_found(tmp_path / "D", tmp_path / "C")
    estimates = []
    for name, source in (("ingested", ["--registers", str(tmp_path / "C")]), ("committed", ["--world", "tiny"])):
        work = tmp_path / name
        options = [*source, "--work", str(work), "--out", str(work / "out"), "--all-stages"]
        assert run(["run", str(ROOT / "specs/karriereveiledning.yaml"), *options]) == 0
        estimates.append((work / "out/estimates.json").read_bytes())
    assert estimates[0] == estimates[1]
