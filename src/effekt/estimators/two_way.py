"""Regression with unit and time effects on a long panel: what static TWFE and the event study share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from effekt.errors import EstimationError, Problem
from effekt.estimators.panels import Panel
from effekt.sample import Array, Codes

ClusterVcov = Literal["CR0", "CR1", "CR1S", "CR2", "CR3"]

_DUMMY_FLOATS = 20_000_000
"""Largest dummy matrix (160 MB) that CR2 and CR3, which cannot absorb time effects, may build."""


@dataclass(frozen=True, slots=True)
class LongForm:
    """Observed cells of a panel, one row each. unit, period, cluster : (N,) codes; y, w : (N,); shape : units, periods.

    complete : every unit in use has every period, so that rows are a matrix of that shape.
    """

    unit: Codes
    period: Codes
    cluster: Codes
    y: Array
    w: Array
    shape: tuple[int, int]
    complete: bool


@dataclass(frozen=True, slots=True)
class TwoWayFit:
    """beta, std_errors, df : (k,); influence : (N, k), the estimates minus their targets are their SUM."""

    beta: Array
    std_errors: Array
    df: Array
    influence: Array


def long_form(*, panel: Panel, clusters: Codes, keep: NDArray[np.bool_]) -> LongForm:
    """Return the observed cells of units in use in the periods to keep. keep : (T,) bool."""
    units, periods = np.flatnonzero(panel.used), np.flatnonzero(keep)
    values = panel.values[np.ix_(units, periods)]
    row, column = np.nonzero(np.isfinite(values))
    return LongForm(
        unit=units[row],
        period=periods[column],
        cluster=clusters[units[row]],
        y=values[row, column],
        w=panel.w[units[row]],
        shape=values.shape,
        complete=len(row) == values.size,
    )


def fit_two_way(*, columns: Array, names: list[str], rows: LongForm, vcov: ClusterVcov) -> TwoWayFit:
    """Regress y on ``columns`` (N, k) with unit and time effects; cluster-robust covariance.

    CR1S counts k and the time effects (a constant among them); the unit effects are nested in the clusters
    (R ``fixest`` ``fixef.K = "nested"``, Stata ``reghdfe``). Agrees with both to machine precision.

    Raises
    ------
    EstimationError
        E801 naming a column that the effects or other columns explain; E808 for CR2 or CR3 on a large panel.
    """
    from effekt.numerics.ols import fit_ols
    from effekt.numerics.vcov import vcov_cr

    k = columns.shape[1]
    absorbed = _absorb(np.column_stack([columns, rows.y]), rows)
    x, y = absorbed[:, :k], absorbed[:, k]
    _refuse_explained(x, columns, names)
    fit = fit_ols(X=x, y=y, w=rows.w, names=names)
    exact = vcov in {"CR2", "CR3"}
    design = _with_dummies(columns, rows) if exact else x
    v = vcov_cr(
        X=design,
        residuals=fit.residuals,
        cluster=rows.cluster,
        w=rows.w,
        kind=vcov,
        n_params=k + len(np.unique(rows.period)),
        contrasts=np.eye(k, design.shape[1]),
        with_df=vcov == "CR2",
    )
    df = v.df if vcov == "CR2" else np.full(k, float(v.n_clusters - 1))
    influence = (x @ fit.bread) * (rows.w * fit.residuals)[:, None]
    return TwoWayFit(fit.beta, v.std_errors, df, influence)


def _absorb(columns: Array, rows: LongForm) -> Array:
    """Residuals (N, q) from unit and time effects: closed form if complete, else alternating projections."""
    from effekt.numerics.within import absorb, two_way_demean

    even = bool(np.ptp(rows.w) == 0)
    if rows.complete:
        n, T = rows.shape
        cube = columns.T.reshape(-1, n, T)
        demeaned = two_way_demean(values=cube, w=None if even else rows.w.reshape(n, T)[:, 0])
        return np.ascontiguousarray(demeaned.reshape(-1, n * T).T)
    effects = np.column_stack([rows.unit, rows.period])
    return absorb(values=columns, effects=effects, w=None if even else rows.w).values


def _refuse_explained(x: Array, columns: Array, names: list[str]) -> None:
    """Refuse a column of which the effects leave nothing: rounding would then pass for variation."""
    left, size = np.linalg.norm(x, axis=0), np.linalg.norm(columns, axis=0)
    explained = np.flatnonzero(left <= 1e-9 * np.maximum(size, 1e-300))
    if explained.size:
        raise EstimationError(
            Problem(
                code="E804",
                sentence=f"unit and time effects explain `{names[int(explained[0])]}` entirely",
                help="add units that are treated at another time or never, or periods on both sides of the start",
            )
        )


def _with_dummies(columns: Array, rows: LongForm) -> Array:
    """(N, k + units + periods - 1): the columns with every effect as a dummy."""
    unit = np.unique(rows.unit, return_inverse=True)[1]
    period = np.unique(rows.period, return_inverse=True)[1]
    n, T = int(unit.max()) + 1, int(period.max()) + 1
    if len(unit) * (n + T) > _DUMMY_FLOATS:
        raise EstimationError(
            Problem(
                code="E808",
                sentence=f"CR2 and CR3 need every fixed effect as a column, and {n} units are too many",
                help="use `vcov: CR1S`, or `collapsed_did` for one start date",
            )
        )
    dummies = np.zeros((len(unit), n + T - 1))
    dummies[np.arange(len(unit)), unit] = 1.0
    later = period > 0
    dummies[np.flatnonzero(later), n + period[later] - 1] = 1.0
    return np.hstack([columns, dummies])
