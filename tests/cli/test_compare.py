"""`effekt compare` puts two studies side by side, and tells nothing that was not released."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from cli_studies import PEOPLE, Broken

from effekt.__main__ import run
from effekt.release.comparison import Line, compared
from effekt.release.sides import Side
from effekt.results import ESTIMATE_FIELDS

OTHER = PEOPLE.replace("[age, woman, before]", "[age, before]").replace(
    "  main: {estimate: difference}", "  main: {estimate: {method: regression, covariates: [age]}}"
)


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two studies of one table, released under `a` and `b`; work folders `work_a` and `work_b`."""
    folder = tmp_path_factory.mktemp("compared")
    Broken(code="").write(folder)
    (folder / "other.yaml").write_text(OTHER, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        for spec, name in (("study.yaml", "a"), ("other.yaml", "b")):
            stages = ["--table", "rows.csv", "--all-stages", "--reason", "a test", "--work", f"work_{name}"]
            assert run(["run", spec, *stages, "--out", name, "--format", "tex"]) == 0
    return folder


@pytest.fixture
def folder(studies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "copy"
    shutil.copytree(studies, copy)
    monkeypatch.chdir(copy)
    return copy


@pytest.mark.parametrize(("a", "b"), [("a", "b"), ("work_a", "work_b"), ("a", "work_b")])
def test_spec_flow_and_estimates_side_by_side(a: str, b: str, folder: Path, capsys):
    assert run(["compare", a, b, "--out", "difference.csv"]) == 0
    said = capsys.readouterr().out
    assert "A  small-study/" in said and "B - A" in said
    with (folder / "difference.csv").open(encoding="utf-8", newline="") as f:
        rows = list(csv.reader(f))
    spec = {what: (old, new) for part, what, old, new, _ in rows if part == "spec"}
    assert spec["prepared.covariates.1"] == ('"woman"', '"before"')
    assert spec["prepared.covariates.2"] == ('"before"', "(absent)")
    assert [row[2:] for row in rows if row[0] == "flow"] == [["400", "400", "0"]]
    released = {r["analysis"]: r["value"] for r in json.loads((folder / "a" / "estimates.json").read_text())}
    told = {what.split(",")[0]: float(old) for part, what, old, *_ in rows if part == "estimate"}
    assert told == released


def test_a_method_that_changed_is_still_the_same_question(folder: Path, capsys):
    assert run(["compare", "a", "b"]) == 0
    (main,) = [line for line in capsys.readouterr().out.splitlines() if "main, base" in line]
    assert "(absent)" not in main


def test_only_released_numbers_are_told_of_a_work_folder(folder: Path, capsys):
    raw = json.loads((folder / "work_a" / "estimates.json").read_text(encoding="utf-8"))
    value = raw["estimates"]["main"]["rows"][0]["value"]
    assert run(["compare", "work_a", "work_b", "--out", "difference.csv"]) == 0
    said = capsys.readouterr().out + (folder / "difference.csv").read_text(encoding="utf-8")
    assert repr(value) not in said and f"{value:.2f}" not in said
    kept = {p.relative_to("work_a/released").as_posix() for p in Path("work_a/released").rglob("*") if p.is_file()}
    assert kept == {"manifest.json", "estimates.json", "spec.json", "tables/flow.csv"}
    assert all((Path("work_a/released") / name).read_bytes() == (Path("a") / name).read_bytes() for name in kept)


def test_a_frozen_study_without_a_release_is_compared_by_its_spec(folder: Path, capsys):
    shutil.rmtree("work_b/released")
    assert run(["compare", "a", "work_b"]) == 0
    said = capsys.readouterr().out
    assert "nothing is released yet" in said and '"woman"' in said


def test_the_same_study_twice_differs_in_nothing(folder: Path, capsys):
    shutil.copytree("a", "again")
    assert run(["compare", "a", "again"]) == 0
    assert "spec: no difference" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("a", "b", "code"),
    [("a", "a", "E109"), ("a", "./work_a/../a", "E109"), ("a", "nowhere", "E108"), ("a", "empty", "E108")],
)
def test_folders_that_cannot_be_compared(a: str, b: str, code: str, folder: Path, capsys):
    Path("empty").mkdir()
    assert run(["compare", a, b]) == 2
    assert capsys.readouterr().err.startswith(code)


def test_a_work_folder_in_which_nothing_is_frozen(folder: Path, capsys):
    assert run(["design", "study.yaml", "--table", "rows.csv", "--work", "fresh"]) == 0
    assert run(["compare", "a", "fresh"]) == 2
    assert "E603" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["{", '[{"value": 1}]'])
def test_a_release_that_was_changed_by_hand(content: str, folder: Path, capsys):
    Path("b/estimates.json").write_text(content, encoding="utf-8")
    assert run(["compare", "a", "b"]) == 2
    assert "E606" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(folder: Path, capsys):
    assert run(["compare", "a", "b", "--out", "rows.csv/difference.csv"]) == 2
    assert "E710" in capsys.readouterr().err


def side(*rows: dict) -> Side:
    empty = dict.fromkeys(ESTIMATE_FIELDS)
    base = {"analysis": "m", "variant": "base", "outcome": "y", "unit": "share", "inference": "HC2", "std_error": 0.01}
    return Side(reference="s/00000000", spec={}, estimates=tuple({**empty, **base, **r} for r in rows), flows={})


def line(a: Side, b: Side) -> Line:
    (only,) = compared(a, b)
    return only


def test_suppressed_numbers_have_no_difference():
    told = line(side({"value": None}), side({"value": 0.031}))
    assert (told.a, told.difference) == (":", "") and told.b.startswith("3.1")


def test_numbers_of_different_units_have_no_difference():
    assert line(side({"value": 0.3}), side({"value": 3.0, "unit": "kr"})).difference == ""


def test_a_difference_is_that_of_the_printed_numbers():
    assert line(side({"value": 0.031}), side({"value": 0.012})).difference == "−1.9"


def test_two_answers_to_one_question_on_one_side_are_not_guessed_about():
    a = side({"value": 0.1, "method": "difference"})
    b = side({"value": 0.2, "method": "regression"}, {"value": 0.3, "method": "matched"})
    assert [("absent" in told.a, "absent" in told.b) for told in compared(a, b)] == [
        (False, True),
        (True, False),
        (True, False),
    ]


def test_steps_of_a_flow_are_told_in_order_and_alone_where_only_one_side_has_them():
    def flow(*steps: tuple[str, int | None]) -> Side:
        rows = tuple({"step": s, "units": 9, "persons": n} for s, n in steps)
        return Side(reference="s/00000000", spec={}, flows={"flow": rows})

    told = compared(flow(("all", 100), ("young", 60), ("kept", None)), flow(("all", 100), ("kept", 50)))
    assert [(t.what, t.a, t.b, t.difference) for t in told] == [
        ("all", "100", "100", "0"),
        ("young", "60", "(absent)", ""),
        ("kept", ":", "50", ""),
    ]
