"""The freeze: written, read back the same, and refused once somebody has changed it."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from effekt.errors import FreezeError
from effekt.provenance.freeze import FILE, Amendment, Freeze, Override, field_diff

AMENDMENT = Amendment(reason="en feil i vekten", previous="c" * 64, outcomes_read=True, diff=("a: 1 -> 2",))


def frozen(**changes: Any) -> Freeze:
    return replace(
        Freeze(
            study="blåbær",
            spec_digest="a" * 64,
            spec={"study": "blåbær", "analyses": {"main": {"caliper": 0.2}}, "variants": {}, "kinds": [1, None, True]},
            data_digest="b" * 64,
            sample_digest="c" * 64,
            weights={"main": "d" * 64},
            findings_digest="e" * 64,
            versions={"python": "3.11.2"},
        ),
        **changes,
    )


CHANGES: dict[str, dict[str, Any]] = {
    "study": {"study": "tyttebær"},
    "spec_digest": {"spec_digest": "f" * 64},
    "spec": {"spec": {"study": "blåbær"}},
    "data_digest": {"data_digest": "f" * 64},
    "sample_digest": {"sample_digest": "f" * 64},
    "weights": {"weights": {"main": "f" * 64}},
    "findings_digest": {"findings_digest": "f" * 64},
    "versions": {"versions": {"python": "3.12.0"}},
    "overrides": {"overrides": (Override(check="balance", reason="kjent"),)},
    "amendments": {"amendments": (AMENDMENT,)},
    "all_stages_reason": {"all_stages_reason": "hastverk"},
}


def test_every_field_of_a_freeze_is_tried_below():
    assert CHANGES.keys() == {field.name for field in fields(Freeze)}


@pytest.mark.parametrize("field", CHANGES)
def test_a_freeze_that_differs_in_one_field_has_another_digest(field: str):
    assert frozen(**CHANGES[field]).digest != frozen().digest


@pytest.mark.parametrize("field", CHANGES)
def test_a_freeze_comes_back_as_it_was_written(tmp_path: Path, field: str):
    freeze = frozen(**CHANGES[field])
    freeze.write(tmp_path)
    again = Freeze.read(tmp_path)
    assert again == freeze
    assert again.digest == freeze.digest


def test_a_folder_without_a_freeze_has_none(tmp_path: Path):
    assert Freeze.read(tmp_path) is None


def test_the_same_design_frozen_twice_has_the_same_bytes(tmp_path: Path):
    frozen().write(tmp_path)
    before = (tmp_path / FILE).read_bytes()
    frozen().write(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_earlier_freezes_stay_beside_the_current_one(tmp_path: Path):
    first, second = frozen(), frozen(amendments=(AMENDMENT,))
    first.write(tmp_path)
    second.write(tmp_path)
    assert Freeze.read(tmp_path) == second
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {FILE, f"freeze-{first.digest[:8]}.json", f"freeze-{second.digest[:8]}.json"}


@pytest.mark.parametrize("field", CHANGES)
def test_a_freeze_changed_by_hand_is_refused(tmp_path: Path, field: str):
    frozen().write(tmp_path)
    path = tmp_path / FILE
    stored = json.loads(path.read_text(encoding="utf-8"))
    stored["freeze"][field] = frozen(**CHANGES[field]).to_json()[field]
    path.write_text(json.dumps(stored), encoding="utf-8")
    assert_damaged(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"freeze": {}}',
        b'{"digest": "x", "freeze": []}',
        b'{"digest": "x", "freeze": {"overrides": 1, "amendments": []}}',
        b'{"digest": "x", "freeze": {"overrides": [], "amendments": [], "extra": 1}}',
        b"\xff\xfe",
    ],
)
def test_a_freeze_that_is_no_freeze_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / FILE).write_bytes(content)
    assert_damaged(tmp_path)


def test_a_freeze_cut_off_anywhere_is_refused(tmp_path: Path):
    frozen().write(tmp_path)
    path = tmp_path / FILE
    whole = path.read_bytes()
    for length in range(0, len(whole) - 2, 7):
        path.write_bytes(whole[:length])
        assert_damaged(tmp_path)


def test_a_freeze_that_cannot_be_opened_is_refused(tmp_path: Path):
    (tmp_path / FILE).mkdir()
    assert_damaged(tmp_path)


def test_a_digest_changed_by_hand_is_refused(tmp_path: Path):
    frozen().write(tmp_path)
    path = tmp_path / FILE
    path.write_text(path.read_text(encoding="utf-8").replace(frozen().digest, "0" * 64), encoding="utf-8")
    assert_damaged(tmp_path)


def assert_damaged(work: Path) -> None:
    with pytest.raises(FreezeError) as refused:
        Freeze.read(work)
    (problem,) = refused.value.problems
    assert problem.code == "E606"
    assert problem.help is not None
    assert FILE in problem.help


LABELS = {
    "": frozen(),
    "all_stages": frozen(all_stages_reason="hastverk"),
    "amended_after_outcomes": frozen(all_stages_reason="hastverk", amendments=(AMENDMENT,)),
}


@pytest.mark.parametrize("label", LABELS)
def test_a_freeze_says_why_its_results_are_exploratory(label: str):
    assert LABELS[label].exploratory == label


def test_an_amendment_before_any_outcome_was_read_leaves_results_as_they_are():
    assert frozen(amendments=(replace(AMENDMENT, outcomes_read=False),)).exploratory == ""


def test_one_late_amendment_among_early_ones_is_enough_to_be_exploratory():
    early = replace(AMENDMENT, outcomes_read=False)
    assert frozen(amendments=(early, AMENDMENT, early)).exploratory == "amended_after_outcomes"


DIFFS = [
    ({}, {}, ()),
    ({"a": 1}, {"a": 1}, ()),
    ({"a": 1}, {"a": 2}, ("a: 1 -> 2",)),
    ({"a": 1}, {"a": "1"}, ('a: 1 -> "1"',)),
    ({"a": 1, "b": 1}, {"b": 1}, ("a: 1 -> (absent)",)),
    ({"b": 1}, {"a": None, "b": 1}, ("a: (absent) -> null",)),
    ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, ("a.b.c: 1 -> 2",)),
    ({"a": [1, 2]}, {"a": [1, 3, 4]}, ("a.1: 2 -> 3", "a.2: (absent) -> 4")),
    ({"a": {}}, {"a": {"b": 1}}, ("a: {} -> (absent)", "a.b: (absent) -> 1")),
    ({"a": []}, {"a": ()}, ()),
    ({"a": "blåbær"}, {"a": "tyttebær"}, ('a: "blåbær" -> "tyttebær"',)),
    ({"b": 1, "a": 1}, {"b": 2, "a": 2}, ("a: 1 -> 2", "b: 1 -> 2")),
]


@pytest.mark.parametrize(("before", "after", "lines"), DIFFS)
def test_a_diff_names_every_leaf_that_changed_and_no_other(before: Any, after: Any, lines: tuple[str, ...]):
    assert field_diff(before, after) == lines
