r"""The difference in mean changes of two groups of units by other procedures, always in the same order.

Each is a function of the units' changes. ``CR1S`` with t(G-1) is what most software prints, and rejects a true null too
often with few treated; ``CR3`` is the jackknife's variance. Donald and Lang (2007) pool the two groups' variances, with
t(G-2); Ibragimov and Muller (2016) keep them apart, with as many degrees of freedom as the smaller group allows. Webb's
(2023) six points take the place of two where two give few p-values; the randomisation test of the coefficient itself
stands beside the one of its t. Below four treated or five others only that last one is defined.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from effekt.estimators.changes import MIN_COMPARISON, MIN_TREATED
from effekt.estimators.contrast import fit_contrast, treatment_design
from effekt.estimators.told import Told
from effekt.sample import Array

if TYPE_CHECKING:
    from effekt.numerics.student import TTest

_FITTED: tuple[tuple[Literal["CR1S", "CR3"], str], ...] = (
    ("CR1S", "CR1S, t(G-1): rejects too often"),
    ("CR3", "CR3, t(G-1)"),
)


def robustness(change: Array, treated: NDArray[np.bool_], rng: Callable[[], np.random.Generator]) -> Iterator[Told]:
    """Yield the procedures that so many units allow. change, treated : (G,). rng : makes a seeded generator."""
    from effekt.numerics.randomisation import randomisation_test

    if treated.sum() >= MIN_TREATED and (~treated).sum() >= MIN_COMPARISON:
        yield from _with_interval(change, treated)
        yield _webb(change, treated, rng())
    test = randomisation_test(y=change, treated=treated, statistic="beta", rng=rng())
    yield Told(procedure="RI-beta", value=test.estimate, p_value=test.p)


def _with_interval(change: Array, treated: NDArray[np.bool_]) -> Iterator[Told]:
    from effekt.numerics.student import pooled, t_test

    X, own, w = treatment_design(treated), np.arange(len(change)), np.ones(len(change))
    for kind, words in _FITTED:
        fit = fit_contrast(X=X, y=change, w=w, clusters=own, names=["(constant)", "treated"], vcov=kind)
        yield _told(words, t_test(estimate=fit.value, std_error=fit.std_error, df=fit.df))
    groups = change[treated], change[~treated]
    yield _told("Donald-Lang, t(G-2)", pooled(treated=groups[0], comparison=groups[1]))
    error = math.sqrt(sum(float(group.var(ddof=1)) / len(group) for group in groups))
    difference = float(groups[0].mean() - groups[1].mean())
    smaller = min(len(group) for group in groups)
    yield _told("Ibragimov-Müller", t_test(estimate=difference, std_error=error, df=smaller - 1))


def _webb(change: Array, treated: NDArray[np.bool_], rng: np.random.Generator) -> Told:
    from effekt.numerics.wild import wild_cluster_test

    X, own = treatment_design(treated), np.arange(len(change))
    wild = wild_cluster_test(X=X, y=change, cluster=own, coefficient=1, multipliers="webb", rng=rng)
    difference = float(change[treated].mean() - change[~treated].mean())
    return Told(procedure="Webb, wild cluster bootstrap", value=difference, p_value=wild.p)


def _told(procedure: str, test: TTest) -> Told:
    return Told(procedure=procedure, value=test.estimate, ci_low=test.low, ci_high=test.high, p_value=test.p)
