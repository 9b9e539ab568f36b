"""The pre-period cut in two: what the same comparison would have found when nobody was treated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from effekt.estimators.changes import Change, changes_of_records, collapse
from effekt.estimators.rows import smallest
from effekt.sample import Sample, Series, Weights

MIN_PERIODS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Placebo:
    """A placebo comparison. std_error, df : None where an arm has a single cluster.

    spread : standard deviation over units of their mean in the pre-period, the scale of ``sd`` margins.
    """

    value: float
    std_error: float | None
    df: float | None
    spread: float
    change: Change


def placebo_change(sample: Sample, weights: Weights, history: Series) -> Placebo | None:
    """Compare the later with the earlier half of the pre-period; None if it cannot be done.

    The later half plays the part of the treated periods. Units with a gap in the pre-period are left out.
    """
    from effekt.numerics.ols import fit_ols
    from effekt.numerics.vcov import vcov_cr

    T = len(history.time)
    w = weights.w * sample.sampling_weight
    used = (w > 0) & np.isfinite(history.values).all(axis=1)
    arms = [np.unique(sample.assignment_clusters[used & arm]) for arm in (sample.treated, ~sample.treated)]
    if T < MIN_PERIODS or min(map(len, arms)) == 0:
        return None
    late = np.arange(T) >= (T + 1) // 2
    mixed = np.intersect1d(arms[0], arms[1]).size > 0
    # A person who waited and started later stands in both arms: his records are compared, and clustered as one.
    compare = changes_of_records if mixed else collapse
    change = compare(sample=sample, values=history.values, used=used, w=w, before=~late, after=late, by_weight=True)
    spread = float(history.values[used].mean(axis=1).std(ddof=1))
    if min(map(len, arms)) < 2:
        return Placebo(value=change.estimate(), std_error=None, df=None, spread=spread, change=change)
    X = np.column_stack([np.ones(len(change.delta)), change.treated.astype(np.float64)])
    fit = fit_ols(X=X, y=change.delta, w=change.w)
    v = vcov_cr(
        X=X,
        residuals=fit.residuals,
        cluster=change.codes,
        w=change.w,
        kind="CR2",
        contrasts=np.array([[0.0, 1.0]]),
    )
    return Placebo(
        value=float(fit.beta[1]),
        std_error=float(v.std_errors[0]),
        df=float(v.df[0]),
        spread=spread,
        change=change,
    )


def smaller_arm(sample: Sample, weights: Weights) -> int | None:
    """Return the persons in the smaller arm among the records in use; None if they are not known."""
    arms = [weights.kept & sample.treated, weights.kept & ~sample.treated]
    return smallest([sample.persons_in(arm) for arm in arms])
