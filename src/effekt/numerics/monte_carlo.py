"""What many draws say of an estimator: bias, coverage, power and the like, each with its Monte Carlo error.

The estimand of a row is the mean truth over draws: each draw's truth is a mean over few replays of its participants,
whose luck would else be counted as the estimator's fault. Measures and errors follow Morris, White & Crowther (2019,
Statistics in Medicine 38, table 6); type S and M errors follow Gelman & Carlin (2014, Perspectives on Psychological
Science 9). An error that one draw cannot have is NaN, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEVEL = 0.05
"""Two-sided level of the tests, one minus that of the intervals."""


@dataclass(frozen=True, slots=True)
class Measure:
    """value : NaN = not known. error : its Monte Carlo standard error, NaN = cannot be told. n : draws behind it."""

    value: float
    error: float
    n: int


UNKNOWN = Measure(nan, nan, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """How an estimator did over draws.

    truth, estimate : means. bias : estimate minus truth. rmse : around the truth. sd : of the estimates. std_error :
    the mean that was reported. coverage : of the truth by the intervals. rejected : p below 5 percent, which is power
    where there is an effect and the rate of false alarms where there is none. type_s : wrong signs among the rejected.
    type_m : mean size of the rejected over the size of the truth.
    """

    truth: Measure
    estimate: Measure
    bias: Measure
    rmse: Measure
    sd: Measure
    std_error: Measure
    coverage: Measure
    rejected: Measure
    type_s: Measure
    type_m: Measure


def performance(
    *, value: Floats, std_error: Floats, low: Floats, high: Floats, p_value: Floats, truth: Floats
) -> Performance:
    """Return how an estimator did; (n,) arrays over draws, NaN = not there in that draw."""
    known = mean(truth)
    target = known.value
    rejected = p_value < LEVEL
    tested = ~np.isnan(p_value)
    return Performance(
        truth=known,
        estimate=mean(value),
        bias=mean(value - truth),
        rmse=root_mean_square(value - target),
        sd=deviation(value),
        std_error=mean(std_error),
        coverage=UNKNOWN
        if np.isnan(target)
        else share((low <= target) & (target <= high), among=~np.isnan(low + high)),
        rejected=share(rejected, among=tested),
        type_s=wrong_sign(value[tested & rejected], target),
        type_m=exaggeration(value[tested & rejected], target),
    )


def mean(values: Floats) -> Measure:
    """Return the mean of the values there are; its error is sd/sqrt(n)."""
    there = values[~np.isnan(values)]
    n = len(there)
    if n == 0:
        return UNKNOWN
    return Measure(float(there.mean()), float(there.std(ddof=1)) / sqrt(n) if n > 1 else nan, n)


def root_mean_square(errors: Floats) -> Measure:
    """Return the root of the mean square; its error by the delta method from that of the mean square."""
    square = mean(errors**2)
    root = sqrt(square.value) if square.n else nan
    return Measure(root, square.error / (2 * root) if root > 0 else nan, square.n)


def deviation(values: Floats) -> Measure:
    """Return the standard deviation over draws, with the error sd/sqrt(2(n-1)) of Morris et al. (2019)."""
    there = values[~np.isnan(values)]
    n = len(there)
    if n < 2:
        return Measure(nan, nan, n)
    sd = float(there.std(ddof=1))
    return Measure(sd, sd / sqrt(2 * (n - 1)), n)


def share(hits: Mask, *, among: Mask) -> Measure:
    """Return the share of hits; its error is that of Agresti & Coull (1998), which none or all do not make zero."""
    n = int(among.sum())
    if n == 0:
        return UNKNOWN
    count = int((hits & among).sum())
    middle = (count + 2) / (n + 4)
    return Measure(count / n, sqrt(middle * (1 - middle) / (n + 4)) if n > 1 else nan, n)


def wrong_sign(rejected: Floats, truth: float) -> Measure:
    """Return the share of rejected estimates whose sign is not the truth's; unknown where there is no effect."""
    if np.isnan(truth) or truth == 0:
        return UNKNOWN
    return share(rejected * truth < 0, among=np.ones(len(rejected), dtype=np.bool_))


def exaggeration(rejected: Floats, truth: float) -> Measure:
    """Return how many times larger than the truth the rejected estimates are on average."""
    if np.isnan(truth) or truth == 0:
        return UNKNOWN
    size = mean(np.abs(rejected))
    return Measure(size.value / abs(truth), size.error / abs(truth), size.n)
