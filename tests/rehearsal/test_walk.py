"""One draw, walked: as by the long way round, and with the truth that the world was made with."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from pathlib import Path

import pytest
from rehearsed import SPEC, small_world, written_spec

from effekt.errors import DataError, PrivacyError, Problem
from effekt.population.engine import connection
from effekt.population.engine.written import Written
from effekt.rehearsal import walk as room
from effekt.rehearsal.drawn import Drawn
from effekt.rehearsal.run import study_of
from effekt.rehearsal.walk import walk
from effekt.study import Study
from effekt.synthetic.draw import draw
from effekt.synthetic.extract import write_extract
from effekt.synthetic.replay import replay

PERSONS = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rehearsed")


@pytest.fixture(scope="module")
def walked(folder: Path) -> Drawn:
    spec = study_of(str(written_spec(folder)))
    return walk(spec, small_world(folder, persons=PERSONS), 7, streams=2)


def test_the_short_way_finds_what_the_long_way_finds(folder: Path, walked: Drawn):
    """Registers written, opened and looked through as a delivery give the same estimates."""
    write_extract(draw(small_world(folder, persons=PERSONS), 7), folder / "registers")
    study = Study.open(written_spec(folder), registers=folder / "registers", work=folder / "work")
    overrides = {finding.check: "to see it" for finding in study.gate().closed}
    assert sorted(overrides) == sorted({stop.check for stop in walked.stops})
    study.freeze(overrides=overrides)
    (row,) = study.estimates()["hoved"].rows
    (ours,) = walked.rows
    assert (ours.value, ours.std_error, ours.p_value) == (row.value, row.std_error, row.p_value)
    assert walked.treated == int(study.sample.treated.sum())


def test_every_query_of_a_draw_is_what_would_be_written_anew(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """What another draw has had written is read here as if nothing had been."""
    known: dict[Hashable, Written] = {}

    def anew(key: Hashable, write: Callable[[], Written]) -> Written:
        now = write()
        assert key is None or known.setdefault(key, now) == now, f"remembered otherwise: {now.sql}"
        return now

    monkeypatch.setattr(connection, "written", anew)
    spec = study_of(str(written_spec(folder)))
    walk(spec, small_world(folder, persons=PERSONS), 7, streams=1)
    first = len(known)
    walk(spec, small_world(folder, persons=PERSONS, effect=False), 8, streams=1)
    assert len(known) - first < first / 3, "most of the second draw was known"


def test_the_truth_stands_beside_the_row(walked: Drawn):
    (row,) = walked.rows
    assert row.truth is not None and math.isfinite(row.truth) and abs(row.truth) < 0.5
    assert row.realised is not None and row.truth != row.realised


def test_without_an_effect_a_start_changes_no_outcome_so_the_truth_is_zero(folder: Path):
    world = small_world(folder, persons=150, effect=False)
    tables = {"arbeidsforhold", "utdanningsforloep", "person", "bosted"}
    now, later = (replay(world, 3, regime=regime, streams=range(2), wanted=tables) for regime in ("natural", "wait"))
    assert all(now[name].equals(later[name]) for name in tables)


def test_a_release_that_is_forbidden_is_counted_and_its_estimates_are_kept(monkeypatch: pytest.MonkeyPatch):
    def forbidden(*_):
        raise PrivacyError(Problem(code="E507", sentence="two results differ by too few persons"))

    monkeypatch.setattr(room, "_words", forbidden)
    assert room._report(None, None, {}) == ({}, 0, "E507")


def test_data_that_cannot_carry_the_study_are_a_result(folder: Path):
    text = SPEC.replace("accrual: 2022-05..2025-12", "accrual: 2022-01..2022-02").replace("19..30", "29..30")
    (folder / "empty").mkdir()
    spec = study_of(str(written_spec(folder / "empty", text)))
    drawn = walk(spec, small_world(folder, persons=100), 1)
    assert (drawn.refused, drawn.rows, drawn.told) == ("E306", (), False)


def test_a_register_that_the_world_does_not_draw_is_no_result(folder: Path):
    text = SPEC.replace(
        "covariates:\n", "covariates:\n  - {from: realkompetansevurdering, is: any, window: 12m before}\n"
    )
    assert text != SPEC
    (folder / "cars").mkdir()
    with pytest.raises(DataError, match="E201"):
        walk(study_of(str(written_spec(folder / "cars", text))), small_world(folder, persons=100), 1)
