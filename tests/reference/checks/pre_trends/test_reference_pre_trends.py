"""The pre-trend check against scipy, and its verdict as an equivalence test."""

import json
from pathlib import Path

import numpy as np
import pytest
from samples import sample_of

from effekt.adjust.none import NoAdjustment
from effekt.analysis import Analysis
from effekt.checks.pre_trends import PreTrends
from effekt.literals import Amount
from effekt.results import Verdict
from effekt.sample import Series

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
TREATED, VALUES = (np.array(EXPECTED["data"][k]) for k in ("treated", "values"))


def finding(margin: str = "0.2 sd", values=VALUES, conditioned=frozenset()):
    history = {"y": Series(values=values, time=np.arange(values.shape[1]), clock="calendar")}
    sample = sample_of(treated=TREATED, history=history, grain="county", assigned_at="county", assigned="observational")
    weights = NoAdjustment().weigh(sample)
    object.__setattr__(weights, "conditioned", conditioned)
    check = PreTrends(margin=Amount.parse(margin))
    return check.examine(sample, weights, Analysis(estimate="twfe"))[0]


def margin_in_sd(size: float) -> str:
    return f"{size / EXPECTED['spread']:.10f} sd"


def test_the_placebo_is_the_later_against_the_earlier_half():
    assert finding().value == pytest.approx(EXPECTED["value"], rel=1e-11)
    assert finding().threshold == pytest.approx(0.2 * EXPECTED["spread"], rel=1e-12)


def test_the_verdict_turns_where_the_ninety_percent_interval_meets_the_margin():
    reach = max(abs(EXPECTED["low"]), abs(EXPECTED["high"]))
    assert finding(margin_in_sd(reach * 1.001)).verdict is Verdict.PASS
    assert finding(margin_in_sd(reach * 0.999)).verdict is Verdict.WARN


def test_a_clear_divergence_fails_and_blocks():
    drift = VALUES + np.outer(TREATED, np.arange(7)) * 2.0
    assert finding(values=drift).verdict is Verdict.FAIL and finding(values=drift).stops


def test_a_history_that_was_matched_on_is_not_informative():
    found = finding(conditioned=frozenset({"y"}))
    assert found.verdict is Verdict.NOT_INFORMATIVE and not found.stops


def test_one_period_cannot_show_a_trend_and_blocks():
    assert finding(values=VALUES[:, :1]).verdict is Verdict.NOT_EVALUATED and finding(values=VALUES[:, :1]).stops
