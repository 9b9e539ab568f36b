"""Variance of matching estimators with replacement (Abadie and Imbens 2006), from pairs and same-arm neighbours.

Every formula takes a matching as shares: ``share`` is the weight of a pair's match among those of its unit, so ties,
several matches per unit and sampling weights are one case. With K_j = sum of the shares in which j serves and
K2_j = sum of their squares,

    sample      sum_i s_i^2 sigma_i^2 + sum_j K_j^2 sigma_j^2
    population  sum_i s_i^2 (gap_i - tau)^2 + sum_j (K_j^2 - K2_j) sigma_j^2

over (sum_i s_i)^2 for the effect on the treated; for the effect on all, j's own term and its service come together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from effekt.numerics.arrays import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedFit:
    """estimate; sample_error, population_error : standard errors for the units at hand and for their population."""

    estimate: float
    sample_error: float
    population_error: float


def conditional_variances(*, y: Floats, unit: Ints, neighbour: Ints) -> Floats:
    """Return the variance of y given covariates at each unit, from its neighbours of the same arm, (n,).

    The sample variance of the record and its neighbours, two of them by default in Stata ``teffects nnmatch`` (Abadie,
    Drukker, Herr and Imbens 2004, section 5.2). A unit without neighbours gets NaN.
    y : (n,); unit, neighbour : (p,) rows that are near each other.
    """
    n = len(y)
    count = np.bincount(unit, minlength=n).astype(np.float64)
    # About the record's own value, so that a large level costs no digits.
    gap = y[neighbour] - y[unit]
    total, squares = (np.bincount(unit, weights=g, minlength=n) for g in (gap, gap**2))
    some = count > 0
    spread = squares - total**2 / (count + 1.0)
    variance: Floats = np.divide(spread, count, out=np.full(n, np.nan), where=some)
    return variance


def constant_variance(*, y: Floats, treated: Bools, unit: Ints, match: Ints, share: Floats, estimate: float) -> float:
    """Return one variance for everybody: half the mean squared gap of pairs about the estimate (Abadie et al. 2004).

    y, treated : (n,). unit, match, share : (p,) pairs.
    """
    gap = np.where(treated[unit], y[unit] - y[match], y[match] - y[unit])
    return float(share @ (gap - estimate) ** 2 / 2.0 / share.sum())


def matched_fit(
    *, y: Floats, treated: Bools, unit: Ints, match: Ints, share: Floats, variance: Floats, s: Floats | None = None
) -> MatchedFit:
    """Return the estimate of a matching and both standard errors.

    y, treated : (n,). unit, match, share : (p,) pairs, each unit's shares summing to one: with treated as the only
    units the effect on the treated, with everybody the effect on all. variance : (n,) of y given covariates. s : (n,)
    weights of units, one by default.
    """
    n = len(y)
    weight = np.ones(n) if s is None else s
    matched = np.bincount(unit, minlength=n) > 0
    imputed = np.bincount(unit, weights=share * y[match], minlength=n)
    gap = np.where(treated, y - imputed, imputed - y)[matched]
    own = np.where(matched, weight, 0.0)
    total = own.sum()
    estimate = float(own[matched] @ gap / total)
    passed_on = weight[unit] * share
    service = np.bincount(match, weights=passed_on, minlength=n)
    squares = np.bincount(match, weights=passed_on**2, minlength=n)
    # Units that neither count nor serve have no part in the variance, and may have none of their own.
    used = matched | (service > 0)
    sigma = np.where(used, variance, 0.0)
    sample = float((own + service) ** 2 @ sigma)
    heterogeneity = float(own[matched] ** 2 @ (gap - estimate) ** 2)
    population = heterogeneity + float((service**2 + 2.0 * own * service - squares) @ sigma)
    return MatchedFit(
        estimate=estimate,
        sample_error=float(np.sqrt(sample) / total),
        population_error=float(np.sqrt(population) / total),
    )
