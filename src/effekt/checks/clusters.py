r"""Clusters and leverage: can the inference asked for be valid with so few units?

Looked at on the level of assignment: the number of treated and of comparison clusters (fewer than four or five:
rank tests only); the Bell-McCaffrey degrees of freedom of the difference between the two arms (below four a t
test says little); and the largest partial leverage, the share

.. math:: h_g = \frac{\sum_{i \in g} w_i \tilde D_i^2}{\sum_i w_i \tilde D_i^2}

of the treatment's variation that one cluster carries (above 0.35 one cluster decides). Clustering finer than
assignment is an error, not a finding. Too few clusters stop a method that would print an interval; a method
that falls back to rank tests by itself is warned.

Agrees with R ``clubSandwich::coef_test`` (degrees of freedom) and Stata ``summclust`` (partial leverage).

Use it when treatment is assigned to counties or offices, before any interval is believed.
Do not use it with a dose: two arms of clusters are assumed.

References: Imbens and Kolesar (2016), REStat 98, section III; MacKinnon, Nielsen and Webb (2023), Journal of
Econometrics 232, section 8; MacKinnon and Webb (2018), Econometrics Journal 21.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from effekt.analysis import Analysis
from effekt.checks.base import Check
from effekt.estimators.changes import MIN_COMPARISON, MIN_TREATED, assigned_clusters
from effekt.results import Finding, Verdict
from effekt.sample import Array, Sample, Weights

_ROUNDING = 1e-12


class Clusters(Check):
    """Thresholds for degrees of freedom and leverage; those for rank tests are the estimators' own."""

    name: ClassVar[str] = "clusters"

    min_df: float = Field(default=4.0, gt=0, description="Bell-McCaffrey degrees of freedom")
    max_leverage: float = Field(default=0.35, gt=0, le=1, description="share of the variation in one cluster")

    def examine(self, sample: Sample, weights: Weights, analysis: Analysis) -> list[Finding]:
        """Return findings for both arms' clusters, the degrees of freedom and the leverage."""
        treated, w = assigned_clusters(sample, weights)
        n_treated, n_comparison = int(treated.sum()), int((~treated).sum())
        # Where every person was assigned alone the clusters are persons, and are protected as such.
        alone = sample.assigned_at == "person" or len(treated) == int(weights.kept.sum())
        persons = sample.grain == "person" and alone
        few = Verdict.WARN if "RI-t" in analysis.estimate.inferences else Verdict.FAIL
        rest = [
            self._degrees(treated, w, smaller_arm=min(n_treated, n_comparison) if persons else None),
            self._leverage(treated, w, smaller_arm=min(n_treated, n_comparison) if persons else None),
        ]
        if persons and np.ptp(w) <= _ROUNDING * w.max():
            # Among persons who count alike both follow from the two numbers of persons, and would give them back.
            counts = (n_treated, n_comparison)
            rest = [
                replace(finding, counts=counts, formula=formula) if finding.value is not None else finding
                for finding, formula in zip(rest, (_welch_df, _largest_leverage), strict=True)
            ]
        return [
            self._count("treated clusters", n_treated, MIN_TREATED, few, persons=persons),
            self._count("comparison clusters", n_comparison, MIN_COMPARISON, few, persons=persons),
            *rest,
        ]

    def _count(self, subject: str, count: int, threshold: int, few: Verdict, *, persons: bool) -> Finding:
        enough = count >= threshold
        advice = "rank tests only; with `collapsed_did` the smallest reachable p is printed"
        finding = self._finding(subject, count, threshold, Verdict.PASS if enough else few, advice)
        return replace(finding, unit="persons", persons=count) if persons else finding

    def _degrees(self, treated: NDArray[np.bool_], w: Array, *, smaller_arm: int | None) -> Finding:
        """Look at the degrees of freedom of CR2 on clusters of one row each."""
        from effekt.numerics.vcov import vcov_cr

        subject, advice = "degrees of freedom", "read the rank tests beside the interval"
        if min(int(treated.sum()), int((~treated).sum())) < 2:
            advice = "one arm is a single cluster: its variance cannot be estimated"
            return self._finding(subject, None, self.min_df, Verdict.WARN, advice)
        X = np.column_stack([np.ones(len(treated)), treated.astype(np.float64)])
        df = vcov_cr(
            X=X,
            residuals=np.ones(len(treated)),
            cluster=np.arange(len(treated)),
            w=w,
            kind="CR2",
            contrasts=np.array([[0.0, 1.0]]),
        ).df[0]
        if not np.isfinite(df):
            advice = "weights differ so much that no degrees of freedom are defined: look at the weights"
            return self._finding(subject, None, self.min_df, Verdict.NOT_EVALUATED, advice)
        verdict = Verdict.PASS if df >= self.min_df else Verdict.WARN
        return replace(self._finding(subject, float(df), self.min_df, verdict, advice), persons=smaller_arm)

    def _leverage(self, treated: NDArray[np.bool_], w: Array, *, smaller_arm: int | None) -> Finding:
        share = w @ treated / w.sum()
        variation = w * (treated - share) ** 2
        largest = float(variation.max() / variation.sum())
        verdict = Verdict.PASS if largest <= self.max_leverage else Verdict.WARN
        advice = "one cluster decides the result: leave it out and see"
        finding = self._finding("largest partial leverage", largest, self.max_leverage, verdict, advice)
        return replace(finding, persons=smaller_arm)

    def _finding(self, subject: str, value: float | None, threshold: float, verdict: Verdict, advice: str) -> Finding:
        return Finding(
            check=self.name,
            subject=subject,
            value=value,
            threshold=threshold,
            verdict=verdict,
            blocking=True,
            advice="" if verdict is Verdict.PASS else advice,
        )


def _welch_df(n_treated: float, n_comparison: float) -> float:
    """Return the Bell-McCaffrey degrees of freedom of two groups of equal weights in closed form."""
    a, b = 1 / n_treated, 1 / n_comparison
    return (a + b) ** 2 / (a**2 / (n_treated - 1) + b**2 / (n_comparison - 1))


def _largest_leverage(n_treated: float, n_comparison: float) -> float:
    """Return the largest partial leverage among units of equal weights: that of one in the smaller group."""
    smaller, larger = sorted((n_treated, n_comparison))
    return larger / smaller / (smaller + larger)
