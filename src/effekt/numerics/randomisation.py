"""Randomisation inference on units: every assignment where they can be counted, sampled ones where not.

Both tests hold for a sharp null. They are exact under declared random assignment of units; without it they
are placebo permutations, and whoever prints them says so. The statistic "t" is CR2 t, which for two groups
without weights is Welch's: it keeps its level when only the average effect is zero (Chung and Romano 2013).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from effekt.errors import EstimationError, Problem
from effekt.numerics.arrays import Bools, Floats, Ints

Statistic = Literal["beta", "t"]

ENUMERATE_UP_TO = 200_000
"""Assignments that are all visited; C(15, 5) = 3,003 and C(20, 8) = 125,970 are."""

_TIE = 1e-9
_ROUNDING = 1e-12
_CHUNK_FLOATS = 1 << 20


@dataclass(frozen=True, slots=True)
class RandomisationTest:
    """Two-sided randomisation test.

    observed : the statistic in the data; p = count / total, or (1 + count) / (1 + total) when sampled, never
    zero; count : assignments with |statistic| >= |observed|, ties included; floor : the smallest p the design
    can give.
    """

    statistic: Statistic
    estimate: float
    observed: float
    p: float
    count: int
    total: int
    exact: bool
    floor: float


@dataclass(frozen=True, slots=True)
class SlopeStatistics:
    """beta : (c,) slope on each of c regressors; std_error : (c,) CR2 with every unit its own cluster."""

    beta: Floats
    std_error: Floats

    def values(self, statistic: Statistic) -> Floats:
        """Return the statistic asked for, (c,); t is infinite where a slope has no variance, zero where both vanish."""
        if statistic == "beta":
            return self.beta
        with np.errstate(divide="ignore", invalid="ignore"):
            t = self.beta / self.std_error
        return np.where(self.std_error > 0.0, t, np.where(self.beta == 0.0, 0.0, np.copysign(np.inf, self.beta)))


def randomisation_test(
    *,
    y: Floats,
    treated: Bools,
    w: Floats | None = None,
    statistic: Statistic = "t",
    null: float = 0.0,
    draws: int = 99_999,
    rng: np.random.Generator | None = None,
) -> RandomisationTest:
    """Test a difference between two groups of units over all ways to choose the treated (Fisher 1935).

    y : (G,) one value a unit; treated : (G,) bool; w : (G,) weights that stay with their unit; null : the
    constant effect tested. All C(G, G1) assignments up to 200,000, else ``draws`` with ``rng`` (Phipson and
    Smyth 2010).
    """
    G, G1 = treated.size, int(np.count_nonzero(treated))
    if not 0 < G1 < G:
        raise EstimationError(Problem(code="E306", sentence="a randomisation test needs units in both groups"))
    x = treated.astype(np.float64)
    # Choosing who is treated or who is not is the same test when the groups are equally large.
    symmetric = 2 if 2 * G1 == G else 1
    return _permutation_test(
        y=y - null * x,
        x=x,
        w=w,
        statistic=statistic,
        null=null,
        total=math.comb(G, G1),
        enumerate_all=lambda values: _all_groups(G, G1),
        symmetric=symmetric,
        draws=draws,
        rng=rng,
    )


def randomisation_test_dose(
    *,
    y: Floats,
    dose: Floats,
    w: Floats | None = None,
    statistic: Statistic = "t",
    null: float = 0.0,
    draws: int = 99_999,
    rng: np.random.Generator | None = None,
) -> RandomisationTest:
    """Test a slope on a dose over permutations of the doses among units (DiCiccio and Romano 2017, section 3).

    y : (G,); dose : (G,); all G! permutations up to G = 8, else ``draws`` sampled with ``rng``. The floor
    printed is one over the number of permutations.
    """
    if np.ptp(dose) == 0.0:
        raise EstimationError(Problem(code="E804", sentence="the dose does not vary between units"))
    return _permutation_test(
        y=y - null * dose,
        x=dose,
        w=w,
        statistic=statistic,
        null=null,
        total=math.factorial(dose.size),
        enumerate_all=_all_permutations,
        symmetric=1,
        draws=draws,
        rng=rng,
    )


def slope_statistics(*, y: Floats, x: Floats, w: Floats | None = None) -> SlopeStatistics:
    """Slopes of y on a constant and each row of x, with CR2 standard errors for singleton clusters.

    y : (G,), or (c, G) where the outcome goes with the assignment; x : (c, G), one candidate assignment a row;
    w : (G,). Closed form of `vcov_cr(kind="CR2")` with two regressors; for a 0/1 regressor without weights it is
    Welch's. Use it to test many outcomes on the same draws.
    """
    weights = np.ones(y.shape[-1]) if w is None else w
    W = weights.sum()
    centred = y - (y @ weights / W)[..., None]
    tilde = x - (x @ weights / W)[:, None]
    scaled = tilde * weights
    Sxx = np.einsum("cg,cg->c", scaled, tilde)[:, None]
    if np.any(Sxx <= 0.0):
        raise EstimationError(Problem(code="E804", sentence="an assignment without variation was drawn"))
    beta = (scaled @ centred if y.ndim == 1 else np.einsum("cg,cg->c", scaled, centred)) / Sxx[:, 0]
    leverage = weights / W + scaled * tilde / Sxx
    squares = weights**2
    # x_i'M Q M x_i in the basis (1, tilde), where M = diag(1/W, 1/Sxx) and Q = X'W²X.
    cross, own = (tilde @ squares)[:, None], (tilde**2 @ squares)[:, None]
    working = squares.sum() / W**2 + 2.0 * cross * tilde / (W * Sxx) + own * tilde**2 / Sxx**2
    slack = 1.0 - 2.0 * leverage + working
    score = scaled * (centred - beta[:, None] * tilde)
    kept = slack > _ROUNDING
    variance = np.sum(np.where(kept, score**2 / np.where(kept, slack, 1.0), 0.0), axis=1) / Sxx[:, 0] ** 2
    return SlopeStatistics(beta, np.sqrt(variance))


def _permutation_test(
    *,
    y: Floats,
    x: Floats,
    w: Floats | None,
    statistic: Statistic,
    null: float,
    total: int,
    enumerate_all: Callable[[int], Iterator[Ints]],
    symmetric: int,
    draws: int,
    rng: np.random.Generator | None,
) -> RandomisationTest:
    """Count assignments at least as extreme as the one observed."""
    exact = total <= ENUMERATE_UP_TO
    if not exact and rng is None:
        raise ValueError(f"{total:.3g} assignments cannot be enumerated; sampling them needs rng")
    weights = np.ones(y.size) if w is None else w
    # Sampled assignments attach to positions; sorting makes them attach to values, whatever the order of the
    # rows.
    order = np.lexsort((weights, x, y))
    y, x, weights = y[order], x[order], weights[order]
    spread, width = float(np.std(y)) or 1.0, float(np.std(x))
    y, x = (y - y.mean()) / spread, (x - x.mean()) / width
    here = slope_statistics(y=y, x=x[None, :], w=weights)
    observed = float(here.values(statistic)[0])
    # Standardised values put rounding at 1e-16; an effect of nothing but rounding ties with all others.
    size = abs(observed) * (1.0 - _TIE) - _ROUNDING
    positions = enumerate_all(y.size) if exact else _sampled(y.size, draws, rng)
    count = 0
    for chunk in positions:
        drawn = slope_statistics(y=y, x=_assigned(x, chunk), w=weights).values(statistic)
        count += int(np.count_nonzero(np.abs(drawn) >= size))
    return RandomisationTest(
        statistic=statistic,
        estimate=float(here.beta[0]) * spread / width + null,
        observed=observed * spread / width if statistic == "beta" else observed,
        p=count / total if exact else (1.0 + count) / (1.0 + draws),
        count=count,
        total=total if exact else draws,
        exact=exact,
        floor=symmetric / total if exact else max(1.0 / (1.0 + draws), symmetric / total),
    )


def _assigned(x: Floats, chunk: Ints) -> Floats:
    """Regressors (c, G): permuted values, or the higher value at the chosen positions where only those are listed."""
    if chunk.shape[1] == x.size:
        return x[chunk]
    assigned = np.full((chunk.shape[0], x.size), x.min())
    np.put_along_axis(assigned, chunk, x.max(), axis=1)
    return assigned


def _all_groups(G: int, G1: int) -> Iterator[Ints]:
    """Every choice of G1 among G positions, in chunks (c, G1)."""
    yield from _in_chunks(itertools.combinations(range(G), G1), G1, G)


def _all_permutations(G: int) -> Iterator[Ints]:
    """Every permutation of G positions, in chunks (c, G)."""
    yield from _in_chunks(itertools.permutations(range(G)), G, G)


def _in_chunks(tuples: Iterator[tuple[int, ...]], width: int, G: int) -> Iterator[Ints]:
    """Collect index tuples into arrays."""
    step = max(1, _CHUNK_FLOATS // G)
    while True:
        flat = itertools.chain.from_iterable(itertools.islice(tuples, step))
        chunk = np.fromiter(flat, dtype=np.int64).reshape(-1, width)
        if chunk.shape[0] == 0:
            return
        yield chunk


def _sampled(G: int, draws: int, rng: np.random.Generator | None) -> Iterator[Ints]:
    """Random permutations of G positions, in chunks (c, G)."""
    assert rng is not None
    step = max(1, _CHUNK_FLOATS // G)
    for start in range(0, draws, step):
        base = np.broadcast_to(np.arange(G), (min(step, draws - start), G))
        yield rng.permuted(base, axis=1)
