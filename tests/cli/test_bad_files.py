"""Bad input on protected data, by kind of file and role of column: the text to the letter, and no row value anywhere.

To accept new wording, read every changed file after ``EFFEKT_REWRITE_GOLDEN=yes pytest tests/cli/test_bad_files.py``.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from cli_studies import MARK_NUMBER, MARK_TEXT, Broken

from effekt.__main__ import run

sys.path.append(str(Path(__file__).parents[1] / "population"))
from person_numbers import numbers

GOLDEN = Path(__file__).parent / "golden"
REWRITE = os.environ.get("EFFEKT_REWRITE_GOLDEN") == "yes"

Rows = Callable[[pd.DataFrame], pd.DataFrame]


def with_column(name: str, make: Callable[[pd.DataFrame], object]) -> Rows:
    """Return the rows with one column made anew."""
    return lambda frame: frame.assign(**{name: make(frame)})


def with_cell(name: str, value: object) -> Rows:
    """Return the rows with one cell of a column put in the place of what was there."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        column = frame[name].astype(object)
        column[5] = value
        return frame.assign(**{name: column})

    return change


def cut(path: Path) -> None:
    """Cut the last stretch of a file off."""
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3].rstrip(b"0123456789.-\n"))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def removed(path: Path) -> None:
    path.unlink()


def damaged(path: Path) -> None:
    """Put bytes of no known format in the place of a file; the mark is among them."""
    path.write_bytes(bytes(range(128, 256)) * 40 + MARK_TEXT.encode() + b"\x00\xff" * 9)


def only_header(path: Path) -> None:
    path.write_text("id,course,age,woman,before,income\n", encoding="utf-8")


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


def circle(path: Path) -> None:
    path.with_name("more.yaml").write_text("include: [study.yaml]\n", encoding="utf-8")


def no_spec(path: Path) -> None:
    path.with_name("study.yaml").unlink()


def empty_spec(path: Path) -> None:
    path.with_name("study.yaml").write_bytes(b"")


def damaged_spec(path: Path) -> None:
    damaged(path.with_name("study.yaml"))


def persons(frame: pd.DataFrame) -> list[str]:
    return numbers("birth number", len(frame), seed=5)


INCOME = "income: {column: income, label: Income, unit: kr}"
MAIN = "main: {estimate: difference}"
AGE = "[age, woman, before]"

BAD = {
    # the study file
    "unknown_key_of_a_method": Broken(
        code="E203", says=("vcow", "vcov"), spec={MAIN: "main: {estimate: {method: difference, vcow: HC2}}"}
    ),
    "unknown_outcome_column": Broken(
        code="E202", says=("incom", "income"), spec={INCOME: "income: {column: incom, unit: kr}"}
    ),
    "unknown_adjustment": Broken(
        code="E205",
        says=("exakt", "exact"),
        spec={MAIN: "main: {adjust: {method: exakt, on: [woman]}, estimate: difference}"},
    ),
    "unknown_code": Broken(code="E208", says=("randm", "random"), spec={"assigned: random": "assigned: randm"}),
    "include_cycle": Broken(
        code="E106", says=("more.yaml",), spec={"effekt: 1\n": "effekt: 1\ninclude: [more.yaml]\n"}, file=circle
    ),
    "missing_spec": Broken(code="E108", file=no_spec),
    "empty_spec": Broken(code="E108", file=empty_spec),
    "unreadable_spec": Broken(code="E108", file=damaged_spec),
    # the file of rows
    **{
        f"{what}_{kind[1:]}": Broken(code="E701", file=do, kind=kind)
        for what, do in {"missing": removed, "empty": emptied, "truncated": cut}.items()
        for kind in (".csv", ".parquet", ".dta")
    },
    "unreadable_csv": Broken(code="E702", file=damaged),
    "unreadable_parquet": Broken(code="E701", file=damaged, kind=".parquet"),
    "unreadable_dta": Broken(code="E701", file=damaged, kind=".dta"),
    "header_without_rows": Broken(code="E701", says=("no rows",), file=only_header),
    "folder_as_table": Broken(code="E701", says=("folder",), file=folder_instead),
    # the rows
    "non_numeric_outcome": Broken(code="E703", says=("income",), rows=with_cell("income", MARK_TEXT)),
    "non_numeric_covariate": Broken(code="E703", says=("age",), rows=with_cell("age", MARK_TEXT)),
    "perfect_separation": Broken(
        code="E404",
        says=("'age' predicts every row", "overlap"),
        spec={"assigned: random": "assigned: observational", "  adjusted: {estimate: regression}\n": ""},
        rows=with_column("age", lambda f: f["age"] + 100 * f["course"]),
        exit_code=4,
    ),
    # person numbers
    "person_number_as_unit": Broken(code="E501", says=("id",), rows=with_column("id", persons)),
    "person_number_in_a_covariate": Broken(code="E501", says=("age",), rows=with_column("age", persons)),
    "person_number_in_the_outcome": Broken(code="E501", says=("income",), rows=with_column("income", persons)),
    "person_number_in_a_column_nobody_asked_for": Broken(
        code="E501", says=("note",), rows=with_column("note", lambda f: [f"{MARK_TEXT} {p}" for p in persons(f)])
    ),
    **{
        f"person_number_in_{kind[1:]}": Broken(
            code="E501", says=("extra",), rows=with_column("extra", persons), kind=kind
        )
        for kind in (".parquet", ".dta")
    },
}


class Outcome:
    """What one command left behind."""

    def __init__(self, name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        command = BAD[name].write(folder)
        self.before = {path.name for path in folder.iterdir()}
        self.exit_code = run(command)
        self.out, self.err = capsys.readouterr()
        self.after = {path.name for path in folder.iterdir()}


@pytest.fixture
def bad(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> tuple[str, Outcome]:
    monkeypatch.chdir(tmp_path)
    return request.param, Outcome(request.param, tmp_path, capsys)


@pytest.mark.parametrize("bad", BAD, indirect=True)
def test_bad_input_is_refused_with_its_place_and_leaves_nothing_behind(
    bad: tuple[str, Outcome], tmp_path: Path
) -> None:
    name, seen = bad
    broken = BAD[name]
    golden = GOLDEN / f"{name}.txt"
    if REWRITE:
        golden.write_text(seen.err, encoding="utf-8")

    assert seen.exit_code == broken.exit_code, seen.err
    assert seen.err.startswith(f"{broken.code} "), seen.err
    assert all(f"`{word}`" in seen.err or word in seen.err for word in broken.says)
    assert re.search(r"(study|more)\.yaml:\d+:\d+", seen.err.splitlines()[0])
    assert "= help: " in seen.err
    assert "Traceback" not in seen.err + seen.out
    assert seen.after - seen.before <= {"work"}, "no output folder, and no temporary folder beside it"
    assert no_row_value(seen, tmp_path)
    assert seen.err == golden.read_text(encoding="utf-8")


def no_row_value(seen: Outcome, folder: Path) -> bool:
    """Return True if neither a mark nor a person number is in what was printed or in the work folder."""
    kept = [path for path in (folder / "work").rglob("*") if path.is_file()]
    places = [seen.out, seen.err, *(path.read_bytes().decode("latin-1") for path in kept), *map(str, kept)]
    secret = [MARK_TEXT, MARK_NUMBER, *numbers("birth number", 400, seed=5)]
    return not any(value in place for value in secret for place in places)


def test_golden_texts_are_not_being_rewritten() -> None:
    assert not REWRITE, "the golden texts were rewritten: read the diff, then run again without the switch"
