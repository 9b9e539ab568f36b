r"""Placebo with time zero moved back: what the same analysis finds where there is nothing to be found.

Time zero of every record is moved back to when nobody was treated, covariates are measured anew before the moved day,
the adjustment is made anew on them, and the analysis is run on the outcome between the moved and the true time zero.
The verdict is an equivalence test with margin :math:`\delta`: PASS if the 90% interval

.. math:: \hat\tau \pm t_{0.95,\nu} \, \mathrm{se}(\hat\tau)

lies within :math:`\pm\delta`, FAIL if it excludes zero and :math:`|\hat\tau| > \delta`, else WARN: too imprecise to
tell. If the sample was selected on the placebo's outcome the comparison is flat by construction and the verdict is
NOT_INFORMATIVE, which never counts as support. The interval is that of the analysis itself, as R
``TOSTER::tsum_TOST`` would draw it.

Use it when treated and comparisons are chosen by what registers know of them.
Do not use it to prove that nothing else differs: what changed shortly before the true start is not in it.

References: Imbens and Wooldridge (2009), Journal of Economic Literature 47, section 5.11; Hartman and Hidalgo (2018),
American Journal of Political Science 62; Wellek (2010), Testing Statistical Hypotheses of Equivalence, chapter 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from effekt.analysis import Analysis
from effekt.checks.base import Check
from effekt.checks.margins import in_units_of
from effekt.checks.placebo import smaller_arm
from effekt.checks.pre_trends import equivalence
from effekt.errors import EffektError
from effekt.literals import Amount, in_unit
from effekt.results import Estimate, Finding, Verdict
from effekt.sample import Outcomes, Placebo, Sample, Weights

_ADVICE = {
    Verdict.PASS: "",
    Verdict.WARN: "uninformative: the placebo is too imprecise to rule out the margin",
    Verdict.FAIL: "the groups differed before anybody was treated: adjust for more, or choose other comparisons",
    Verdict.NOT_INFORMATIVE: "the sample was chosen on this outcome, so a flat placebo says nothing",
}


class PlaceboTime(Check):
    """``margin``: the largest effect before treatment that would not matter."""

    name: ClassVar[str] = "placebo"

    margin: Annotated[Amount, in_unit("pp", "sd")] = Field(
        default=Amount.parse("2pp"), description="largest placebo effect that would not matter"
    )

    def examine(self, sample: Sample, weights: Weights, analysis: Analysis) -> list[Finding]:
        """Return a finding per placebo and horizon; one NOT_EVALUATED that blocks nothing where there is none."""
        if not sample.placebos:
            advice = "there is no placebo: name one under `negative_controls`, with a `shift` of time zero"
            return [self._not_evaluated("every outcome", advice, blocking=False)]
        return [
            finding
            for name, placebo in sample.placebos.items()
            for finding in self._findings(sample, name, placebo, analysis)
        ]

    def _findings(self, sample: Sample, name: str, placebo: Placebo, analysis: Analysis) -> Iterator[Finding]:
        outcome = placebo.outcome or name
        subject = name if outcome == name else f"{outcome}, {name}"
        try:
            weights = analysis.weigh(placebo.sample)
            rows = analysis.estimate.estimate(placebo.sample, _as_outcomes(placebo, outcome), weights).rows
        except EffektError as error:
            advice = "look at the moved date, or move it less"
            yield self._not_evaluated(subject, f"{error.problems[0].sentence}; {advice}", blocking=True)
            return
        told = [row for row in rows if row.std_error is not None and row.horizon in {None, *placebo.series.time}]
        if not told:
            yield self._not_evaluated(subject, "the analysis gives no interval for it", blocking=True)
        conditioned = outcome in sample.conditioned | placebo.sample.conditioned
        for row in told:
            several = f"{subject}, {row.horizon}m" if len(told) > 1 else subject
            yield self._finding(several, row, placebo, weights, conditioned=conditioned)

    def _finding(
        self, subject: str, row: Estimate, placebo: Placebo, weights: Weights, *, conditioned: bool
    ) -> Finding:
        spread = float(np.nanstd(placebo.series.values[weights.kept], ddof=1))
        margin = in_units_of(self.margin, unit=placebo.series.unit, spread=spread, check=self.name, key="margin")
        verdict = equivalence(value=row.value, std_error=row.std_error, df=row.df or np.inf, margin=margin)
        if conditioned:
            verdict = Verdict.NOT_INFORMATIVE
        return Finding(
            check=self.name,
            subject=subject,
            value=row.value,
            threshold=margin,
            verdict=verdict,
            blocking=True,
            advice=_ADVICE[verdict],
            unit=placebo.series.unit,
            persons=smaller_arm(placebo.sample, weights),
        )

    def _not_evaluated(self, subject: str, advice: str, *, blocking: bool) -> Finding:
        return Finding(
            check=self.name,
            subject=subject,
            value=None,
            threshold=None,
            verdict=Verdict.NOT_EVALUATED,
            blocking=blocking,
            advice=advice,
        )


def _as_outcomes(placebo: Placebo, outcome: str) -> Outcomes:
    """Return the placebo's series in the place of outcomes; no freeze has opened them, and none is needed."""
    monthly = placebo.series.clock == "event" and placebo.series.time.min(initial=1.0) >= 1
    return Outcomes(
        series={outcome: placebo.series},
        paths={outcome: placebo.series} if monthly else {},
        sample_digest=placebo.sample.digest,
        freeze_digest="",
    )
