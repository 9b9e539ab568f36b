"""One bad study per error: what the user sees, to the letter.

To accept new wording, read every changed file after `EFFEKT_REWRITE_GOLDEN=yes pytest tests/spec/test_golden.py`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from effekt.located.render import render_text
from effekt.spec.load import check

GOLDEN = Path(__file__).parent / "golden"
STUDIES = sorted(GOLDEN.glob("*.yaml"))
REWRITE = os.environ.get("EFFEKT_REWRITE_GOLDEN") == "yes"

HERE = {
    *("E101", "E102", "E103", "E104", "E105", "E106", "E107", "E108", "E109", "E110"),
    *("E201", "E202", "E203", "E204", "E205", "E206", "E207", "E208", "E209", "E210"),
    *("E302", "E303", "E304", "E401"),
}
"""Codes that a study file alone can raise; E501 is tested where the number can be built at run time."""


@pytest.mark.parametrize("study", STUDIES, ids=lambda p: p.stem)
def test_the_user_sees_exactly_this(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN)
    shown = render_text(check(study.name)) + "\n"
    expected = study.with_suffix(".expected")
    if REWRITE:
        expected.write_text(shown, encoding="utf-8")
    assert shown == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("study", [s for s in STUDIES if s.stem.startswith("E")], ids=lambda p: p.stem)
def test_the_first_problem_is_the_one_the_file_is_named_after(study: Path) -> None:
    found = check(study)
    errors = [problem for problem in found if problem.code != "E204"] or found
    assert {problem.code for problem in errors} == {study.stem[:4]}
    assert all(problem.place is not None for problem in found)


def test_every_code_of_this_room_has_a_golden_file() -> None:
    assert {study.stem[:4] for study in STUDIES if study.stem.startswith("E")} == HERE


def test_golden_files_are_not_being_rewritten() -> None:
    assert not REWRITE, "the golden files were rewritten: read the diff, then run again without the switch"
