"""`effekt init`: every draft passes `check` and runs; a wrong answer is located, and no file is left."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from effekt.__main__ import run
from effekt.spec.load import check, load
from effekt.spec.starting.draft import KINDS, OUTCOMES, Answers, draft


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_draft_passes_check(kind, outcome: str, tmp_path: Path):
    path = tmp_path / "study.yaml"
    path.write_text(draft(Answers(name="mitt-studium", kind=kind, outcomes=(outcome,))), encoding="utf-8")
    assert check(path) == []


def test_a_question_with_a_colon_and_quotes_stays_what_was_asked(tmp_path: Path):
    asked = 'Virker det: "ja" eller nei?'
    path = tmp_path / "study.yaml"
    path.write_text(draft(Answers(name="s", question=asked)), encoding="utf-8")
    assert load(path).question.text == asked


@pytest.mark.parametrize("kind", [pytest.param("persons", marks=pytest.mark.slow), "counties"])
def test_a_draft_can_be_planned_and_designed_at_once(kind: str, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["init", "mitt-studium", "--kind", kind]) == 0
    assert run(["design", "mitt-studium.yaml", "--world", "tiny"]) == 0, capsys.readouterr()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--age", "30..19"], "19..30"),
        (["--accrual", "2022"], "2022-05..2025-03"),
        (["--treatment", "deltagelse"], "deltakelse"),
        (["--outcome", "i_job"], "i_jobb"),
        (["--kind", "counties", "--start", "11"], "11=2022-05"),
        (["--kind", "counties", "--start", "01=2022-05"], "county"),
    ],
)
def test_a_wrong_answer_says_what_to_write_and_leaves_no_file(options, says: str, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["init", "nytt", *options]) not in (0, 70)
    assert says in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_study_that_is_there_is_not_written_over(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("nytt.yaml").write_text("mine", encoding="utf-8")
    assert run(["init", "nytt"]) not in (0, 70)
    assert Path("nytt.yaml").read_text(encoding="utf-8") == "mine"


def test_help_lists_every_command_in_the_order_a_study_meets_them(capsys):
    from effekt.cli.app import IN_ORDER

    assert run(["--help"]) == 0
    listed = re.findall(r"^  ([a-z][a-z-]*)  ", capsys.readouterr().out, flags=re.M)
    assert listed == list(IN_ORDER)
