r"""Difference in (weighted) means between treated and comparisons.

.. math:: \hat\tau = \frac{\sum_i w_i D_i Y_i}{\sum_i w_i D_i}
   - \frac{\sum_i w_i (1-D_i) Y_i}{\sum_i w_i (1-D_i)}

With weights of one its HC2 standard error is Neyman's,
:math:`\sqrt{s_1^2/n_1 + s_0^2/n_0}`, and the Satterthwaite degrees of freedom are Welch's. Where several units were
assigned as one (offices, counties), CR2 with Satterthwaite degrees of freedom takes its place.

After ``adjust: exact`` the variance is that within the cells (Abadie and Imbens 2006, with cells for matches): what the
cells explain is not noise.

After ``adjust: nearest``, with replacement and one record per person, the variance is
Abadie and Imbens's (2006, theorem 7) for the population's ATT,

.. math:: \hat V = \frac{1}{N_1^2} \Big[ \sum_{D_i=1} (Y_i - \hat Y_i(0) - \hat\tau)^2
   + \sum_{D_j=0} \big(K_j^2 - \textstyle\sum_i s_{ij}^2\big) \hat\sigma_j^2 \Big],

with :math:`s_{ij}` the share of comparison :math:`j` in the set of :math:`i`, :math:`K_j = \sum_i s_{ij}` and
:math:`\hat\sigma_j^2` the variance among :math:`j` and the ``neighbours`` comparisons nearest to it. The score is taken
as known, which for the ATT may err on either side (Abadie and Imbens 2016). Without replacement, CR2 by matched set.
With several records per person, or where offices assigned, the matching weights are taken as fixed: CR2 by person or
office of the influence values :math:`w_i (Y_i - \hat\mu_0(x_i) - D_i \hat\tau)`, where :math:`\hat\mu_0` is the mean
of the ten nearest comparisons of other persons.

Use it when assignment was random, or after an adjustment that makes the groups comparable.
Do not use it with levels of groups that chose their treatment, or with two treated clusters.

References: Neyman (1923/1990), Statistical Science 5; Imbens and Rubin (2015), Causal Inference, eq. 6.17;
Imbens and Kolesar (2016), Review of Economics and Statistics 98; Abadie and Imbens (2006), Econometrica 74; Abadie and
Spiess (2022), JASA 117. Agrees with R ``estimatr::difference_in_means``
and Stata ``ttest, unequal welch``.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from effekt.estimators.contrast import INFERENCES_OF_LEVELS
from effekt.estimators.levels import difference_design, level_estimates
from effekt.estimators.matched import ABADIE_IMBENS, NEIGHBOURS, MatchedVcov
from effekt.method import Estimator
from effekt.results import Estimates
from effekt.sample import Outcomes, Sample, Weights


class Difference(Estimator):
    """Difference in weighted means. ``cluster``: level of inference, by default the level of assignment."""

    method: Literal["difference"] = "difference"
    vcov: MatchedVcov = Field(default="auto", description="covariance of the two means")
    neighbours: int = Field(
        default=NEIGHBOURS, ge=1, description="records of the same arm behind a matched record's variance"
    )
    cluster: str = Field(default="auto", description="level of inference; auto = level of assignment")

    required_checks: ClassVar[tuple[str, ...]] = ("balance", "overlap", "clusters", "mde")
    inferences: ClassVar[tuple[str, ...]] = (*INFERENCES_OF_LEVELS, ABADIE_IMBENS)

    def estimate(self, sample: Sample, outcomes: Outcomes, weights: Weights) -> Estimates:
        """Return one row per outcome and horizon; errors as in ``effekt.estimators.levels``."""
        return level_estimates(
            sample=sample,
            outcomes=outcomes,
            weights=weights,
            design=difference_design(sample),
            method=self.method,
            estimand=weights.estimand,
            vcov=self.vcov,
            cluster=self.cluster,
            cells=weights.group,
            neighbours=self.neighbours,
        )
