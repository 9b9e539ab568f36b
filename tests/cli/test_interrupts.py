"""A break in the middle of writing: the folder of results is as it was before, and nothing lies beside it.

The exit codes of a bug and of an interrupt between stages are in ``test_commands.py``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_studies import MARK_TEXT, Broken

from effekt.__main__ import BUG, INTERRUPTED, run


class Breaks:
    """``Path.write_bytes`` that writes a few files and then raises."""

    def __init__(self, error: BaseException, after: int) -> None:
        self.error, self.left = error, after
        self.write = Path.write_bytes

    def __call__(self, path: Path, content: bytes) -> int:
        self.left -= 1
        if self.left < 0:
            raise self.error
        return self.write(path, content)


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def broken_release(error: BaseException, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> int:
    """Release while the third file of the folder cannot be written."""
    breaks = Breaks(error, after=2)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", lambda path, content: breaks(path, content))  # noqa: PLW0108 - a function binds, an object does not
        code = run(arguments)
    assert breaks.left < 0, "nothing was interrupted"
    return code


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command that runs a sound study on protected data, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return Broken(code="").write(tmp_path)


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [(KeyboardInterrupt(), INTERRUPTED, "interrupted"), (RuntimeError(MARK_TEXT), BUG, "this is a bug in effekt")],
    ids=["interrupt", "bug"],
)
def test_a_first_release_that_breaks_off_leaves_no_folder(
    error: BaseException,
    code: int,
    says: str,
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert broken_release(error, monkeypatch, command) == code
    printed = capsys.readouterr()
    assert says in printed.err
    assert MARK_TEXT not in printed.err + printed.out
    assert {p.name for p in tmp_path.iterdir()} == {"study.yaml", "rows.csv", "work"}


def test_a_second_release_that_breaks_off_leaves_the_first_as_it_was(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(command) == 0
    first = files(tmp_path / "out")
    again = ["release", "study.yaml", "--table", "rows.csv", "--work", "work", "--out", "out"]
    assert broken_release(KeyboardInterrupt(), monkeypatch, again) == INTERRUPTED
    assert files(tmp_path / "out") == first
    assert {p.name for p in tmp_path.iterdir()} == {"study.yaml", "rows.csv", "work", "out"}
    assert run(again) == 0
    assert files(tmp_path / "out") == first


def test_no_mark_of_a_row_is_in_a_sound_release_or_its_work_folder(command: list[str], tmp_path: Path) -> None:
    assert run(command) == 0
    for folder in ("out", "work"):
        for name, content in files(tmp_path / folder).items():
            assert MARK_TEXT.encode() not in content, name


def test_a_closed_gate_is_exit_code_4_and_no_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    apart = Broken(
        code="",
        spec={"assigned: random": "assigned: observational"},
        rows=lambda f: f.assign(age=f["age"] + 100 * f["course"]),
    )
    assert run(apart.write(tmp_path)) == 4
    assert run(["design", "study.yaml", "--table", "rows.csv", "--work", "work"]) == 4
    assert "E404" in capsys.readouterr().err and not (tmp_path / "out").exists()
