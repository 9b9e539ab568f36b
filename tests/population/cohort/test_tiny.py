"""The committed world: the specs that ship run on it, and its replays are measured as its registers are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from effekt.numerics.logit import fit_logit
from effekt.population.cohort.build import build_cohort
from effekt.population.cohort.cohort import Cohort
from effekt.population.cohort.observed import registers_of
from effekt.population.engine.connection import Engine
from effekt.population.engine.machine import Machine
from effekt.population.extract.opening import open_extract
from effekt.population.outcomes.registers import on_replays, read
from effekt.spec.load import load
from effekt.spec.registered import RegisterStudy
from effekt.synthetic.replay import replay
from effekt.synthetic.world import load_world

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cohort() -> Iterator[Cohort]:
    spec = load(ROOT / "specs" / "veiledning_mini.yaml")
    assert isinstance(spec, RegisterStudy)
    extract = open_extract(ROOT / "synthetic" / "tiny", wanted=registers_of(spec))
    with Engine.open(extract, Machine(threads=1)) as engine:
        yield build_cohort(engine, spec, extract)


def test_the_smallest_study_has_a_sample_that_a_propensity_score_can_weigh(cohort: Cohort):
    sample = cohort.sample
    assert sample.treated.sum() > 200
    counted = [step.units for step in sample.attrition.steps]
    assert counted == sorted(counted, reverse=True)
    assert counted[-1] == sample.treated.sum()
    comparison = cohort.flow["comparison"].steps
    assert comparison[-1].units == (~sample.treated).sum()
    assert sum(sample.sampling_weight[~sample.treated]) == pytest.approx(comparison[-2].units)
    X = sample.baseline.to_numpy(dtype=float)
    fit = fit_logit(X=X, y=sample.treated.astype(float), w=sample.sampling_weight, names=list(sample.baseline.columns))
    assert fit.max_score < 1e-9


def test_every_treated_shares_its_cell_with_a_comparison_of_its_own_day(cohort: Cohort):
    sample, day = cohort.sample, cohort.within.day
    have = set(zip(sample.cells[~sample.treated].tolist(), day[~sample.treated].tolist(), strict=True))
    assert {*zip(sample.cells[sample.treated].tolist(), day[sample.treated].tolist(), strict=True)} <= have


def test_the_replay_of_what_came_true_is_measured_as_the_registers_are(cohort: Cohort):
    world = load_world("tiny")
    drawn = cohort.engine.extract.world
    assert drawn is not None
    wanted = {"person", "bosted", *(outcome.table for outcome in cohort.spec.outcomes.values())}
    accrual = cohort.spec.population.accrual
    lives = replay(world, drawn.seed, regime="natural", streams=range(1), started=accrual, wanted=wanted)
    truth = on_replays(cohort, lives, streams=1)["i_jobb"]
    observed = read(cohort, "frozen").series["i_jobb"].values[cohort.sample.treated]
    assert truth.shape == (int(cohort.sample.treated.sum()), 1, 1)
    assert np.array_equal(truth[:, 0, :], observed, equal_nan=True)
