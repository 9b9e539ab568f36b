r"""Difference in (weighted) means between treated and comparisons.

.. math:: \hat\tau = \frac{\sum_i w_i D_i Y_i}{\sum_i w_i D_i}
   - \frac{\sum_i w_i (1-D_i) Y_i}{\sum_i w_i (1-D_i)}

With weights of one its HC2 standard error is Neyman's,
:math:`\sqrt{s_1^2/n_1 + s_0^2/n_0}`, and the Satterthwaite degrees of freedom are Welch's. Where several units were
assigned as one (offices, counties), CR2 with Satterthwaite degrees of freedom takes its place.

After ``adjust: exact`` the variance is that within the cells (Abadie and Imbens 2006, with cells for matches): what the
cells explain is not noise.

Use it when assignment was random, or after an adjustment that makes the groups comparable.
Do not use it with levels of groups that chose their treatment, or with two treated clusters.

References: Neyman (1923/1990), Statistical Science 5; Imbens and Rubin (2015), Causal Inference, eq. 6.17;
Imbens and Kolesar (2016), Review of Economics and Statistics 98. Agrees with R ``estimatr::difference_in_means``
and Stata ``ttest, unequal welch``.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from effekt.estimators.contrast import INFERENCES_OF_LEVELS, VcovKind, treatment_design
from effekt.estimators.levels import level_estimates
from effekt.method import Estimator
from effekt.results import Estimates
from effekt.sample import Array, Outcomes, Sample, Weights


class Difference(Estimator):
    """Difference in weighted means. ``cluster``: level of inference, by default the level of assignment."""

    method: Literal["difference"] = "difference"
    vcov: VcovKind = Field(default="auto", description="covariance of the two means")
    cluster: str = Field(default="auto", description="level of inference; auto = level of assignment")

    required_checks: ClassVar[tuple[str, ...]] = ("balance", "overlap", "clusters", "mde")
    inferences: ClassVar[tuple[str, ...]] = INFERENCES_OF_LEVELS

    def estimate(self, sample: Sample, outcomes: Outcomes, weights: Weights) -> Estimates:
        """Return one row per outcome and horizon; errors as in ``effekt.estimators.levels``."""

        def design(used: NDArray[np.bool_], w: Array) -> tuple[Array, list[str]]:
            return treatment_design(sample.treated[used]), ["(constant)", "treated"]

        return level_estimates(
            sample=sample,
            outcomes=outcomes,
            weights=weights,
            design=design,
            method=self.method,
            estimand=weights.estimand,
            vcov=self.vcov,
            cluster=self.cluster,
            cells=weights.group,
        )
