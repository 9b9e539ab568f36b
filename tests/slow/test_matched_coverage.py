"""Intervals after matching cover: with one record per person, and in risk sets with several."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from risk_set_samples import risk_set
from samples import cross_section, estimates

from effekt.results import Estimate

pytestmark = pytest.mark.slow

DRAWS = 400
Draw = Callable[[int], Estimate]


def one_record_each(**adjust) -> Draw:
    """500 persons, one in six treated, an effect of 1 that grows with the covariate that decides treatment."""

    def draw(seed: int) -> Estimate:
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1, 1, 500)
        treated = rng.random(500) < 0.1 + 0.1 * (x > 0)
        y = x + (1 + 0.5 * x) * treated - 0.5 * np.mean(x[treated]) * treated + rng.normal(0, 1, 500)
        parts = {"treated": treated, "covariates": {"x": x}, "assigned": "observational"}
        return estimates(
            {"method": "difference"}, *cross_section(y, **parts), adjust={"method": "nearest", **adjust}
        ).rows[0]

    return draw


def several_records_each(persistence: float, **adjust) -> Draw:
    """Risk sets of 400 persons over eight months without any effect; a person is in five records on average."""

    def draw(seed: int) -> Estimate:
        data = risk_set(seed=seed, persistence=persistence)
        keys = {"method": "nearest", "leave_out": "outcome_lags", **adjust}
        return estimates({"method": "difference"}, data.sample, data.outcomes, adjust=keys).rows[0]

    return draw


SETTINGS = {
    "with replacement, one match": (one_record_each(replace=True), 1.0),
    "with replacement, four matches": (one_record_each(replace=True, ratio=4), 1.0),
    "without replacement": (one_record_each(), 1.0),
    "risk sets, with replacement, one match": (several_records_each(1.0, replace=True), 0.0),
    "risk sets, with replacement, five matches": (several_records_each(1.0, replace=True, ratio=5), 0.0),
    "risk sets, without replacement": (several_records_each(1.0), 0.0),
    "risk sets, little carried by the person": (several_records_each(0.2, replace=True, ratio=3), 0.0),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_the_95_percent_interval_covers(name: str):
    draw, truth = SETTINGS[name]
    rows = [draw(seed) for seed in range(DRAWS)]
    covered = np.mean([r.ci_low <= truth <= r.ci_high for r in rows])
    values = np.array([r.value for r in rows])
    ratio = np.mean([r.std_error for r in rows]) / values.std(ddof=1)
    # Three Monte Carlo standard errors below; wider intervals than needed are allowed, up to a quarter.
    assert covered >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / DRAWS), (covered, ratio)
    assert 1 - 3 / np.sqrt(2 * DRAWS) <= ratio <= 1.25, (covered, ratio)
