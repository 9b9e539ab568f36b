"""Levels after time zero, compared unit by unit: what an experiment and a regression share.

Each outcome and horizon is one linear contrast; only the design matrix differs between the methods.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from effekt.errors import EstimationError, Problem
from effekt.estimators.contrast import Contrast, VcovKind, fit_contrast, refuse_single_cluster, treatment_design
from effekt.estimators.matched import MatchedVcov, fit_matched, matched_clusters, matched_part, refuse_abadie_imbens
from effekt.estimators.rows import behind_rows, cluster_codes, describe_groups, interval
from effekt.results import Estimate, Estimates
from effekt.sample import Array, Codes, Outcomes, Sample, Series, Weights

Design = Callable[[NDArray[np.bool_], Array], tuple[Array, list[str]]]
"""(used (n,) bool, w (n,)) -> regressors of the used rows, the treatment second, and their names."""


def level_estimates(
    *,
    sample: Sample,
    outcomes: Outcomes,
    weights: Weights,
    design: Design,
    method: str,
    estimand: str,
    vcov: MatchedVcov,
    cluster: str,
    cells: Codes | None = None,
    neighbours: int | None = None,
) -> Estimates:
    """Return one row per outcome and horizon, with its influence values.

    cells : (n,) codes the comparisons were weighted within; the variance is then that within cells. neighbours :
    records of the same arm behind a variance after matching; None = the design's own residuals.

    Raises
    ------
    EstimationError
        E306 if an arm is empty, E401 and E403 for clusters, E801 for collinear covariates, E804 without
        variation, E805 for a panel and for a variance that is not defined after this adjustment.
    """
    clusters = clusters_of(sample, weights, cluster)
    if vcov == "abadie_imbens" and (weights.matches is None or neighbours is None):
        raise refuse_abadie_imbens()
    rows, behind, influence = [], [], []
    for name, series in level_series(outcomes, method):
        for t in range(series.values.shape[1]):
            y = series.values[:, t]
            fitted = fit_level(
                sample=sample,
                weights=weights,
                y=y,
                outcome=name,
                clusters=clusters,
                design=design,
                vcov=vcov,
                cells=cells,
                neighbours=neighbours,
            )
            fit, used, w = fitted.contrast, fitted.used, fitted.w
            column = np.arange(series.values.shape[1]) == t
            groups = describe_groups(sample=sample, used=used, series=series, columns=column, w=w, clusters=clusters)
            rows.append(
                Estimate(
                    method=method,
                    estimand=estimand,
                    outcome=name,
                    horizon=horizon_of(series, t),
                    unit=series.unit,
                    value=fit.value,
                    inference=fit.inference,
                    **interval(
                        value=fit.value,
                        std_error=fit.std_error,
                        df=fit.df,
                        outcome=name,
                        scale=float(np.abs(y[used]).max()),
                    ),
                    **groups.fields(),
                )
            )
            behind.append(groups)
            influence.append(np.zeros(len(sample)))
            influence[-1][used] = len(sample) * fit.influence
    return Estimates(rows=tuple(rows), **behind_rows(behind), influence=np.column_stack(influence))


@dataclass(frozen=True, slots=True)
class Fitted:
    """A contrast, the records behind it (n,) bool, and their final weights (n,)."""

    contrast: Contrast
    used: NDArray[np.bool_]
    w: Array


def difference_design(sample: Sample) -> Design:
    """Return the design of a difference in means: a constant and the treatment."""

    def design(used: NDArray[np.bool_], w: Array) -> tuple[Array, list[str]]:
        return treatment_design(sample.treated[used]), ["(constant)", "treated"]

    return design


def fit_level(
    *,
    sample: Sample,
    weights: Weights,
    y: Array,
    outcome: str,
    clusters: Codes,
    design: Design,
    vcov: MatchedVcov = "auto",
    cells: Codes | None = None,
    neighbours: int | None = None,
) -> Fitted:
    """Compare y (n,), NaN = not observed, between treated and comparisons; keys as in :func:`level_estimates`."""
    seen = np.isfinite(y)
    w = balanced_again(weights, sample, seen)
    used = observed(sample, y, w, outcome)
    refuse_single_cluster(treated=sample.treated[used], clusters=clusters[used])
    if weights.matches is not None and neighbours is not None:
        part = matched_part(sample, weights, seen)
        fit = fit_matched(sample=sample, part=part, y=y, clusters=clusters, vcov=vcov, neighbours=neighbours)
        return Fitted(fit, used, w)
    X, names = design(used, w)
    residuals = _within(cells, y=y, w=w, treated=sample.treated, used=used)
    fit = fit_contrast(
        X=X,
        y=y[used],
        w=w[used],
        clusters=clusters[used],
        names=names,
        vcov=cast(VcovKind, vcov),
        residuals=residuals,
    )
    return Fitted(fit, used, w)


def clusters_of(sample: Sample, weights: Weights, cluster: str) -> Codes:
    """(n,) int: the level of inference, matched sets where that is what `auto` means after matching."""
    clusters = cluster_codes(sample, cluster)
    return clusters if weights.matches is None or cluster != "auto" else matched_clusters(sample, weights, clusters)


def balanced_again(weights: Weights, sample: Sample, used: NDArray[np.bool_]) -> Array:
    """Return final weights, made anew within cells or matched sets where outcomes are missing for some.

    Weights that balanced everybody do not balance those observed. Cells and sets that lost an arm are left out.
    """
    if weights.matches is not None:
        return matched_part(sample, weights, used).w
    w = weights.w * sample.sampling_weight
    used = used & (w > 0)
    if weights.group is None or not ((w > 0) & ~used).any():
        return w
    treated, size = sample.treated, int(weights.group.max()) + 1
    base = np.where(used, sample.sampling_weight, 0.0)
    n1 = np.bincount(weights.group, weights=base * treated, minlength=size)
    n0 = np.bincount(weights.group, weights=base * ~treated, minlength=size)
    both = (n1 > 0) & (n0 > 0)
    ratio = np.divide(n1, n0, out=np.zeros(size), where=both)
    return base * np.where(treated, both[weights.group], ratio[weights.group])


def _within(
    cells: Codes | None, *, y: Array, w: Array, treated: NDArray[np.bool_], used: NDArray[np.bool_]
) -> Array | None:
    """Return the residuals within cells of the used rows; None without cells."""
    from effekt.numerics.cells import cell_residuals

    if cells is None:
        return None
    return cell_residuals(y=y[used], treated=treated[used], w=w[used], cells=cells[used])


def level_series(outcomes: Outcomes, method: str) -> list[tuple[str, Series]]:
    """Return the outcomes of a study that compares levels after time zero; a panel is refused.

    Raises
    ------
    EstimationError
        E805 for outcomes on the calendar clock.
    """
    series = list(outcomes.series.items())
    if any(s.clock == "calendar" for _, s in series):
        raise EstimationError(
            Problem(
                code="E805",
                sentence=f"`{method}` compares levels at one time, and the table is a panel",
                help="use `twfe`, `event_study` or `collapsed_did`",
            )
        )
    return series


def horizon_of(series: Series, column: int) -> int | None:
    """Return periods since time zero; None where the outcome is measured once, at no stated time."""
    once = series.values.shape[1] == 1 and series.time[0] == 0
    return None if once else int(series.time[column])


def observed(sample: Sample, values: Array, w: Array, outcome: str) -> NDArray[np.bool_]:
    """(n,) bool: records that weigh something and whose outcome is observed.

    Raises
    ------
    EstimationError
        E306 if an arm is empty among them.
    """
    used = np.isfinite(values) & (w > 0)
    treated = sample.treated
    if not (used & treated).any() or not (used & ~treated).any():
        arm = "treated" if not (used & treated).any() else "comparison"
        raise EstimationError(
            Problem(
                code="E306",
                sentence=f"no {arm} with `{outcome}` observed is left",
                help="look at the flow and at how the outcome is measured",
                path=("prepared", "outcomes", outcome),
            )
        )
    return used
