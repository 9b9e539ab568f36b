"""Tests and intervals from Student's t, and the two-sample problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from effekt.errors import EstimationError, Problem
from effekt.numerics.arrays import Floats


@dataclass(frozen=True, slots=True)
class TTest:
    """Two-sided t test of one estimate; df may be infinite, which is the normal."""

    estimate: float
    std_error: float
    df: float
    t: float
    p: float
    low: float
    high: float


def t_quantile(probability: float, df: float) -> float:
    """Quantile of Student's t; infinite df gives the normal's."""
    if np.isinf(df):
        return float(special.ndtri(probability))
    return float(special.stdtrit(df, probability))


def two_sided(t: float, df: float) -> float:
    """Probability of a t at least as far from zero; infinite df gives the normal's."""
    return float(2.0 * (special.ndtr(-abs(t)) if np.isinf(df) else special.stdtr(df, -abs(t))))


def t_test(*, estimate: float, std_error: float, df: float, null: float = 0.0, level: float = 0.95) -> TTest:
    """Two-sided test against ``null`` with an interval of the given level.

    A standard error of zero gives p = 0 unless the estimate is the null itself; NaN df gives NaN throughout.
    """
    gap = estimate - null
    t = gap / std_error if std_error > 0.0 else (0.0 if gap == 0.0 else float(np.copysign(np.inf, gap)))
    half = t_quantile(0.5 + level / 2.0, df) * std_error
    return TTest(estimate, std_error, df, t, two_sided(t, df), estimate - half, estimate + half)


def welch(*, treated: Floats, comparison: Floats, level: float = 0.95) -> TTest:
    """Two-sample t test with unequal variances, as R `t.test(var.equal = FALSE)`.

    treated : (n1,); comparison : (n0,). df of Satterthwaite (1946) and Welch (1947), from estimated
    variances; the Bell-McCaffrey df of the same standard error stands on equal variances instead.
    """
    v1, v0 = _squared_error(treated), _squared_error(comparison)
    df = (v1 + v0) ** 2 / (v1**2 / (treated.size - 1) + v0**2 / (comparison.size - 1))
    difference = float(treated.mean() - comparison.mean())
    return t_test(estimate=difference, std_error=float(np.sqrt(v1 + v0)), df=df, level=level)


def pooled(*, treated: Floats, comparison: Floats, level: float = 0.95) -> TTest:
    """Two-sample t test with one variance, as R `t.test(var.equal = TRUE)`; on units, Donald and Lang's (2007).

    treated : (n1,); comparison : (n0,). Needs two units in one group only.
    """
    df = treated.size + comparison.size - 2
    if min(treated.size, comparison.size) < 1 or df < 1:
        raise _too_few("a pooled t test needs a unit in each group and three in all")
    squares = np.sum((treated - treated.mean()) ** 2) + np.sum((comparison - comparison.mean()) ** 2)
    std_error = float(np.sqrt(squares / df * (1.0 / treated.size + 1.0 / comparison.size)))
    difference = float(treated.mean() - comparison.mean())
    return t_test(estimate=difference, std_error=std_error, df=float(df), level=level)


def bell_mccaffrey_df(*, n_treated: int, n_comparison: int) -> float:
    """Degrees of freedom of the CR2 (= Welch) standard error of a difference between two groups of units.

    Imbens and Kolesár 2016, section III: (n1 + n0)² (n1 - 1)(n0 - 1) / (n1² (n1 - 1) + n0² (n0 - 1)), known
    before any outcome is. With one unit in a group there is no such standard error and the df are NaN.
    """
    n1, n0 = n_treated, n_comparison
    if min(n1, n0) < 2:
        return float("nan")
    return (n1 + n0) ** 2 * (n1 - 1) * (n0 - 1) / (n1**2 * (n1 - 1) + n0**2 * (n0 - 1))


def _squared_error(values: Floats) -> float:
    """Squared standard error of a mean."""
    if values.size < 2:
        raise _too_few("a variance needs at least two units in each group")
    return float(values.var(ddof=1) / values.size)


def _too_few(sentence: str) -> EstimationError:
    return EstimationError(Problem(code="E803", sentence=sentence))
