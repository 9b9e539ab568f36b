"""The level governs the words, and what cannot be told from zero is said with interval and MDE."""

import pytest
from release_examples import COUNTY_ROW, NO_INTERVAL, counties, county_rows, estimate, experiment, finding, released

from effekt.release.claims import Claim, claims, level_of
from effekt.release.contents import Primary, ReportInput
from effekt.release.findings import protect_findings
from effekt.release.language import Language
from effekt.release.rules import TERSKEL10
from effekt.results import Estimate, Verdict

NB, EN = Language("nb"), Language("en")


def claim_about(*rows: Estimate, support: int = 45, **changes: object) -> Claim:
    """The first claim of an experiment with these rows."""
    content = experiment(estimates=released(rows, TERSKEL10, support), **changes)
    return claims(content, EN)[0]


def stopped() -> object:
    """A blocking check that was not evaluated."""
    return protect_findings([finding("overlap", "x", None, Verdict.NOT_EVALUATED, blocking=True)], TERSKEL10)


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, "effekt"),
        ({"randomised": False}, "sammenheng"),
        ({"overrides": {"balance": "chance"}}, "sammenheng"),
        ({"findings": stopped()}, "sammenheng"),
    ],
)
def test_effect_needs_randomisation_and_a_gate_without_override(changes, level):
    assert level_of(experiment(**changes), "experiment") == level


def test_a_check_stops_its_own_analysis_only():
    failed = finding("balance", "age", 0.5, Verdict.FAIL, blocking=True, analysis="adjusted", persons=99)
    content = experiment(findings=protect_findings([failed], TERSKEL10))
    assert [level_of(content, a) for a in ("experiment", "adjusted")] == ["effekt", "sammenheng"]


def test_a_clear_result_is_said_with_its_interval():
    found = claim_about(estimate())
    assert found.sentence == "The effect on “Earnings 1978” is estimated at 1794 USD (95% interval from 474 to 3115)."
    assert claims(experiment(), NB)[0].sentence.startswith("Effekten på «Earnings 1978» er anslått til 1794 USD")


def test_an_association_never_speaks_of_an_effect():
    for content in (counties(), experiment(randomised=False)):
        for language, word in ((NB, "effekt"), (EN, "effect")):
            assert all(word not in c.sentence.lower() for c in claims(content, language))


def test_what_is_not_distinguishable_from_zero_is_said_with_interval_and_mde():
    row = estimate(value=310.0, std_error=671.0, ci_low=-1010.0, ci_high=1630.0, p_value=0.64)
    found = claim_about(row)
    assert found.conclusion == "unclear"
    assert "95% interval from −1010 to 1630" in found.sentence
    assert "The minimal detectable difference is 0.270 standard deviations." in found.sentence
    assert "This does not mean that the programme does not work." in found.sentence
    assert "was not computed" in claim_about(row, findings=()).sentence


def test_the_mde_is_that_of_the_own_outcome():
    found = [finding("mde", name, value, Verdict.PASS, unit="USD") for name, value in (("a", 1.0), ("earnings", 900.0))]
    row = estimate(p_value=0.5, ci_low=-5.0)
    assert "difference is 900 USD" in claim_about(row, findings=protect_findings(found, TERSKEL10)).sentence
    other = protect_findings([found[0], finding("mde", "b", 2.0, Verdict.PASS)], TERSKEL10)
    assert "was not computed" in claim_about(row, findings=other).sentence


def test_tests_that_disagree_leave_the_result_open():
    first = claims(counties(), EN)[0]
    assert first.conclusion == "disagree"
    assert "(95% interval from −0.2 to 2.6; RI-t: p = 0.083; WCR: p = 0.037)" in first.sentence
    agreeing = counties(estimates=released(county_rows(wild=0.2), TERSKEL10, 1500))
    assert claims(agreeing, EN)[0].conclusion == "unclear"


def test_a_rank_test_that_can_never_reject_says_so():
    row = estimate(**{**COUNTY_ROW, **NO_INTERVAL, "inference": "RI-beta", "p_value": 2 / 15, "p_floor": 1 / 15})
    found = claim_about(row, randomised=False, primary=Primary(outcome="i_jobb"))
    assert "RI-beta: p = 0.133 (smallest possible p: 0.067)" in found.sentence


def test_a_suppressed_estimate_is_said_to_be_suppressed():
    found = claim_about(estimate(), support=9)
    assert found.conclusion == "suppressed"
    assert "not shown" in found.sentence


def test_the_periods_of_an_event_study_share_one_claim():
    found = claims(counties(), EN)
    assert [c.conclusion for c in found] == ["disagree", "periods_unclear"]
    assert "in 8 periods after the start" in found[1].sentence
    clear = [estimate(method="event_study", horizon=h, p_value=0.01) for h in (-1, 0, 1)]
    assert claim_about(*clear).conclusion == "periods"
    assert "in 2 periods after the start; in 2 of them" in claim_about(*clear).sentence


def test_a_declared_horizon_has_a_claim_of_its_own():
    content: ReportInput = counties(primary=Primary(outcome="i_jobb", horizon=4))
    found = claims(content, EN)
    assert [(c.primary, c.conclusion) for c in found] == [
        (True, "unclear"),
        (False, "disagree"),
        (False, "periods_unclear"),
    ]
    assert "“Lønnstaker”, period 4" in found[0].sentence
    assert "in 7 periods" in found[2].sentence


def test_subgroups_are_named():
    found = claim_about(estimate(subgroup="kvinner", arm="gruppe"))
    assert "“Earnings 1978”, gruppe, kvinner" in found.sentence


def test_periods_that_are_not_shown_are_not_called_indistinguishable_from_zero():
    rows = [
        {"analysis": "a", "outcome": "y", "horizon": h, "arm": None, "subgroup": None, "value": None,
         "std_error": None, "ci_low": None, "ci_high": None, "p_value": None, "unit": "share"}
        for h in (0, 1)
    ]  # fmt: skip
    from types import SimpleNamespace

    from effekt.release import claims as module
    from effekt.release.language import Language

    content = SimpleNamespace(
        label=lambda name: name, findings=(), overrides={}, randomised=False,
        primary=SimpleNamespace(outcome="y", horizon=None), exploratory="",
    )  # fmt: skip
    claim = module._period_claim(content, rows, Language("en"))
    assert claim.conclusion == "suppressed"
    assert "not shown" in claim.sentence and "zero" not in claim.sentence
