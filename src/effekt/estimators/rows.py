"""From numbers to rows: who stands behind an estimate, and the fields its inference declares.

Shared by every estimator, so that counts, comparison means and the persons a row gives away are computed in
one place and cannot differ between methods.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effekt.errors import EstimationError, Problem
from effekt.results import Parts
from effekt.sample import Array, Codes, Outcomes, Sample, Series

LEVEL = 0.95
_ROUNDING = 1e-13
_DURATION = re.compile(r"(\d+)m?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Counts behind one row. ``support``: smallest group of persons it gives away, None = not known.

    lattice, part : as in :class:`~effekt.results.Estimates`.
    """

    n_treated: int
    n_comparison: int
    n_persons_treated: int | None
    n_persons_comparison: int | None
    n_clusters: int
    comparison_mean: float | None
    support: int | None
    lattice: float | None = None
    part: Parts = (None, None)

    def fields(self) -> dict[str, Any]:
        """Return the fields of :class:`~effekt.results.Estimate` they fill."""
        names = ("n_treated", "n_comparison", "n_persons_treated", "n_persons_comparison", "n_clusters")
        return {name: getattr(self, name) for name in (*names, "comparison_mean")}


def behind_rows(groups: Iterable[Groups]) -> dict[str, Any]:
    """Return the fields of :class:`~effekt.results.Estimates` that say who stands behind each of its rows."""
    found = tuple(groups)
    return {
        "support": tuple(g.support for g in found),
        "lattices": tuple(g.lattice for g in found),
        "parts": tuple(g.part for g in found),
    }


def describe_groups(
    *,
    sample: Sample,
    used: NDArray[np.bool_],
    series: Series,
    columns: NDArray[np.bool_],
    w: Array,
    clusters: Codes,
    comparison: NDArray[np.bool_] | None = None,
) -> Groups:
    """Count units, persons and clusters behind a row, and the smallest group of persons it gives away.

    used : (n,) bool. series, columns : the outcome and (T,) bool, the periods the comparison mean averages.
    w : (n,) final weights. comparison : (n,) bool, who the treated are compared with (default: never treated).
    """
    arms = [used & sample.treated, used & ~sample.treated if comparison is None else comparison]
    persons = [sample.persons_in(arm) for arm in arms]
    parts = [persons_behind(sample=sample, rows=arm, series=series, columns=columns) for arm in arms]
    return Groups(
        n_treated=int(arms[0].sum()),
        n_comparison=int(arms[1].sum()),
        n_persons_treated=persons[0],
        n_persons_comparison=persons[1],
        n_clusters=len(np.unique(clusters[used])),
        comparison_mean=_mean_level(series.values[arms[1]][:, columns], w[arms[1]]),
        support=smallest([*persons, *parts, *(persons_carrying(sample, arm, w) for arm in arms)]),
        lattice=lattice_of(series.values[used][:, columns]) if sample.grain == "person" else None,
        part=(
            _share_of_one(sample, arms[0], series, columns, w),
            _share_of_one(sample, arms[1], series, columns, w),
        ),
    )


def lattice_of(values: Array) -> float | None:
    """Return the smallest difference between two means of rows of ``values`` (m, k); None if there is none.

    With k periods a person's mean moves in k times smaller steps than a single value.
    """
    kinds = np.unique(values[np.isfinite(values)])
    return float(np.diff(kinds).min()) / values.shape[1] if len(kinds) > 1 else None


def _share_of_one(
    sample: Sample, arm: NDArray[np.bool_], series: Series, columns: NDArray[np.bool_], w: Array
) -> int | None:
    """Return how many of an arm have a 1, if the arm's mean is that share: one period, a record each, equal weights."""
    values = series.values[arm][:, columns]
    alike = np.ptp(w[arm]) <= _ROUNDING * w[arm].max(initial=1.0)
    one_each = sample.grain == "person" and sample.persons_in(arm) == len(values)
    if values.shape[1] != 1 or not alike or not one_each or not np.isin(values, (0.0, 1.0)).all():
        return None
    return int(values.sum())


def persons_carrying(sample: Sample, arm: NDArray[np.bool_], w: Array) -> int | None:
    """Return how many persons carry an arm's weight: one heavy person's value is the mean. Not for aggregates."""
    if sample.grain != "person" or not w[arm].any():
        return sample.persons_in(arm)
    carried = weight_by_person(sample, arm, w)
    # Rounding up keeps equal weights, whose number is whole up to rounding, from losing one.
    return int(np.ceil(carried.sum() ** 2 / (carried @ carried) - 1e-6))


def weight_by_person(sample: Sample, rows: NDArray[np.bool_], w: Array) -> Array:
    """Return the weight that each person carries over his records among ``rows``, (persons,)."""
    if "person" not in sample.clusters:
        return w[rows]
    person = np.unique(sample.clusters["person"][rows], return_inverse=True)[1]
    return np.asarray(np.bincount(person, weights=w[rows]), dtype=np.float64)


def _mean_level(values: Array, w: Array) -> float | None:
    """Return the weighted mean over units of each unit's mean; unobserved periods are left out."""
    seen = np.isfinite(values)
    count = seen.sum(axis=1)
    rows = count > 0
    if not rows.any():
        return None
    means = np.where(seen, values, 0.0).sum(axis=1)[rows] / count[rows]
    return float(np.average(means, weights=w[rows]))


def persons_behind(
    *, sample: Sample, rows: NDArray[np.bool_], series: Series, columns: NDArray[np.bool_]
) -> int | None:
    """Return the smallest group of persons that a mean over ``rows`` and ``columns`` gives away.

    For a rate that is the smallest numerator or complement of any period; for a 0/1 outcome the smaller of the
    persons who ever have it and who ever lack it; else everybody. None = not known.
    """
    if series.numerator is not None and series.denominator is not None:
        with_it = np.nansum(series.numerator[rows][:, columns], axis=0)
        without = np.nansum(series.denominator[rows][:, columns], axis=0) - with_it
        return int(min(with_it.min(), without.min()))
    values = series.values[rows][:, columns]
    observed_values = values[np.isfinite(values)]
    kinds = np.unique(observed_values)
    if sample.grain == "person" and (len(kinds) == 2 or np.isin(kinds, (0.0, 1.0)).all()):
        # Two values are a yes and a no, whatever their codes; one of 0 and 1 alone says that nobody has the other.
        low, high = (kinds[0], kinds[1]) if len(kinds) == 2 else (0.0, 1.0)
        return smallest([_persons_with(sample, rows, (values == value).any(axis=1)) for value in (low, high)])
    return sample.persons_in(rows)


def _persons_with(sample: Sample, rows: NDArray[np.bool_], some: NDArray[np.bool_]) -> int | None:
    """Count the persons of ``some`` among ``rows``, each once however many records are his."""
    part = np.zeros(len(sample), dtype=bool)
    part[np.flatnonzero(rows)] = some
    return sample.persons_in(part)


def smallest(counts: list[int | None]) -> int | None:
    """Return the smallest count; one that is not known makes the answer not known."""
    known = [c for c in counts if c is not None]
    return min(known) if len(known) == len(counts) else None


def interval(
    *, value: float, std_error: float, df: float, outcome: str, scale: float, level: float = LEVEL
) -> dict[str, Any]:
    """Return the fields of an interval inference from a t distribution with ``df`` degrees of freedom.

    df : infinite for the normal distribution, which has no field of its own.
    scale : largest absolute value of the outcome; a standard error that is rounding beside it is none.

    Raises
    ------
    EstimationError
        E804 if the standard error is zero up to rounding: the outcome does not vary where it should.
    """
    from effekt.numerics.student import t_quantile, two_sided

    if not np.isfinite(std_error) or std_error <= _ROUNDING * scale or np.isnan(df) or df <= 0:
        raise EstimationError(
            Problem(
                code="E804",
                sentence=f"`{outcome}` does not vary enough for a standard error",
                help="look at the outcome's distribution among treated and comparisons",
                path=("prepared", "outcomes", outcome),
            )
        )
    half = t_quantile(0.5 + level / 2, df) * std_error
    fields = {
        "std_error": float(std_error),
        "ci_low": float(value - half),
        "ci_high": float(value + half),
        "p_value": two_sided(value / std_error, df),
    }
    return fields if np.isinf(df) else {**fields, "df": float(df)}


def cluster_codes(sample: Sample, level: str) -> Codes:
    """Return the clusters to use; ``auto`` = the level of assignment.

    Raises
    ------
    EstimationError
        E202 for an unknown level, E401 if it is finer than assignment.
    """
    if level == "auto":
        return sample.assignment_clusters
    codes = sample.clusters.get(level)
    if codes is None:
        raise EstimationError(
            Problem(
                code="E202",
                sentence=f"clusters by `{level}`, which the sample does not have",
                help="name it under `cluster`",
                note=f"levels: {', '.join(sample.clusters)}",
            )
        )
    pairs = np.unique(np.column_stack([sample.assignment_clusters, codes]), axis=0)
    if len(pairs) > len(np.unique(sample.assignment_clusters)):
        raise EstimationError(
            Problem(
                code="E401",
                sentence=f"clusters by `{level}` are finer than the {sample.assigned_at} that was assigned",
                help="leave `cluster` out: inference then follows the assignment",
            )
        )
    return codes


def full_series(sample: Sample, outcomes: Outcomes, name: str) -> Series:
    """Return an outcome over all periods: history before the seal, then outcomes."""
    return with_history(sample, outcomes.series[name], name)


def with_history(sample: Sample, after: Series, name: str) -> Series:
    """Return an outcome's history, where there is one on the same clock, and then ``after``."""
    before = sample.history.get(name)
    return after if before is None or before.clock != after.clock else before.then(after)


def periods(value: Any) -> Any:
    """Read ``24`` or ``24m`` as 24 periods."""
    if isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        return int(match.group(1))
    return value
