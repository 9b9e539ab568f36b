"""Least squares by blocked QR, with a rank check that names the covariate instead of dropping it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from effekt.errors import EstimationError, Problem
from effekt.numerics.arrays import Floats, solve_upper, triangular_factor

RANK_TOLERANCE = 1e-7
"""A column nearer than this (relative to its length) to the span of the others is collinear; R's `lm` uses the same."""

_MENTION = 1e-6
"""Share of a column's length an earlier column must explain before it is named."""


@dataclass(frozen=True, slots=True)
class OlsFit:
    """Weighted least squares.

    beta : (k,), or (k, m) for m left-hand sides; residuals : (n,) or (n, m), unweighted y - X beta;
    bread : (k, k) inverse of X'WX; rank : k (a deficient X is refused); df_resid : rows of positive weight -
    k.
    """

    beta: Floats
    residuals: Floats
    bread: Floats
    rank: int
    df_resid: int


def fit_ols(*, X: Floats, y: Floats, w: Floats | None = None, names: Sequence[str] | None = None) -> OlsFit:
    """Weighted least squares of y on X (which carries its own constant), as R `lm(y ~ X, weights = w)`.

    X : (n, k); y : (n,) or (n, m); w : (n,) >= 0, in any scale; names : k, used in the refusal.
    One QR of [X, y] serves coefficients and bread (Golub and Van Loan 2013, section 5.3.2), so that beta
    loses cond(X) and not its square. Raises E801 naming a constant or collinear covariate, E803 if rows are
    too few.
    """
    k = X.shape[1]
    n_used = X.shape[0] if w is None else int(np.count_nonzero(w))
    if n_used < k:
        raise EstimationError(
            Problem(code="E803", sentence=f"{n_used} rows cannot carry a regression with {k} coefficients")
        )
    left = y.reshape(y.shape[0], -1)
    triangle = triangular_factor(X=X, w=w, extra=left)
    R = triangle[:k, :k]
    refuse_collinear(R=R, names=names)
    beta = solve_upper(R, triangle[:k, k:]).reshape(k, *y.shape[1:])
    inverse = solve_upper(R, np.eye(k))
    return OlsFit(beta, y - X @ beta, inverse @ inverse.T, k, n_used - k)


def refuse_collinear(*, R: Floats, names: Sequence[str] | None = None) -> None:
    """Raise E801 if the columns behind the triangular factor R (k, k) are linearly dependent.

    Rank by pivoted QR of R with its columns scaled to unit length (R's columns are as long as those of X);
    the culprit is then the first column that earlier ones explain, which is the one an analyst would take
    out.
    """
    lengths = np.linalg.norm(R, axis=0)
    named = [names[j] if names is not None else f"column {j + 1}" for j in range(R.shape[1])]
    empty = np.flatnonzero(lengths == 0.0)
    if empty.size:
        raise EstimationError(
            Problem(
                code="E801",
                sentence=f"covariate {named[int(empty[0])]!r} is zero in every row",
                help=f"take {named[int(empty[0])]!r} out",
            )
        )
    unit = R / lengths
    pivots = np.abs(np.diag(scipy.linalg.qr(unit, mode="r", pivoting=True, check_finite=False)[0]))
    if pivots[-1] > RANK_TOLERANCE * pivots[0]:
        return
    column, partners = _first_dependent(unit)
    raise EstimationError(_collinear(named[column], [named[j] for j in partners]))


def _first_dependent(unit: Floats) -> tuple[int, list[int]]:
    """Find the first column explained by earlier ones, and which of those it needs; ``unit`` (k, k) triangular."""
    distance = np.abs(np.diag(unit))
    near = np.flatnonzero(distance <= RANK_TOLERANCE)
    # A pivoted QR can find a dependence that no single diagonal shows; then the smallest distance is the
    # suspect.
    column = int(near[0]) if near.size else int(np.argmin(distance))
    coefficients = solve_upper(unit[:column, :column], unit[:column, column])
    return column, [int(j) for j in np.flatnonzero(np.abs(coefficients) > _MENTION)]


def _collinear(name: str, partners: list[str]) -> Problem:
    """Say which covariate is explained by which others."""
    if not partners:
        return Problem(code="E801", sentence=f"covariate {name!r} carries no information", help=f"take {name!r} out")
    alone = "is constant or proportional to" if len(partners) == 1 else "is a linear combination of"
    return Problem(
        code="E801",
        sentence=f"covariate {name!r} {alone} {', '.join(repr(p) for p in partners)}",
        help=f"take {name!r} out, or one of the others",
        note="collinear covariates are refused, never dropped silently",
    )
