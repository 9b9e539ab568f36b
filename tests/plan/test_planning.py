"""The command from end to end on the small world, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from effekt.__main__ import run
from effekt.plan.page import PAGE, files_of
from effekt.plan.planning import plan
from effekt.provenance.folders import write_folder
from effekt.spec.shipped import shipped_spec

COUNTY_SPEC = str(shipped_spec("karriereveiledning_alle.yaml"))


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_plan_of_counties_is_one_screen_and_leaves_what_it_was_asked_for(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["plan", COUNTY_SPEC, "--world", "tiny", "--out", "out"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("IKKE KJØP DATA NÅ")
    assert len(printed.splitlines()) <= 50
    assert files_in(tmp_path) == [
        "out", "out/data_order_en.csv", "out/data_order_nb.csv", "out/manifest.json", "out/plan.html", "out/plan.json",
        "out/protocol_en.md", "out/protocol_nb.md",
    ]  # fmt: skip
    written = json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))
    assert written["verdict"] == "do_not_buy"
    assert written["reasons"][0]["key"] == "diluted"


def test_a_plan_replaces_the_one_before_it(tmp_path: Path):
    out = tmp_path / "out"
    found = plan(COUNTY_SPEC, world="tiny")
    for _ in range(2):
        write_folder(out, files_of(found))
    assert (out / PAGE).exists()


@pytest.mark.slow
def test_the_same_plan_is_the_same_bytes_and_shows_both_errors(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = str(shipped_spec("demo.yaml"))
    for out in ("one", "two"):
        assert run(["plan", spec, "--world", "tiny", "--participants", "500,1000", "--out", out]) == 0
    assert {p.name: p.read_bytes() for p in Path("one").iterdir()} == {
        p.name: p.read_bytes() for p in Path("two").iterdir()
    }
    written = json.loads(Path("one/plan.json").read_text(encoding="utf-8"))
    assert all(cell["formula"] > 0 and cell["rehearsed"] > 0 for cell in written["grid"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "a plan needs a synthetic world"),
        (["--world", "tinny"], "tiny"),
        (["--world", "tiny", "--participants", "many"], "write whole numbers"),
        (["--world", "tiny", "--participants", "0"], "write whole numbers"),
        (["--world", "tiny", "--lag", "arbeidsforholdet=4m"], "arbeidsforhold"),
        (["--world", "tiny", "--lag", "arbeidsforhold"], "arbeidsforhold=4m"),
    ],
)
def test_what_is_not_understood_says_what_to_write(options, says, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["plan", COUNTY_SPEC, *options]) not in (0, 70)
    assert says in capsys.readouterr().err
    assert files_in(tmp_path) == []


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, capsys):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert run(["plan", COUNTY_SPEC, "--world", "tiny", "--out", str(tmp_path)]) not in (0, 70)
    assert files_in(tmp_path) == ["mine.txt"]


def test_an_analysis_ready_table_needs_no_plan(tmp_path: Path, capsys):
    assert run(["plan", str(shipped_spec("published/nsw_experiment.yaml")), "--world", "tiny"]) not in (0, 70)
    assert "has its data already" in capsys.readouterr().err
