"""The clusters check against closed forms."""

import json
from pathlib import Path

import numpy as np
import pytest
from samples import sample_of

from effekt.adjust.none import NoAdjustment
from effekt.analysis import Analysis
from effekt.checks.clusters import Clusters
from effekt.results import Verdict

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
PUBLISHED = {"5,10": 8.1, "2,13": 1.3287401574803157, "3,12": 3.089887640449437, "4,11": 5.365659777424478}


def found(n1: int, n0: int, method: str):
    treated = np.r_[np.ones(n1), np.zeros(n0)]
    sample = sample_of(treated=treated, grain="county", assigned_at="county", assigned="observational")
    findings = Clusters().examine(sample, NoAdjustment().weigh(sample), Analysis(estimate={"method": method}))
    return {f.subject: f for f in findings}


@pytest.mark.parametrize("case", EXPECTED["cases"])
def test_degrees_of_freedom_and_leverage_are_the_closed_forms(case: str):
    findings = found(*map(int, case.split(",")), "twfe")
    assert findings["degrees of freedom"].value == pytest.approx(EXPECTED["cases"][case]["df"], rel=1e-10)
    assert findings["degrees of freedom"].value == pytest.approx(PUBLISHED[case], rel=1e-10)
    assert findings["largest partial leverage"].value == pytest.approx(EXPECTED["cases"][case]["leverage"], rel=1e-12)


@pytest.mark.parametrize(("n1", "n0", "subject"), [(3, 12, "treated clusters"), (12, 4, "comparison clusters")])
def test_few_clusters_stop_an_interval_and_warn_a_method_with_rank_tests(n1: int, n0: int, subject: str):
    assert found(n1, n0, "twfe")[subject].verdict is Verdict.FAIL
    assert found(n1, n0, "collapsed_did")[subject].verdict is Verdict.WARN


def test_enough_clusters_pass_and_one_cluster_has_no_degrees_of_freedom():
    assert found(4, 5, "twfe")["treated clusters"].verdict is Verdict.PASS
    assert found(4, 5, "twfe")["comparison clusters"].verdict is Verdict.PASS
    assert found(1, 14, "collapsed_did")["degrees of freedom"].value is None
