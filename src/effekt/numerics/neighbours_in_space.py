"""Nearest neighbours in several dimensions, within exact cells, with all ties: a k-d tree per cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from effekt.numerics.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class Near:
    """target, neighbour : (p,) int, rows that are near each other, sorted by target and then by neighbour."""

    target: Ints
    neighbour: Ints


def all_as_near(
    *,
    position: Floats,
    cell: Ints,
    person: Ints,
    targets: Ints,
    pool: Ints,
    ratio: int,
    tolerance: float = 0.0,
) -> Near:
    """Return for every target its ``ratio`` nearest rows of the pool in the cell, and all as near as the last.

    position : (n, k); cell, person : (n,) int, nobody is near himself; targets, pool : rows. tolerance : distances
    that differ by less are equal. A target with fewer than ``ratio`` rows in the cell gets those.
    """
    found_t: list[Ints] = []
    found_p: list[Ints] = []
    by_cell = pool[np.argsort(cell[pool], kind="stable")]
    for code in np.unique(cell[targets]):
        here = targets[cell[targets] == code]
        low, high = np.searchsorted(cell[by_cell], [code, code + 1])
        if low == high:
            continue
        t, p = _in_a_cell(
            position=position,
            person=person,
            targets=here,
            pool=by_cell[low:high],
            ratio=ratio,
            tolerance=tolerance,
        )
        found_t.append(t)
        found_p.append(p)
    empty = np.zeros(0, dtype=np.int64)
    target, neighbour = (np.concatenate([empty, *parts]) for parts in (found_t, found_p))
    order = np.lexsort((neighbour, target))
    return Near(target[order], neighbour[order])


def _in_a_cell(
    *, position: Floats, person: Ints, targets: Ints, pool: Ints, ratio: int, tolerance: float
) -> tuple[Ints, Ints]:
    """(p,) targets and their neighbours among the rows of one cell."""
    from scipy.spatial import cKDTree

    tree = cKDTree(position[pool])
    own = np.unique(person[pool], return_counts=True)
    most_own = int(own[1][np.isin(own[0], person[targets])].max(initial=0))
    k = min(ratio + most_own, len(pool))
    distance, index = tree.query(position[targets], k=k)
    distance, index = distance.reshape(len(targets), k), index.reshape(len(targets), k)
    distance = np.where(person[pool][index] == person[targets][:, None], np.inf, distance)
    distance = np.sort(distance, axis=1)
    count = np.isfinite(distance).sum(axis=1)
    some = count > 0
    last = distance[np.arange(len(targets)), np.maximum(np.minimum(count, ratio) - 1, 0)]
    # A hair wider than the distance itself, which is rounded: the tree compares squares.
    reach = np.where(some, last * (1 + 1e-14) + tolerance, 0.0)
    inside = tree.query_ball_point(position[targets[some]], reach[some])
    t = np.repeat(targets[some], [len(rows) for rows in inside])
    p = pool[np.concatenate([np.asarray(rows, dtype=np.int64) for rows in inside] or [np.zeros(0, dtype=np.int64)])]
    other = person[t] != person[p]
    return t[other], p[other]
