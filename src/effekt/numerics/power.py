"""What effect a design could have found: minimum detectable effects and power from a standard error."""

from __future__ import annotations

import numpy as np
from scipy import special

from effekt.numerics.student import t_quantile


def minimum_detectable_effect(
    *, std_error: float, df: float = np.inf, alpha: float = 0.05, power: float = 0.8, two_sided: bool = True
) -> float:
    """(t_{1-a/2, df} + t_{power, df}) times the standard error (Bloom 1995; Stata `power twomeans, cluster`)."""
    tail = alpha / 2.0 if two_sided else alpha
    return (t_quantile(1.0 - tail, df) + t_quantile(power, df)) * std_error


def power_of(
    *, effect: float, std_error: float, df: float = np.inf, alpha: float = 0.05, two_sided: bool = True
) -> float:
    """Probability that a t test rejects when the effect is ``effect``: noncentral t, both tails counted."""
    critical = t_quantile(1.0 - (alpha / 2.0 if two_sided else alpha), df)
    shift = abs(effect) / std_error
    if np.isinf(df):
        upper, lower = special.ndtr(shift - critical), special.ndtr(-critical - shift)
    else:
        # Half a second to import, and needed for the noncentral t alone.
        from scipy import stats

        upper, lower = stats.nct.sf(critical, df, shift), stats.nct.cdf(-critical, df, shift)
    return float(upper + (lower if two_sided else 0.0))
