"""``effekt rehearse``: what it prints and writes, and what it refuses. A walk costs nothing here."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from rehearsed import SPEC, WORLD, written_spec
from test_store_and_run import drawn

from effekt.__main__ import run
from effekt.rehearsal import run as room
from effekt.rehearsal.drawn import Stop


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Spec, world and work folder; every third draw is stopped, and no estimate is like another."""

    def walk(spec, world, seed, *, streams):
        stops = [Stop(analysis="hoved", check="balance", verdict="FAIL")] if seed % 3 == 0 else []
        return drawn(seed, value=0.1 + seed / 100, stops=stops, level="" if stops else "sammenheng")

    monkeypatch.setattr(room, "walk", walk)
    (tmp_path / "verden.yaml").write_text(WORLD, encoding="utf-8")
    spec = str(written_spec(tmp_path))
    return ["rehearse", spec, "--world", str(tmp_path / "verden.yaml"), "--work", str(tmp_path / "work")]


def test_the_table_says_truth_estimate_and_what_the_gate_stopped(given: list[str], capsys: pytest.CaptureFixture[str]):
    assert run([*given, "--draws", "6"]) == 0
    said = capsys.readouterr().out
    assert "hoved i_jobb 12" in said and "10.0 (0.0)" in said
    assert "6 draws with 100 treated" in said
    assert "stopped by the gate 33%" in said and "hoved: balance stops 33%" in said


def test_after_one_draw_no_error_is_shown_and_none_is_zero(
    given: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    assert run([*given, "--draws", "1", "--out", str(tmp_path / "out")]) == 0
    assert "11.0 (-)" in capsys.readouterr().out
    (row, _) = csv.DictReader((tmp_path / "out" / "rehearsal.csv").read_text(encoding="utf-8").splitlines())
    assert row["bias"] and all(not row[name] for name in row if name.endswith("_mcse"))


def test_json_and_csv_say_the_same_and_are_the_same_bytes_again(given: list[str], tmp_path: Path):
    for folder in ("a", "b"):
        assert run([*given, "--draws", "4", "--out", str(tmp_path / folder)]) == 0
    files = [sorted((p.name, p.read_bytes()) for p in (tmp_path / folder).iterdir()) for folder in "ab"]
    assert files[0] == files[1]
    whole = json.loads((tmp_path / "a" / "rehearsal.json").read_text(encoding="utf-8"))
    everywhere, told = csv.DictReader((tmp_path / "a" / "rehearsal.csv").read_text(encoding="utf-8").splitlines())
    (setting,) = whole["settings"]
    (line,) = setting["rows"]
    assert float(everywhere["bias"]) == line["everywhere"]["bias"]["value"]
    assert float(told["bias_mcse"]) == line["told"]["bias"]["error"]
    assert (everywhere["n"], told["n"]) == ("4", "3")
    assert float(everywhere["level_sammenheng"]) == 0.75 == line["levels"]["sammenheng"]["value"]
    assert setting["seeds"] == [1, 4] and setting["world"]["name"] == "proeve"


def test_a_second_run_says_what_was_finished_and_what_was_damaged(
    given: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    assert run([*given, "--draws", "2"]) == 0
    (folder,) = (tmp_path / "work" / "rehearsal").iterdir()
    (folder / "1.json").write_text("", encoding="utf-8")
    capsys.readouterr()
    assert run([*given, "--draws", "3"]) == 0
    said = capsys.readouterr().err
    assert "1 of 3 draws were finished before" in said and "1 draws on disk are damaged" in said


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--draws", "0"], "E110"),
        (["--draws", "2", "--workers", "0"], "E110"),
        (["--draws", "2", "--backend", "mpi"], "E208"),
        (["--draws", "2", "--world", "nowhere"], "E108"),
    ],
)
def test_what_makes_no_sense_is_refused(
    given: list[str], options: list[str], code: str, capsys: pytest.CaptureFixture[str]
):
    assert run([*given, *options]) == 2
    assert code in capsys.readouterr().err


def test_a_folder_with_foreign_files_is_not_replaced(given: list[str], tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    assert run([*given, "--draws", "1", "--out", str(tmp_path / "out")]) == 2
    assert (tmp_path / "out" / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_the_page_says_in_both_languages_what_the_files_say(given: list[str], tmp_path: Path):
    text = SPEC.replace("i_jobb: {label: Lønnstaker", "i_jobb: {label: <b>Lønnstaker</b>")
    (tmp_path / "proeve.yaml").write_text(text + "report: {languages: [nb, en]}\n", encoding="utf-8")
    assert run([*given, "--draws", "3", "--vary", "motivation=0,0.5", "--out", str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "rehearsal.html").read_text(encoding="utf-8")
    assert 'lang="nb"' in page and 'lang="en"' in page
    assert "skjevheten er 2,0 (0,6) (prosentpoeng)" in page and "the bias is 2.0 (0.6) (percentage points)" in page
    assert "world.programme.motivation.participation = 0.5" in page
    assert page.count("hoved: balance") == 4, "what stopped stands in both settings and both languages"
    assert "&lt;b&gt;Lønnstaker" in page and "<b>Lønn" not in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
