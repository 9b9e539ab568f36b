"""Findings on their way out: verdict and advice stay, the number passes ``protect`` like any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass
from types import MappingProxyType

from effekt.release.disclosure import protect
from effekt.release.released import SEAL, Released, check_seal
from effekt.release.rounding import SHARE_DECIMALS, decimals_for, rounded_to
from effekt.release.rules import Rules
from effekt.results import Column, Finding, Table, Verdict


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedFinding:
    """A finding whose number was protected; made by :func:`protect_findings` only.

    value : rounded, None where it is suppressed or was never measured. suppressed : too few persons stand
    behind the value. details : its side tables, protected.
    """

    check: str
    subject: str
    analysis: str
    value: float | None
    unit: str
    threshold: float | None
    verdict: Verdict
    blocking: bool
    advice: str
    suppressed: bool
    details: Mapping[str, Released]
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        check_seal(seal, "a ReleasedFinding")
        object.__setattr__(self, "details", MappingProxyType(dict(self.details)))


def protect_findings(findings: Iterable[Finding], rules: Rules) -> tuple[ReleasedFinding, ...]:
    """Return the findings as they may be released, in the same order.

    Raises
    ------
    PrivacyError
        If a side table cannot be protected; see :func:`effekt.release.disclosure.protect`.
    """
    return tuple(_protect_finding(finding, rules) for finding in findings)


def _protect_finding(finding: Finding, rules: Rules) -> ReleasedFinding:
    value, suppressed = finding.value, False
    if finding.value is not None and finding.formula is not None and rules.protects:
        value, suppressed = _derived(finding, rules)
    elif finding.persons is not None:
        released = protect(_value_table(finding), rules)
        (value,), suppressed = released.data["value"], released.any_suppressed  # type: ignore[assignment]
    elif value is not None and rules.protects and not float(value).is_integer():
        # Not about persons, as the number of clusters: no threshold, and whole numbers stay whole.
        value = rounded_to(value, decimals_for(value))
    threshold = finding.threshold
    if threshold is not None and rules.protects and threshold != round(threshold, 2):
        # A margin in SDs is computed from the data: with all its digits it would give counts back.
        threshold = None if suppressed else rounded_to(threshold, decimals_for(threshold))
    return ReleasedFinding(
        check=finding.check,
        subject=finding.subject,
        analysis=finding.analysis,
        value=value,
        unit=finding.unit,
        threshold=threshold,
        verdict=finding.verdict,
        blocking=finding.blocking,
        advice=finding.advice,
        suppressed=suppressed,
        details={name: protect(table, rules) for name, table in finding.details.items()},
        seal=SEAL,
    )


def _derived(finding: Finding, rules: Rules) -> tuple[float | None, bool]:
    """Return the formula of the rounded counts, and whether it is suppressed.

    Suppressed where too few persons stand behind it, and where rounding makes nobody of somebody or two groups one.
    """
    counts = [round(c) for c in finding.counts]
    rounded = [rules.rounded(c) for c in counts]
    emptied = any(c and not r for c, r in zip(counts, rounded, strict=True))
    unanimous = finding.unit == "share" and len(set(rounded)) < len(set(counts))
    if finding.formula is None or rules.small(finding.persons) or emptied or unanimous:
        return None, True
    value = finding.formula(*rounded)
    return rounded_to(value, SHARE_DECIMALS if finding.unit == "share" else decimals_for(value)), False


def _value_table(finding: Finding) -> Table:
    """Return the finding's number as a table of one row, so that the one door protects it too.

    A number of persons is a count: rounded as counts are, and to whole persons where nothing is rounded.
    """
    if finding.unit == "persons" and finding.value is not None:
        columns = (Column(name="persons", kind="count", internal=True), Column(name="value", kind="count"))
        data = {"persons": (finding.persons,), "value": (round(finding.value),)}
        return Table(name=finding.check, title=finding.subject, columns=columns, data=data)
    unit = "share" if finding.unit == "share" else ""
    whole = {f"group_{i}": (n,) for i, n in enumerate(finding.whole)}
    value = Column(name="value", kind="statistic", of="persons", whole=tuple(whole), lattice="lattice", unit=unit)
    return Table(
        name=finding.check,
        title=finding.subject,
        columns=(
            *(Column(name=n, kind="count", internal=True) for n in ("persons", *whole)),
            Column(name="lattice", kind="label", internal=True),
            value,
        ),
        data={"persons": (finding.persons,), "lattice": (finding.lattice,), "value": (finding.value,), **whole},
    )
