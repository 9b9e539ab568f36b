"""The branches of a study: the spec as it stands, and one branch per declared variant.

A variant repeats only the analyses it changes; what it leaves alone would be the same number twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from effekt.analysis import Analysis
from effekt.results import Finding
from effekt.sample import Sample, Weights
from effekt.spec.prepared import PreparedStudy

BASE = "base"


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """One variant with its sample and the analyses it runs. weights, by analysis, in the sample's row order."""

    variant: str
    spec: PreparedStudy
    sample: Sample
    weights: Mapping[str, Weights]

    @property
    def analyses(self) -> Iterator[tuple[str, str, Analysis]]:
        """Yield key, name and analysis; the key is the name, with the variant behind a slash."""
        for name in self.weights:
            yield self.key(name), name, self.spec.analyses[name]

    def key(self, name: str) -> str:
        """Return the name under which findings, weights and estimates of this analysis are stored."""
        return name if self.variant == BASE else f"{name}/{self.variant}"


def changed_analyses(base: PreparedStudy, variant: PreparedStudy) -> tuple[str, ...]:
    """Return the analyses a variant must repeat: all if it changes the data, else those it changes."""
    same_data = (base.prepared, base.assigned_at, base.checks) == (
        variant.prepared,
        variant.assigned_at,
        variant.checks,
    )
    return tuple(
        name for name, analysis in variant.analyses.items() if not same_data or analysis != base.analyses.get(name)
    )


def examine(branch: Branch) -> tuple[Finding, ...]:
    """Run the checks that each analysis of the branch requires, before any outcome is seen."""
    checks = branch.spec.checks.by_name
    found: list[Finding] = []
    for key, name, analysis in branch.analyses:
        for check in analysis.required_checks:
            examined = checks[check].examine(branch.sample, branch.weights[name], analysis)
            found.extend(replace(finding, analysis=key) for finding in examined)
    return tuple(found)
