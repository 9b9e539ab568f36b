"""Finished draws are kept and trusted only if whole; a run goes on where it stopped and refuses what makes no sense."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from rehearsed import small_world, written_spec

from effekt.errors import DataError, EffektError, MissingPackage, Problem, SpecError
from effekt.rehearsal import run
from effekt.rehearsal.drawn import Drawn, Row, Stop
from effekt.rehearsal.store import Store

KEY = ("hoved", "base", "difference", "ATT", None, None, "i_jobb", 12, None, None, "CR2 + Satterthwaite")


def drawn(seed: int, value: float = 0.1, *, level: str = "sammenheng", conclusion: str = "clear", stops=(), refused=""):
    row = Row(
        key=KEY,
        unit="share",
        value=value,
        std_error=0.04,
        ci_low=value - 0.08,
        ci_high=value + 0.08,
        p_value=0.01,
        truth=0.1,
        realised=None,
        level=level,
        conclusion=conclusion,
    )
    return Drawn(
        seed=seed, treated=100, stops=tuple(stops), refused=refused, rows=() if refused else (row,), overclaims=0
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.of(tmp_path, spec="s", world="w", streams=1)


def test_a_draw_is_read_as_it_was_written_to_the_last_digit(store: Store):
    kept = drawn(3, value=0.1 + 0.2, stops=[Stop(analysis="hoved", check="balance", verdict="FAIL")])
    store.write(kept)
    assert store.read(3) == kept
    assert store.read(4) is None


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"value"', '"v"').replace("0.1", "0.2", 1),
        lambda text: "[" * 100_000,
        lambda text: text.replace('"seed":3', '"seed":4'),
        lambda text: json.dumps({**json.loads(text), "key": {"format": "something else"}}),
        lambda text: json.dumps({**json.loads(text), "draw": {}}),
        lambda text: "\udcff",
    ],
    ids=["empty", "cut off", "a number changed", "nested", "another seed", "another study", "no draw", "no text"],
)
def test_what_is_damaged_or_of_something_else_is_no_draw(store: Store, harm: Callable[[str], str]):
    store.write(drawn(3))
    (path,) = store.folder.iterdir()
    path.write_bytes(harm(path.read_text(encoding="utf-8")).encode("utf-8", "surrogateescape"))
    assert store.read(3) is None and store.holds(3)


def test_draws_of_another_spec_world_or_number_of_streams_lie_apart(tmp_path: Path):
    given = {"spec": "s", "world": "w", "streams": 1}
    folders = [
        Store.of(tmp_path, **{**given, **other}).folder for other in ({}, {"spec": "t"}, {"world": "v"}, {"streams": 2})
    ]
    assert len(set(folders)) == 4


@pytest.fixture
def given(tmp_path: Path) -> dict[str, object]:
    return {"path": written_spec(tmp_path), "world": small_world(tmp_path), "work": tmp_path / "work"}


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seeds that were walked; a walk costs nothing here."""
    seeds: list[int] = []

    def walk(spec, world, seed, *, streams):
        seeds.append(seed)
        return drawn(seed, value=0.1 + seed / 100)

    monkeypatch.setattr(run, "walk", walk)
    return seeds


def test_a_rehearsal_goes_on_from_what_is_finished(given, walked: list[int]):
    run.rehearse(**given, draws=3)
    told: list[run.Progress] = []
    again = run.rehearse(**given, draws=5, told=told.append)
    assert walked == [1, 2, 3, 4, 5]
    assert [d.seed for d in again.drawn] == [1, 2, 3, 4, 5]
    assert (told[0].kept, told[0].done, told[-1].done, told[-1].draws) == (3, 3, 5, 5)


def test_an_interrupt_loses_no_finished_draw(given, walked: list[int]):
    def stop(progress: run.Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.rehearse(**given, draws=4, told=stop)
    whole = run.rehearse(**given, draws=4)
    assert walked == [1, 2, 3, 4]
    assert whole.summary.draws == 4


def test_a_damaged_draw_is_made_anew_and_told_of(given, walked: list[int], tmp_path: Path):
    run.rehearse(**given, draws=2)
    (folder,) = (tmp_path / "work" / "rehearsal").iterdir()
    (folder / "2.json").write_text("{", encoding="utf-8")
    told: list[run.Progress] = []
    run.rehearse(**given, draws=2, told=told.append)
    assert walked == [1, 2, 2] and told[0].damaged == 1


@pytest.mark.parametrize("wrong", [{"draws": 0}, {"draws": -1}, {"draws": 1, "workers": 0}, {"draws": 1, "streams": 0}])
def test_numbers_that_make_no_sense_are_refused_before_anything_is_drawn(given, walked: list[int], wrong):
    with pytest.raises(SpecError) as refusal:
        run.rehearse(**given, **wrong)
    assert refusal.value.problems[0].code == "E110" and not walked


def test_an_unknown_backend_is_refused_and_one_that_is_not_installed_named(given):
    with pytest.raises(SpecError, match="unknown backend"):
        run.rehearse(**given, draws=1, backend="mpi")
    with pytest.raises(MissingPackage) as missing:
        run.rehearse(**given, draws=1, backend="ray")
    assert missing.value.problems[0].help == "pip install ray"


def test_a_study_on_a_table_cannot_be_rehearsed(given, tmp_path: Path):
    prepared = tmp_path / "table.yaml"
    prepared.write_text(
        "effekt: 1\nstudy: t\nquestion: q\nprepared:\n  unit: id\n  treated: d\n  assigned: random\n"
        "  outcomes: {y: {column: y}}\nprimary: {outcome: y}\nanalyses: [difference]\n",
        encoding="utf-8",
    )
    with pytest.raises(SpecError) as refusal:
        run.rehearse(**{**given, "path": prepared}, draws=1)
    (problem,) = refusal.value.problems
    assert problem.code == "E109" and problem.place is not None and problem.place.line == 4


def test_what_is_wrong_with_the_rehearsal_itself_ends_it(given, monkeypatch: pytest.MonkeyPatch):
    def walk(spec, world, seed, *, streams):
        raise DataError(Problem(code="E710", sentence="no space left"))

    monkeypatch.setattr(run, "walk", walk)
    with pytest.raises(DataError, match="E710"):
        run.rehearse(**given, draws=2)


def test_a_worker_that_dies_is_told_with_what_is_finished(given, walked: list[int], monkeypatch: pytest.MonkeyPatch):
    def spread(task, seeds, *, workers, backend):
        yield task(seeds[0])
        raise BrokenProcessPool

    monkeypatch.setattr(run, "_spread", spread)
    with pytest.raises(EffektError) as died:
        run.rehearse(**given, draws=3, workers=2)
    (problem,) = died.value.problems
    assert problem.code == "E902" and "after 1 of 3 draws" in problem.sentence
    run.rehearse(**given, draws=3)
    assert walked == [1, 2, 3], "the finished draw was kept"
