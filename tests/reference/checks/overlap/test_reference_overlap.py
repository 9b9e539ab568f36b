"""The overlap check against statsmodels' scores and Kish's formula."""

import json
from pathlib import Path

import numpy as np
import pytest
from samples import sample_of

from effekt.adjust.exact import ExactCells
from effekt.adjust.none import NoAdjustment
from effekt.analysis import Analysis
from effekt.checks.overlap import Overlap
from effekt.results import Verdict

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
DATA = {k: np.array(v) for k, v in EXPECTED["data"].items()}
ANALYSIS = Analysis(estimate="difference")


def found(adjust=None, **parts):
    sample = sample_of(
        **{"treated": DATA["treated"], "covariates": {"x": DATA["x"]}, "assigned": "observational", **parts}
    )
    weights = (adjust or NoAdjustment()).weigh(sample)
    return {f.subject: f for f in Overlap().examine(sample, weights, ANALYSIS)}


def test_treated_outside_the_range_of_comparisons_are_those_of_statsmodels_scores():
    assert EXPECTED["outside"] > 0
    outside = found()["treated outside the comparisons' range of scores"]
    assert outside.value == pytest.approx(EXPECTED["outside"], rel=1e-12)


def test_the_effective_number_is_kishs():
    assert found(weight=DATA["w"])["effective number of comparisons"].value == pytest.approx(
        EXPECTED["effective"], rel=1e-12
    )


def test_a_covariate_that_separates_the_groups_fails():
    separated = found(covariates={"x": DATA["treated"].astype(float)})
    finding = separated["treated outside the comparisons' range of scores"]
    assert finding.verdict is Verdict.FAIL and finding.stops


def test_treated_lost_by_the_adjustment_are_counted():
    cell = np.where(DATA["treated"] & (DATA["x"] > 1), 2.0, 1.0)
    lost = found(ExactCells(on=("x",)), covariates={"x": cell})["treated without a counterpart"]
    assert lost.value == pytest.approx((DATA["treated"] & (DATA["x"] > 1)).sum() / DATA["treated"].sum())
    assert lost.verdict is Verdict.FAIL
