r"""Dilution: could an effect on those who take part be seen in the rate of everybody?

Where a programme reaches a share :math:`e` of those a rate is about, an effect of :math:`\delta` on a participant moves
the rate by :math:`e\delta`. The least effect per participant that the design could find is therefore

.. math:: \frac{\mathrm{MDE}}{e}, \qquad e = \bar x_1 - \bar x_0,

with the minimal detectable effect of the rate and the difference in mean dose (uptake as a share of persons) between
treated and comparison clusters. It warns if that is more than what is plausible for one participant: a null result
would then say nothing about the programme. It never suppresses an estimate that data were bought for; it is what
``plan`` stops on.

Agrees with Stata ``power twomeans`` for the rate, divided by the exposure.

Use it when counties are compared and few of the people behind their rates take part.
Do not use it with a dose per population if participants come from a small target group: the share exposed is too low.

References: Bloom (1984), Evaluation Review 8; Bloom (1995), Evaluation Review 19.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from effekt.analysis import Analysis
from effekt.checks.base import Check
from effekt.checks.mde import Mde
from effekt.literals import Amount, OrNone
from effekt.results import Finding, Verdict
from effekt.sample import Sample, Weights


class Dilution(Check):
    """``max_plausible``: the largest effect per participant that can be believed; none = only report."""

    name: ClassVar[str] = "dilution"

    max_plausible: Annotated[Amount | None, OrNone] = Field(
        default=None, description="largest plausible effect per participant"
    )

    def examine(self, sample: Sample, weights: Weights, analysis: Analysis) -> list[Finding]:
        """Return one finding per outcome that is a share and has a history; NOT_EVALUATED where there is none."""
        if sample.dose is None:
            return [self._not_evaluated("every outcome", "no dose says how many are exposed: declare one")]
        exposed = exposure(sample, weights)
        if exposed <= 0:
            advice = "uptake did not grow more where it should: there is no exposure to find an effect of"
            return [self._not_evaluated("every outcome", advice, Verdict.WARN)]
        found = [
            self._finding(finding, exposed)
            for finding in Mde().examine(sample, weights, analysis)
            if finding.unit == "share" and finding.value is not None
        ]
        advice = "needs an outcome that is a share, with two periods before the start"
        return found or [self._not_evaluated("every outcome", advice)]

    def _finding(self, mde: Finding, exposed: float) -> Finding:
        assert mde.value is not None
        least = mde.value / exposed
        limit = None if self.max_plausible is None else self.max_plausible.value
        diluted = limit is not None and least > limit
        advice = "too few are exposed: only an implausibly large effect per participant could be seen in the rates"
        return Finding(
            check=self.name,
            subject=mde.subject,
            value=least,
            threshold=limit,
            verdict=Verdict.WARN if diluted else Verdict.PASS,
            blocking=False,
            advice=advice if diluted else "",
            unit="share",
            persons=mde.persons,
        )

    def _not_evaluated(self, subject: str, advice: str, verdict: Verdict = Verdict.NOT_EVALUATED) -> Finding:
        return Finding(
            check=self.name,
            subject=subject,
            value=None,
            threshold=None,
            verdict=verdict,
            blocking=False,
            advice=advice,
        )


def exposure(sample: Sample, weights: Weights) -> float:
    """Mean dose of the treated less that of the comparisons; NaN doses are left out, and without any it is zero."""
    if sample.dose is None:
        return 0.0
    w, dose = weights.w * sample.sampling_weight, sample.dose
    seen = (w > 0) & np.isfinite(dose)
    arms = [seen & sample.treated, seen & ~sample.treated]
    if not all(arm.any() for arm in arms):
        return 0.0
    treated, comparison = (float(np.average(dose[arm], weights=w[arm])) for arm in arms)
    return treated - comparison
