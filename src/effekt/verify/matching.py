"""Matching on covariates with replacement: the numbers of the first programs for Abadie and Imbens (2006)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from effekt.numerics.abadie_imbens import MatchedFit, conditional_variances, constant_variance, matched_fit
from effekt.numerics.neighbours_in_space import Near, all_as_near
from effekt.verify import sources

Numbers = Iterator[tuple[str, float]]
Array = NDArray[np.float64]
Codes = NDArray[np.int64]

_ROUNDING = 1e-9
_FOUR = ("age", "educ", "re74", "re75")


def nsw_matching() -> Numbers:
    """Yield effects in the NSW experiment with one variance for everybody, and the standard errors the log prints."""
    age = _nsw(("age",), 1, "all")
    yield "nsw.match.age.ate", age.estimate
    yield "nsw.match.age.sample", age.sample_error
    one = _nsw(_FOUR, 1, "all")
    yield "nsw.match.1.ate", one.estimate
    yield "nsw.match.1.sample", one.sample_error
    yield "nsw.match.1.population", one.population_error
    for matches in (3, 4):
        fit = _nsw(_FOUR, matches, "all")
        yield f"nsw.match.{matches}.ate", fit.estimate
        yield f"nsw.match.{matches}.population", fit.population_error
    for matches in (1, 3, 4):
        fit = _nsw(_FOUR, matches, "treated")
        yield f"nsw.match.{matches}.att", fit.estimate
        yield f"nsw.match.{matches}.att.population", fit.population_error


def cattaneo_matching() -> Numbers:
    """Yield the effect of smoking on birth weight by Mahalanobis distance, and the robust standard error."""
    data = sources.cattaneo()
    x = data[["mage", "prenatal1_", "mmarried_", "fbaby_"]].to_numpy(dtype=np.float64)
    root = np.linalg.cholesky(np.cov(x.T))
    matched = Matching(
        position=np.ascontiguousarray(np.linalg.solve(root, x.T).T),
        treated=data["mbsmoke_"].to_numpy() == 1,
        y=data["bweight"].to_numpy(dtype=np.float64),
    )
    fit = matched.fit(1, units="all", neighbours=2)
    yield "cattaneo.nnmatch.ate", fit.estimate
    yield "cattaneo.nnmatch.std_error", fit.population_error


def _nsw(covariates: tuple[str, ...], matches: int, units: Literal["all", "treated"]) -> MatchedFit:
    """Match on covariates scaled by their standard deviations: the "inverse variance" metric."""
    data = sources.nsw()
    x = data[list(covariates)].to_numpy(dtype=np.float64)
    matched = Matching(
        position=x / x.std(axis=0, ddof=1),
        treated=data["treat"].to_numpy() == 1,
        y=data["re78"].to_numpy(dtype=np.float64),
    )
    return matched.fit(matches, units=units, neighbours=None)


@dataclass(frozen=True, slots=True)
class Matching:
    """position : (n, k) scaled covariates; treated : (n,) bool; y : (n,)."""

    position: Array
    treated: NDArray[np.bool_]
    y: Array

    def fit(self, matches: int, *, units: Literal["all", "treated"], neighbours: int | None) -> MatchedFit:
        """Match ``units`` with their nearest of the other arm, all ties kept.

        neighbours : records of the same arm beside the record behind each variance; None = one variance for everybody.
        """
        near = [self._near(arm, ~arm, matches) for arm in (self.treated, ~self.treated)[: 2 if units == "all" else 1]]
        unit, match = (np.concatenate([part[k] for part in near]) for k in (0, 1))
        share = 1.0 / np.bincount(unit)[unit]
        variance = np.zeros(len(self.y))

        def fitted() -> MatchedFit:
            return matched_fit(y=self.y, treated=self.treated, unit=unit, match=match, share=share, variance=variance)

        if neighbours is None:
            variance += constant_variance(
                y=self.y, treated=self.treated, unit=unit, match=match, share=share, estimate=fitted().estimate
            )
            return fitted()
        for arm in (self.treated, ~self.treated):
            own, other = self._near(arm, arm, neighbours)
            variance[arm] = conditional_variances(y=self.y, unit=own, neighbour=other)[arm]
        return fitted()

    def _near(self, targets: NDArray[np.bool_], pool: NDArray[np.bool_], ratio: int) -> tuple[Codes, Codes]:
        n = len(self.y)
        found: Near = all_as_near(
            position=self.position,
            cell=np.zeros(n, dtype=np.int64),
            person=np.arange(n),
            targets=np.flatnonzero(targets),
            pool=np.flatnonzero(pool),
            ratio=ratio,
            tolerance=_ROUNDING,
        )
        return found.target, found.neighbour
