"""Settings of a rehearsal: every combination, each with draws of its own, and nothing drawn before all can be read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from rehearsed import WORLD, written_spec
from test_store_and_run import drawn

from effekt.errors import SpecError
from effekt.rehearsal import run
from effekt.rehearsal.tables import as_csv
from effekt.rehearsal.varied import SHORT, compare, rehearse_each, values_of


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, object, int]]:
    """What was walked: spec, world and seed."""
    walks: list[tuple[object, object, int]] = []

    def walk(spec, world, seed, *, streams):
        walks.append((spec, world, seed))
        return drawn(seed, value=0.1 + seed / 100)

    monkeypatch.setattr(run, "walk", walk)
    return walks


@pytest.fixture
def given(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "verden.yaml").write_text(WORLD, encoding="utf-8")
    return {"path": written_spec(tmp_path), "world": str(tmp_path / "verden.yaml"), "work": tmp_path / "work"}


def test_every_combination_is_a_setting_and_the_last_path_runs_fastest():
    texts = [[value.text for value in values] for values in values_of(["persons=100,200", "motivation=0,0.5"])]
    assert texts == [["100", "0"], ["100", "0.5"], ["200", "0"], ["200", "0.5"]]
    assert values_of([]) == [()], "nothing varied is one setting"


def test_values_reach_the_world_and_the_spec(given, walked):
    settings = rehearse_each(**given, vary=["persons=100,200", "comparison.candidates=5,all"], draws=1)
    assert [dict(setting.named) for setting in settings] == [
        {"world.persons.number": n, "comparison.candidates": c} for n in ("100", "200") for c in ("5", "all")
    ]
    assert [(w.persons.number, s.comparison.candidates) for s, w, _ in walked] == [
        (n, c) for n in (100, 200) for c in ("5", "all")
    ]


def test_a_path_that_the_file_leaves_out_is_made(given, walked):
    rehearse_each(**given, vary=["checks.balance.max_smd=0.2"], draws=1)
    assert walked[0][0].checks.balance.max_smd == 0.2


def test_settings_keep_their_draws_apart_and_go_on(given, walked):
    rehearse_each(**given, vary=["motivation=0,0.5"], draws=2)
    rehearse_each(**given, vary=["motivation=0.5,0"], draws=3)
    assert [seed for _, _, seed in walked] == [1, 2, 1, 2, 3, 3]


@pytest.mark.parametrize(
    ("vary", "code"),
    [
        ("motivation", "E105"),
        ("=1", "E105"),
        ("motivation=", "E105"),
        ("motivation=1,,2", "E101"),
        ("motivation=[1", "E101"),
        ("motivation=high", "E103"),
        ("persons=0", "E110"),
        ("world.programme.motivatoin=1", "E203"),
        ("world.persons.number.each=1", "E209"),
        ("comparison.candidate=5", "E203"),
        ("candidates=none", "E105"),
    ],
)
def test_a_path_or_value_that_makes_no_sense_is_refused_before_anything_is_drawn(given, walked, vary: str, code: str):
    with pytest.raises(SpecError) as refusal:
        rehearse_each(**given, vary=["effect=none", vary], draws=1)
    assert [problem.code for problem in refusal.value.problems] == [code]
    assert not walked


def test_a_wrong_value_is_shown_where_it_was_typed(given, walked):
    with pytest.raises(SpecError) as refusal:
        rehearse_each(**given, vary=["motivation=0,99"], draws=1)
    (problem,) = refusal.value.problems
    assert problem.place is not None and problem.place.file == "--vary motivation"
    assert not walked, "the first value was right, and is not drawn before the second is read"


def test_a_path_is_varied_once(given):
    with pytest.raises(SpecError, match="E109"):
        rehearse_each(**given, vary=["persons=1", "persons=2"], draws=1)


@pytest.mark.parametrize("word", SHORT)
def test_words_for_paths_are_paths(given, walked, word: str):
    value = {"persons": "150", "effect": "none", "contamination": "10%", "candidates": "7"}.get(word, "0.5")
    (setting,) = rehearse_each(**given, vary=[f"{word}={value}"], draws=1)
    assert dict(setting.named) == {SHORT[word]: value}


def test_designs_are_compared_on_the_same_draws_of_one_world(given, walked, tmp_path: Path):
    other = tmp_path / "other.yaml"
    other.write_text(
        written_spec(tmp_path).read_text(encoding="utf-8").replace("ratio: 3", "ratio: 1"), encoding="utf-8"
    )
    path = given.pop("path")
    settings = compare([path, other], **given, draws=2)
    assert [seed for _, _, seed in walked] == [1, 2, 1, 2]
    assert len({world.digest for _, world, _ in walked}) == 1
    rows = list(csv.DictReader(as_csv(settings).decode().splitlines()))
    assert [row["spec"] for row in rows] == [str(path)] * 2 + [str(other)] * 2
