"""Logit by blocked Newton steps (IRLS), refusing covariates it cannot price instead of returning nonsense.

Rows are standardised, weighted and multiplied block by block, so that apart from the data and the fitted values
nothing of size n is held, and each block stays in cache between its five uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy import special

from effekt.errors import EstimationError, Problem
from effekt.numerics.arrays import Floats, row_blocks, triangular_factor
from effekt.numerics.ols import refuse_collinear

SCORE_TOLERANCE = 1e-9
"""Largest mean score |sum w z (y - p)| / sum w over standardised covariates z that counts as converged."""

_AIM = 1e-13
"""Newton goes on to here where it can: a step or two more, and the coefficients are good to their last digits."""

_MAX_ITERATIONS = 60
_HALVINGS = 30
_WELL_CONDITIONED = 1e-5
_PILOT_FROM = 200_000
_PILOT_ROWS = 20_000
_SEPARATED_STEP = 1e-2


@dataclass(frozen=True, slots=True)
class LogitFit:
    """Maximum likelihood logit, on the scale of the covariates as given.

    beta : (k + 1,), the constant first; covariance : (k + 1, k + 1) inverse information; linear_predictor : (n,);
    probability : (n,), never clipped; log_likelihood : weighted sum; max_score : largest mean score (SCORE_TOLERANCE
    says of what); iterations : passes over all rows that changed the coefficients.
    """

    beta: Floats
    covariance: Floats
    linear_predictor: Floats
    probability: Floats
    log_likelihood: float
    max_score: float
    iterations: int


@dataclass(frozen=True, slots=True)
class _Data:
    """X : (n, k) as given; y : (n,) 0/1; w : (n,) or None; total : sum of weights; mean, sd : (k,); names : k."""

    X: Floats
    y: Floats
    w: Floats | None
    total: float
    mean: Floats
    sd: Floats
    names: list[str]

    def block(self, rows: slice) -> Floats:
        """Return a constant and the centred covariates of some rows, (b, k + 1); ``scale`` does the rest."""
        Z = np.empty((len(range(*rows.indices(self.X.shape[0]))), self.X.shape[1] + 1))
        Z[:, 0] = 1.0
        np.subtract(self.X[rows], self.mean, out=Z[:, 1:])
        return Z

    @property
    def scale(self) -> Floats:
        """Divisors (k + 1,) of the centred columns; applied to sums, not to rows, which is cheaper and the same."""
        return np.concatenate(([1.0], self.sd))


@dataclass(frozen=True, slots=True)
class _State:
    """Coefficients b (k + 1,) on standardised covariates, with mean score (k + 1,), mean information and loss."""

    b: Floats
    score: Floats
    information: Floats
    loss: float

    @property
    def max_score(self) -> float:
        """Largest mean score."""
        return float(np.max(np.abs(self.score)))


def fit_logit(*, X: Floats, y: Floats, w: Floats | None = None, names: Sequence[str] | None = None) -> LogitFit:
    """Logit of y on a constant and X, as R `glm(y ~ X, binomial, weights = w)`.

    X : (n, k) without the constant; y : (n,) of 0 and 1; w : (n,) case weights >= 0; names : k, for refusals.
    Newton with halved steps when the deviance rises, from a pilot fit on some of the rows when they are many.
    Raises E801 (constant or collinear), E802 (perfect or quasi-perfect separation), E804 (y does not vary) and
    E806 (no convergence); the first two name the covariate.
    """
    data = _standardise(X=X, y=y, w=w, names=names)
    _refuse_single_separation(data)
    start = _evaluate(data, _start(data))
    # The information is at most a quarter of the Gram matrix, so if it is well conditioned no rank is missing.
    if not np.linalg.eigvalsh(start.information)[0] > _WELL_CONDITIONED:
        _refuse_dependence(data)
    state, iterations = _newton(data, start)
    _refuse_separation(data, state)
    if state.max_score > SCORE_TOLERANCE:
        raise _not_converged(state.max_score)
    return _on_given_scale(data, state, iterations)


def _standardise(*, X: Floats, y: Floats, w: Floats | None, names: Sequence[str] | None) -> _Data:
    """Means and standard deviations by blocks, in two passes so that a large level costs no digits."""
    n, k = X.shape
    labels = [names[j] if names is not None else f"column {j + 1}" for j in range(k)]
    total = float(n if w is None else w.sum())
    share = float(y.mean() if w is None else w @ y / total)
    if not 0.0 < share < 1.0:
        raise EstimationError(Problem(code="E804", sentence="the left-hand side of a logit is the same in every row"))
    mean, squares = np.zeros(k), np.zeros(k)
    for rows in row_blocks(n, k):
        mean += (X[rows].sum(axis=0) if w is None else w[rows] @ X[rows]) / total
    for rows in row_blocks(n, k):
        gap = X[rows] - mean
        gap *= gap
        squares += gap.sum(axis=0) if w is None else w[rows] @ gap
    sd = np.sqrt(squares / total)
    flat = np.flatnonzero(sd <= 1e-12 * np.abs(mean))
    if flat.size:
        name = labels[int(flat[0])]
        raise EstimationError(
            Problem(code="E801", sentence=f"covariate {name!r} is constant", help=f"take {name!r} out")
        )
    return _Data(X, y, w, total, mean, sd, labels)


def _refuse_single_separation(data: _Data) -> None:
    """Raise E802 if one covariate alone separates, perfectly or quasi-perfectly (Albert and Anderson 1984).

    Exactly so when the ranges of the covariate in the two groups meet in at most one point: a dummy with no treated
    is the usual case. One pass, before any step is taken.
    """
    k = data.X.shape[1]
    low, high = np.full((2, k), np.inf), np.full((2, k), -np.inf)
    apart = np.ones(k, dtype=np.bool_)
    for rows in row_blocks(data.X.shape[0], k):
        used = np.True_ if data.w is None else data.w[rows] > 0.0
        for group in (0, 1):
            members = (data.y[rows] == group) & used
            if members.any():
                values = data.X[rows][members]
                low[group] = np.minimum(low[group], values.min(axis=0))
                high[group] = np.maximum(high[group], values.max(axis=0))
        apart = (high[0] <= low[1]) | (high[1] <= low[0])
        # Ranges only grow: once all overlap, the rest of the rows cannot change that.
        if not apart.any():
            return
    clear = (high[0] < low[1]) | (high[1] < low[0])
    raise _separated([data.names[j] for j in np.flatnonzero(apart)], perfect=bool(clear.any()))


def _refuse_dependence(data: _Data) -> None:
    """Raise E801 for collinear covariates, by blocked QR of the centred covariates."""
    R = np.zeros((0, data.X.shape[1] + 1))
    for rows in row_blocks(*data.X.shape):
        w = None if data.w is None else data.w[rows]
        R = triangular_factor(X=np.vstack([R, triangular_factor(X=data.block(rows), w=w)]))
    refuse_collinear(R=R, names=["the constant", *data.names])


def _start(data: _Data) -> Floats:
    """Coefficients to start from: the constant alone, or a rough fit to every m-th row when there are many."""
    n, k = data.X.shape
    share = float(data.y.mean() if data.w is None else data.w @ data.y / data.total)
    b = np.zeros(k + 1)
    b[0] = special.logit(share)
    step = n // _PILOT_ROWS
    # Too few of the rarer group in the pilot would start the fit at a separation that is not there.
    if n < _PILOT_FROM or min(share, 1.0 - share) * n / step < 20 * (k + 1):
        return b
    w = None if data.w is None else np.ascontiguousarray(data.w[::step])
    X, y = np.ascontiguousarray(data.X[::step]), np.ascontiguousarray(data.y[::step])
    total = float(y.size if w is None else w.sum())
    pilot = _Data(X, y, w, total, data.mean, data.sd, data.names)
    state = _newton(pilot, _evaluate(pilot, b), aim=1e-4, limit=15)[0]
    return state.b if state.max_score <= 1e-4 and np.max(np.abs(state.b[1:])) < 10.0 else b


def _newton(data: _Data, state: _State, *, aim: float = _AIM, limit: int = _MAX_ITERATIONS) -> tuple[_State, int]:
    """Take Newton steps until the mean score is below ``aim`` or rounding stops it; returns state and steps."""
    for iteration in range(limit):
        if state.max_score <= aim:
            return state, iteration
        step = _solve(state.information, state.score)
        following = _evaluate(data, state.b + step)
        for _ in range(_HALVINGS):
            # Near the optimum the loss is flat to rounding, and the score alone says whether a step helps.
            if following.loss <= state.loss * (1.0 + 1e-13) and np.isfinite(following.loss):
                break
            step = step / 2.0
            following = _evaluate(data, state.b + step)
        if state.max_score <= SCORE_TOLERANCE and following.max_score >= 0.5 * state.max_score:
            return state, iteration
        state = following
    return state, limit


def _evaluate(data: _Data, b: Floats) -> _State:
    """Mean loss, score and information at b in one pass; each block is used while it is in cache."""
    k1, scale = b.size, data.scale
    score, information, loss = np.zeros(k1), np.zeros((k1, k1)), 0.0
    for rows in row_blocks(data.X.shape[0], 2 * k1):
        Z, y = data.block(rows), data.y[rows]
        eta = Z @ (b / scale)
        # One exponential, of a number that cannot overflow, serves probability, variance and loss.
        e = np.exp(-np.abs(eta))
        odds = 1.0 / (1.0 + e)
        residual = y - np.where(eta >= 0.0, odds, e * odds)
        variance = e * odds * odds
        losses = np.maximum(eta, 0.0) - y * eta - np.log(odds)
        if data.w is not None:
            w = data.w[rows]
            residual, variance, losses = w * residual, w * variance, w * losses
        score += residual @ Z
        loss += float(losses.sum())
        Z *= np.sqrt(variance)[:, None]
        information += Z.T @ Z
    return _State(b, score / scale / data.total, information / np.outer(scale, scale) / data.total, loss / data.total)


def _solve(information: Floats, score: Floats) -> Floats:
    """Newton step, by Cholesky of the information scaled to a unit diagonal; E806 if it is singular."""
    scale = np.sqrt(np.diag(information))
    try:
        factor = scipy.linalg.cho_factor(information / np.outer(scale, scale), check_finite=False)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.pinv(information, hermitian=True) @ score, dtype=np.float64)
    return np.asarray(scipy.linalg.cho_solve(factor, score / scale, check_finite=False) / scale, dtype=np.float64)


def _refuse_separation(data: _Data, state: _State) -> None:
    """Raise E802 where the likelihood has no maximum because covariates separate in combination.

    At a maximum the Newton step vanishes with the score. Along a direction of separation the score falls by e at
    each step while the step goes on moving the separated rows by one unit of the linear predictor (Albert and
    Anderson 1984; Correia, Guimarães and Zylkin 2019). So the step itself is the certificate: it moves no treated
    row down and no comparison up, and covariates are named by their part in it.
    """
    with np.errstate(all="ignore"):
        direction = _solve(state.information, state.score)
        unscaled = direction / data.scale
    if not np.all(np.isfinite(direction)):
        raise _not_converged(state.max_score)
    furthest, against, all_move = 0.0, 0.0, True
    for rows in row_blocks(data.X.shape[0], 2 * state.b.size):
        moved = (data.block(rows) @ unscaled) * (2.0 * data.y[rows] - 1.0)
        if data.w is not None:
            moved = moved[data.w[rows] > 0.0]
        if moved.size:
            furthest, against = max(furthest, float(moved.max())), min(against, float(moved.min()))
            all_move = all_move and bool(moved.min() > _SEPARATED_STEP)
    if furthest > _SEPARATED_STEP and -against < _SEPARATED_STEP * furthest:
        part = np.abs(direction[1:])
        raise _separated([data.names[j] for j in np.flatnonzero(part > 0.05 * part.max())], perfect=all_move)


def _on_given_scale(data: _Data, state: _State, iterations: int) -> LogitFit:
    """Undo the standardisation and fill in fitted values."""
    back = np.diag(np.concatenate(([1.0], 1.0 / data.sd)))
    back[0, 1:] = -data.mean / data.sd
    scale = np.sqrt(np.diag(state.information))
    inverse = np.linalg.inv(state.information / np.outer(scale, scale)) / np.outer(scale, scale) / data.total
    eta = np.empty(data.y.size)
    for rows in row_blocks(*data.X.shape):
        eta[rows] = data.block(rows) @ (state.b / data.scale)
    covariance = back @ inverse @ back.T
    return LogitFit(
        beta=back @ state.b,
        covariance=(covariance + covariance.T) / 2.0,
        linear_predictor=eta,
        probability=special.expit(eta),
        log_likelihood=-state.loss * data.total,
        max_score=state.max_score,
        iterations=iterations,
    )


def _separated(names: list[str], *, perfect: bool) -> EstimationError:
    """Say which covariates predict the left-hand side without error."""
    listed = ", ".join(repr(name) for name in names)
    extent = "every row" if perfect else "some rows"
    together = "" if len(names) == 1 else "in combination or alone, "
    return EstimationError(
        Problem(
            code="E802",
            sentence=f"{together}{listed} predict{'s' if len(names) == 1 else ''} {extent} without error",
            help=f"take out or coarsen {listed}, or leave out the rows that have no counterpart",
            note="the likelihood has no maximum, so any coefficient a program prints is where it gave up",
        )
    )


def _not_converged(score: float) -> EstimationError:
    return EstimationError(
        Problem(
            code="E806",
            sentence=f"the logit did not converge: the largest mean score is still {score:.1e}",
            help="look for covariates that are nearly collinear or that predict nearly without error",
        )
    )
