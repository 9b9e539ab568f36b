"""Folders and files that are complete or not there."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from effekt.errors import DataError
from effekt.provenance import folders
from effekt.provenance.folders import MANIFEST, append_file, refuse_foreign, work_folder, write_file, write_folder

NEW = {
    "report.html": b"<html>new</html>",
    "figures/forest.svg": b"<svg/>",
    MANIFEST: json.dumps({"files": {"report.html": "", "figures/forest.svg": ""}}).encode(),
}
OLD = {"report.html": b"old", MANIFEST: json.dumps({"files": {"report.html": ""}}).encode()}


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(DataError) as refused:
        act()
    (problem,) = refused.value.problems
    assert problem.code == "E710"
    assert problem.help
    return problem.sentence


@pytest.fixture
def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which nothing can be made; refused here and not by its mode, which does not bind root."""
    folder = tmp_path / "read-only"
    folder.mkdir()

    def guarded(original: Any, place: Callable[..., Path]) -> Any:
        def make(*args: Any, **keys: Any) -> Any:
            if place(*args, **keys) == folder:
                raise PermissionError(13, "Permission denied")
            return original(*args, **keys)

        return make

    monkeypatch.setattr(Path, "mkdir", guarded(Path.mkdir, lambda path, **_: path.parent))
    monkeypatch.setattr(folders.tempfile, "mkdtemp", guarded(folders.tempfile.mkdtemp, lambda *, dir, **_: dir))
    monkeypatch.setattr(folders.tempfile, "mkstemp", guarded(folders.tempfile.mkstemp, lambda *, dir, **_: dir))
    return folder


# -- write_folder ---------------------------------------------------------------------------------------------


def test_a_folder_is_written_with_its_subfolders_and_nothing_beside_it(tmp_path: Path):
    write_folder(tmp_path / "a" / "out", NEW)
    assert content(tmp_path) == {f"a/out/{name}": data for name, data in NEW.items()}


def test_a_released_folder_can_be_read_by_others(tmp_path: Path):
    write_folder(tmp_path / "out", NEW)
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o755


def test_a_folder_effekt_wrote_is_replaced_whole(tmp_path: Path):
    write_folder(tmp_path / "out", NEW)
    write_folder(tmp_path / "out", OLD)
    assert content(tmp_path) == {f"out/{name}": data for name, data in OLD.items()}


def test_an_empty_folder_may_be_written_to(tmp_path: Path):
    (tmp_path / "out").mkdir()
    write_folder(tmp_path / "out", NEW)
    assert content(tmp_path / "out") == NEW


@pytest.mark.parametrize("out", [".", "..", "../../here/.."])
def test_a_folder_one_stands_in_is_not_replaced_under_one_s_feet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
):
    (tmp_path / "here" / "below").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here" / "below")
    assert "current folder stands in it" in refusal(lambda: write_folder(Path(out), NEW))
    assert content(tmp_path) == {}


@pytest.mark.parametrize("work", ["out", "out/work", "out/a/work"])
def test_a_folder_that_holds_the_work_folder_is_refused(tmp_path: Path, work: str):
    assert "work folder stands in it" in refusal(lambda: refuse_foreign(tmp_path / "out", holding=tmp_path / work))
    refuse_foreign(tmp_path / "out", holding=tmp_path / "outside")


def test_a_link_to_a_folder_stays_a_link_and_its_folder_is_replaced(tmp_path: Path):
    write_folder(tmp_path / "real", OLD)
    (tmp_path / "out").symlink_to(tmp_path / "real", target_is_directory=True)
    write_folder(tmp_path / "out", NEW)
    assert (tmp_path / "out").is_symlink()
    assert content(tmp_path / "real") == NEW
    assert {p.name for p in tmp_path.iterdir()} == {"real", "out"}


FOREIGN: dict[str, dict[str, bytes]] = {
    "a file beside the report": {**OLD, "thesis.docx": b"mine"},
    "a file in a subfolder": {**OLD, "figures/mine.svg": b"mine"},
    "no manifest": {"report.html": b"mine"},
    "a manifest that is not JSON": {"report.html": b"mine", MANIFEST: b"mine"},
    "a manifest of something else": {"report.html": b"mine", MANIFEST: b"[]"},
    "a manifest without files": {"report.html": b"mine", MANIFEST: b"{}"},
    "a manifest whose files are a number": {"report.html": b"mine", MANIFEST: b'{"files": 1}'},
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_folder_with_files_that_effekt_did_not_write_is_refused_and_left_alone(tmp_path: Path, what: str):
    out = tmp_path / "out"
    for name, data in FOREIGN[what].items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)
    assert "did not write" in refusal(lambda: refuse_foreign(out))
    assert "did not write" in refusal(lambda: write_folder(out, NEW))
    assert content(tmp_path) == {f"out/{name}": data for name, data in FOREIGN[what].items()}


def test_a_dangling_link_inside_counts_as_a_foreign_file(tmp_path: Path):
    write_folder(tmp_path / "out", OLD)
    (tmp_path / "out" / "mine").symlink_to(tmp_path / "nowhere")
    assert "did not write" in refusal(lambda: write_folder(tmp_path / "out", NEW))


def test_a_file_is_no_folder_to_write_to(tmp_path: Path):
    out = tmp_path / "out"
    out.write_bytes(b"mine")
    assert "it is a file" in refusal(lambda: write_folder(out, NEW))
    assert content(tmp_path) == {"out": b"mine"}


def test_a_file_in_the_way_of_a_parent_folder_is_refused(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"mine")
    refusal(lambda: write_folder(tmp_path / "file" / "out", NEW))
    assert content(tmp_path) == {"file": b"mine"}


def test_a_read_only_parent_is_refused(read_only: Path):
    assert "cannot be written" in refusal(lambda: write_folder(read_only / "out", NEW))
    assert "cannot be written" in refusal(lambda: write_folder(read_only / "a" / "out", NEW))
    assert list(read_only.iterdir()) == []


def failing(original: Any, *, at_call: int, error: BaseException) -> Any:
    """A method of Path that fails once, at its n-th call."""
    calls = iter(range(1, 1000))

    def method(self: Path, *args: Any, **keys: Any) -> Any:
        if next(calls) == at_call:
            raise error
        return original(self, *args, **keys)

    return method


# A write of a second file, a move aside, a move in place, a change of mode: every step of the way.
STEPS = [("write_bytes", 1), ("write_bytes", 2), ("write_bytes", 3), ("mkdir", 2), ("chmod", 1), ("rename", 1)]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), RuntimeError("bug")])
@pytest.mark.parametrize(("method", "call"), [*STEPS, ("rename", 2)])
def test_a_fault_in_the_middle_leaves_the_old_folder_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, call: int, error: BaseException
):
    write_folder(tmp_path / "out", OLD)
    monkeypatch.setattr(Path, method, failing(getattr(Path, method), at_call=call, error=error))
    with pytest.raises(DataError if isinstance(error, OSError) else type(error)):
        write_folder(tmp_path / "out", NEW)
    monkeypatch.undo()
    assert content(tmp_path) == {f"out/{name}": data for name, data in OLD.items()}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize(("method", "call"), STEPS)
def test_a_fault_in_the_middle_of_a_first_release_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, call: int, error: BaseException
):
    monkeypatch.setattr(Path, method, failing(getattr(Path, method), at_call=call, error=error))
    with pytest.raises(DataError if isinstance(error, OSError) else type(error)):
        write_folder(tmp_path / "out", NEW)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


# -- write_file -----------------------------------------------------------------------------------------------


def test_a_file_is_written_and_replaced(tmp_path: Path):
    write_file(tmp_path / "freeze.json", b"one")
    write_file(tmp_path / "freeze.json", b"two")
    assert content(tmp_path) == {"freeze.json": b"two"}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("method", ["fdopen", "fsync"])
def test_a_fault_while_writing_a_file_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, error: BaseException
):
    write_file(tmp_path / "freeze.json", b"old")

    def fails(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(folders.os, method, fails)
    with pytest.raises(DataError if isinstance(error, OSError) else type(error)):
        write_file(tmp_path / "freeze.json", b"new")
    monkeypatch.undo()
    assert content(tmp_path) == {"freeze.json": b"old"}


def test_a_fault_while_moving_a_file_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_file(tmp_path / "freeze.json", b"old")
    monkeypatch.setattr(Path, "replace", failing(Path.replace, at_call=1, error=OSError(5, "I/O error")))
    refusal(lambda: write_file(tmp_path / "freeze.json", b"new"))
    assert content(tmp_path) == {"freeze.json": b"old"}


def test_a_file_in_a_folder_that_does_not_exist_is_refused(tmp_path: Path):
    refusal(lambda: write_file(tmp_path / "nowhere" / "freeze.json", b"new"))


def test_a_file_in_a_read_only_folder_is_refused(read_only: Path):
    refusal(lambda: write_file(read_only / "freeze.json", b"new"))


# -- append_file ----------------------------------------------------------------------------------------------


def test_a_line_is_added_to_the_end_of_a_file(tmp_path: Path):
    append_file(tmp_path / "ledger.jsonl", b"one\n")
    append_file(tmp_path / "ledger.jsonl", b"two\n")
    assert content(tmp_path) == {"ledger.jsonl": b"one\ntwo\n"}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_line_that_could_not_be_added_whole_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
):
    append_file(tmp_path / "ledger.jsonl", b"one\n")

    def fails(_: int) -> None:
        raise error

    monkeypatch.setattr(folders.os, "fsync", fails)
    with pytest.raises(DataError if isinstance(error, OSError) else type(error)):
        append_file(tmp_path / "ledger.jsonl", b"two\n")
    assert content(tmp_path) == {"ledger.jsonl": b"one\n"}


def test_a_line_cannot_be_added_to_a_folder(tmp_path: Path):
    (tmp_path / "ledger.jsonl").mkdir()
    refusal(lambda: append_file(tmp_path / "ledger.jsonl", b"one\n"))


# -- work_folder ----------------------------------------------------------------------------------------------


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_work_folder_is_its_owner_s_alone_whatever_the_umask(tmp_path: Path):
    before = os.umask(0)
    try:
        work = work_folder(tmp_path / "a" / "work")
    finally:
        os.umask(before)
    assert mode(work) == 0o700


def test_a_work_folder_that_was_open_is_closed(tmp_path: Path):
    (tmp_path / "work").mkdir(mode=0o755)
    assert mode(work_folder(tmp_path / "work")) == 0o700


def test_files_of_the_work_folder_are_their_owner_s_alone(tmp_path: Path):
    write_file(tmp_path / "freeze.json", b"x")
    assert mode(tmp_path / "freeze.json") == 0o600


def test_a_file_is_no_work_folder(tmp_path: Path):
    (tmp_path / "work").write_bytes(b"mine")
    refusal(lambda: work_folder(tmp_path / "work"))
    assert content(tmp_path) == {"work": b"mine"}


def test_a_work_folder_cannot_be_made_where_one_may_not_write(read_only: Path):
    refusal(lambda: work_folder(read_only / "work"))
