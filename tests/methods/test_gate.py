"""The gate fails closed: it opens for what was evaluated and did not fail, or for a reason given."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from effekt.analysis import Analysis
from effekt.checks.gate import judge
from effekt.results import Finding, Verdict

MAIN = {"main": Analysis.model_validate({"estimate": "collapsed_did"})}
REQUIRED = MAIN["main"].required_checks


def finding(check: str, verdict: Verdict = Verdict.PASS, *, blocking: bool = True, analysis: str = "main") -> Finding:
    value = None if verdict is Verdict.NOT_EVALUATED else 1.0
    return Finding(
        check=check,
        analysis=analysis,
        subject="y",
        value=value,
        threshold=None,
        verdict=verdict,
        blocking=blocking,
        advice="look",
    )


def all_passed() -> tuple[Finding, ...]:
    return tuple(finding(check) for check in REQUIRED)


def test_the_gate_opens_when_every_required_check_has_passed():
    gate = judge(analyses=MAIN, findings=all_passed(), overrides={})
    assert gate.open
    assert gate.closed == gate.overridden == ()


@pytest.mark.parametrize("silent", REQUIRED)
def test_a_required_check_that_left_no_finding_keeps_it_closed(silent: str):
    findings = tuple(f for f in all_passed() if f.check != silent)
    gate = judge(analyses=MAIN, findings=findings, overrides={})
    assert not gate.open
    (stop,) = gate.closed
    assert (stop.check, stop.verdict) == (silent, Verdict.NOT_EVALUATED)
    assert stop in gate.findings


def test_no_finding_at_all_keeps_it_closed():
    gate = judge(analyses=MAIN, findings=(), overrides={})
    assert {f.check for f in gate.closed} == set(REQUIRED)


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.NOT_EVALUATED])
def test_a_blocking_failure_closes_it_beside_any_number_of_passes(verdict: Verdict):
    gate = judge(analyses=MAIN, findings=(*all_passed(), finding("clusters", verdict)), overrides={})
    assert [f.verdict for f in gate.closed] == [verdict]


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.NOT_EVALUATED])
def test_what_does_not_block_does_not_close_it(verdict: Verdict):
    findings = (*all_passed(), finding("mde", verdict, blocking=False))
    assert judge(analyses=MAIN, findings=findings, overrides={}).open


@pytest.mark.parametrize("verdict", [Verdict.WARN, Verdict.NOT_INFORMATIVE])
def test_warnings_are_shown_and_let_through(verdict: Verdict):
    gate = judge(analyses=MAIN, findings=(*all_passed(), finding("pre_trends", verdict)), overrides={})
    assert gate.open
    assert verdict in {f.verdict for f in gate.findings}


def test_an_override_opens_it_and_is_kept_on_record():
    findings = (*all_passed(), finding("clusters", Verdict.FAIL))
    gate = judge(analyses=MAIN, findings=findings, overrides={"clusters": "all counties there are"})
    assert gate.open
    assert [f.check for f in gate.overridden] == ["clusters"]


def test_an_override_of_one_check_leaves_another_closed():
    findings = (*all_passed(), finding("clusters", Verdict.FAIL), finding("pre_trends", Verdict.FAIL))
    gate = judge(analyses=MAIN, findings=findings, overrides={"clusters": "known"})
    assert [f.check for f in gate.closed] == ["pre_trends"]


def test_a_missing_check_can_be_overridden_by_name_too():
    findings = tuple(f for f in all_passed() if f.check != "mde")
    gate = judge(analyses=MAIN, findings=findings, overrides={"mde": "no history exists"})
    assert gate.open
    assert [f.check for f in gate.overridden] == ["mde"]


def test_a_pass_of_one_analysis_is_none_of_another():
    two = {**MAIN, "other": MAIN["main"]}
    gate = judge(analyses=two, findings=all_passed(), overrides={})
    assert {(f.analysis, f.check) for f in gate.closed} == {("other", check) for check in REQUIRED}


def test_a_failed_check_nobody_requires_does_not_close_it():
    findings = (*all_passed(), finding("balance", Verdict.FAIL))
    assert judge(analyses=MAIN, findings=findings, overrides={}).open


verdicts = st.sampled_from(list(Verdict))


@given(st.lists(st.tuples(st.sampled_from([*REQUIRED, "balance"]), verdicts, st.booleans()), max_size=8))
def test_it_is_open_exactly_if_every_required_check_was_seen_and_none_stops(drawn: list[tuple[str, Verdict, bool]]):
    findings = tuple(finding(c, v, blocking=b) for c, v, b in drawn)
    seen = {f.check for f in findings}
    stopped = any(f.stops for f in findings if f.check in REQUIRED)
    assert judge(analyses=MAIN, findings=findings, overrides={}).open is (set(REQUIRED) <= seen and not stopped)


def test_adding_findings_never_opens_a_gate_that_a_failure_has_closed():
    failed = (finding("clusters", Verdict.FAIL),)
    more = (*failed, *all_passed(), replace(failed[0], verdict=Verdict.PASS))
    assert not judge(analyses=MAIN, findings=more, overrides={}).open
