"""Rehearsals of matching: it finds the truth where its assumption holds, and misses it visibly where it does not.

Minutes, so of the slow tier. Bands are three Monte Carlo errors. The world was chosen so that matching's assumption
holds: earlier ones selected on being in work besides, which so few of the treated are that a study of this size leaves
that covariate out, and their estimates were off by half a point to a point.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from rehearsed import small_world, written_spec

from effekt.errors import EffektError
from effekt.numerics.monte_carlo import Performance
from effekt.rehearsal.run import Progress, Rehearsal, rehearse, study_of
from effekt.rehearsal.source import DrawnSource
from effekt.rehearsal.summary import Line
from effekt.release.lint import lint
from effekt.study import Study
from effekt.study.reporting import files_of

pytestmark = pytest.mark.slow

DRAWS, WITHOUT_EFFECT, CONFOUNDED = 100, 60, 20
"""How many draws; where the answer is far from its band, few show it."""
WORKERS = os.cpu_count() or 1


def rehearsed(folder: Path, draws: int, **switches) -> Rehearsal:
    world = small_world(folder, **switches)
    return rehearse(written_spec(folder), world=world, draws=draws, work=folder, workers=WORKERS, streams=1)


@pytest.fixture(scope="module")
def confounded(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """Who is motivated takes part more often, and finds work more often; no register shows it."""
    return rehearsed(tmp_path_factory.mktemp("confounded"), CONFOUNDED, motivation=1.5)


def line(rehearsal: Rehearsal) -> Line:
    (found,) = rehearsal.summary.lines
    return found


def found(rehearsal: Rehearsal) -> Performance:
    return line(rehearsal).everywhere


def test_with_selection_on_observables_matching_is_unbiased_and_its_interval_covers(tmp_path: Path):
    matched = found(rehearsed(tmp_path, DRAWS))
    assert matched.truth.value > 5 * matched.truth.error, "there is something to find"
    assert abs(matched.bias.value) <= 3 * matched.bias.error, (matched.bias, matched.truth)
    assert matched.bias.error < matched.truth.value / 10, "a bias of a third of the effect would be seen"
    assert matched.coverage.value >= 0.95 - 3 * (0.95 * 0.05 / DRAWS) ** 0.5, matched.coverage
    # As for matching elsewhere, wider intervals than needed are allowed, up to a quarter.
    ratio = matched.std_error.value / matched.sd.value
    assert 1 - 3 / (2 * DRAWS) ** 0.5 <= ratio <= 1.25, (matched.std_error, matched.sd)


def test_with_selection_on_motivation_the_bias_stands_beside_the_truth(confounded: Rehearsal):
    matched = found(confounded)
    assert matched.bias.value > 5 * matched.bias.error, (matched.bias, matched.truth)
    assert matched.coverage.value < 0.95 - 3 * matched.coverage.error, "an interval around a wrong number"


def test_without_an_effect_the_words_stay_within_their_level(tmp_path: Path, confounded: Rehearsal):
    nothing = rehearsed(tmp_path, WITHOUT_EFFECT, effect=False)
    told = line(nothing)
    assert told.everywhere.truth.value == 0
    assert told.everywhere.rejected.value <= 0.05 + 3 * (0.05 * 0.95 / WITHOUT_EFFECT) ** 0.5
    assert set(told.levels) <= {"sammenheng"}, "matching without bounds compares, and claims no effect"
    assert told.claimed.value == 0
    assert told.associated.value <= 0.05 + 3 * (0.05 * 0.95 / WITHOUT_EFFECT) ** 0.5
    assert nothing.summary.overclaims == confounded.summary.overclaims == 0


@pytest.mark.parametrize("switches", [{"effect": False}, {"motivation": 1.5}], ids=["no effect", "motivation"])
def test_the_whole_report_claims_no_more_than_its_level_allows(switches, tmp_path: Path):
    spec, world = study_of(str(written_spec(tmp_path))), small_world(tmp_path, **switches)
    for seed in (1, 2, 3):
        (tmp_path / str(seed)).mkdir()
        study = Study(spec, DrawnSource(spec, world, seed, tmp_path / str(seed)), work=tmp_path / str(seed) / "work")
        if study.gate().closed:
            continue
        freeze = study.freeze()
        assert lint(files_of(study, freeze=freeze, estimates=study.estimates())) == ()


def test_any_number_of_workers_and_an_interrupt_give_the_same_draws(tmp_path: Path):
    spec, world = written_spec(tmp_path), small_world(tmp_path, persons=300)

    def stop(progress: Progress) -> None:
        if progress.done == 1:
            raise KeyboardInterrupt

    alone = rehearse(spec, world=world, draws=4, work=tmp_path / "a", streams=1)
    together = rehearse(spec, world=world, draws=4, work=tmp_path / "b", streams=1, workers=2)
    with pytest.raises(KeyboardInterrupt):
        rehearse(spec, world=world, draws=4, work=tmp_path / "c", streams=1, workers=2, told=stop)
    resumed = rehearse(spec, world=world, draws=4, work=tmp_path / "c", streams=1)
    assert alone.drawn == together.drawn == resumed.drawn
    assert repr(alone.summary) == repr(together.summary) == repr(resumed.summary)
    kept = [sorted((p.name, p.read_bytes()) for p in (tmp_path / run).rglob("*.json")) for run in "abc"]
    assert kept[0] == kept[1] == kept[2]


def workers_of(parent: int) -> list[int]:
    """Processes that a test started for draws; Linux says who started whom under /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            of_whom = int(status.read_text().rpartition(")")[2].split()[1])
            if of_whom == parent and b"LokyProcess" in (status.parent / "cmdline").read_bytes():
                found.append(int(status.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="who started whom is only known under /proc")
def test_a_killed_worker_is_told_and_what_was_finished_is_kept(tmp_path: Path):
    spec, world = written_spec(tmp_path), small_world(tmp_path, persons=300)

    def kill(progress: Progress) -> None:
        if progress.done == 1:
            os.kill(workers_of(os.getpid())[0], signal.SIGKILL)

    with pytest.raises(EffektError) as died:
        rehearse(spec, world=world, draws=12, work=tmp_path / "w", streams=1, workers=2, told=kill)
    assert died.value.problems[0].code == "E902"
    told: list[Progress] = []
    rehearse(spec, world=world, draws=2, work=tmp_path / "w", streams=1, told=told.append)
    assert told[0].kept >= 1
