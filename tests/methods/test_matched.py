"""After matching: event time by month, several records per person, and what the errors count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from risk_set_samples import AFTER, BEFORE, risk_set, with_missing

from effekt.adjust.nearest import Nearest
from effekt.analysis import Analysis
from effekt.checks.balance import Balance
from effekt.checks.overlap import Overlap
from effekt.checks.pre_trends import PreTrends
from effekt.errors import EstimationError
from effekt.estimators.difference import Difference
from effekt.estimators.event_study import EventStudy
from effekt.results import Verdict

DATA = risk_set()
MATCHED = [Nearest(replace=True, ratio=3, leave_out="outcome_lags"), Nearest(leave_out="outcome_lags")]
on_both_matchings = pytest.mark.parametrize("adjust", MATCHED, ids=["with replacement", "without"])


def weighted_gap(y, treated, w) -> float:
    return float(np.average(y[treated], weights=w[treated]) - np.average(y[~treated], weights=w[~treated]))


@on_both_matchings
def test_nobody_is_compared_with_himself_or_outside_his_month(adjust: Nearest):
    matches = adjust.weigh(DATA.sample).matches
    assert len(matches.treated) > 50
    assert (DATA.person[matches.treated] != DATA.person[matches.comparison]).all()
    assert (DATA.u[matches.treated] == DATA.u[matches.comparison]).all()


@on_both_matchings
def test_final_weights_of_comparisons_sum_to_those_of_the_treated_in_every_month(adjust: Nearest):
    weights = adjust.weigh(DATA.sample)
    final = weights.w * DATA.sample.sampling_weight
    for month in np.unique(DATA.u):
        here = DATA.u == month
        treated = here & DATA.sample.treated
        assert final[here & ~DATA.sample.treated].sum() == pytest.approx(final[treated].sum(), abs=1e-12)


@on_both_matchings
def test_months_are_mean_changes_since_the_month_before_the_start(adjust: Nearest):
    analysis = Analysis(adjust=adjust, estimate=EventStudy())
    rows = {r.horizon: r for r in analysis.estimates(DATA.sample, DATA.outcomes).rows}
    assert set(rows) == set(range(-BEFORE, -1)) | set(range(1, AFTER + 1))
    weights = adjust.weigh(DATA.sample)
    w = weights.w * DATA.sample.sampling_weight
    before, after = DATA.sample.history["y"].values, DATA.outcomes.paths["y"].values
    for month, row in rows.items():
        level = before[:, month + BEFORE] if month < 0 else after[:, month - 1]
        gap = weighted_gap((level - before[:, -1])[weights.kept], DATA.sample.treated[weights.kept], w[weights.kept])
        assert row.value == pytest.approx(gap, rel=1e-12)
        assert row.inference == "CR2 + Satterthwaite"
        assert row.n_clusters == len(np.unique(DATA.person[weights.kept]))


def test_anticipation_moves_the_reference_month_back():
    sample = replace(DATA.sample, anticipation=2)
    outcomes = replace(DATA.outcomes, sample_digest=sample.digest)
    horizons = [r.horizon for r in Analysis(adjust=MATCHED[0], estimate=EventStudy()).estimates(sample, outcomes).rows]
    assert -3 not in horizons and {-2, -1, 1} <= set(horizons)


@on_both_matchings
def test_a_set_that_lost_a_comparison_shares_its_weight_among_the_others(adjust: Nearest):
    weights = adjust.weigh(DATA.sample)
    gone = np.zeros(len(DATA.sample), dtype=bool)
    gone[weights.matches.comparison[::4]] = True
    holed = with_missing(DATA, gone, 4)
    rows = {r.horizon: r for r in EventStudy().estimate(DATA.sample, holed.outcomes, weights).rows}
    whole = {r.horizon: r for r in EventStudy().estimate(DATA.sample, DATA.outcomes, weights).rows}
    assert rows[3] == whole[3]
    pairs = [(t, c) for t, c in zip(weights.matches.treated, weights.matches.comparison, strict=True) if not gone[c]]
    change = DATA.outcomes.paths["y"].values[:, 3] - DATA.sample.history["y"].values[:, -1]
    s = DATA.sample.sampling_weight
    gaps = []
    for t in sorted({t for t, _ in pairs}):
        members = [c for i, c in pairs if i == t]
        gaps.append(change[t] - np.average(change[members], weights=s[members]))
    assert rows[4].value == pytest.approx(np.mean(gaps), rel=1e-10)
    assert rows[4].n_treated == len(gaps)


@on_both_matchings
def test_persons_are_counted_once_however_many_records_they_have(adjust: Nearest):
    weights = adjust.weigh(DATA.sample)
    row = Difference().estimate(DATA.sample, DATA.outcomes, weights).rows[0]
    comparison = weights.kept & ~DATA.sample.treated
    assert row.n_comparison == comparison.sum()
    assert row.n_persons_comparison == len(np.unique(DATA.person[comparison])) < row.n_comparison
    ess = next(f for f in Overlap().examine(DATA.sample, weights, _analysis(adjust)) if "effective" in f.subject)
    carried = np.bincount(DATA.person, weights=weights.w * DATA.sample.sampling_weight * ~DATA.sample.treated)
    assert ess.value == pytest.approx(carried.sum() ** 2 / (carried @ carried))
    assert ess.persons == row.n_persons_comparison


def _analysis(adjust: Nearest) -> Analysis:
    return Analysis(adjust=adjust, estimate=Difference())


@on_both_matchings
def test_influence_values_are_summed_within_the_person(adjust: Nearest):
    estimates = _analysis(adjust).estimates(DATA.sample, DATA.outcomes)
    psi = np.bincount(DATA.person, weights=estimates.influence[:, 0]) / len(DATA.sample)
    assert np.sqrt(psi @ psi) == pytest.approx(estimates.rows[0].std_error, rel=0.03)
    assert psi.sum() == pytest.approx(0, abs=1e-12)


def test_records_of_a_person_are_not_treated_as_independent():
    adjust = MATCHED[0]
    by_person = _analysis(adjust).estimates(DATA.sample, DATA.outcomes).rows[0]
    psi = _analysis(adjust).estimates(DATA.sample, DATA.outcomes).influence[:, 0] / len(DATA.sample)
    assert by_person.std_error > 1.05 * np.sqrt(psi @ psi)
    with pytest.raises(EstimationError, match="E401"):
        Analysis(adjust=adjust, estimate=Difference(cluster="unit")).estimates(DATA.sample, DATA.outcomes)


@pytest.mark.parametrize("adjust", [MATCHED[0], Nearest(), None], ids=["several records", "once each", "unmatched"])
def test_abadie_imbens_is_refused_where_it_is_not_defined(adjust: Nearest | None):
    analysis = Analysis(estimate=Difference(vcov="abadie_imbens"), **({} if adjust is None else {"adjust": adjust}))
    with pytest.raises(EstimationError, match="E805") as refusal:
        analysis.estimates(DATA.sample, DATA.outcomes)
    assert refusal.value.problems[0].help


def test_a_trend_before_the_start_is_not_informative_where_lags_were_matched_on():
    blind, seeing = Nearest(leave_out="outcome_lags", replace=True), Nearest(replace=True)
    verdicts = {}
    for adjust in (blind, seeing):
        (finding,) = PreTrends().examine(DATA.sample, adjust.weigh(DATA.sample), _analysis(adjust))
        verdicts[adjust] = finding.verdict
        assert finding.value is not None
    assert verdicts[seeing] is Verdict.NOT_INFORMATIVE
    assert verdicts[blind] in {Verdict.PASS, Verdict.WARN}


def test_past_outcomes_left_out_by_design_are_shown_and_not_judged():
    sample = replace(DATA.sample, baseline=DATA.sample.baseline.assign(last_month=10.0 * DATA.sample.treated))
    adjust = Nearest(leave_out="outcome_lags", replace=True, ratio=3)
    weights = adjust.weigh(sample)
    (finding,) = Balance(max_smd=0.3).examine(sample, weights, _analysis(adjust))
    assert finding.subject == "x" and finding.verdict is Verdict.PASS
    assert "last_month" in finding.details["balance"].data["covariate"]
    (judged,) = Balance(max_smd=0.3).examine(sample, weights, Analysis(estimate=Difference()))
    assert judged.subject == "last_month" and judged.verdict is Verdict.FAIL


def test_support_is_read_off_the_score_that_was_matched_on():
    sample = DATA.sample
    rare = np.zeros(len(sample))
    weights = MATCHED[0].weigh(sample)
    kept = np.flatnonzero(weights.kept & sample.treated)
    rare[kept[:2]] = rare[np.flatnonzero(~weights.kept & ~sample.treated)[:2]] = 1.0
    odd = replace(sample, baseline=sample.baseline.assign(rare=rare))
    # Among those matched only treated have it, and a logit fitted to them would not exist.
    finding = Overlap().examine(odd, weights, _analysis(MATCHED[0]))[1]
    score = weights.matches.position[:, 0]
    low, high = (f(score[weights.kept & ~sample.treated]) for f in (np.min, np.max))
    assert finding.value == pytest.approx(np.mean((score[kept] < low) | (score[kept] > high)))


def test_a_placebo_of_persons_in_both_arms_compares_records():
    adjust = MATCHED[0]
    weights = adjust.weigh(DATA.sample)
    (finding,) = PreTrends().examine(DATA.sample, weights, _analysis(adjust))
    before = DATA.sample.history["y"].values
    change = before[:, BEFORE // 2 :].mean(axis=1) - before[:, : BEFORE // 2].mean(axis=1)
    w, kept = weights.w * DATA.sample.sampling_weight, weights.kept
    assert finding.value == pytest.approx(weighted_gap(change[kept], DATA.sample.treated[kept], w[kept]), rel=1e-10)
