"""Findings leave with their verdict and advice; their number only if enough persons stand behind it."""

import dataclasses

import pytest

from effekt.release.findings import ReleasedFinding, protect_findings
from effekt.release.released import Released
from effekt.release.rules import OPEN, TERSKEL10, Rules
from effekt.results import Column, Finding, Table, Verdict


def released(rules: Rules = TERSKEL10, **changes: object) -> ReleasedFinding:
    """One finding about overlap, changed and protected."""
    fields: dict[str, object] = {
        "check": "overlap",
        "subject": "treated without a counterpart",
        "value": 0.081234,
        "threshold": 0.1,
        "verdict": Verdict.WARN,
        "blocking": False,
        "advice": "widen the cells",
        "unit": "share",
        "persons": 15,
    }
    return protect_findings([Finding(**{**fields, **changes})], rules)[0]  # type: ignore[arg-type]


def test_a_value_is_rounded_and_everything_else_stays():
    finding = released()
    assert (finding.value, finding.suppressed) == (0.081, False)
    assert (finding.verdict, finding.threshold, finding.advice) == (Verdict.WARN, 0.1, "widen the cells")


def test_a_value_about_few_persons_is_suppressed_and_its_verdict_stays():
    finding = released(persons=9, verdict=Verdict.FAIL)
    assert (finding.value, finding.suppressed, finding.verdict) == (None, True, Verdict.FAIL)
    assert released(OPEN, persons=9).value == 0.081234


def test_a_value_that_is_not_about_persons_has_no_threshold():
    assert released(persons=None, value=15.0, unit="").value == 15.0
    assert released(persons=None, value=1503.0, unit="").value == 1503.0
    assert released(persons=None, value=0.351234, unit="").value == 0.351
    assert released(OPEN, persons=None, value=0.351234).value == 0.351234


def test_a_number_of_persons_is_a_count():
    assert released(value=123.4, unit="persons", persons=260).value == 125
    assert released(OPEN, value=123.4, unit="persons", persons=260).value == 123
    assert released(value=8.2, unit="persons", persons=260).suppressed
    assert released(value=None, verdict=Verdict.NOT_EVALUATED, unit="persons").value is None


def test_what_was_never_measured_is_not_suppressed():
    finding = released(value=None, verdict=Verdict.NOT_EVALUATED, persons=3)
    assert (finding.value, finding.suppressed) == (None, False)
    assert released(value=None, verdict=Verdict.NOT_EVALUATED, persons=None).value is None


def test_side_tables_are_protected_too():
    columns = (Column(name="arm", kind="label"), Column(name="persons", kind="count"))
    table = Table(name="arms", title="", columns=columns, data={"arm": ("a", "b"), "persons": (4, 44)})
    details = released(details={"arms": table}).details
    assert type(details["arms"]) is Released
    assert details["arms"].data["persons"] == (None, 45)


def test_a_released_finding_cannot_be_made_or_altered_elsewhere():
    finding = released()
    parts = {f.name: getattr(finding, f.name) for f in dataclasses.fields(finding)}
    with pytest.raises(TypeError, match="ReleasedFinding"):
        ReleasedFinding(**parts, seal=None)
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(finding, value=0.5)
