"""A contrast after matching: the same difference in weighted means, with the variance that the matching leaves.

Which variance stands behind the interval follows from the matching and the clusters, in one place:

- with replacement and one record per person: Abadie and Imbens (2006), theorem 7, for the population's ATT;
- without replacement and one record per person: CR2 clustered by matched set (Abadie and Spiess 2022);
- several records per person, or persons assigned together: weights are taken as fixed, and CR2 sums the influence
  values within the person or the office. A record's residual is taken about the mean of the comparisons nearest to it
  that are not of its person, since what the matching explains is not noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from effekt.errors import EstimationError, Problem
from effekt.estimators.contrast import Contrast, VcovKind, fit_contrast, treatment_design
from effekt.sample import Array, Codes, Matches, Sample, Weights

ABADIE_IMBENS = "Abadie-Imbens + normal"
MatchedVcov = Literal[VcovKind, "abadie_imbens"]
"""``abadie_imbens``: what ``auto`` is after matching with replacement where every person has one record."""

NEIGHBOURS = 2
"""Records of the same arm behind a variance, by default; with the record itself, three."""

LOCAL = 10
"""Comparisons whose mean stands for the untreated outcome near a record, in the residuals that clusters sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedPart:
    """The pairs of which both outcomes are observed. used : (n,) bool; w : (n,) final weights, made again for them."""

    matches: Matches
    used: NDArray[np.bool_]
    w: Array


def matched_part(sample: Sample, weights: Weights, seen: NDArray[np.bool_]) -> MatchedPart:
    """Return the matching among records that are seen: a set that lost one shares its weight among the others.

    A record that was matched and whose weight has been taken away since is not seen.
    """
    matches = weights.matches
    assert matches is not None
    paired = np.zeros(len(sample), dtype=bool)
    paired[matches.treated] = paired[matches.comparison] = True
    left = matches.among(seen & (weights.kept | ~paired))
    w = left.weights(sample.sampling_weight) * sample.sampling_weight
    return MatchedPart(matches=left, used=w > 0, w=w)


def matched_clusters(sample: Sample, weights: Weights, clusters: Codes) -> Codes:
    """(n,) int: matched sets where comparisons serve once and every record was assigned alone, else ``clusters``."""
    matches = weights.matches
    if matches is None or matches.reuse or len(np.unique(clusters)) < len(clusters):
        return clusters
    sets = np.arange(len(sample), dtype=np.int64)
    sets[matches.comparison] = matches.treated
    return sets


def fit_matched(
    *, sample: Sample, part: MatchedPart, y: Array, clusters: Codes, vcov: MatchedVcov, neighbours: int
) -> Contrast:
    """Return the difference in matched means of y (n,), with its inference.

    clusters : (n,) as :func:`matched_clusters` gives them. neighbours : records of the same arm behind a variance.

    Raises
    ------
    EstimationError
        E805 for ``abadie_imbens`` after another adjustment, or where records of a person or office belong together.
    """
    alone = len(np.unique(clusters)) == len(clusters)
    abadie_imbens = vcov == "abadie_imbens" or (vcov == "auto" and part.matches.reuse and alone)
    if abadie_imbens and not (part.matches.reuse and alone):
        raise refuse_abadie_imbens()
    by_set = not part.matches.reuse and not np.array_equal(clusters, sample.assignment_clusters)
    fit = fit_contrast(
        X=treatment_design(sample.treated[part.used]),
        y=y[part.used],
        w=part.w[part.used],
        clusters=clusters[part.used],
        names=["(constant)", "treated"],
        vcov=cast(VcovKind, "auto" if abadie_imbens else vcov),
        residuals=None if by_set else _local_residuals(sample, part, y),
    )
    if not abadie_imbens:
        return fit
    error = _abadie_imbens_error(sample, part, y, neighbours)
    return replace(fit, std_error=error, df=np.inf, inference=ABADIE_IMBENS)


def refuse_abadie_imbens() -> EstimationError:
    """Return the refusal of Abadie-Imbens where it is not defined."""
    return EstimationError(
        Problem(
            code="E805",
            sentence="`vcov: abadie_imbens` is for nearest neighbours with replacement and one record per person",
            help="leave `vcov` out: the variance then follows the matching",
            path=("estimate", "vcov"),
        )
    )


def _abadie_imbens_error(sample: Sample, part: MatchedPart, y: Array, neighbours: int) -> float:
    """Return the population standard error; a comparison without a like in its cell is taken about the overall mean."""
    from effekt.numerics.abadie_imbens import conditional_variances, matched_fit

    matches, comparison = part.matches, ~sample.treated
    pool = np.flatnonzero(matches.eligible & comparison)
    unit, near = _same_arm(sample, matches, pool, neighbours)
    variance = conditional_variances(y=np.where(matches.eligible, y, 0.0), unit=unit, neighbour=near)
    overall = np.average(y[part.used & comparison], weights=part.w[part.used & comparison])
    variance = np.where(np.isnan(variance), (y - overall) ** 2, variance)
    return matched_fit(
        y=np.where(part.used, y, 0.0),
        treated=sample.treated,
        unit=matches.treated,
        match=matches.comparison,
        share=matches.share,
        variance=variance,
        s=sample.sampling_weight,
    ).population_error


def _local_residuals(sample: Sample, part: MatchedPart, y: Array) -> Array:
    """Return residuals (used,) about the comparisons' local mean, each arm's weighted mean taken out.

    For a treated that leaves its effect less the average one; for a comparison its own noise, scaled by
    sqrt(J / (J + 1)) for the mean of the J others it is taken about. One without others is taken about its arm's mean.
    """
    treated, w = sample.treated, part.w
    pool = np.flatnonzero(part.used & ~treated)
    near = [_across(sample, part.matches, np.flatnonzero(part.used & treated), pool)]
    near += [_same_arm(sample, part.matches, pool, LOCAL)]
    unit, neighbour = (np.concatenate([pairs[k] for pairs in near]) for k in (0, 1))
    count = np.bincount(unit, minlength=len(y)).astype(np.float64)
    total = np.bincount(unit, weights=y[neighbour], minlength=len(y))
    overall = float(np.average(y[pool], weights=w[pool]))
    mean = np.divide(total, count, out=np.full(len(y), overall), where=count > 0)
    scale = np.where(treated | (count == 0), 1.0, np.sqrt(count / (count + 1.0)))
    e = (np.where(part.used, y, 0.0) - mean) * scale
    for arm in (treated, ~treated):
        rows = part.used & arm
        e[rows] -= np.average(e[rows], weights=w[rows])
    return np.asarray(e[part.used])


def _across(sample: Sample, matches: Matches, targets: Codes, pool: Codes) -> tuple[Codes, Codes]:
    """(p,) treated and the comparisons nearest to them, all that are as near as the last."""
    from effekt.numerics.neighbours import Side, with_replacement

    if matches.position.shape[1] > 1:
        return _in_space(sample, matches, targets, pool, LOCAL)
    person = _persons(sample)
    sides = [Side(score=matches.position[r, 0], cell=matches.cells[r], person=person[r]) for r in (targets, pool)]
    pairs = with_replacement(treated=sides[0], comparison=sides[1], ratio=LOCAL)
    return targets[pairs.treated], pool[pairs.comparison]


def _same_arm(sample: Sample, matches: Matches, pool: Codes, ratio: int) -> tuple[Codes, Codes]:
    """(p,) records of the pool and others of it that are near them."""
    from effekt.numerics.neighbours import Side, near_each_other

    if matches.position.shape[1] > 1:
        return _in_space(sample, matches, pool, pool, ratio)
    side = Side(score=matches.position[pool, 0], cell=matches.cells[pool], person=_persons(sample)[pool])
    unit, near = near_each_other(side=side, ratio=ratio)
    return pool[unit], pool[near]


def _in_space(sample: Sample, matches: Matches, targets: Codes, pool: Codes, ratio: int) -> tuple[Codes, Codes]:
    from effekt.numerics.neighbours_in_space import all_as_near

    near = all_as_near(
        position=matches.position,
        cell=matches.cells,
        person=_persons(sample),
        targets=targets,
        pool=pool,
        ratio=ratio,
        tolerance=1e-10,
    )
    return near.target, near.neighbour


def _persons(sample: Sample) -> Codes:
    return sample.units["entity"].to_numpy(dtype=np.int64)
