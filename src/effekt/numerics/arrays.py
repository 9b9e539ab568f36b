"""Array types, the grouping of rows, and the triangular factor that regressions stand on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_BLOCK_FLOATS = 1 << 19
"""Numbers in one block of rows (4 MB): large enough for BLAS, small enough to stay near the cache."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows sorted into groups.

    codes : (n,) int, 0..G-1; order : (n,) int, rows sorted by group; starts : (G,) int, where each group
    begins in ``order``; counts : (G,) int.
    """

    codes: Ints
    order: Ints
    starts: Ints
    counts: Ints

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return int(self.counts.size)


def group_rows(labels: NDArray[Any]) -> Groups:
    """Sort rows into groups; ``labels`` (n,) may be integers or strings and need not be consecutive."""
    codes = np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int64, copy=False)
    counts = np.bincount(codes).astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
    return Groups(codes, np.argsort(codes, kind="stable").astype(np.int64), starts, counts)


def group_sums(*, values: Floats, groups: Groups) -> Floats:
    """Sum the rows of ``values`` (n,) or (n, q) within groups; returns (G,) or (G, q)."""
    sums: Floats = np.add.reduceat(values[groups.order], groups.starts, axis=0)
    return sums


def row_blocks(n: int, width: int) -> Iterator[slice]:
    """Cut n rows of ``width`` numbers into blocks that fit near the cache."""
    step = max(_BLOCK_FLOATS // max(width, 1), 4 * width, 1)
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def triangular_factor(*, X: Floats, w: Floats | None = None, extra: Floats | None = None) -> Floats:
    """R of the QR decomposition of sqrt(w) [X, extra], by row blocks (TSQR).

    The blocks' triangles are decomposed again, so nothing of size n is ever formed; Householder reflections
    make the result as good as one QR of the whole (Demmel, Grigori, Hoemmen and Langou 2012). X : (n, k); w :
    (n,) weights >= 0; extra : (n, m). Returns (k + m, k + m), upper triangular.
    """
    width = X.shape[1] + (0 if extra is None else extra.shape[1])
    triangle = np.zeros((0, width))
    for rows in row_blocks(X.shape[0], width):
        block = X[rows] if extra is None else np.hstack([X[rows], extra[rows]])
        if w is not None:
            block = block * np.sqrt(w[rows])[:, None]
        stacked = np.vstack([triangle, block])
        triangle = scipy.linalg.qr(stacked, mode="r", overwrite_a=True, check_finite=False)[0][:width]
    if triangle.shape[0] < width:
        triangle = np.vstack([triangle, np.zeros((width - triangle.shape[0], width))])
    return np.asarray(triangle, dtype=np.float64)


def solve_upper(R: Floats, B: Floats, *, transposed: bool = False) -> Floats:
    """Solve R x = B, or R' x = B, for an upper triangular R."""
    solved = scipy.linalg.solve_triangular(R, B, trans=1 if transposed else 0, check_finite=False)
    return np.asarray(solved, dtype=np.float64)
