r"""Minimal detectable effect: what could this design have found?

.. math:: \mathrm{MDE} = (t_{1-\alpha/2, \nu} + t_{p, \nu}) \, \mathrm{se}

for power :math:`p` and :math:`\alpha = 0.05`. Where changes are compared the standard error is that of the placebo
comparison of the two halves of the pre-period, on the assigned clusters, with Bell-McCaffrey degrees of freedom.
Where levels are compared, or without a history, it is in standard deviations of the outcome,
:math:`\sqrt{1/n_1 + 1/n_0}` with effective numbers of assigned clusters: how a past changed says little of how an
outcome at one time varies. A limit in points is then held against the SD of a share of 50 percent, 0.5: no share
varies more, so what passes could be found. Low power warns; it never suppresses an estimate that data were bought for.

Agrees with Stata ``power twomeans`` for large groups.

Use it when a result may be null: what could have been found stands beside it.
Do not use it after the fact with the estimated effect: power at the estimate says nothing new.

References: Bloom (1995), Evaluation Review 19; Djimeu and Houndolo (2016), Journal of Development Effectiveness 8.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from effekt.analysis import Analysis
from effekt.checks.base import Check
from effekt.checks.margins import in_units_of
from effekt.checks.placebo import placebo_change, smaller_arm
from effekt.estimators.changes import assigned_clusters
from effekt.literals import Amount, OrNone
from effekt.results import Finding, Verdict
from effekt.sample import Sample, Series, Weights

_MOST_SPREAD = 0.5
"""The SD of a yes or no that half have."""


class Mde(Check):
    """``power``: asked for. ``detectable``: the largest MDE that still answers the question; none = only report.

    A study on registers takes its `smallest_relevant` for it, unless it says otherwise.
    """

    name: ClassVar[str] = "mde"

    power: Amount = Field(default=Amount.parse("80%"), description="probability to find the effect")
    detectable: Annotated[Amount | None, OrNone] = Field(default=None, description="largest useful MDE")

    def examine(self, sample: Sample, weights: Weights, analysis: Analysis) -> list[Finding]:
        """Return one finding per outcome with a history where changes are compared, else one in SDs."""
        # What rests on trends compares changes; the error of a change is not that of a level.
        if sample.history and "pre_trends" in analysis.required_checks:
            return [self._from_history(sample, weights, name, series) for name, series in sample.history.items()]
        return [self._in_standard_deviations(sample, weights)]

    def _from_history(self, sample: Sample, weights: Weights, name: str, history: Series) -> Finding:
        placebo = placebo_change(sample, weights, history)
        if placebo is None or not placebo.std_error or not placebo.df:
            return self._finding(name, None, None, history.unit, None)
        limit = None
        if self.detectable is not None:
            limit = in_units_of(
                self.detectable, unit=history.unit, spread=placebo.spread, check=self.name, key="detectable"
            )
        return self._finding(
            name, self._mde(placebo.std_error, placebo.df), limit, history.unit, smaller_arm(sample, weights)
        )

    def _in_standard_deviations(self, sample: Sample, weights: Weights) -> Finding:
        from effekt.numerics.balance import effective_sample_size

        treated, w = assigned_clusters(sample, weights)
        if len(treated) <= 2:
            return self._finding("every outcome", None, None, "sd", None)
        of_persons = sample.grain == "person" and len(treated) == int(weights.kept.sum())
        effective = effective_sample_size(w[treated]), effective_sample_size(w[~treated])
        numbers = *effective, int(treated.sum()), int((~treated).sum())
        mde = self._in_sd(*numbers)
        if self.detectable is not None and self.detectable.unit not in {"sd", "pp", "%"}:
            finding = self._not_comparable(mde, smaller_arm(sample, weights))
        else:
            limit = None if self.detectable is None else self._limit_in_sd(self.detectable)
            finding = self._finding("every outcome", mde, limit, "sd", smaller_arm(sample, weights))
        # It is a function of the persons in both arms and of nothing else.
        return replace(finding, counts=numbers, formula=self._in_sd) if of_persons else finding

    @staticmethod
    def _limit_in_sd(detectable: Amount) -> float:
        """Return the limit in SDs; one in points as if the share were 50%, where shares vary most."""
        return detectable.value if detectable.unit == "sd" else detectable.value / _MOST_SPREAD

    def _in_sd(
        self, effective_treated: float, effective_comparison: float, n_treated: float, n_comparison: float
    ) -> float:
        """Return the MDE in SDs of an outcome that varies alike in both arms."""
        error = float(np.sqrt(1 / effective_treated + 1 / effective_comparison))
        return self._mde(error, n_treated + n_comparison - 2)

    def _not_comparable(self, mde: float, persons: int | None) -> Finding:
        return Finding(
            check=self.name,
            subject="every outcome",
            value=mde,
            threshold=None,
            verdict=Verdict.NOT_EVALUATED,
            blocking=False,
            advice="the spread of the outcome's level is not known: write `detectable` in SDs, as `0.2 sd`",
            unit="sd",
            persons=persons,
        )

    def _mde(self, std_error: float, df: float) -> float:
        from effekt.numerics.power import minimum_detectable_effect

        return minimum_detectable_effect(std_error=std_error, df=df, power=self.power.value)

    def _finding(
        self, subject: str, value: float | None, limit: float | None, unit: str, persons: int | None
    ) -> Finding:
        if value is None:
            verdict, advice = Verdict.NOT_EVALUATED, "too few periods or clusters before the start to tell"
        elif limit is not None and value > limit:
            verdict, advice = Verdict.WARN, "effects of the size that matters may go unseen; say so beside the result"
        else:
            verdict, advice = Verdict.PASS, ""
        return Finding(
            check=self.name,
            subject=subject,
            value=value,
            threshold=limit,
            verdict=verdict,
            blocking=False,
            advice=advice,
            unit=unit,
            persons=persons,
        )
