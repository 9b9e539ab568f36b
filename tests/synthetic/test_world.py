"""A world is read as a study is: what is wrong is said at its line, with one edit that mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from effekt.errors import SpecError
from effekt.synthetic.shipped import world_file
from effekt.synthetic.world import World, load_world


def tiny_text() -> str:
    with world_file("tiny") as path:
        return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ("immigrants: 16%", "immigrants: 116%", "E110", "persons.immigrants"),
        ("immigrants: 16%", "immigrants: -1%", "E110", "persons.immigrants"),
        ("immigrants: 16%", "immigrants: 0.16", "E105", "persons.immigrants"),
        ("number: 10000", "number: -5", "E110", "persons.number"),
        ("number: 10000", "number: many", "E103", "persons.number"),
        ('{"11": 25%', '{"10": 25%', "E206", "persons.counties.10"),
        ('{"11": 25%', '{"11": 95%', "E110", "persons.counties"),
        ("1985..1992: 20%", "1985..1992: 21%", "E110", "persons.born"),
        ("1985..1992: 20%", "1992..1985: 20%", "E110", "persons.born.1992..1985"),
        ("1993..2007: 74%", "1993..2020: 74%", "E110", "persons.born.1993..2020"),
        ("2015-01..2029-12", "2029-12..2015-01", "E302", "coverage"),
        ("2015-01..2029-12", "2015-01..", "E105", "coverage"),
        ("start: 2025-01", "start: 2035-01", "E309", "programme.projects.34.start"),
        ('"34": {start', '"99": {start', "E206", "programme.projects.99"),
        ("find: 5%", "find: 5", "E105", "careers.job.find"),
        ("find: 5%", "findd: 5%", "E203", "careers.job.findd"),
        ("persistence: 0.9", "persistence: 1.5", "E110", "careers.county_shocks.persistence"),
        ("  ordinary:", "  ordinairy:", "E203", "programme.ordinairy"),
        ("growth: 0.005%..0.06%", "growth: 1pp..2pp", "E105", "programme.ordinary.growth"),
        ("individuell: {job", "indviduell: {job", "E208", "programme.effect.indviduell"),
        ("seed: 20300131", "seed: -1", "E110", "seed"),
        ("target: 19..30", "target: 30..19", "E110", "programme.target"),
        ("contamination: 0%", "contamination: 101%", "E110", "programme.contamination"),
    ],
)
def test_a_bad_world_is_refused_at_its_line(tmp_path: Path, old: str, new: str, code: str, key: str) -> None:
    text = tiny_text()
    assert old in text
    bad = tmp_path / "bad.yaml"
    bad.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_world(bad)
    line = next(n for n, row in enumerate(bad.read_text(encoding="utf-8").splitlines(), start=1) if new in row)
    found = [
        (p.code, ".".join(str(part) for part in p.path or ()), p.place and p.place.line) for p in caught.value.problems
    ]
    assert (code, key, line) in found
    assert all(p.help for p in caught.value.problems)


def test_everything_wrong_is_said_in_one_go(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(tiny_text().replace("5%, lose", "500%, lose").replace("move: 0.2%", "moves: 0.2%"), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_world(bad)
    assert [problem.code for problem in caught.value.problems] == ["E110", "E203"]


def test_an_unknown_world_is_answered_with_those_there_are() -> None:
    with pytest.raises(SpecError) as caught:
        load_world("tinny")
    (problem,) = caught.value.problems
    assert (problem.code, problem.help) == ("E108", "did you mean `tiny`?")


def test_the_effect_can_be_switched_off_by_name(tmp_path: Path) -> None:
    text = tiny_text()
    start = text.index("  effect:")
    none = tmp_path / "null.yaml"
    none.write_text(text[:start] + "  effect: none\n  contamination: 0%\n", encoding="utf-8")
    assert load_world(none).programme.effect is None


def test_the_digest_is_of_what_the_world_says_and_not_of_its_luck(tiny: World) -> None:
    assert tiny.model_copy(update={"seed": 1}).digest == tiny.digest
    assert tiny.switched(effect=False).digest != tiny.digest
    assert tiny.switched(contamination="20%").digest != tiny.digest
    assert tiny.switched().digest == tiny.digest
