r"""Linear regression of the outcome on treatment and covariates known at time zero.

.. math:: Y_i = \alpha + \tau D_i + X_i'\beta + \varepsilon_i, \qquad
   \text{or, with interactions,}\quad Y_i = \alpha + \tau D_i + X_i'\beta + D_i (X_i - \bar X)'\gamma + \varepsilon_i.

With ``interactions: treated`` the covariates are centred at the mean of the target group (all units for the
ATE, the treated for the ATT), so that the coefficient on treatment is that group's average effect (Lin 2013);
without, it is a variance-weighted average of effects (Angrist 1998).

Use it for precision in an experiment, or when selection is on the listed covariates and linear in them.
Do not use it to extrapolate: look at ``overlap`` first. Covariates measured after time zero are refused by design.

References: Lin (2013), Annals of Applied Statistics 7, eq. 3; Angrist (1998), Econometrica 66; Negi and
Wooldridge (2021), Econometric Reviews 40. Agrees with R ``estimatr::lm_lin`` and ``lm`` with ``sandwich``, and
with Stata ``regress, vce()``.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from effekt.errors import EstimationError, Problem
from effekt.estimators.contrast import INFERENCES_OF_LEVELS, VcovKind, treatment_design
from effekt.estimators.levels import level_estimates
from effekt.method import Estimator
from effekt.results import Estimates
from effekt.sample import Array, Outcomes, Sample, Weights


class Regression(Estimator):
    """Least squares on treatment and covariates; ``covariates`` empty = all of the sample's."""

    method: Literal["regression"] = "regression"
    covariates: tuple[str, ...] = Field(default=(), description="empty = every covariate of the sample")
    interactions: Literal["none", "treated"] = Field(default="none", description="Lin's interactions")
    vcov: VcovKind = Field(default="auto", description="covariance of the coefficients")
    cluster: str = Field(default="auto", description="level of inference; auto = level of assignment")

    required_checks: ClassVar[tuple[str, ...]] = ("balance", "overlap", "clusters", "mde")
    inferences: ClassVar[tuple[str, ...]] = INFERENCES_OF_LEVELS

    def estimate(self, sample: Sample, outcomes: Outcomes, weights: Weights) -> Estimates:
        """Return one row per outcome and horizon; errors as in ``effekt.estimators.levels``, and E202."""

        def design(used: NDArray[np.bool_], w: Array) -> tuple[Array, list[str]]:
            return self._design(sample, used, w, weights.estimand)

        return level_estimates(
            sample=sample,
            outcomes=outcomes,
            weights=weights,
            design=design,
            method=self.method,
            estimand=weights.estimand if self.interactions == "treated" else f"VW{weights.estimand}",
            vcov=self.vcov,
            cluster=self.cluster,
        )

    def _design(self, sample: Sample, used: NDArray[np.bool_], w: Array, estimand: str) -> tuple[Array, list[str]]:
        """(n used, k) regressors and their names; the treatment stands second."""
        names = list(self.covariates) or [str(c) for c in sample.baseline.columns]
        self._refuse_unknown(sample, names)
        x = sample.baseline[names].to_numpy(dtype=np.float64)[used]
        treated = sample.treated[used]
        design = [treatment_design(treated), x]
        if self.interactions == "treated":
            target = w[used] if estimand == "ATE" else w[used] * treated
            design.append((x - target @ x / target.sum()) * treated[:, None])
            names = [*names, *(f"treated x {n}" for n in names)]
        return np.hstack(design), ["(constant)", "treated", *names]

    def _refuse_unknown(self, sample: Sample, names: list[str]) -> None:
        unknown = [n for n in names if n not in sample.baseline]
        if unknown:
            raise EstimationError(
                Problem(
                    code="E202",
                    sentence=f"regression on `{unknown[0]}`, which is not among the covariates",
                    help=f"add `{unknown[0]}` to `covariates`",
                    note=f"covariates: {', '.join(map(str, sample.baseline.columns))}",
                )
            )
