r"""Pre-trends: did the groups already move apart before anybody was treated?

The pre-period is cut in two and the difference-in-differences of the later against the earlier half is estimated
on the assigned clusters, with CR2 and Bell-McCaffrey degrees of freedom. The verdict is an equivalence test with
margin :math:`\delta`: PASS if the 90% interval lies within :math:`\pm\delta`, FAIL if it excludes zero and the
estimate exceeds :math:`\delta`, else WARN: the placebo is too imprecise to tell. With a single cluster in an arm there
is no interval and the verdict is WARN. If the sample was matched or weighted on this history, or selected on it,
the placebo is flat by construction and the verdict is NOT_INFORMATIVE, which never counts as support.

The interval is that of R ``clubSandwich::coef_test(vcov = "CR2")`` on the clusters' changes.

Use it when a design rests on trends that would have been parallel.
Do not use it to prove that they are: a flat pre-period says nothing about shocks at the start.

References: Roth (2022), AER: Insights 4; Bilinski and Hatfield (2020), arXiv:1805.03273; Wellek (2010), Testing
Statistical Hypotheses of Equivalence, chapter 3.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from effekt.analysis import Analysis
from effekt.checks.base import Check
from effekt.checks.margins import in_units_of
from effekt.checks.placebo import Placebo, placebo_change, smaller_arm
from effekt.literals import Amount
from effekt.results import Finding, Verdict
from effekt.sample import Sample, Series, Weights

_LEVEL = 0.90

_ADVICE = {
    Verdict.PASS: "",
    Verdict.WARN: "uninformative: the pre-period is too short or the clusters too few to rule out the margin",
    Verdict.FAIL: "the groups moved apart before treatment: choose other comparisons or another design",
}


class PreTrends(Check):
    """``margin``: the largest placebo effect that would not matter, in the outcome's units or in SDs."""

    name: ClassVar[str] = "pre_trends"

    margin: Amount = Field(default=Amount.parse("0.2 sd"), description="largest placebo that would not matter")

    def examine(self, sample: Sample, weights: Weights, analysis: Analysis) -> list[Finding]:
        """Return one finding per outcome with a history; NOT_EVALUATED if there is none."""
        if not sample.history:
            return [self._not_evaluated("every outcome")]
        return [self._finding(sample, weights, name, series) for name, series in sample.history.items()]

    def _finding(self, sample: Sample, weights: Weights, name: str, history: Series) -> Finding:
        placebo = placebo_change(sample, weights, history)
        if placebo is None:
            return self._not_evaluated(name)
        margin = in_units_of(self.margin, unit=history.unit, spread=placebo.spread, check=self.name, key="margin")
        conditioned = name in sample.conditioned | weights.conditioned
        verdict = self._verdict(placebo, margin, conditioned=conditioned)
        return Finding(
            check=self.name,
            subject=name,
            value=placebo.value,
            threshold=margin,
            verdict=verdict,
            blocking=True,
            advice=_ADVICE.get(verdict, "the sample was chosen on this history, so a flat placebo says nothing"),
            unit=history.unit,
            persons=smaller_arm(sample, weights),
        )

    def _verdict(self, placebo: Placebo, margin: float, *, conditioned: bool) -> Verdict:
        if conditioned:
            return Verdict.NOT_INFORMATIVE
        return equivalence(value=placebo.value, std_error=placebo.std_error, df=placebo.df, margin=margin)

    def _not_evaluated(self, subject: str) -> Finding:
        return Finding(
            check=self.name,
            subject=subject,
            value=None,
            threshold=None,
            verdict=Verdict.NOT_EVALUATED,
            blocking=True,
            advice="two periods before the first start are needed to see a trend: add earlier periods",
        )


def equivalence(*, value: float, std_error: float | None, df: float | None, margin: float) -> Verdict:
    """Return the verdict of the 90% interval against the margin; df : infinite for the normal distribution."""
    from scipy.special import ndtri

    from effekt.numerics.student import t_quantile

    if std_error is None or df is None:
        return Verdict.WARN
    level = 0.5 + _LEVEL / 2
    half = (float(ndtri(level)) if np.isinf(df) else t_quantile(level, df)) * std_error
    low, high = value - half, value + half
    if -margin < low and high < margin:
        return Verdict.PASS
    excludes_zero = low > 0 or high < 0
    return Verdict.FAIL if excludes_zero and abs(value) > margin else Verdict.WARN
