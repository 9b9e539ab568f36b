"""The balance check against formulas written out."""

import json
from pathlib import Path

import numpy as np
import pytest
from samples import sample_of

from effekt.adjust.none import NoAdjustment
from effekt.analysis import Analysis
from effekt.checks.balance import Balance
from effekt.results import Verdict

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
DATA = {k: np.array(v) for k, v in EXPECTED["data"].items()}
ANALYSIS = Analysis(estimate="difference")


def finding(max_smd: float = 0.1, **parts):
    sample = sample_of(treated=DATA["treated"], covariates={"x": DATA["x"]}, **parts)
    return Balance(max_smd=max_smd).examine(sample, NoAdjustment().weigh(sample), ANALYSIS)[0]


@pytest.mark.parametrize(("assigned", "key"), [("observational", "smd_att"), ("random", "smd_ate")])
def test_the_difference_is_scaled_by_the_estimands_spread(assigned: str, key: str):
    assert finding(assigned=assigned).value == pytest.approx(abs(EXPECTED[key]), rel=1e-12)


def test_sampling_weights_enter_means_and_variances():
    table = finding(assigned="observational", weight=DATA["w"]).details["balance"]
    assert table.data["smd_before"][0] == pytest.approx(EXPECTED["weighted_smd_att"], rel=1e-12)
    assert table.data["variance_ratio"][0] == pytest.approx(EXPECTED["variance_ratio"], rel=1e-12)


def test_an_imbalance_stops_an_observational_study_and_warns_an_experiment():
    assert finding(assigned="observational").verdict is Verdict.FAIL and finding(assigned="observational").stops
    assert finding(assigned="random").verdict is Verdict.WARN and not finding(assigned="random").stops
    assert finding(max_smd=2.0, assigned="observational").verdict is Verdict.PASS
