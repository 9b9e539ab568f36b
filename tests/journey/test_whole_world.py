"""The shipped studies on the whole tiny world, from spec to report; minutes, so of the slow tier."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from journeys import ROOT, files

from effekt.__main__ import run

pytestmark = pytest.mark.slow

SPECS = ROOT / "specs"


def walked(spec: str, folder: Path) -> list[dict[str, object]]:
    options = ["--world", "tiny", "--work", str(folder / "work"), "--out", str(folder / "out")]
    assert run(["run", str(SPECS / spec), "--all-stages", *options]) == 0
    rows: list[dict[str, object]] = json.loads((folder / "out" / "estimates.json").read_text(encoding="utf-8"))
    return rows


def test_two_treated_counties_get_rank_tests_and_no_interval(tmp_path: Path):
    (row,) = walked("karriereveiledning_fylke.yaml", tmp_path)
    assert row["inference"] == "RI-t"
    assert row["std_error"] is row["ci_low"] is row["ci_high"] is row["df"] is None
    assert row["p_floor"] == 1 / (14 * 13), "two of fourteen counties, and the two starts in either order"
    assert (row["n_treated"], row["n_comparison"]) == (2, 12)


def test_uptake_without_a_start_gives_a_slope_with_rank_tests_beside_it(tmp_path: Path):
    rows = walked("karriereveiledning_alle.yaml", tmp_path)
    by_rank = [row for row in rows if row["inference"] in {"RI-t", "WCR"}]
    assert by_rank and all(row["std_error"] is None and row["p_value"] >= row["p_floor"] for row in by_rank)
    assert {row["n_treated"] + row["n_comparison"] for row in rows} == {15}


@pytest.mark.parametrize("spec", ["karriereveiledning_fylke.yaml", "karriereveiledning_alle.yaml"])
def test_a_study_of_very_few_persons_is_refused_or_marked_and_never_a_crash(spec: str, tmp_path: Path):
    """Persons of one single age leave a handful in most counties."""
    text = (SPECS / spec).read_text(encoding="utf-8").replace("age: 19..30", "age: 24..24")
    (tmp_path / spec).write_text(text, encoding="utf-8")
    options = ["--world", "tiny", "--work", str(tmp_path / "work"), "--out", str(tmp_path / "out")]
    code = run(["run", str(tmp_path / spec), "--all-stages", *options])
    assert code in {0, 2, 4}, "a study too small to be run is refused, and never a crash"
    if code == 0:
        for path in (tmp_path / "out" / "tables").iterdir():
            for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
                for name in row.get("suppressed", "").split():
                    assert row[name] == "", f"{path.name}: {name} is marked as suppressed and stands there"


def test_the_demo_walks_to_its_report_and_shows_the_truth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert run(["demo", "--out", "out", "--work", "work"]) == 0
    said = capsys.readouterr().out
    assert [line[:3] for line in said.splitlines() if re.match(r"\d/5", line)] == ["1/5", "2/5", "3/5", "4/5", "5/5"]
    assert "truth" in said and "the gate is open" in said
    assert {"report.html", "estimates.json", "manifest.json"} <= files(tmp_path / "out").keys()
    for table in (tmp_path / "out" / "tables").iterdir():
        for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines()):
            for name in row.get("suppressed", "").split():
                assert row[name] == ""
