r"""Overlap: is there a comparison for every kind of treated, and how many comparisons carry the weight?

Three numbers: the share of treated that the adjustment lost (they had no counterpart, so the estimand is
about the others); the share of kept treated whose propensity score lies outside the comparisons' range (the
min-max support of Dehejia and Wahba 1999), with a logit on the covariates; and the effective sample size of
the weighted comparisons, :math:`(\sum w)^2 / \sum w^2` (Kish 1965). A covariate that separates the groups perfectly
fails: there is no overlap. The scores are those of R ``glm(treated ~ x, family = binomial)``.

Use it when groups are compared in levels.
Do not use it to choose a sample by outcomes: what it drops must be decided before they are read.

References: Dehejia and Wahba (1999), JASA 94; Crump, Hotz, Imbens and Mitnik (2009), Biometrika 96.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from effekt.analysis import Analysis
from effekt.checks.base import Check
from effekt.errors import EstimationError
from effekt.estimators.rows import weight_by_person
from effekt.results import Finding, Table, Verdict
from effekt.sample import Sample, Weights


class Overlap(Check):
    """``max_lost``: largest share of treated without a counterpart. ``min_ess``: least effective comparisons."""

    name: ClassVar[str] = "overlap"

    max_lost: float = Field(default=0.1, ge=0, lt=1, description="share of the treated")
    min_ess: float = Field(default=20.0, gt=0, description="effective number of comparisons")

    def examine(self, sample: Sample, weights: Weights, analysis: Analysis) -> list[Finding]:
        """Return findings for lost treated, treated outside support, and the effective sample size."""
        blocking = sample.assigned == "observational"
        return [
            self._lost(sample, weights, blocking=blocking),
            self._outside(sample, weights, blocking=blocking),
            self._effective(sample, weights, blocking=blocking),
        ]

    def _lost(self, sample: Sample, weights: Weights, *, blocking: bool) -> Finding:
        treated = sample.treated
        lost = float(np.mean(~weights.kept[treated]))
        return self._finding(
            "treated without a counterpart",
            lost,
            self.max_lost,
            passed=lost <= self.max_lost,
            blocking=blocking,
            advice="widen the cells, or state that the estimate is about the treated who are kept",
            persons=_smaller_part(sample, treated, treated & ~weights.kept),
            details=weights.details,
            counts=_records(sample, treated & ~weights.kept, treated),
        )

    def _outside(self, sample: Sample, weights: Weights, *, blocking: bool) -> Finding:
        subject = "treated outside the comparisons' range of scores"
        advice = "drop or coarsen covariates that decide treatment, or restrict the population"
        if sample.baseline.shape[1] == 0:
            advice = "name covariates known at time zero under `covariates`"
            return self._unknown(subject, Verdict.NOT_EVALUATED, blocking=blocking, advice=advice)
        try:
            outside = _outside_support(sample, weights)
        except EstimationError as error:
            advice = f"{error.problems[0].sentence}; {advice}"
            verdict = Verdict.FAIL if error.problems[0].code == "E802" else Verdict.NOT_EVALUATED
            return self._unknown(subject, verdict, blocking=blocking, advice=advice)
        share = float(outside.mean())
        kept = weights.kept & sample.treated
        part = np.zeros(len(sample), dtype=bool)
        part[np.flatnonzero(kept)] = outside
        return self._finding(
            subject,
            share,
            self.max_lost,
            passed=share <= self.max_lost,
            blocking=blocking,
            advice=advice,
            persons=_smaller_part(sample, kept, part),
            counts=_records(sample, part, kept),
        )

    def _effective(self, sample: Sample, weights: Weights, *, blocking: bool) -> Finding:
        from effekt.numerics.balance import effective_sample_size

        comparison = weights.kept & ~sample.treated
        ess = effective_sample_size(weight_by_person(sample, comparison, weights.w * sample.sampling_weight))
        return self._finding(
            "effective number of comparisons",
            ess,
            self.min_ess,
            passed=ess >= self.min_ess,
            blocking=blocking,
            advice="few comparisons carry the weight: coarsen the adjustment or add comparisons",
            persons=sample.persons_in(comparison) if sample.grain == "person" else None,
            unit="persons" if sample.grain == "person" else "",
        )

    def _finding(
        self,
        subject: str,
        value: float,
        threshold: float,
        *,
        passed: bool,
        blocking: bool,
        advice: str,
        persons: int | None,
        unit: str = "",
        details: Mapping[str, Table] | None = None,
        counts: tuple[int, ...] = (),
    ) -> Finding:
        failed = Verdict.FAIL if blocking else Verdict.WARN
        return Finding(
            check=self.name,
            subject=subject,
            value=value,
            threshold=threshold,
            verdict=Verdict.PASS if passed else failed,
            blocking=blocking,
            advice="" if passed else advice,
            persons=persons,
            unit="share" if counts else unit,
            counts=counts,
            formula=operator.truediv if counts else None,
            details=details or {},
        )

    def _unknown(self, subject: str, verdict: Verdict, *, blocking: bool, advice: str) -> Finding:
        return Finding(
            check=self.name,
            subject=subject,
            value=None,
            threshold=None,
            verdict=verdict,
            blocking=blocking,
            advice=advice,
        )


def _records(sample: Sample, part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> tuple[int, ...]:
    """Return numerator and denominator of a share of records that are persons; nothing for aggregates."""
    return (int(part.sum()), int(whole.sum())) if sample.grain == "person" else ()


def _smaller_part(sample: Sample, whole: NDArray[np.bool_], part: NDArray[np.bool_]) -> int | None:
    """Return the persons in the smaller part, which a share gives away; an empty part gives away the whole.

    whole, part : (n,) bool. None if persons are not known.
    """
    inside, outside = sample.persons_in(part), sample.persons_in(whole & ~part)
    if inside is None or outside is None:
        return None
    return min(inside, outside) or max(inside, outside)


def _outside_support(sample: Sample, weights: Weights) -> NDArray[np.bool_]:
    """(kept treated,) bool: logit score outside the comparisons' smallest and largest."""
    from effekt.numerics.logit import fit_logit

    kept = weights.kept
    if weights.matches is not None and weights.matches.position.shape[1] == 1:
        # The score that was matched on, not one fitted to those who were matched: rare groups are often gone there.
        score = weights.matches.position[:, 0]
        low, high = score[kept & ~sample.treated].min(), score[kept & ~sample.treated].max()
        own = score[kept & sample.treated]
        return np.asarray((own < low) | (own > high))
    x = sample.baseline.to_numpy(dtype=np.float64)[kept]
    treated = sample.treated[kept]
    names = [str(c) for c in sample.baseline.columns]
    index = fit_logit(X=x, y=treated.astype(np.float64), w=sample.sampling_weight[kept], names=names).linear_predictor
    low, high = index[~treated].min(), index[~treated].max()
    return np.asarray((index[treated] < low) | (index[treated] > high))
