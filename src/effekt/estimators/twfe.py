r"""Static two-way fixed effects.

.. math:: Y_{it} = \alpha_i + \lambda_t + \tau D_{it} + \varepsilon_{it}

On a balanced panel the effects are taken out in closed form; otherwise by alternating projections (pyhdfe). With
one start date :math:`\tau` is the ATT. With staggered starts it is a variance-weighted average in which already
treated units serve as comparisons, possibly with negative weights; the estimand is then labelled ``VWATT`` and
must not be read as an average effect unless effects are constant.

``CR1S`` (default) multiplies the cluster-robust variance by :math:`\frac{G}{G-1}\frac{N-1}{N-K}`, where :math:`K`
counts the treatment and the time effects; unit effects are nested in the clusters and not counted. ``CR1`` is
:math:`G/(G-1)` alone, ``CR0`` neither; tests use t(G-1). ``CR2`` and ``CR3`` need the effects as dummies and are
for small panels.

Use it for one start date with many clusters, or to reproduce a published number.
Do not use it with few treated clusters (``collapsed_did``) or as the main result of a staggered design.

References: Wooldridge (2021), Two-way fixed effects, the two-way Mundlak regression, eq. 2.3; Goodman-Bacon
(2021), Journal of Econometrics 225, theorem 1; Cameron and Miller (2015), JHR 50. Agrees with R
``fixest::feols(y ~ d | unit + time, cluster)`` and Stata ``reghdfe``.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from effekt.errors import EstimationError, Problem
from effekt.estimators.contrast import inference_name, refuse_single_cluster
from effekt.estimators.panels import Panel, panel_of, refuse_no_window
from effekt.estimators.rows import Groups, behind_rows, cluster_codes, describe_groups, interval
from effekt.estimators.two_way import TwoWayFit, fit_two_way, long_form
from effekt.method import Estimator
from effekt.results import Estimate, Estimates
from effekt.sample import Array, Codes, Outcomes, Sample, Weights


class Twfe(Estimator):
    """Two-way fixed effects. ``vcov``: the cluster-robust variance; ``cluster``: its level."""

    method: Literal["twfe"] = "twfe"
    vcov: Literal["CR0", "CR1", "CR1S", "CR2", "CR3"] = Field(default="CR1S", description="cluster-robust variance")
    cluster: str = Field(default="auto", description="level of inference; auto = level of assignment")

    required_checks: ClassVar[tuple[str, ...]] = ("clusters", "pre_trends", "mde")
    inferences: ClassVar[tuple[str, ...]] = tuple(inference_name(k) for k in ("CR0", "CR1", "CR1S", "CR2", "CR3"))

    def estimate(self, sample: Sample, outcomes: Outcomes, weights: Weights) -> Estimates:
        """Return one row per outcome.

        Raises
        ------
        EstimationError
            E306 and E307 without treated, comparison or period; E401, E403 for clusters; E804 without variation;
            E805 for anticipation with staggered starts; E808 if CR2 or CR3 is asked of a large panel.
        """
        parts = [self._one(sample, panel_of(sample, outcomes, weights, n), weights) for n in outcomes.series]
        rows, behind, influence = zip(*parts, strict=True)
        return Estimates(rows=rows, **behind_rows(behind), influence=np.column_stack(influence))

    def _one(self, sample: Sample, panel: Panel, weights: Weights) -> tuple[Estimate, Groups, Array]:
        refuse_no_window(panel)
        clusters = cluster_codes(sample, self.cluster)
        treatment = treated_periods(panel)
        rows = long_form(panel=panel, clusters=clusters, keep=~anticipated(panel))
        d = treatment[rows.unit, rows.period].astype(np.float64)
        comparison = comparisons(panel)
        _refuse_single_cluster(np.asarray(treatment.any(axis=1))[rows.unit], rows.cluster)
        fit = fit_two_way(columns=d[:, None], names=["treated"], rows=rows, vcov=self.vcov)
        groups = describe_groups(
            sample=sample,
            used=panel.used,
            series=panel.series,
            columns=panel.time >= panel.cohorts[0],
            w=panel.w,
            clusters=clusters,
            comparison=comparison,
        )
        row = Estimate(
            method=self.method,
            estimand=weights.estimand if len(panel.cohorts) == 1 else f"VW{weights.estimand}",
            outcome=panel.name,
            unit=panel.series.unit,
            value=float(fit.beta[0]),
            inference=inference_name(self.vcov),
            **interval(
                value=float(fit.beta[0]),
                std_error=float(fit.std_errors[0]),
                df=float(fit.df[0]),
                outcome=panel.name,
                scale=panel.scale,
            ),
            **groups.fields(),
        )
        return row, groups, unit_influence(fit, rows.unit, len(sample))[:, 0]


def _refuse_single_cluster(ever_treated: NDArray[np.bool_], clusters: Codes) -> None:
    """Refuse a single treated or untreated cluster; where all are treated in the end, each is both in turn.

    ever_treated : (N,) bool, whether the row's unit is treated in any period.
    """
    if not ever_treated.all():
        refuse_single_cluster(treated=ever_treated, clusters=clusters)


def treated_periods(panel: Panel) -> NDArray[np.bool_]:
    """(n, T) bool: treated in the period; false for the never treated."""
    with np.errstate(invalid="ignore"):
        return np.asarray(panel.time[None, :] >= panel.start[:, None])


def anticipated(panel: Panel) -> NDArray[np.bool_]:
    """(T,) bool: periods in which units may already react, which count as neither before nor after.

    Raises
    ------
    EstimationError
        E805 with staggered starts, where these periods differ between units.
    """
    if panel.anticipation == 0:
        return np.zeros(len(panel.time), dtype=bool)
    if len(panel.cohorts) > 1:
        raise EstimationError(
            Problem(
                code="E805",
                sentence="anticipation with staggered starts is not supported by two-way fixed effects",
                help="write `anticipation: 0`, or keep one cohort and the never treated",
                path=("prepared", "anticipation"),
            )
        )
    start = panel.cohorts[0]
    return np.asarray((panel.time >= start - panel.anticipation) & (panel.time < start))


def comparisons(panel: Panel) -> NDArray[np.bool_]:
    """(n,) bool: the never treated; where there are none, those treated after the first cohort.

    Raises
    ------
    EstimationError
        E306 if everybody starts at once.
    """
    never = panel.used & np.isnan(panel.start)
    if never.any():
        return never
    later = panel.used & (panel.start > panel.cohorts[0])
    if not later.any():
        raise EstimationError(
            Problem(
                code="E306",
                sentence="every unit is treated from the same period, so nobody is left to compare with",
                help="add units that are never treated, or treated later",
            )
        )
    return np.asarray(later)


def unit_influence(fit: TwoWayFit, unit: NDArray[np.int64], n: int) -> Array:
    """(n, k): influence of each record, summed over its periods; the mean convention of ``Estimates``."""
    columns = [np.bincount(unit, weights=fit.influence[:, j], minlength=n) for j in range(fit.influence.shape[1])]
    return np.asarray(n * np.column_stack(columns), dtype=np.float64)
