"""The level governs the words, and what cannot be told from zero is said with interval and MDE."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from release_examples import COUNTY_ROW, NO_INTERVAL, counties, county_rows, estimate, experiment, finding, released
from rich_examples import between_table, bounds_table, register_study, statistics_table

from effekt.release.claims import Claim, claims
from effekt.release.contents import Design, Primary, ReportInput, SideTable
from effekt.release.disclosure import protect
from effekt.release.findings import protect_findings
from effekt.release.front import front
from effekt.release.language import Language
from effekt.release.levels import level_of
from effekt.release.multiplicity import holm
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
    assert "“Earnings 1978”, “gruppe”, “kvinner”" in found.sentence
    assert not found.primary


def test_periods_that_are_not_shown_are_not_called_indistinguishable_from_zero():
    rows = [estimate(method="event_study", horizon=h) for h in (0, 1)]
    found = claim_about(*rows, support=3)
    assert found.conclusion == "suppressed"
    assert "not shown" in found.sentence and "zero" not in found.sentence


# --- what it takes to say more than "association" ------------------------------------------------------


def primary_level(**changes: object) -> tuple[str, tuple[str, ...]]:
    """Level and caps of the primary result of a register study whose interval excludes zero."""
    first = claims(register_study(estimates=clear_rows(), **changes), EN)[0]
    return first.level, first.caps


def clear_rows() -> object:
    """One clear result of the analysis `risikosett`."""
    row = estimate(
        analysis="risikosett", outcome="i_jobb", horizon=12, unit="share", value=0.04, std_error=0.012,
        ci_low=0.016, ci_high=0.064, p_value=0.001,
    )  # fmt: skip
    return released([row], TERSKEL10, 190)


def test_an_estimated_effect_names_its_assumption():
    first = claims(register_study(estimates=clear_rows()), EN)[0]
    assert first.level == "estimert"
    assert first.sentence.startswith(
        "The estimated effect on “Lønnstaker” after 12 months, provided that the groups differ in nothing but what was"
        " measured, is 4.0 percentage points"
    )


@pytest.mark.parametrize(
    ("changes", "cap"),
    [
        ({"bounds": None}, "bounds"),
        ({"bounds": protect(bounds_table(verdict="FAIL"), TERSKEL10)}, "bounds"),
        ({"between": protect(between_table(agree=False), TERSKEL10)}, "within_between"),
        ({"designs": {"risikosett": Design(reach="estimert", assumption="exclusion")}}, "bounds"),
    ],
)
def test_what_is_missing_or_speaks_against_it_lowers_the_level(changes, cap):
    assert primary_level(**changes) == ("sammenheng", (cap,))


@pytest.mark.parametrize("changes", [{"overrides": {"balance": "chance"}}, {"findings": stopped()}, {"designs": {}}])
def test_a_gate_that_did_not_pass_lowers_it_for_all(changes):
    assert primary_level(**changes) == ("sammenheng", ())


def test_an_interval_with_zero_is_no_estimated_effect():
    first = claims(register_study(), EN)[0]
    assert (first.level, first.conclusion, first.caps) == ("sammenheng", "unclear", ("unclear",))


def test_one_unit_that_decides_lowers_the_level():
    def with_left_out(values: tuple[float, ...]) -> str:
        units = tuple(str(i) for i in range(len(values)))
        table = statistics_table("leave_one_out_i_jobb", {"left_out": units}, {"value": values})
        side = SideTable(analysis="risikosett", table=protect(table, TERSKEL10))
        return primary_level(tables=(side,))[0]

    assert with_left_out((0.03, 0.045)) == "estimert"
    assert with_left_out((0.03, -0.002)) == "sammenheng"


def test_late_trends_lower_the_level():
    late = finding("late_pre_trends", "i_jobb", 0.3, Verdict.FAIL)
    assert primary_level(findings=protect_findings([late], TERSKEL10)) == ("sammenheng", ("late_pre_trends",))


def test_an_effect_whose_tests_disagree_is_no_effect():
    rows = [estimate(p_value=0.01), estimate(**{**NO_INTERVAL, "inference": "RI-t", "p_value": 0.2, "p_floor": 0.001})]
    found = claim_about(*rows)
    assert (found.level, found.caps) == ("sammenheng", ("disagree",))


def test_a_descriptive_design_speaks_of_change():
    first = claims(register_study(estimates=clear_rows(), designs={"risikosett": Design(reach="utbytte")}), NB)[0]
    assert first.sentence.startswith("Endringen i «Lønnstaker» etter 12 måneder, slik deltakerne opplever den, er 4,0")


def test_an_interval_inside_the_smallest_relevant_difference_rules_larger_ones_out():
    row = estimate(value=100.0, std_error=150.0, ci_low=-195.0, ci_high=395.0, p_value=0.5)
    assert "Effects of 400 USD or more are hardly compatible" in claim_about(row, relevant={"earnings": 400.0}).sentence
    assert "compatible" not in claim_about(row, relevant={"earnings": 390.0}).sentence


# --- several tests of one analysis ---------------------------------------------------------------------


def test_holm_by_hand_and_never_below_the_one_before():
    assert holm([0.01, 0.04, 0.03]) == (0.03, 0.06, 0.06)
    assert holm([0.5, 0.9]) == (1.0, 1.0)
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_lies_between_raw_and_bonferroni(p):
    adjusted = holm(p)
    assert all(raw <= a + 1e-12 and a <= min(1.0, len(p) * raw) + 1e-12 for raw, a in zip(p, adjusted, strict=True))
    ranked = [a for _, a in sorted(zip(p, adjusted, strict=True))]
    assert ranked == sorted(ranked)


def test_a_secondary_result_is_clear_only_after_holm():
    rows = [estimate(outcome=f"y{i}", p_value=0.03) for i in range(3)]
    found = claims(experiment(estimates=released([estimate(), *rows], TERSKEL10)), EN)
    assert [c.conclusion for c in found] == ["clear", "unclear", "unclear", "unclear"]
    assert found[1].p_adjusted == pytest.approx(0.09)
    assert "p after Holm: 0.090" in found[1].sentence


def test_a_curve_over_horizons_shares_a_claim_beside_the_declared_horizon():
    found = claims(register_study(), EN)
    assert [c.conclusion for c in found if c.row["horizon"] is None] == ["periods"]
    assert "in 12 periods" in next(c.sentence for c in found if c.row["horizon"] is None)


def dosed(estimand: str, p: float = 0.0774, **changes: object) -> Estimate:
    """A row of an analysis of doses."""
    fields = {**COUNTY_ROW, "analysis": "dose_slope", "method": "dose_slope", "estimand": estimand, "p_value": p}
    return estimate(**{**fields, **changes})


@pytest.mark.parametrize("p", [0.0774, 0.01])
def test_a_slope_is_a_change_per_unit_of_the_dose_and_no_difference(p):
    content = counties(estimates=released([dosed("slope in the dose", p)], TERSKEL10, 1500), overrides={})
    for language, per, wrong in ((NB, "per enhet av dosen", "forskjell"), (EN, "per unit of the dose", "difference")):
        (found,) = claims(content, language)
        page = front(content, language)
        assert per in found.sentence
        assert wrong not in found.sentence.lower().replace(language.text("mde_missing").lower(), "")
        assert "with the programme" not in page.answer
        assert "med tiltaket" not in page.answer
        assert all("med tiltaket" not in p.text and "with the programme" not in p.text for p in page.points)


def test_a_minimal_detectable_difference_between_groups_is_not_one_of_a_slope():
    content = counties(estimates=released([dosed("slope in the dose")], TERSKEL10, 1500))
    assert EN.text("mde_missing") in claims(content, EN)[0].sentence


def test_a_split_of_doses_is_between_high_and_low():
    content = counties(estimates=released([dosed("ATT", 0.01)], TERSKEL10, 1500))
    assert "mellom enheter med høy og lav dose" in claims(content, NB)[0].sentence


def test_doses_that_nobody_drew_carry_no_effect():
    content = counties(randomised=True, overrides={}, findings=())
    content = replace(content, estimates=released([dosed("ATT", 0.01)], TERSKEL10, 1500))
    (found,) = claims(content, NB)
    assert (found.level, found.caps) == ("sammenheng", ("dose",))
