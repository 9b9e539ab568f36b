"""The branches of a study: the spec as it stands, and one branch per declared variant.

A variant repeats only the analyses it changes; what it leaves alone would be the same number twice. Arms and subgroups
are cuts of the main analysis, the first of the spec: weights are made anew inside each. A cut that cannot be weighed,
or whose checks fail, is told and not estimated; it never stops the study.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from effekt.analysis import Analysis
from effekt.errors import EffektError
from effekt.results import Finding, Verdict
from effekt.sample import Array, Sample, Weights
from effekt.spec.kinds import Study

BASE = "base"
BETWEEN = "between"
"""The main analysis with comparisons from places without a project."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """One arm or subgroup of the main analysis. sample, weights : of the cut; ``rows`` : (n,) bool of the whole."""

    analysis: str
    arm: str | None
    subgroup: str | None
    rows: np.ndarray[tuple[int], np.dtype[np.bool_]]
    sample: Sample
    weights: Weights

    @property
    def key(self) -> str:
        """The name under which its findings and estimates are stored."""
        return cut_key(self.analysis, self.arm, self.subgroup)


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """One variant with its sample and the analyses it runs. weights, by analysis, in the sample's row order.

    cuts : arms and subgroups that could be weighed. uncut : findings about those that could not. A branch that is
    ``beside`` the study (comparisons from elsewhere) is told and not estimated where its checks fail, as a cut is.
    """

    variant: str
    spec: Study
    sample: Sample
    weights: Mapping[str, Weights]
    cuts: tuple[Cut, ...] = ()
    uncut: tuple[Finding, ...] = ()
    beside: bool = False

    @property
    def analyses(self) -> Iterator[tuple[str, str, Analysis]]:
        """Yield key, name and analysis; the key is the name, with the variant behind a slash."""
        for name in self.weights:
            yield self.key(name), name, self.spec.runs[name]

    @property
    def all_weights(self) -> Iterator[tuple[str, Weights]]:
        """Yield key and weights of every analysis and cut."""
        yield from ((self.key(name), weights) for name, weights in self.weights.items())
        yield from ((cut.key, cut.weights) for cut in self.cuts)

    def key(self, name: str) -> str:
        """Return the name under which findings, weights and estimates of this analysis are stored."""
        return name if self.variant == BASE else f"{name}/{self.variant}"


_FEWEST = 10
"""Persons of either arm that a category must hold, as for the whole sample."""


def cut_key(analysis: str, arm: str | None, subgroup: str | None) -> str:
    """Return the name of an arm or subgroup of an analysis."""
    return f"{analysis}[{arm or subgroup}]"


def changed_analyses(base: Study, variant: Study) -> tuple[str, ...]:
    """Return the analyses a variant must repeat: all if it changes the data, else those it changes."""
    same = (base.sample_part, base.checks) == (variant.sample_part, variant.checks)
    return tuple(name for name, analysis in variant.runs.items() if not same or analysis != base.runs.get(name))


def cuts_of(spec: Study, sample: Sample) -> tuple[tuple[Cut, ...], tuple[Finding, ...]]:
    """Return the arms and subgroups of the main analysis, and a finding for each that cannot be compared."""
    name, analysis = next(iter(spec.runs.items()))
    cuts: list[Cut] = []
    uncut: list[Finding] = []
    for arm, subgroup, rows in _masks(sample):
        try:
            part = without_rare(sample.take(rows))
            cuts.append(Cut(name, arm, subgroup, rows, part, analysis.weigh(part)))
        except (EffektError, ValueError) as error:
            uncut.append(_not_compared(cut_key(name, arm, subgroup), error))
    return tuple(cuts), tuple(uncut)


def without_rare(part: Sample) -> Sample:
    """Return an arm or subgroup without the covariates that cannot be compared in it.

    A category that fewer than ten in either arm have (or lack) would predict treatment without error, and what
    everybody shares tells nobody apart. The rule looks at covariates and treatment alone.
    """
    kept = []
    for name in part.baseline.columns:
        values = part.baseline[name].to_numpy()
        distinct = np.unique(values)
        two = len(distinct) == 2
        if len(distinct) > 2 or (two and min(_times(values, v, part.treated) for v in distinct) >= _FEWEST):
            kept.append(name)
    lags, groups = part.lags & set(kept), {name: part.groups[name] for name in kept if name in part.groups}
    return replace(part, baseline=part.baseline[kept], lags=lags, groups=groups)


def _times(values: Array, value: float, treated: NDArray[np.bool_]) -> int:
    """Return how often a value stands in the arm that has it less often."""
    there = values == value
    return int(min((there & treated).sum(), (there & ~treated).sum()))


def _masks(sample: Sample) -> Iterator[tuple[str | None, str | None, np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    """Yield arm, subgroup and its rows (n,) bool: an arm with every comparison, a subgroup of both."""
    treated = sample.treated
    arm_of = sample.units["arm"].to_numpy()
    arms = sorted({str(a) for a in arm_of[treated]})
    for arm in arms if len(arms) > 1 else ():
        yield arm, None, ~treated | (arm_of == arm)
    for name, rows in sample.subgroups.items():
        yield None, name, np.asarray(rows, dtype=bool)


def _not_compared(key: str, error: EffektError | ValueError) -> Finding:
    """Return why an arm or subgroup has no estimate; a sentence of ours holds no value, a foreign one is not told."""
    sentence = error.problems[0].sentence if isinstance(error, EffektError) else "too few persons are left in it"
    return Finding(
        check="overlap",
        subject="the whole group",
        value=None,
        threshold=None,
        verdict=Verdict.NOT_EVALUATED,
        blocking=False,
        advice=f"not estimated: {sentence}",
        analysis=key,
    )


def examine(branch: Branch) -> tuple[Finding, ...]:
    """Run the checks that each analysis of the branch requires, before any outcome is seen."""
    checks = branch.spec.checks.by_name
    found: list[Finding] = []
    for key, name, analysis in branch.analyses:
        for check in analysis.required_checks:
            examined = checks[check].examine(analysis.about(branch.sample), branch.weights[name], analysis)
            found.extend(replace(finding, analysis=key) for finding in examined)
    for cut in branch.cuts:
        analysis = branch.spec.runs[cut.analysis]
        for check in analysis.required_checks:
            examined = checks[check].examine(analysis.about(cut.sample), cut.weights, analysis)
            found.extend(replace(finding, analysis=cut.key) for finding in examined)
    return (*found, *branch.uncut)


def passed_over(findings: tuple[Finding, ...], key: str) -> bool:
    """Return whether an arm or subgroup is not to be estimated: a check of its own would have stopped it."""
    return any(finding.analysis == key and finding.stops for finding in findings)
