"""What each check says, and when: verdicts on samples made to deserve them."""

from dataclasses import replace

import numpy as np
import pytest
from method_samples import Parts, cross_section, panel
from scipy.stats import t as student

from effekt.analysis import Analysis
from effekt.checks.balance import Balance
from effekt.checks.base import Check
from effekt.checks.clusters import Clusters
from effekt.checks.mde import Mde
from effekt.checks.overlap import Overlap
from effekt.checks.placebo import placebo_change
from effekt.checks.pre_trends import PreTrends
from effekt.errors import EstimationError
from effekt.literals import Amount
from effekt.results import Finding, Verdict

PASS, WARN, FAIL, SILENT, VOID = (
    Verdict.PASS,
    Verdict.WARN,
    Verdict.FAIL,
    Verdict.NOT_EVALUATED,
    Verdict.NOT_INFORMATIVE,
)


def examine(check: Check, parts: Parts, estimate: str = "difference", adjust: dict | None = None) -> list[Finding]:
    sample, _ = parts.build()
    analysis = Analysis.model_validate({"estimate": estimate, **({"adjust": adjust} if adjust else {})})
    return check.examine(sample, analysis.weigh(sample), analysis)


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {f.subject: f for f in findings}


# Balance

SIX = Parts(
    key=np.arange(6),
    treated=np.array([1, 1, 1, 0, 0, 0], dtype=bool),
    after={"y": np.arange(6.0)[:, None]},
    time_after=np.array([0.0]),
    clock="event",
    grain="person",
    assigned_at="person",
    persons=np.ones(6),
    covariates={"age": np.array([1.0, 2.0, 3.0, 2.0, 4.0, 6.0])},
)


def test_the_standardised_difference_is_that_of_the_hand():
    """Means 2 and 4, variance of the treated 1, of the comparisons 4."""
    (finding,) = examine(Balance(), SIX)
    table = finding.details["balance"]
    assert (finding.value, finding.subject) == (pytest.approx(2.0), "age")
    assert table.data["smd_after"] == pytest.approx([-2.0])
    assert table.data["variance_ratio"] == pytest.approx([0.25])


def test_under_random_assignment_the_denominator_is_of_both_groups():
    (finding,) = examine(Balance(), replace(SIX, assigned="random"))
    assert finding.value == pytest.approx(2.0 / np.sqrt(2.5))


@pytest.mark.parametrize(
    ("assigned", "limit", "verdict", "blocking"),
    [
        ("observational", 1.9, FAIL, True),
        ("observational", 2.1, PASS, True),
        ("random", 1.0, WARN, False),
        ("random", 2.0, PASS, False),
    ],
)
def test_imbalance_stops_unless_it_is_chance(assigned: str, limit: float, verdict: Verdict, blocking: bool):
    (finding,) = examine(Balance(max_smd=limit), replace(SIX, assigned=assigned))
    assert (finding.verdict, finding.blocking) == (verdict, blocking)


@pytest.mark.parametrize(("assigned", "stops"), [("observational", True), ("random", False)])
def test_without_covariates_balance_is_not_evaluated_and_never_passed(assigned: str, stops: bool):
    (finding,) = examine(Balance(), replace(SIX, covariates={}, assigned=assigned))
    assert (finding.verdict, finding.stops) == (SILENT, stops)


def test_the_worst_covariate_is_the_headline_and_all_are_in_the_table():
    wide = replace(SIX, covariates={"fine": np.array([1.0, 2, 3, 1, 2, 3]), **SIX.covariates})
    (finding,) = examine(Balance(), wide)
    assert finding.subject == "age"
    assert finding.details["balance"].data["covariate"] == ("fine", "age")


def test_treated_who_do_not_vary_where_comparisons_lie_elsewhere_fail_without_a_number():
    constant = replace(SIX, covariates={"age": np.array([0.1, 0.1, 0.1, 2.0, 4.0, 6.0])})
    (finding,) = examine(Balance(), constant)
    assert (finding.verdict, finding.value) == (FAIL, None)
    assert finding.details["balance"].data["smd_after"] == (None,)


def test_a_covariate_constant_for_all_is_balanced():
    (finding,) = examine(Balance(), replace(SIX, covariates={"age": np.full(6, 0.1)}))
    assert (finding.verdict, finding.value) == (PASS, 0.0)


def test_exact_cells_balance_what_they_are_made_of():
    parts = cross_section(assigned="observational")
    treated = np.arange(60) % 4 < 2 + (np.arange(60) // 2 % 3 == 0)
    only = replace(parts, treated=treated, covariates={"group": parts.covariates["group"]})
    before = examine(Balance(), only)[0]
    after = examine(Balance(), only, adjust={"method": "exact", "on": ["group"]})[0]
    assert before.verdict is FAIL
    assert (after.verdict, after.value) == (PASS, pytest.approx(0.0, abs=1e-12))


def test_a_rare_binary_covariate_stands_on_the_few_who_have_it():
    rare = replace(SIX, covariates={"migrant": np.array([1.0, 0, 0, 0, 0, 1])})
    (finding,) = examine(Balance(), rare)
    assert finding.persons == 1
    assert examine(Balance(), replace(rare, persons=None))[0].persons is None


# Overlap


def spread(n: int = 60) -> Parts:
    """Scores of the treated lie inside those of the comparisons."""
    x = np.linspace(-2, 2, n)
    return replace(cross_section(n=n), assigned="observational", covariates={"x": x}, treated=np.abs(x - 0.2) < 0.9)


def test_overlap_passes_where_every_treated_has_its_like():
    found = examine(Overlap(), spread())
    assert [f.verdict for f in found] == [PASS] * 3
    assert all(f.blocking for f in found)


@pytest.mark.parametrize(("assigned", "verdict"), [("observational", FAIL), ("random", WARN)])
def test_treated_beyond_the_comparisons_scores_fail_or_warn(assigned: str, verdict: Verdict):
    parts = spread()
    x = parts.covariates["x"]
    beyond = replace(parts, treated=(x > -0.5) & (np.arange(60) % 9 != 0), assigned=assigned)
    finding = by_subject(examine(Overlap(), beyond))["treated outside the comparisons' range of scores"]
    treated = beyond.treated
    # The score is monotone in the one covariate, so the share can be counted on it.
    outside = np.mean((x[treated] > x[~treated].max()) | (x[treated] < x[~treated].min()))
    assert (finding.value, finding.verdict) == (pytest.approx(outside), PASS if outside <= 0.1 else verdict)
    strict = by_subject(examine(Overlap(max_lost=0.0), beyond))[finding.subject]
    assert strict.verdict is (verdict if outside > 0 else PASS)
    assert outside > 0


def test_perfect_separation_fails_and_names_the_covariate():
    parts = spread()
    finding = examine(Overlap(), replace(parts, treated=parts.covariates["x"] > 0.1))[1]
    assert (finding.verdict, finding.value) == (FAIL, None)
    assert "'x'" in finding.advice or "`x`" in finding.advice


def test_collinear_covariates_leave_the_scores_unevaluated_and_the_gate_shut():
    parts = spread()
    twice = replace(parts, covariates={"x": parts.covariates["x"], "x2": 2 * parts.covariates["x"]})
    finding = examine(Overlap(), twice)[1]
    assert finding.verdict is SILENT
    assert finding.stops


def test_without_covariates_overlap_is_not_evaluated():
    assert examine(Overlap(), replace(spread(), covariates={}))[1].verdict is SILENT


def test_treated_lost_by_the_adjustment_are_counted():
    cell = np.array([0.0, 0, 1, 0, 0, 2])
    celled = replace(SIX, covariates={"cell": cell})
    found = by_subject(examine(Overlap(), celled, adjust={"method": "exact", "on": ["cell"]}))
    lost = found["treated without a counterpart"]
    assert (lost.value, lost.verdict, lost.persons) == (pytest.approx(1 / 3), FAIL, 1)


def test_the_effective_number_of_comparisons_is_kishs():
    weighted = replace(SIX, weight=np.array([1.0, 1, 1, 1, 2, 3]))
    for least, verdict in ((2.6, FAIL), (2.5, PASS)):
        finding = by_subject(examine(Overlap(min_ess=least), weighted))["effective number of comparisons"]
        assert (finding.value, finding.verdict, finding.persons) == (pytest.approx(36 / 14), verdict, 3)


# Clusters


@pytest.mark.parametrize(
    ("estimate", "treated", "total", "verdict"),
    [
        ("twfe", 3, 12, FAIL),
        ("twfe", 4, 12, PASS),
        ("event_study", 3, 12, FAIL),
        ("difference", 3, 12, FAIL),
        ("collapsed_did", 3, 12, WARN),
        ("collapsed_did", 4, 12, PASS),
    ],
)
def test_few_treated_clusters_stop_what_prints_an_interval(estimate: str, treated: int, total: int, verdict: Verdict):
    found = by_subject(examine(Clusters(), panel(starts={2008.0: treated}, n=total), estimate))
    finding = found["treated clusters"]
    assert (finding.value, finding.threshold, finding.verdict) == (treated, 4, verdict)
    assert finding.blocking


@pytest.mark.parametrize(("estimate", "few"), [("twfe", FAIL), ("collapsed_did", WARN)])
def test_few_comparison_clusters_likewise(estimate: str, few: Verdict):
    for total, verdict in ((12, few), (13, PASS)):
        found = by_subject(examine(Clusters(), panel(starts={2008.0: 8}, n=total), estimate))
        assert found["comparison clusters"].verdict is verdict


@pytest.mark.parametrize(
    ("treated", "comparison", "df"),
    [(5, 10, 8.1), (2, 13, 1.3287401574803157), (3, 12, 3.089887640449437), (4, 11, 5.365659777424478)],
)
def test_degrees_of_freedom_are_those_of_the_table(treated: int, comparison: int, df: float):
    parts = panel(starts={2008.0: treated}, n=treated + comparison)
    finding = by_subject(examine(Clusters(), parts))["degrees of freedom"]
    assert finding.value == pytest.approx(df, rel=1e-10)
    assert finding.verdict is (PASS if df >= 4 else WARN)


def test_a_single_treated_cluster_has_no_degrees_of_freedom_and_all_the_leverage():
    found = by_subject(examine(Clusters(), panel(starts={2008.0: 1}, n=12), "collapsed_did"))
    assert (found["degrees of freedom"].value, found["degrees of freedom"].verdict) == (None, WARN)
    leverage = found["largest partial leverage"]
    assert (leverage.value, leverage.verdict) == (pytest.approx(11 / 12), WARN)


def test_leverage_is_the_share_of_the_variation_that_one_cluster_carries():
    """Weights 6 1 | 1 1 1: share of the treated 0.7, variation 6 (.3)^2 + (.3)^2 + 3 (.7)^2 = 2.1."""
    parts = replace(panel(starts={2008.0: 2}, n=5), weight=np.array([6.0, 1, 1, 1, 1]))
    leverage = by_subject(examine(Clusters(), parts))["largest partial leverage"]
    assert leverage.value == pytest.approx(0.54 / 2.1)
    assert leverage.verdict is PASS
    assert by_subject(examine(Clusters(max_leverage=0.2), parts))[leverage.subject].verdict is WARN


def test_persons_in_offices_are_counted_by_office():
    office = np.repeat(np.arange(10), 6)
    parts = replace(cross_section(), treated=office < 3, clusters={"office": office}, assigned_at="office")
    found = by_subject(examine(Clusters(), parts))
    assert found["treated clusters"].value == 3
    assert found["comparison clusters"].value == 7


# The placebo in the pre-period, pre-trends and the minimal detectable effect


def two_halves(changes: np.ndarray, treated: int = 4) -> Parts:
    """Counties whose mean moves by ``changes`` from the first two years to the last two of the pre-period."""
    n = len(changes)
    before = np.zeros((n, 4)) + np.linspace(-3, 3, n)[:, None]
    before[:, 2:] += changes[:, None]
    first = np.where(np.arange(n) < treated, 2004.0, np.nan)
    return Parts(
        key=np.arange(n),
        treated=np.arange(n) < treated,
        first_treated=first,
        before={"rate": before},
        time_before=np.arange(2000.0, 2004.0),
        after={"rate": before[:, :2]},
        time_after=np.array([2004.0, 2005.0]),
        clock="calendar",
        grain="county",
        assigned_at="county",
        clusters={"county": np.arange(n)},
    )


CHANGES = np.array([1.0, 3.0, 2.0, 2.0, 0.0, 1.0, -1.0, 0.5, -0.5])
STD_ERROR = float(np.sqrt(np.var(CHANGES[:4], ddof=1) / 4 + np.var(CHANGES[4:], ddof=1) / 5))
DF = 9**2 * 3 * 4 / (16 * 3 + 25 * 4)


def trends(parts: Parts, margin: str = "0.2 sd", **changes) -> Finding:
    (finding,) = examine(PreTrends(margin=Amount.parse(margin)), replace(parts, **changes), "collapsed_did")
    return finding


def spread_of(parts: Parts) -> float:
    return float(parts.before["rate"].mean(axis=1).std(ddof=1))


def test_the_placebo_is_welchs_two_sample_problem_on_the_halves():
    parts = two_halves(CHANGES)
    sample, _ = parts.build()
    analysis = Analysis.model_validate({"estimate": "collapsed_did"})
    placebo = placebo_change(sample, analysis.weigh(sample), sample.history["rate"])
    assert placebo.value == pytest.approx(2.0)
    assert placebo.std_error == pytest.approx(STD_ERROR, rel=1e-12)
    assert placebo.df == pytest.approx(DF, rel=1e-12)
    assert placebo.spread == pytest.approx(spread_of(parts))


@pytest.mark.parametrize(("periods", "late"), [(2, 1), (3, 1), (5, 2)])
def test_an_odd_pre_period_gives_its_middle_to_the_first_half(periods: int, late: int):
    parts = two_halves(np.zeros(9))
    values = np.zeros((9, periods))
    values[:4, periods - late :] = 1.0
    parts = replace(parts, before={"rate": values}, time_before=2004.0 - periods + np.arange(periods))
    assert trends(parts).value == pytest.approx(1.0)


def test_a_margin_in_sds_is_of_the_units_means():
    parts = two_halves(CHANGES)
    assert trends(parts).threshold == pytest.approx(0.2 * spread_of(parts))


def test_the_verdict_is_the_ninety_per_cent_interval_against_the_margin():
    """The boundary by hand: estimate 2, half-width t(.95, df) se; PASS just above 2 + half, WARN just below."""
    parts = two_halves(CHANGES)
    edge = (2.0 + student.ppf(0.95, DF) * STD_ERROR) / spread_of(parts)
    assert trends(parts, f"{edge * 1.0001:.8f} sd").verdict is PASS
    assert trends(parts, f"{edge * 0.9999:.8f} sd").verdict is WARN


def test_an_estimate_beyond_the_margin_whose_interval_excludes_zero_fails():
    parts = two_halves(CHANGES)
    size = 2.0 / spread_of(parts)
    assert trends(parts, f"{size * 0.9999:.8f} sd").verdict is FAIL
    # Excludes zero, but lies within the margin: it cannot be told whether it matters.
    assert trends(parts, f"{size * 1.0001:.8f} sd").verdict is WARN
    assert trends(parts, f"{size * 0.9999:.8f} sd").stops


def test_a_large_placebo_that_is_not_told_from_zero_warns():
    noisy = np.array([30.0, -20, 2, -4, 10, -30, 20, 5, -5])
    finding = trends(two_halves(noisy), "0.01 sd")
    assert (finding.verdict, finding.stops) == (WARN, False)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_verdict_does_not_depend_on_the_sign(sign: float):
    assert trends(two_halves(sign * CHANGES)).verdict is FAIL


@pytest.mark.parametrize("margin", ["0.01 sd", "99 sd"])
def test_a_history_the_sample_was_chosen_on_is_not_informative_whatever_it_shows(margin: str):
    finding = trends(two_halves(CHANGES), margin, conditioned=frozenset({"rate"}))
    assert (finding.verdict, finding.stops) == (VOID, False)
    assert finding.advice


def test_weights_that_were_balanced_on_the_history_void_the_placebo_too():
    sample, _ = two_halves(CHANGES).build()
    analysis = Analysis.model_validate({"estimate": "collapsed_did"})
    weights = replace(analysis.weigh(sample), conditioned=frozenset({"rate"}))
    (finding,) = PreTrends().examine(sample, weights, analysis)
    assert finding.verdict is VOID


def test_without_a_history_the_trend_is_not_evaluated_and_stops():
    finding = trends(two_halves(CHANGES), before={})
    assert (finding.verdict, finding.stops, finding.subject) == (SILENT, True, "every outcome")


def test_a_single_period_shows_no_trend():
    parts = two_halves(CHANGES)
    finding = trends(parts, before={"rate": parts.before["rate"][:, :1]}, time_before=np.array([2003.0]))
    assert (finding.verdict, finding.stops, finding.subject) == (SILENT, True, "rate")


def test_with_one_treated_cluster_no_trend_can_be_ruled_out():
    assert trends(two_halves(np.zeros(9), treated=1), "99 sd").verdict is WARN


def test_a_margin_in_another_unit_than_the_outcome_is_refused():
    with pytest.raises(EstimationError) as refused:
        trends(two_halves(CHANGES), "2pp")
    assert refused.value.problems[0].code == "E805"
    assert refused.value.problems[0].help
    assert trends(two_halves(CHANGES), "2pp", unit="share").threshold == pytest.approx(0.02)


def mde(parts: Parts, **settings: str) -> Finding:
    fields = {name: Amount.parse(text) for name, text in settings.items()}
    (finding,) = examine(Mde(**fields), parts, "collapsed_did")
    return finding


@pytest.mark.parametrize(("power", "share"), [("80%", 0.8), ("90%", 0.9)])
def test_the_mde_of_a_panel_is_two_quantiles_times_the_placebo_error(power: str, share: float):
    by_hand = (student.ppf(0.975, DF) + student.ppf(share, DF)) * STD_ERROR
    assert mde(two_halves(CHANGES), power=power).value == pytest.approx(by_hand, rel=1e-10)


def test_the_mde_of_an_experiment_is_in_standard_deviations():
    finding = mde(cross_section(n=40))
    by_hand = (student.ppf(0.975, 38) + student.ppf(0.8, 38)) * np.sqrt(1 / 20 + 1 / 20)
    assert (finding.value, finding.unit) == (pytest.approx(by_hand, rel=1e-10), "sd")


def test_an_mde_above_what_is_useful_warns_and_never_stops():
    value = mde(two_halves(CHANGES)).value / spread_of(two_halves(CHANGES))
    small = mde(two_halves(CHANGES), detectable=f"{value * 0.99:.6f} sd")
    assert (small.verdict, small.stops) == (WARN, False)
    assert mde(two_halves(CHANGES), detectable=f"{value * 1.01:.6f} sd").verdict is PASS


def test_a_limit_that_cannot_be_compared_is_said_to_be_so():
    finding = mde(cross_section(), detectable="1000 NOK")
    assert (finding.verdict, finding.blocking) == (SILENT, False)
    assert finding.value is not None


def test_a_limit_in_points_is_held_against_the_spread_of_the_most_spread_share():
    in_sd = mde(cross_section(), detectable="0.04 sd")
    in_points = mde(cross_section(), detectable="2pp")
    assert in_points.threshold == pytest.approx(0.04, rel=1e-12)
    assert (in_points.value, in_points.verdict) == (in_sd.value, in_sd.verdict)


def test_without_a_standard_error_the_mde_is_not_evaluated():
    assert mde(two_halves(CHANGES, treated=1)).verdict is SILENT
    assert mde(two_halves(np.zeros(9))).verdict is SILENT
    two = cross_section(n=2)
    assert mde(two).verdict is SILENT


def test_the_mde_of_levels_asks_nothing_of_how_the_past_changed():
    panel = two_halves(CHANGES)
    levels, changes = (examine(Mde(), panel, estimator) for estimator in ("difference", "collapsed_did"))
    assert [f.unit for f in levels] == ["sd"]
    assert [f.unit for f in changes] != ["sd"]
