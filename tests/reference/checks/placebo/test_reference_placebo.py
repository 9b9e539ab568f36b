"""The placebo in time against scipy, its verdict as an equivalence test, and when it says nothing."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from samples import sample_of

from effekt.analysis import Analysis
from effekt.checks.placebo_time import PlaceboTime
from effekt.literals import Amount
from effekt.results import Verdict
from effekt.sample import Placebo, Series

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
TREATED, IN_WORK = (np.array(EXPECTED["data"][k]) for k in ("treated", "in_work"))
ANALYSIS = Analysis(estimate="difference")


def with_placebo(values=IN_WORK, *, conditioned=frozenset(), unit: str = "share", months=(12.0,)):
    sample = sample_of(treated=TREATED, covariates={"age": np.arange(150) % 7}, assigned="observational")
    measured = Series(values=np.tile(values[:, None], len(months)), time=np.array(months), clock="event", unit=unit)
    placebo = Placebo(sample=sample, series=measured, outcome="in_work")
    return replace(sample, placebos={"placebo_time_36m": placebo}, conditioned=conditioned)


def findings(margin: str = "2pp", analysis: Analysis = ANALYSIS, **parts):
    sample = with_placebo(**parts)
    return PlaceboTime(margin=Amount.parse(margin)).examine(sample, analysis.weigh(sample), analysis)


def in_points(size: float) -> str:
    return f"{100 * size:.10f}pp"


def test_the_placebo_is_the_analysis_on_the_moved_sample():
    (found,) = findings()
    assert found.value == pytest.approx(EXPECTED["value"], rel=1e-12)
    assert found.threshold == 0.02
    assert found.subject == "in_work, placebo_time_36m"
    assert found.persons == TREATED.sum()


def test_the_verdict_turns_where_the_ninety_percent_interval_meets_the_margin():
    reach = max(abs(EXPECTED["low"]), abs(EXPECTED["high"]))
    assert findings(in_points(reach * 1.001))[0].verdict is Verdict.PASS
    assert findings(in_points(reach * 0.999))[0].verdict is Verdict.WARN


def test_a_margin_in_standard_deviations_is_taken_of_the_outcome():
    (found,) = findings("0.1 sd", values=IN_WORK * 1000, unit="NOK")
    assert found.threshold == pytest.approx(100 * EXPECTED["spread"], rel=1e-12)


def test_a_clear_difference_before_treatment_fails_and_blocks():
    (found,) = findings(values=np.where(np.arange(150) % 10 == 0, 1 - TREATED, TREATED).astype(float))
    assert found.verdict is Verdict.FAIL and found.stops and found.advice


def test_an_outcome_the_sample_was_chosen_on_is_not_informative():
    (found,) = findings(conditioned=frozenset({"in_work"}))
    assert found.verdict is Verdict.NOT_INFORMATIVE and not found.stops


def test_every_horizon_has_a_finding():
    found = findings(months=(6.0, 12.0))
    assert [f.subject for f in found] == [f"in_work, placebo_time_36m, {m}m" for m in (6, 12)]


def test_a_sample_without_a_placebo_is_told_so_and_not_stopped():
    sample = replace(with_placebo(), placebos={})
    (found,) = PlaceboTime().examine(sample, ANALYSIS.weigh(sample), ANALYSIS)
    assert found.verdict is Verdict.NOT_EVALUATED and not found.stops


@pytest.mark.parametrize("analysis", ["event_study", "collapsed_did"])
def test_a_placebo_that_the_analysis_cannot_run_on_blocks(analysis: str):
    sample = with_placebo()
    (found,) = PlaceboTime().examine(sample, ANALYSIS.weigh(sample), Analysis(estimate=analysis))
    assert found.verdict is Verdict.NOT_EVALUATED and found.stops


def test_weights_are_made_anew_on_the_moved_sample():
    analysis = Analysis(adjust={"method": "exact", "on": ["age"]}, estimate="difference")
    sample = with_placebo()
    moved = sample.placebos["placebo_time_36m"]
    other = replace(moved.sample, baseline=moved.sample.baseline.assign(age=moved.sample.treated % 2 * 1.0))
    without = replace(sample, placebos={"moved": replace(moved, sample=other)})
    (found,) = PlaceboTime().examine(without, analysis.weigh(without), analysis)
    assert found.verdict is Verdict.NOT_EVALUATED and "no exact cell" in found.advice
