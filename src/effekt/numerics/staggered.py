"""Randomisation inference where units start at different times: every assignment of the ordered starts to units.

The start vector is what was assigned. With starts s of which n_s units have each, and n_0 never, there are
G! / (n_0! prod n_s!) assignments; with two starts among twelve units 132. An assignment decides over which
windows a unit's change is taken, so the outcome moves with it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from effekt.errors import EstimationError, Problem
from effekt.numerics.arrays import Floats, Ints
from effekt.numerics.randomisation import (
    ENUMERATE_UP_TO,
    RandomisationTest,
    Statistic,
    slope_statistics,
)

_TIE = 1e-9
_ROUNDING = 1e-12
_CHUNK_FLOATS = 1 << 20

NEVER = -1
"""The start of a unit that never starts."""


@dataclass(frozen=True, slots=True)
class TwoSamples:
    """Assignments as two-sample problems. y, x : (c, G); the slope of y on x is the estimate.

    y : of a unit that starts, its change over the windows of its start less the mean change of those that never
    start over the same; of a unit that never starts, its change averaged over the starts as often as they occur,
    less its mean. x : 1 = starts.
    """

    y: Floats
    x: Floats


def two_samples(*, changes: Floats, starts: Ints, w: Floats) -> TwoSamples:
    """Turn changes by start into a two-sample problem, which with a single start is that of the changes themselves.

    changes : (G, S), mean after minus mean before each of S starts; starts : (c, G) int, the start of each unit in
    each assignment, NEVER = none; w : (G,) weights that stay with their unit.
    """
    S = changes.shape[1]
    never = starts == NEVER
    outside = never * w
    mean = outside @ changes / outside.sum(axis=1)[:, None]
    gap = changes[None, :, :] - mean[:, None, :]
    own = np.take_along_axis(gap, np.where(never, 0, starts)[:, :, None], axis=2)[:, :, 0]
    share = np.stack([((starts == s) * w).sum(axis=1) for s in range(S)], axis=1)
    share /= share.sum(axis=1, keepdims=True)
    averaged = np.einsum("cgs,cs->cg", gap, share)
    return TwoSamples(np.where(never, averaged, own), (~never).astype(np.float64))


def staggered_test(
    *,
    changes: Floats,
    start: Ints,
    w: Floats | None = None,
    statistic: Statistic = "t",
    draws: int = 99_999,
    rng: np.random.Generator | None = None,
) -> RandomisationTest:
    """Test that no start moved any unit, over all assignments of the starts to units (Fisher 1935).

    changes : (G, S); start : (G,) int, 0..S-1 or NEVER; w : (G,). The statistic "t" is CR2 t of the two-sample
    problem, as in ``randomisation_test``, with which a single start agrees exactly. All assignments up to 200,000,
    else ``draws`` with ``rng`` and p = (1 + b) / (1 + B) (Phipson and Smyth 2010).
    """
    G, S = changes.shape
    counts = [int(np.count_nonzero(start == s)) for s in range(S)]
    if min(counts) == 0 or sum(counts) >= G:
        raise EstimationError(Problem(code="E306", sentence="a randomisation test needs units of every start and none"))
    total = math.factorial(G) // math.prod(math.factorial(n) for n in (*counts, G - sum(counts)))
    exact = total <= ENUMERATE_UP_TO
    if not exact and rng is None:
        raise ValueError(f"{total:.3g} assignments cannot be enumerated; sampling them needs rng")
    weights = np.ones(G) if w is None else w
    # Sampled assignments attach to positions; sorting makes them attach to values, whatever the order of the rows.
    order = np.lexsort((weights, start, *changes.T))
    changes, start, weights = changes[order], start[order], weights[order]
    centred = changes - changes.mean(axis=0)
    spread = float(np.std(centred)) or 1.0
    centred /= spread

    def statistics(starts: Ints) -> tuple[Floats, Floats]:
        samples = two_samples(changes=centred, starts=starts, w=weights)
        found = slope_statistics(y=samples.y, x=samples.x, w=weights)
        return found.beta, found.values(statistic)

    beta, here = statistics(start[None, :])
    size = abs(float(here[0])) * (1.0 - _TIE) - _ROUNDING
    count = 0
    for chunk in _assignments(start, counts) if exact else _sampled(start, draws, rng):
        count += int(np.count_nonzero(np.abs(statistics(chunk)[1]) >= size))
    # With one start, choosing who starts or who does not is the same test when the groups are equally large.
    symmetric = 2 if S == 1 and 2 * counts[0] == G else 1
    return RandomisationTest(
        statistic=statistic,
        estimate=float(beta[0]) * spread,
        observed=float(here[0]) * (spread if statistic == "beta" else 1.0),
        p=count / total if exact else (1.0 + count) / (1.0 + draws),
        count=count,
        total=total if exact else draws,
        exact=exact,
        floor=symmetric / total if exact else max(1.0 / (1.0 + draws), symmetric / total),
    )


def _assignments(start: Ints, counts: list[int]) -> Iterator[Ints]:
    """Every assignment of the starts, in chunks (c, G)."""
    labels = np.repeat(np.arange(len(counts)), counts)
    positions = _orderings(tuple(range(start.size)), tuple(counts))
    step = max(1, _CHUNK_FLOATS // (start.size * len(counts)))
    while chosen := list(itertools.islice(positions, step)):
        chunk = np.full((len(chosen), start.size), NEVER, dtype=np.int64)
        np.put_along_axis(chunk, np.array(chosen, dtype=np.int64), labels[None, :], axis=1)
        yield chunk


def _orderings(free: tuple[int, ...], counts: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every choice of counts[0] positions, then of counts[1] among those left, and so on."""
    if not counts:
        yield ()
        return
    for chosen in itertools.combinations(free, counts[0]):
        left = tuple(position for position in free if position not in chosen)
        for later in _orderings(left, counts[1:]):
            yield chosen + later


def _sampled(start: Ints, draws: int, rng: np.random.Generator | None) -> Iterator[Ints]:
    """Random permutations of the starts, in chunks (c, G)."""
    assert rng is not None
    step = max(1, _CHUNK_FLOATS // (start.size * (int(start.max()) + 1)))
    for first in range(0, draws, step):
        yield rng.permuted(np.broadcast_to(start, (min(step, draws - first), start.size)), axis=1)
