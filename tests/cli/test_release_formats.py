"""`--format` on the command line: all files or none, and a wrong name costs nothing."""

from pathlib import Path

import pytest
from cli_studies import Broken

from effekt.__main__ import run


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command that walks a sound study to its release."""
    monkeypatch.chdir(tmp_path)
    return Broken(code="").write(tmp_path)


def test_a_study_is_released_as_word_excel_and_latex(command: list[str], capsys):
    assert run([*command, "--format", "docx,xlsx,tex"]) == 0
    said = capsys.readouterr().out
    written = {p.name for p in Path("out").iterdir()}
    assert {"report.docx", "tables.xlsx", "tables.tex", "estimates.json", "manifest.json"} <= written
    assert "report.html" not in written and "tables.xlsx" in said
    study = ["study.yaml", "--table", "rows.csv", "--work", "work", "--out", "out"]
    assert run(["release", *study, "--format", "html"]) == 0
    assert {p.name for p in Path("out").iterdir()} & {"report.docx", "report.html"} == {"report.html"}


@pytest.mark.parametrize("text", ["docs", "html,", "html;tex"])
def test_an_unknown_format_is_refused_before_anything_is_read(text: str, command: list[str], capsys):
    assert run([*command, "--format", text]) == 2
    said = capsys.readouterr().err
    assert "E208 --format:1:" in said and "valid: docx, html, pdf, tex, xlsx" in said
    assert not Path("work").exists() and not Path("out").exists()


def test_print_without_a_browser_is_refused_before_anything_is_read(command, capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("effekt.release.formats.printed._candidates", lambda: iter(()))
    assert run([*command, "--format", "html,pdf"]) == 3
    assert "E716" in capsys.readouterr().err
    assert not Path("work").exists() and not Path("out").exists()


def test_a_browser_that_does_not_print_leaves_the_last_release(command, capsys, monkeypatch: pytest.MonkeyPatch):
    assert run([*command, "--format", "tex"]) == 0
    monkeypatch.setattr("effekt.release.formats.printed._candidates", lambda: iter(("/bin/false",)))
    assert (
        run(["release", "study.yaml", "--table", "rows.csv", "--work", "work", "--out", "out", "--format", "pdf"]) == 3
    )
    assert "did not print" in capsys.readouterr().err
    assert Path("out/tables.tex").exists() and not list(Path().glob(".out*"))


def test_a_format_without_a_folder_is_refused_and_not_forgotten(command: list[str], capsys):
    assert run([*command[:-2], "--format", "docx"]) == 2
    assert "E104" in capsys.readouterr().err and not Path("work").exists()
