"""Minimal detectable effects against quantiles of t."""

import json
from pathlib import Path

import numpy as np
import pytest
from samples import sample_of

from effekt.adjust.none import NoAdjustment
from effekt.analysis import Analysis
from effekt.checks.mde import Mde
from effekt.literals import Amount
from effekt.results import Verdict
from effekt.sample import Series

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
PRE = json.loads((HERE.parent / "pre_trends" / "expected.json").read_text(encoding="utf-8"))["data"]


def found(sample, estimate="difference", **keys):
    return Mde(**keys).examine(sample, NoAdjustment().weigh(sample), Analysis(estimate=estimate))[0]


def experiment():
    return sample_of(treated=np.r_[np.ones(185), np.zeros(260)])


def test_of_changes_it_stands_on_the_placebo_error():
    values = np.array(PRE["values"])
    history = {"y": Series(values=values, time=np.arange(values.shape[1]), clock="calendar")}
    sample = sample_of(treated=np.array(PRE["treated"]), history=history, grain="county", assigned_at="county")
    assert found(sample, "collapsed_did").value == pytest.approx(EXPECTED["history"], rel=1e-10)


def test_without_a_history_it_is_in_standard_deviations():
    assert found(experiment()).value == pytest.approx(EXPECTED["sd_185_260"], rel=1e-10)
    more = found(experiment(), power=Amount.parse("90%"))
    assert more.value == pytest.approx(EXPECTED["sd_185_260_power_90"], rel=1e-10)


def test_low_power_warns_and_never_blocks():
    low = found(experiment(), detectable=Amount.parse("0.1 sd"))
    assert low.verdict is Verdict.WARN and not low.stops
    assert found(experiment(), detectable=Amount.parse("0.5 sd")).verdict is Verdict.PASS
