"""Absorbing fixed effects: in closed form on balanced panels, by pyhdfe on everything else."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effekt.errors import EstimationError, Problem
from effekt.numerics.arrays import Floats, Groups, group_rows, group_sums

_LEFT_OVER = 1e-9
"""Largest group mean, in standard deviations of the column, that absorbed values may keep."""


@dataclass(frozen=True, slots=True)
class Absorbed:
    """Residuals from fixed effects.

    values : (n, q); df_absorbed : parameters the effects use up (a constant among them); df_exact : False if
    that is an upper bound (three or more sets of effects, where redundancies are counted pairwise);
    n_singletons : rows alone in a level: they are kept, their residual is zero and their level is counted in
    df_absorbed.
    """

    values: Floats
    df_absorbed: int
    df_exact: bool
    n_singletons: int


def two_way_demean(*, values: Floats, w: Floats | None = None) -> Floats:
    """Residuals from unit and time effects on a balanced panel: v_it - v_i. - v_.t + v_.. (Wooldridge 2021, eq. 2.3).

    values : (..., n, T) without NaN, units by times; w : (n,) weights of units. Weights that do not vary over
    time leave the unit means alone and weigh the time means, which keeps the projection in closed form. Uses
    up n + T - 1 degrees of freedom.
    """
    if not np.all(np.isfinite(values)):
        raise ValueError("two_way_demean is for balanced panels: NaN means use absorb()")
    centred = values - values.mean(axis=-1, keepdims=True)
    if w is None:
        demeaned: Floats = centred - centred.mean(axis=-2, keepdims=True)
        return demeaned
    share = (w / w.sum())[:, None]
    weighted: Floats = centred - np.sum(share * centred, axis=-2, keepdims=True)
    return weighted


def absorb(*, values: Floats, effects: NDArray[Any], w: Floats | None = None) -> Absorbed:
    """Residuals of each column from any number of fixed effects, weighted or not, as R `fixest::demean`.

    values : (n, q) or (n,); effects : (n, d) labels; w : (n,) > 0. pyhdfe drops singletons unless told not
    to, counts df without them either way, and stops on an absolute change; hence nothing is dropped, df are
    counted here (levels minus connected components, Abowd, Creecy and Kramarz 2002), columns go in with unit
    spread, and the residual group means are checked afterwards (E806).
    """
    columns = values.reshape(values.shape[0], -1)
    labels = effects.reshape(values.shape[0], -1)
    levels = [group_rows(labels[:, j]) for j in range(labels.shape[1])]
    # A set of effects with one level is the constant, which any other set contains.
    levels = [g for g in levels if g.n_groups > 1] or levels[:1]
    weights = np.ones(columns.shape[0]) if w is None else w
    mean = weights @ columns / weights.sum()
    spread = np.sqrt(weights @ (columns - mean) ** 2 / weights.sum())
    spread = np.where(spread > 0.0, spread, 1.0)
    residuals = _residualise((columns - mean) / spread, levels, w)
    _check_absorbed(residuals, levels, weights)
    df, exact = _absorbed_df(levels)
    alone = np.any([g.counts[g.codes] == 1 for g in levels], axis=0)
    return Absorbed((residuals * spread).reshape(columns.shape), df, exact, int(np.count_nonzero(alone)))


def _residualise(columns: Floats, levels: list[Groups], w: Floats | None) -> Floats:
    """Run pyhdfe: group means for one set, conjugate gradients for several, plain projections with weights."""
    import pyhdfe

    options: dict[str, Any] = {} if len(levels) == 1 else {"tol": 1e-13, "iteration_limit": 100_000}
    if len(levels) > 1 and w is not None:
        # pyhdfe's accelerated projections refuse weights and its dummy method applies them to one side only.
        options |= {"acceleration": "none", "transform": "symmetric"}
    algorithm = pyhdfe.create(
        np.column_stack([g.codes for g in levels]),
        drop_singletons=False,
        compute_degrees=False,
        residualize_method="within" if len(levels) == 1 else "map",
        options=options,
    )
    with warnings.catch_warnings():
        # A column that the effects explain entirely makes pyhdfe divide zero by zero; the check below judges
        # it.
        warnings.simplefilter("ignore", RuntimeWarning)
        residuals = algorithm.residualize(columns, None if w is None else w[:, None])
    return np.nan_to_num(np.asarray(residuals, dtype=np.float64))


def _check_absorbed(residuals: Floats, levels: list[Groups], weights: Floats) -> None:
    """Raise E806 unless every group mean is gone."""
    for groups in levels:
        totals = group_sums(values=residuals * weights[:, None], groups=groups)
        means = totals / group_sums(values=weights, groups=groups)[:, None]
        if np.max(np.abs(means)) > _LEFT_OVER:
            raise EstimationError(
                Problem(
                    code="E806",
                    sentence="the fixed effects could not be absorbed: the alternating projections did not converge",
                    help="use a coarser set of effects, or units that move between more of their levels",
                )
            )


def _absorbed_df(levels: list[Groups]) -> tuple[int, bool]:
    """Parameters used by the effects: levels less the redundant ones; exact up to two sets."""
    df = levels[0].n_groups
    for position, groups in enumerate(levels[1:], start=1):
        df += groups.n_groups - max(_components(groups, other) for other in levels[:position])
    return df, len(levels) <= 2


def _components(first: Groups, second: Groups) -> int:
    """Count connected components of the graph whose edges are the rows and whose nodes are the levels."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = first.n_groups + second.n_groups
    edges = (np.ones(first.codes.size), (first.codes, first.n_groups + second.codes))
    return int(connected_components(coo_array(edges, shape=(size, size)), directed=False, return_labels=False))
