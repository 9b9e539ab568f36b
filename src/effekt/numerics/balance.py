"""Weighted means, standardised differences, variance ratios and effective sample sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeanComparison:
    """mean_treated, mean_comparison, scale, smd : (k,); variance_ratio : (k,), NaN where undefined."""

    mean_treated: Array
    mean_comparison: Array
    scale: Array
    smd: Array
    variance_ratio: Array


def weighted_moments(*, x: Array, w: Array) -> tuple[Array, Array]:
    """Return the weighted mean and variance of each column.

    x : (n, k). w : (n,) >= 0 with a positive sum. The variance divides by ``1 - sum w^2 / (sum w)^2``, which
    is n - 1 over n for equal weights (R ``stats::cov.wt``, method "unbiased").
    """
    p = w / w.sum()
    # About a row of its own, so that a constant column has a spread of exactly zero.
    mean = x[0] + p @ (x - x[0])
    spread = p @ (x - mean) ** 2
    correction = 1 - float(p @ p)
    return mean, spread / correction if correction > 0 else np.full_like(mean, np.nan)


def compare_means(
    *, x: Array, treated: NDArray[np.bool_], w: Array, pooled: bool, scale: Array | None = None
) -> MeanComparison:
    """Return standardised differences of weighted means.

    x : (n, k). w : (n,). pooled : scale by the root mean square of both groups' SDs (ATE) instead of the
    treated's (ATT). scale : (k,) SDs to use instead, so that before and after weighting share a denominator.
    A covariate without spread has difference zero if the means are equal, else infinity.
    """
    mean1, var1 = weighted_moments(x=x[treated], w=w[treated])
    mean0, var0 = weighted_moments(x=x[~treated], w=w[~treated])
    if scale is None:
        scale = np.sqrt((var1 + var0) / 2 if pooled else var1)
    difference = mean1 - mean0
    tiny = np.abs(difference) <= 1e-12 * (np.abs(mean1) + np.abs(mean0) + 1e-300)
    smd = np.divide(difference, scale, out=np.copysign(np.inf, difference), where=scale > 0)
    smd[tiny] = 0.0
    ratio = np.divide(var1, var0, out=np.full_like(var1, np.nan), where=var0 > 0)
    return MeanComparison(mean1, mean0, scale, smd, ratio)


def effective_sample_size(w: Array) -> float:
    """Return Kish's ``(sum w)^2 / sum w^2``. w : (n,) >= 0."""
    return float(w.sum() ** 2 / (w @ w))
