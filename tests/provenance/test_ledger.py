"""The access ledger: whatever is changed in it is seen, with the line that does not fit."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from effekt.errors import FreezeError
from effekt.provenance.digests import digest
from effekt.provenance.ledger import FILE, Ledger

EVENTS = ("design", "freeze", "outcomes_read", "release")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(tmp_path)
    for number, event in enumerate(EVENTS):
        ledger.append(event, number=number, reason="fordi været var dårlig")
    return ledger


def lines_of(ledger: Ledger) -> list[bytes]:
    return ledger.path.read_bytes().splitlines(keepends=True)


def broken_line(ledger: Ledger) -> int:
    """The number of the line that is refused."""
    with pytest.raises(FreezeError) as refused:
        list(ledger.entries())
    (problem,) = refused.value.problems
    assert problem.code == "E606"
    found = re.match(rf"line (\d+) of `{FILE}` was changed", problem.sentence)
    assert found is not None
    return int(found[1])


def test_events_come_back_in_the_order_they_were_written_with_their_facts(ledger: Ledger):
    entries = list(ledger.entries())
    assert [entry["event"] for entry in entries] == list(EVENTS)
    assert [entry["number"] for entry in entries] == [0, 1, 2, 3]


def test_every_line_names_the_hash_of_the_line_before(ledger: Ledger):
    entries = list(ledger.entries())
    assert entries[0]["previous"] == "0" * 64
    assert [entry["previous"] for entry in entries[1:]] == [entry["hash"] for entry in entries[:-1]]
    for entry in entries:
        stored = entry.pop("hash")
        assert digest(entry) == stored


def test_every_line_says_when_in_universal_time(ledger: Ledger):
    for entry in ledger.entries():
        assert datetime.fromisoformat(entry["at"]).utcoffset() == timedelta(0)


def test_a_folder_without_a_ledger_has_no_entries(tmp_path: Path):
    assert list(Ledger(tmp_path).entries()) == []
    assert not Ledger(tmp_path).holds("design")


def test_a_ledger_holds_what_was_recorded_and_nothing_else(ledger: Ledger):
    assert ledger.holds("outcomes_read")
    assert not ledger.holds("purge")


def test_any_byte_changed_is_seen_at_its_line(ledger: Ledger):
    whole = ledger.path.read_bytes()
    ends = [i for i, byte in enumerate(whole) if byte == ord("\n")]
    for position, byte in enumerate(whole):
        line = 1 + sum(end < position for end in ends)
        # A tab where a blank was is the same JSON, and yet a change.
        for other in {0x09 if byte == 0x20 else 0x20, byte ^ 0x01}:
            ledger.path.write_bytes(whole[:position] + bytes([other]) + whole[position + 1 :])
            assert broken_line(ledger) == line, f"byte {position}: {byte:#x} -> {other:#x}"


def test_any_byte_dropped_is_seen_at_its_line(ledger: Ledger):
    whole = ledger.path.read_bytes()
    for position in range(len(whole)):
        ledger.path.write_bytes(whole[:position] + whole[position + 1 :])
        assert broken_line(ledger) == 1 + whole[:position].count(b"\n"), f"byte {position}"


@pytest.mark.parametrize("inserted", [b" ", b"\r", b"\n", b"\x00", b"\t"])
def test_any_byte_put_in_is_seen(ledger: Ledger, inserted: bytes):
    whole = ledger.path.read_bytes()
    for position in range(0, len(whole) + 1, 3):
        ledger.path.write_bytes(whole[:position] + inserted + whole[position:])
        broken_line(ledger)


@pytest.mark.parametrize("dropped", [0, 1, 2])
def test_a_line_dropped_is_seen_at_the_one_that_follows(ledger: Ledger, dropped: int):
    lines = lines_of(ledger)
    ledger.path.write_bytes(b"".join(lines[:dropped] + lines[dropped + 1 :]))
    assert broken_line(ledger) == dropped + 1


@pytest.mark.parametrize("swapped", [0, 1, 2])
def test_two_lines_swapped_are_seen_at_the_first_of_them(ledger: Ledger, swapped: int):
    lines = lines_of(ledger)
    lines[swapped], lines[swapped + 1] = lines[swapped + 1], lines[swapped]
    ledger.path.write_bytes(b"".join(lines))
    assert broken_line(ledger) == swapped + 1


def test_a_line_repeated_is_seen(ledger: Ledger):
    lines = lines_of(ledger)
    ledger.path.write_bytes(b"".join([*lines[:2], lines[1], *lines[2:]]))
    assert broken_line(ledger) == 3


def test_a_line_of_another_ledger_is_seen(ledger: Ledger, tmp_path: Path):
    (tmp_path / "other").mkdir()
    other = Ledger(tmp_path / "other")
    other.append("purge")
    ledger.path.write_bytes(b"".join([*lines_of(ledger)[:2], *lines_of(other)]))
    assert broken_line(ledger) == 3


def test_a_line_with_a_hash_of_its_own_making_breaks_the_chain_after_it(ledger: Ledger):
    lines = lines_of(ledger)
    forged = json.loads(lines[1])
    forged["reason"] = "noe annet"
    forged.pop("hash")
    forged["hash"] = digest(forged)
    lines[1] = (json.dumps(forged, ensure_ascii=False, sort_keys=True) + "\n").encode()
    ledger.path.write_bytes(b"".join(lines))
    assert broken_line(ledger) == 3


def test_nothing_is_added_to_a_ledger_that_was_changed(ledger: Ledger):
    damaged = ledger.path.read_bytes().replace(b"freeze", b"frieze")
    ledger.path.write_bytes(damaged)
    with pytest.raises(FreezeError):
        ledger.append("release")
    assert ledger.path.read_bytes() == damaged


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c", "\n", "\r\n"])
def test_a_reason_may_hold_any_line_break_that_word_processors_paste(tmp_path: Path, separator: str):
    ledger = Ledger(tmp_path)
    ledger.append("override", reason=f"første linje{separator}andre linje")
    ledger.append("freeze")
    assert [entry["event"] for entry in ledger.entries()] == ["override", "freeze"]


def test_a_ledger_that_is_not_text_is_refused(ledger: Ledger):
    ledger.path.write_bytes(b"\xff\xfe\x00")
    assert broken_line(ledger) == 1


@pytest.mark.parametrize("line", ["[]", "null", "1", '"hash"', "{}", '{"hash": "x"}'])
def test_a_line_that_is_no_entry_is_refused(tmp_path: Path, line: str):
    (tmp_path / FILE).write_text(f"{line}\n", encoding="utf-8")
    assert broken_line(Ledger(tmp_path)) == 1


def test_writers_at_the_same_time_wait_for_each_other(tmp_path: Path):
    pytest.importorskip(
        "fcntl", reason="Windows has no such lock; a ledger that two have written is then seen as broken"
    )

    def write(writer: int) -> None:
        for number in range(10):
            Ledger(tmp_path).append("design", writer=writer, number=number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert sorted((e["writer"], e["number"]) for e in Ledger(tmp_path).entries()) == [
        (writer, number) for writer in range(4) for number in range(10)
    ]
