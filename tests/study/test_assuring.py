"""Invented persons beside a study: they come out as expected, or the line that expects otherwise is shown."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from effekt.__main__ import run
from effekt.errors import SpecError
from effekt.located.binding import load as read_yaml
from effekt.spec.assured import Assured, assured_beside
from effekt.spec.load import load
from effekt.spec.shipped import shipped_spec
from effekt.study.assuring import assure

MINI = shipped_spec("veiledning_mini.yaml")
BESIDE = MINI.parent / "assured" / MINI.name


def changed(folder: Path, *edits: tuple[str, str]) -> Path:
    """The shipped study and its persons in a folder, the latter edited."""
    text = BESIDE.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    shutil.copy(MINI, folder / "study.yaml")
    (folder / "assured").mkdir()
    (folder / "assured" / "study.yaml").write_text(text, encoding="utf-8")
    return folder / "study.yaml"


@pytest.mark.parametrize(
    "name",
    [
        "veiledning_mini.yaml",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("demo.yaml", "karriereveiledning.yaml")),
    ],
)
def test_shipped_persons_come_out_as_expected(name: str):
    path = shipped_spec(name)
    beside = assured_beside(path)
    well, wrong = assure(load(path), beside)
    assert wrong == []
    assert well == len(read_yaml(Assured, beside).persons)


def test_every_line_that_expects_otherwise_is_shown(tmp_path: Path, capsys):
    spec = changed(
        tmp_path,
        ("outcomes: {i_jobb: {12: 1}}", "outcomes: {i_jobb: {12: 0}}"),
        ("for_gammel: none", "for_gammel: {time_zero: 2024-06-05, treated: no}"),
        ("{12: missing}", "{12: 0}"),
        ("{i_jobb: {12: 0}}}\n    - {time_zero: 2024-06-11", "{i_jobb: {13: 0}}}\n    - {time_zero: 2024-06-11"),
    )
    assert run(["check", str(spec)]) == 2
    printed = capsys.readouterr().err
    lines = (tmp_path / "assured" / "study.yaml").read_text(encoding="utf-8").splitlines()
    at = {int(line) for line in re.findall(r"^E311 .*assured/study\.yaml:(\d+):", printed, flags=re.M)}
    wanted = [n for n, text in enumerate(lines, 1) if "for_gammel: {" in text or "{12: 0}" in text or "{13:" in text]
    assert at == set(wanted)
    assert "`i_jobb` of `starter` is 1 at month 12" in printed
    assert "is missing at month 12" in printed
    assert "`for_gammel` became no row" in printed
    assert "not read at month 13" in printed


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("deltakelse:", "deltagelse:", "E201", "deltakelse"),
        ("dato: 2024-06-05", "datto: 2024-06-05", "E202", "dato"),
        ("dato: 2024-06-05", "dato: 5. juni", "E105", "2023-09-05"),
        ("form: individuell", "form: individuelt", "E206", "individuell"),
        ("foedselsaar: 2001", "foedselsaar: to tusen", "E105", "2001"),
        ("har_deltatt: none", "har_delltatt: none", "E203", "har_deltatt"),
        ("  har_deltatt: none\n", "", "E104", "har_deltatt: none"),
        ("covered: 2015-01..2029-12", "covered: 2015-01..", "E105", "no end"),
        ("  person: [{", "  person: [{person_id: x, ", "E202", "person_id"),
    ],
)
def test_a_file_that_cannot_be_read_is_located(old: str, new: str, code: str, says: str, tmp_path: Path):
    spec = changed(tmp_path, (old, new))
    with pytest.raises(SpecError) as refused:
        read_yaml(Assured, assured_beside(spec))
    (problem,) = refused.value.problems
    assert problem.code == code
    assert problem.place is not None
    assert says in f"{problem.sentence} {problem.help} {problem.note}"


def test_counties_have_no_persons_to_follow(tmp_path: Path, capsys):
    counties = shipped_spec("karriereveiledning_alle.yaml")
    shutil.copy(counties, tmp_path / "study.yaml")
    (tmp_path / "assured").mkdir()
    shutil.copy(BESIDE, tmp_path / "assured" / "study.yaml")
    assert run(["check", str(tmp_path / "study.yaml")]) == 2
    assert "E204" in capsys.readouterr().err
