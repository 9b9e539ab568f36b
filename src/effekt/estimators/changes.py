"""Changes of the clusters that were assigned as one: the two-sample problem behind every one-date DiD."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effekt.sample import Array, Codes, Sample, Weights

MIN_TREATED, MIN_COMPARISON = 4, 5
"""Fewer clusters than this in an arm: rank tests only."""


@dataclass(frozen=True, slots=True)
class Change:
    """Mean after minus mean before, by cluster. codes, delta, w : (G,); treated : (G,) bool."""

    codes: Codes
    delta: Array
    treated: NDArray[np.bool_]
    w: Array

    @property
    def n_treated(self) -> int:
        """Number of treated clusters."""
        return int(self.treated.sum())

    @property
    def n_comparison(self) -> int:
        """Number of comparison clusters."""
        return len(self.treated) - self.n_treated

    @property
    def enough(self) -> bool:
        """Return whether intervals may be reported beside rank tests."""
        return self.n_treated >= MIN_TREATED and self.n_comparison >= MIN_COMPARISON

    def estimate(self) -> float:
        """Weighted mean change of the treated minus that of the comparisons."""
        means = [np.average(self.delta[arm], weights=self.w[arm]) for arm in (self.treated, ~self.treated)]
        return float(means[0] - means[1])


def collapse(
    *,
    sample: Sample,
    values: Array,
    used: NDArray[np.bool_],
    w: Array,
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    by_weight: bool,
) -> Change:
    """Average the changes of units within the clusters that were assigned as one.

    values : (n, T), observed where ``used`` (n,) and ``before`` or ``after`` (T,). w : (n,) weights inside a
    cluster. by_weight : clusters count by the sum of their weights instead of once each.
    """
    inside = values[used]
    delta = inside[:, after].mean(axis=1) - inside[:, before].mean(axis=1)
    codes, inverse = np.unique(sample.assignment_clusters[used], return_inverse=True)
    weight = w[used]
    total = np.asarray(np.bincount(inverse, weights=weight), dtype=np.float64)
    treated = np.bincount(inverse, weights=sample.treated[used]) > 0
    mean = np.bincount(inverse, weights=weight * delta) / total
    return Change(codes, mean, treated, total if by_weight else np.ones(len(codes)))


def changes_of_records(
    *,
    sample: Sample,
    values: Array,
    used: NDArray[np.bool_],
    w: Array,
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    by_weight: bool,
) -> Change:
    """Return the changes of records as they are, with the code of their cluster; arguments as :func:`collapse`.

    For clusters that stand in both arms, which have no single change.
    """
    inside = values[used]
    delta = inside[:, after].mean(axis=1) - inside[:, before].mean(axis=1)
    weight = w[used] if by_weight else np.ones(int(used.sum()))
    return Change(sample.assignment_clusters[used], delta, sample.treated[used], weight)


def assigned_clusters(sample: Sample, weights: Weights) -> tuple[NDArray[np.bool_], Array]:
    """Return treatment and summed weight (G,) of the clusters that were assigned as one and are in use."""
    kept = weights.kept
    _, inverse = np.unique(sample.assignment_clusters[kept], return_inverse=True)
    treated = np.bincount(inverse, weights=sample.treated[kept]) > 0
    w = np.bincount(inverse, weights=(weights.w * sample.sampling_weight)[kept])
    return np.asarray(treated), np.asarray(w, dtype=np.float64)
