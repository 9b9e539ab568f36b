"""Digests, freeze, ledger, folders and raw results: nothing half-written, and every change is seen."""

import json
import stat
from pathlib import Path

import pytest

from effekt.errors import DataError, FreezeError
from effekt.provenance.digests import canonical_json, digest, file_digest, versions
from effekt.provenance.folders import refuse_foreign, work_folder, write_file, write_folder
from effekt.provenance.freeze import Amendment, Freeze, Override, field_diff
from effekt.provenance.ledger import Ledger
from effekt.provenance.raw import read_estimates, write_estimates
from effekt.results import Column, Estimate, Estimates, Table

# Digests


def test_the_same_value_has_the_same_digest_whatever_the_order_of_its_keys():
    assert digest({"b": [1, 2.5], "a": "ø"}) == digest({"a": "ø", "b": [1, 2.5]})
    assert canonical_json({"b": 1, "a": "ø"}) == '{"a":"ø","b":1}'.encode()
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_a_number_that_is_not_one_has_no_digest():
    with pytest.raises(ValueError, match="JSON"):
        digest({"x": float("nan")})


def test_a_file_is_known_by_its_bytes(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"")
    assert file_digest(tmp_path / "a") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_versions_name_what_numbers_depend_on(monkeypatch: pytest.MonkeyPatch):
    assert {"python", "effekt", "numpy", "scipy", "pandas"} <= set(versions())
    monkeypatch.setattr("effekt.provenance.digests._PACKAGES", ("no-such-package",))
    assert set(versions()) == {"python"}


# Freeze


def a_freeze(**changes) -> Freeze:
    parts = {
        "study": "s",
        "spec_digest": "1" * 64,
        "spec": {"prepared": {"unit": "id"}},
        "data_digest": "2" * 64,
        "sample_digest": "3" * 64,
        "weights": {"main": "4" * 64},
        "findings_digest": "5" * 64,
        "versions": {"python": "3"},
        "overrides": (Override(check="balance", reason="known"),),
        "amendments": (Amendment(reason="r", previous="6" * 64, outcomes_read=False, diff=("a: 1 -> 2",)),),
    }
    return Freeze(**{**parts, **changes})


def test_a_freeze_reads_back_as_it_was_written(tmp_path: Path):
    assert Freeze.read(tmp_path) is None
    a_freeze().write(tmp_path)
    assert Freeze.read(tmp_path) == a_freeze()
    assert (tmp_path / f"freeze-{a_freeze().digest[:8]}.json").exists()


@pytest.mark.parametrize("damage", [lambda t: t.replace("known", "knewn"), lambda t: t[:-40], lambda t: "[]"])
def test_a_freeze_changed_by_hand_is_refused(tmp_path: Path, damage):
    a_freeze().write(tmp_path)
    path = tmp_path / "freeze.json"
    path.write_text(damage(path.read_text()))
    with pytest.raises(FreezeError) as error:
        Freeze.read(tmp_path)
    assert error.value.problems[0].code == "E606"


def test_what_makes_results_exploratory():
    read = Amendment(reason="r", previous="", outcomes_read=True, diff=())
    assert a_freeze().exploratory == ""
    assert a_freeze(all_stages_reason="hurry").exploratory == "all_stages"
    assert a_freeze(all_stages_reason="hurry", amendments=(read,)).exploratory == "amended_after_outcomes"


def test_a_diff_names_every_leaf_that_changed():
    before = {"a": {"b": 1, "c": [1, 2]}, "gone": "x", "same": {}}
    after = {"a": {"b": 2, "c": [1, 3]}, "new": None, "same": {}}
    assert field_diff(before, after) == (
        "a.b: 1 -> 2",
        "a.c.1: 2 -> 3",
        'gone: "x" -> (absent)',
        "new: (absent) -> null",
    )


# Ledger


def a_ledger(folder: Path) -> Ledger:
    ledger = Ledger(folder)
    for event in ("design", "freeze", "outcomes_read"):
        ledger.append(event, data="0" * 8)
    return ledger


def test_a_ledger_remembers_in_order(tmp_path: Path):
    ledger = a_ledger(tmp_path)
    assert [e["event"] for e in ledger.entries()] == ["design", "freeze", "outcomes_read"]
    assert ledger.holds("freeze") and not ledger.holds("release")


def changed(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace('"freeze"', '"frieze"'), lines[2]]


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (changed, 2),
        (lambda lines: lines[1:], 1),
        (lambda lines: [lines[0], lines[2]], 2),
        (lambda lines: [lines[1], lines[0], lines[2]], 1),
        (lambda lines: [*lines[:2], "{"], 3),
        (lambda lines: ["[]", *lines], 1),
    ],
)
def test_a_line_changed_dropped_or_moved_is_named(tmp_path: Path, damage, line: int):
    ledger = a_ledger(tmp_path)
    lines = ledger.path.read_text().splitlines()
    ledger.path.write_text("\n".join(damage(lines)) + "\n")
    with pytest.raises(FreezeError, match=f"line {line} of") as error:
        list(ledger.entries())
    assert error.value.problems[0].code == "E606"
    with pytest.raises(FreezeError):
        ledger.append("release")


# Folders


def test_a_work_folder_is_its_owners_alone(tmp_path: Path):
    work = work_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE(work.stat().st_mode) == 0o700
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError) as error:
        work_folder(tmp_path / "file")
    assert error.value.problems[0].code == "E710"


def written(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


FILES = {"manifest.json": json.dumps({"files": {"a.txt": "", "b/c.txt": ""}}).encode(), "a.txt": b"1", "b/c.txt": b"2"}


def test_a_folder_is_written_whole_and_replaced_whole(tmp_path: Path):
    out = tmp_path / "new" / "out"
    write_folder(out, FILES)
    assert written(out) == FILES
    fewer = {"manifest.json": b'{"files": {}}'}
    write_folder(out, fewer)
    assert written(out) == fewer
    assert [p.name for p in out.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("broken", ["write_bytes", "rename"])
def test_a_fault_in_the_middle_leaves_the_old_folder_and_no_litter(tmp_path: Path, monkeypatch, broken: str):
    out = tmp_path / "out"
    write_folder(out, FILES)
    whole, calls = getattr(Path, broken), []

    def fails_the_second_time(self, *arguments):
        calls.append(self)
        if len(calls) == 2:
            raise OSError("disk full")
        return whole(self, *arguments)

    monkeypatch.setattr(Path, broken, fails_the_second_time)
    with pytest.raises(DataError):
        write_folder(out, {**FILES, "a.txt": b"changed"})
    monkeypatch.undo()
    assert written(out) == FILES
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_foreign_files_are_never_replaced(tmp_path: Path):
    out = tmp_path / "out"
    write_folder(out, FILES)
    (out / "notes.txt").write_text("mine")
    for target in (out, out / "notes.txt"):
        with pytest.raises(DataError) as error:
            write_folder(target, FILES)
        assert error.value.problems[0].code == "E710"
    assert (out / "notes.txt").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    refuse_foreign(tmp_path / "empty")


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError):
        write_folder(tmp_path / "file" / "out", FILES)
    with pytest.raises(DataError):
        write_file(tmp_path / "nowhere" / "x", b"")


def test_one_file_is_the_old_one_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_file(tmp_path / "x", b"old")

    def full(descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataError):
        write_file(tmp_path / "x", b"new")
    assert written(tmp_path) == {"x": b"old"}


# Raw estimates


def some_estimates() -> dict[str, Estimates]:
    row = Estimate(
        analysis="main", variant="base", method="difference", estimand="ATE", outcome="y", value=0.1 + 0.2,
        inference="RI-t", p_value=1 / 3, p_floor=1 / 3003, n_treated=5, n_comparison=10,
        n_persons_treated=None, n_persons_comparison=None, n_clusters=15,
    )  # fmt: skip
    table = Table(
        name="t",
        title="T",
        columns=(Column(name="n", kind="count"), Column(name="m", kind="statistic", of="n")),
        data={"n": (10, None), "m": (1e-17, None)},
        chain="n",
    )
    return {"main": Estimates(rows=(row,), support=(None,), details={"t": table})}


def test_raw_estimates_come_back_to_the_last_bit(tmp_path: Path):
    assert read_estimates(tmp_path, freeze_digest="f") is None
    write_estimates(tmp_path, freeze_digest="f", estimates=some_estimates())
    back = read_estimates(tmp_path, freeze_digest="f")
    assert back is not None
    assert back["main"].rows == some_estimates()["main"].rows
    assert back["main"].support == (None,)
    assert back["main"].details == some_estimates()["main"].details


def test_estimates_of_another_freeze_do_not_count(tmp_path: Path):
    write_estimates(tmp_path, freeze_digest="f", estimates=some_estimates())
    assert read_estimates(tmp_path, freeze_digest="g") is None


@pytest.mark.parametrize(
    "damage", [lambda t: t.replace("0.30000000000000004", "0.5"), lambda t: t[:-9], lambda t: "[]"]
)
def test_raw_estimates_changed_by_hand_are_refused(tmp_path: Path, damage):
    write_estimates(tmp_path, freeze_digest="f", estimates=some_estimates())
    path = tmp_path / "estimates.json"
    path.write_text(damage(path.read_text()))
    with pytest.raises(FreezeError) as error:
        read_estimates(tmp_path, freeze_digest="f")
    assert error.value.problems[0].code == "E606"
