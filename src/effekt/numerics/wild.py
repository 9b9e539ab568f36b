"""Wild cluster bootstrap with the null imposed, enumerated where that is possible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from effekt.errors import EstimationError, Problem
from effekt.numerics.arrays import Floats, Groups, group_rows, group_sums, solve_upper, triangular_factor

MultiplierKind = Literal["rademacher", "webb"]

_POINTS: dict[MultiplierKind, Floats] = {
    "rademacher": np.array([1.0, -1.0]),
    "webb": np.array([np.sqrt(1.5), 1.0, np.sqrt(0.5), -np.sqrt(0.5), -1.0, -np.sqrt(1.5)]),
}
_ENUMERATE_UP_TO: dict[MultiplierKind, int] = {"rademacher": 1 << 18, "webb": 6**8}
"""2^18 and 6^8 sign patterns; above that the distribution is sampled."""

_TIE = 1e-9
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class WildTest:
    """Outcome of a wild cluster restricted bootstrap test.

    t : CR1 t against the null; p = count / total, or (1 + count) / (1 + total) when sampled; count : draws
    with |t*| >= |t|, the draw that reproduces the data among them when enumerated; floor : the smallest p
    this number of clusters can give; low, high : interval by inversion (NaN if not asked for, infinite where
    no bound exists).
    """

    estimate: float
    std_error: float
    t: float
    p: float
    count: int
    total: int
    exact: bool
    floor: float
    n_clusters: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ClusterStatistics:
    """All that the bootstrap needs to know, none of it longer than the number of clusters.

    With delta = estimate - null, a draw v (G,) has numerator v'(a0 + delta a1) and cluster scores
    (D0 + delta D1) v. a0, a1 : (G,); D0, D1 : (G, G).
    """

    estimate: float
    a0: Floats
    a1: Floats
    D0: Floats
    D1: Floats


def wild_cluster_test(
    *,
    X: Floats,
    y: Floats,
    cluster: NDArray[Any],
    coefficient: int,
    w: Floats | None = None,
    null: float = 0.0,
    multipliers: MultiplierKind = "rademacher",
    draws: int = 99_999,
    rng: np.random.Generator | None = None,
    level: float | None = None,
) -> WildTest:
    """Wild cluster restricted (WCR) bootstrap t test of one coefficient, as Stata `boottest, cluster(g)`.

    X : (n, k) of full rank; y : (n,); cluster : (n,) labels; coefficient : column of X; w : (n,) weights.
    Cameron, Gelbach and Miller 2008; the algebra by clusters is that of Roodman, MacKinnon, Nielsen and Webb
    2019, section 5. Rademacher weights are enumerated up to G = 18 and Webb's (2023) six points up to G = 8;
    beyond that ``draws`` are sampled with ``rng``. The statistic is CR1 t; its factor cancels. ``level`` asks
    for an interval. Few treated clusters make this test misleading (MacKinnon and Webb 2017): the p cannot
    say so, the design must.
    """
    groups = group_rows(cluster)
    statistics = cluster_statistics(X=X, y=y, groups=groups, coefficient=coefficient, w=w)
    return wild_test(statistics=statistics, null=null, multipliers=multipliers, draws=draws, rng=rng, level=level)


def cluster_statistics(
    *, X: Floats, y: Floats, groups: Groups, coefficient: int, w: Floats | None = None
) -> ClusterStatistics:
    """Reduce the data to sums by cluster, in coordinates where X'WX = I so that column scale plays no part."""
    if groups.n_groups < 2:
        raise EstimationError(Problem(code="E808", sentence="a cluster bootstrap needs at least two clusters"))
    k = X.shape[1]
    triangle = triangular_factor(X=X, w=w, extra=y[:, None])
    R, rotated = triangle[:k, :k], triangle[:k, k]
    Z = solve_upper(R, X.T, transposed=True).T
    residuals = y - Z @ rotated
    direction = solve_upper(R, np.eye(k)[coefficient], transposed=True)
    along = Z @ direction
    weighted = Z if w is None else Z * w[:, None]
    # One pass: Z'e, Z'xi and Z'xi c'c share the rows; xi is the direction in which the null moves the
    # residuals.
    xi = along / (direction @ direction)
    s0 = group_sums(values=weighted * residuals[:, None], groups=groups)
    s1 = group_sums(values=weighted * xi[:, None], groups=groups)
    L = s1 * (direction @ direction)
    a0, a1 = s0 @ direction, s1 @ direction
    return ClusterStatistics(
        estimate=float(direction @ rotated),
        a0=a0,
        a1=a1,
        D0=np.diag(a0) - L @ s0.T,
        D1=np.diag(a1) - L @ s1.T,
    )


def wild_test(
    *,
    statistics: ClusterStatistics,
    null: float = 0.0,
    multipliers: MultiplierKind = "rademacher",
    draws: int = 99_999,
    rng: np.random.Generator | None = None,
    level: float | None = None,
) -> WildTest:
    """Run the bootstrap on the sufficient statistics."""
    G = statistics.a0.size
    points = _POINTS[multipliers]
    total = points.size**G
    exact = total <= _ENUMERATE_UP_TO[multipliers]
    if not exact and rng is None:
        raise ValueError(f"{points.size}^{G} draws cannot be enumerated; sampling them needs rng")
    total = total if exact else draws
    patterns = _patterns(points, G, exact, draws, rng)
    curve = _Curve(statistics=_sorted(statistics), patterns=patterns, keep=level is not None)
    count = curve.count(null) * (2 if exact else 1)
    std_error = float(np.sqrt(G / (G - 1)) * np.linalg.norm(statistics.D0.sum(axis=1)))
    gap = statistics.estimate - null
    p_value = _share(exact, total)
    low, high = (np.nan, np.nan) if level is None else curve.interval(p_value, 1.0 - level, std_error, exact)
    return WildTest(
        estimate=statistics.estimate,
        std_error=std_error,
        t=gap / std_error if std_error > 0.0 else float(np.copysign(np.inf, gap)),
        p=p_value(count),
        count=count,
        total=total,
        exact=exact,
        # A constant pattern reproduces |t|: 2 of the 2^G, or the 6 constant ones among Webb's 6^G.
        floor=points.size / total if exact else 1.0 / (1.0 + total),
        n_clusters=G,
        low=low,
        high=high,
    )


def _share(exact: bool, total: int) -> Callable[[int], float]:
    """Turn a count into p: the identity is one of the enumerated draws, and is added to the sampled ones."""
    return (lambda count: count / total) if exact else (lambda count: (1.0 + count) / (1.0 + total))


def _sorted(statistics: ClusterStatistics) -> ClusterStatistics:
    """Put clusters in an order of their own, so that sampled draws do not depend on how clusters are labelled."""
    order = np.lexsort((statistics.a0, statistics.a1))
    square = np.ix_(order, order)
    return ClusterStatistics(
        statistics.estimate,
        statistics.a0[order],
        statistics.a1[order],
        statistics.D0[square],
        statistics.D1[square],
    )


def _patterns(
    points: Floats, G: int, exact: bool, draws: int, rng: np.random.Generator | None
) -> Callable[[], Iterator[Floats]]:
    """Chunks (c, G) of multipliers. Enumerated: first cluster positive only, since |t*| is the same for v and -v."""
    half = points[: points.size // 2]

    def enumerated() -> Iterator[Floats]:
        size = half.size * points.size ** (G - 1)
        for start in range(0, size, _CHUNK):
            code = np.arange(start, min(start + _CHUNK, size))
            v = np.empty((code.size, G))
            for g in range(G - 1, 0, -1):
                code, digit = np.divmod(code, points.size)
                v[:, g] = points[digit]
            v[:, 0] = half[code]
            yield v

    def sampled() -> Iterator[Floats]:
        assert rng is not None
        for start in range(0, draws, _CHUNK):
            yield points[rng.integers(0, points.size, size=(min(_CHUNK, draws - start), G))]

    return enumerated if exact else sampled


class _Curve:
    """The number of extreme draws as a function of the null; numerators and denominators are polynomials in it."""

    def __init__(self, *, statistics: ClusterStatistics, patterns: Callable[[], Iterator[Floats]], keep: bool) -> None:
        self.statistics = statistics
        self._patterns = patterns
        self._kept = [self._coefficients(v) for v in patterns()] if keep else None

    def _coefficients(self, v: Floats) -> Floats:
        """(5, c): numerator n0 + d n1, squared denominator q00 + 2 d q01 + d² q11, with d = estimate - null."""
        s = self.statistics
        Q0, Q1 = v @ s.D0.T, v @ s.D1.T
        products = [np.einsum("cg,cg->c", a, b) for a, b in ((Q0, Q0), (Q0, Q1), (Q1, Q1))]
        return np.array([v @ s.a0, v @ s.a1, *products])

    def count(self, null: float) -> int:
        """Draws with |t*| >= |t| under this null, ties included; a draw with no variance counts as extreme."""
        d = self.statistics.estimate - null
        s = self.statistics
        ones = np.ones(s.a0.size)
        scores = s.D0 @ ones + d * (s.D1 @ ones)
        observed = _squared_t(np.array([d * s.a1.sum()]), np.array([scores @ scores]))
        bar = float(observed[0]) * (1.0 - _TIE) ** 2
        if self._kept is None:
            a, D = s.a0 + d * s.a1, s.D0 + d * s.D1
            return sum(
                int(np.count_nonzero(_squared_t(v @ a, np.sum((v @ D.T) ** 2, axis=1)) >= bar))
                for v in self._patterns()
            )
        return sum(
            int(np.count_nonzero(_squared_t(c[0] + d * c[1], c[2] + 2.0 * d * c[3] + d * d * c[4]) >= bar))
            for c in self._kept
        )

    def interval(
        self, p_value: Callable[[int], float], alpha: float, std_error: float, exact: bool
    ) -> tuple[float, float]:
        """Nulls around the estimate that are not rejected: the connected piece, each end by bisection."""
        times = 2 if exact else 1

        def kept(null: float) -> bool:
            return p_value(times * self.count(null)) > alpha

        return self._end(kept, -std_error), self._end(kept, std_error)

    def _end(self, kept: Callable[[float], bool], step: float) -> float:
        """Walk out from the estimate until a null is rejected, then halve the gap; infinite if none is."""
        centre = self.statistics.estimate
        if not abs(step) > 0.0:
            return centre
        inner, outer = 0.0, 1.0
        while kept(centre + outer * step):
            inner, outer = outer, outer * 1.5
            # At such nulls the draws have reached their limit distribution: p will not fall any more.
            if outer > 1e6:
                return float(np.copysign(np.inf, step))
        while outer - inner > 1e-10 * outer:
            middle = 0.5 * (inner + outer)
            inner, outer = (middle, outer) if kept(centre + middle * step) else (inner, middle)
        return centre + inner * step


def _squared_t(numerator: Floats, squared_denominator: Floats) -> Floats:
    """t² up to the factor all draws share; infinite where the variance is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = numerator**2 / squared_denominator
    return np.where(squared_denominator > 0.0, squared, np.inf)
