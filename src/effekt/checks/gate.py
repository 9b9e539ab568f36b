"""The design gate: fails closed. A required check that failed or was never evaluated stops ``run``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from effekt.analysis import Analysis
from effekt.results import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Gate:
    """findings : all of them. closed : those that stop. overridden : those that would stop and were passed over."""

    findings: tuple[Finding, ...]
    closed: tuple[Finding, ...]
    overridden: tuple[Finding, ...]

    @property
    def open(self) -> bool:
        """Return whether outcomes may be read."""
        return not self.closed


def judge(*, analyses: Mapping[str, Analysis], findings: tuple[Finding, ...], overrides: Mapping[str, str]) -> Gate:
    """Hold the findings against what each analysis requires.

    overrides : check -> reason. A required check without a single finding counts as NOT_EVALUATED.
    """
    all_findings = (*findings, *_unevaluated(analyses, findings))
    required = {name: set(a.required_checks) for name, a in analyses.items()}
    stopping = [f for f in all_findings if f.stops and f.check in required.get(f.analysis, set())]
    return Gate(
        findings=all_findings,
        closed=tuple(f for f in stopping if f.check not in overrides),
        overridden=tuple(f for f in stopping if f.check in overrides),
    )


def _unevaluated(analyses: Mapping[str, Analysis], findings: tuple[Finding, ...]) -> list[Finding]:
    """Return a blocking finding for every required check that left no trace."""
    seen = {(f.analysis, f.check) for f in findings}
    return [
        Finding(
            check=check,
            analysis=name,
            subject="every outcome",
            value=None,
            threshold=None,
            verdict=Verdict.NOT_EVALUATED,
            blocking=True,
            advice="the check left no finding; unevaluated is never passed",
        )
        for name, analysis in analyses.items()
        for check in analysis.required_checks
        if (name, check) not in seen
    ]
