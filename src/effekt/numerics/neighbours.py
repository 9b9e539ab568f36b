"""Nearest neighbours on a line, within exact cells: with replacement and all ties, or without and each once.

Treated and comparisons are sorted once by (cell, score); everything after that moves two pointers outwards. Rows
come in the order of a keyed hash, so what breaks a tie is that hash and never the order of a file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from effekt.errors import EstimationError, Problem
from effekt.numerics.arrays import Bools, Floats, Ints

MAX_PAIRS = 50_000_000
"""Pairs that are held at once; more only arise where scores tie by the thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One arm. score : (m,) float; cell : (m,) int, exact; person : (m,) int, who is never matched with himself."""

    score: Floats
    cell: Ints
    person: Ints

    def __len__(self) -> int:
        return len(self.score)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Who was matched with whom, by position in the two arms, sorted by treated and then by comparison.

    treated, comparison : (p,) int. tied : (number of treated,) bool, whether another comparison was as near as
    one that was taken.
    """

    treated: Ints
    comparison: Ints
    tied: Bools


@dataclass(frozen=True, slots=True)
class _Line:
    """Comparisons by (cell, score, row), with each treated's place among them.

    order : (m,) rows; score, person : (m,) in that order; low, high : (t,) bounds of the treated's cell in it;
    place : (t,) first comparison of the cell whose score is not below the treated's.
    """

    order: Ints
    score: Floats
    person: Ints
    low: Ints
    high: Ints
    place: Ints


def with_replacement(
    *, treated: Side, comparison: Side, ratio: int, caliper: float = np.inf, tolerance: float = 0.0
) -> Pairs:
    """Match every treated with its ``ratio`` nearest comparisons of the cell and all that are as near as the last.

    caliper : largest distance of scores; tolerance : distances that differ by less are equal, both in units of the
    score. A treated with fewer than ``ratio`` comparisons within the caliper keeps those it has.

    Raises
    ------
    EstimationError
        E805 if ties make more pairs than can be held.
    """
    line = _on_a_line(treated, comparison)
    last, first_free, next_free = _expand(line, treated, ratio, caliper)
    reach = np.minimum(last + tolerance, np.maximum(caliper, last))
    # A comparison that was taken lies within reach, whatever rounding says about the edge.
    low = np.minimum(_bisect(line, treated.score - reach, right=False), first_free + 1)
    high = np.maximum(_bisect(line, treated.score + reach, right=True), next_free)
    high = np.where(np.isfinite(last), high, low)
    if (high - low).sum() > MAX_PAIRS:
        raise _too_many_ties()
    t, position = _windows(low, high)
    other = line.person[position] != treated.person[t]
    t, c = t[other], line.order[position[other]]
    by_row = np.lexsort((c, t))
    count = np.bincount(t, minlength=len(treated))
    return Pairs(treated=t[by_row], comparison=c[by_row], tied=count > ratio)


def without_replacement(
    *, treated: Side, comparison: Side, ratio: int, caliper: float = np.inf, tolerance: float = 0.0
) -> Pairs:
    """Match greedily, treated with the highest score first, each comparison once; ``ratio`` > 1 in rounds.

    The order and the rounds are those of MatchIt's ``m.order = "largest"``. Of comparisons whose scores are equal, or
    that lie equally far to either side, the first row is taken. Next free neighbours are found by union-find, so that a
    run of used comparisons is jumped.
    """
    line = _on_a_line(treated, comparison)
    free = _Free(line)
    queue = np.lexsort((np.arange(len(treated)), -treated.score)).tolist()
    tied = np.zeros(len(treated), dtype=bool)
    pairs_t: list[int] = []
    pairs_c: list[int] = []
    score, low, high, place = (a.tolist() for a in (treated.score, line.low, line.high, line.place))
    person = treated.person.tolist()
    for _ in range(ratio):
        waiting = []
        for t in queue:
            bounds = (low[t], place[t], high[t])
            taken, tie = free.nearest(score[t], person[t], bounds, caliper=caliper, tolerance=tolerance)
            if taken < 0:
                continue
            free.use(taken)
            waiting.append(t)
            pairs_t.append(t)
            pairs_c.append(taken)
            tied[t] |= tie
        queue = waiting
    t, c = np.array(pairs_t, dtype=np.int64), line.order[np.array(pairs_c, dtype=np.int64)]
    by_row = np.lexsort((c, t))
    return Pairs(treated=t[by_row], comparison=c[by_row], tied=tied)


def near_each_other(*, side: Side, ratio: int) -> tuple[Ints, Ints]:
    """Return (unit, neighbour), (p,) positions: for each record the ``ratio`` others of its cell nearest to it.

    Exactly so many, where the cell has them: among equals those next to it in the order of rows, so that equal records
    do not all lean on the same few. Records of its person are not its neighbours.
    """
    line = _on_a_line(side, side)
    line.place[line.order] = np.arange(len(side))
    _, first_free, next_free = _expand(line, side, ratio, np.inf)
    t, position = _windows(first_free + 1, next_free)
    other = line.person[position] != side.person[t]
    return t[other], line.order[position[other]]


def _windows(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """(p,) row and position of every position from ``low`` up to ``high``, (m,) each."""
    size = np.maximum(high - low, 0)
    rows = np.repeat(np.arange(len(low)), size)
    return rows, np.repeat(low, size) + np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)


def levelled(score: Floats, tolerance: float) -> Floats:
    """Give scores that differ by no more than rounding the same value, so that ties are seen as ties. score : (n,).

    Neighbours on the line less than ``tolerance`` apart are one level, and take its lowest value.
    """
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    new = np.concatenate([[True], np.diff(ordered) > tolerance]) if len(score) else np.zeros(0, dtype=bool)
    level = np.empty_like(score)
    level[order] = ordered[np.maximum.accumulate(np.where(new, np.arange(len(score)), 0))]
    return level


def _on_a_line(treated: Side, comparison: Side) -> _Line:
    """Sort comparisons by cell and score, and find each treated's cell and place among them."""
    cells = np.unique(np.concatenate([comparison.cell, treated.cell]), return_inverse=True)[1].reshape(-1)
    # Small codes are sorted by radix, which is what makes the sort by cell nearly free.
    codes = cells.astype(np.min_scalar_type(int(cells.max(initial=0))))
    ours, theirs = codes[len(comparison) :], codes[: len(comparison)]
    by_score = np.argsort(comparison.score, kind="stable")
    order = by_score[np.argsort(theirs[by_score], kind="stable")].astype(np.int64)
    sorted_cells = theirs[order]
    line = _Line(
        order=order,
        score=comparison.score[order],
        person=comparison.person[order],
        low=np.searchsorted(sorted_cells, ours, side="left").astype(np.int64),
        high=np.searchsorted(sorted_cells, ours, side="right").astype(np.int64),
        place=np.zeros(len(treated), dtype=np.int64),
    )
    line.place[:] = _bisect(line, treated.score, right=False)
    return line


def _bisect(line: _Line, value: Floats, *, right: bool) -> Ints:
    """(t,) int: where ``value`` falls among the scores of the treated's cell; as numpy's searchsorted, by rows."""
    low, high = line.low.copy(), line.high.copy()
    while (open_ := low < high).any():
        middle = (low + high) >> 1
        at = line.score[np.minimum(middle, len(line.score) - 1)]
        up = open_ & ((at <= value) if right else (at < value))
        low = np.where(up, middle + 1, low)
        high = np.where(open_ & ~up, middle, high)
    return low


def _expand(line: _Line, treated: Side, ratio: int, caliper: float) -> tuple[Floats, Ints, Ints]:
    """Take the nearer of left and right ``ratio`` times for every treated at once, own records passed over.

    Returns the distance of the last one taken, NaN if none; and the two pointers, just outside what was taken.
    """
    left, right = line.place - 1, line.place.copy()
    last = np.full(len(treated), np.nan)
    for _ in range(ratio):
        left = _past_own(line, treated, left, -1)
        right = _past_own(line, treated, right, 1)
        there = _distance(line, treated, left)
        here = _distance(line, treated, right)
        nearest = np.minimum(there, here)
        found = (nearest <= caliper) & np.isfinite(nearest)
        if not found.any():
            break
        last = np.where(found, nearest, last)
        backwards = there <= here
        left = left - (found & backwards)
        right = right + (found & ~backwards)
    return last, left, right


def _distance(line: _Line, treated: Side, pointer: Ints) -> Floats:
    """(t,) distance to the comparison pointed at; infinite outside the cell."""
    inside = (pointer >= line.low) & (pointer < line.high)
    at = line.score[np.clip(pointer, 0, max(len(line.score) - 1, 0))] if len(line.score) else treated.score
    return np.where(inside, np.abs(treated.score - at), np.inf)


def _past_own(line: _Line, treated: Side, pointer: Ints, step: int) -> Ints:
    """Move pointers outwards past records of the treated person."""
    while len(line.score):
        inside = (pointer >= line.low) & (pointer < line.high)
        own = inside & (line.person[np.clip(pointer, 0, len(line.score) - 1)] == treated.person)
        if not own.any():
            break
        pointer = pointer + step * own
    return pointer


class _Free:
    """Comparisons not used yet: the next free one to either side, by union-find with path halving."""

    def __init__(self, line: _Line) -> None:
        m = len(line.order)
        self._score, self._person, self._row = line.score.tolist(), line.person.tolist(), line.order.tolist()
        new = np.concatenate([[True], line.score[1:] != line.score[:-1]]) if m else np.zeros(0, dtype=bool)
        # Where the run of equal scores begins: of equals the first row is taken, from whichever side they are met.
        self._run = np.maximum.accumulate(np.where(new, np.arange(m), 0)).tolist()
        # Shifted by one: place 0 stands for "none to the left", place m + 1 for "none to the right".
        self._left = list(range(m + 2))
        self._right = list(range(m + 2))

    def use(self, position: int) -> None:
        """Take a comparison out."""
        self._left[position + 1] = position
        self._right[position + 1] = position + 2

    def nearest(
        self, score: float, person: int, bounds: tuple[int, int, int], *, caliper: float, tolerance: float
    ) -> tuple[int, bool]:
        """Return the position of the nearest free comparison, -1 if none is near enough, and whether it was tied.

        bounds : where the cell begins, where the treated stands in it, and where it ends.
        """
        low, place, high = bounds
        left, right = self._to_left(place - 1, low, person), self._to_right(place, high, person)
        if left >= 0:
            left = self._to_right(max(self._run[left], low), high, person)
        there = abs(score - self._score[left]) if left >= 0 else np.inf
        here = abs(score - self._score[right]) if right >= 0 else np.inf
        distance = min(there, here)
        if distance > caliper or distance == np.inf:
            return -1, False
        near = [p for p, d in ((left, there), (right, here)) if p >= 0 and d <= distance + tolerance]
        tied = len(near) > 1 or any(self._another(p, high, person) for p in near)
        return min(near, key=self._row.__getitem__), tied

    def _another(self, position: int, high: int, person: int) -> bool:
        """Return whether a free comparison after this one has the same score."""
        beyond = self._to_right(position + 1, high, person)
        return beyond >= 0 and self._run[beyond] == self._run[position]

    def _to_left(self, position: int, low: int, person: int) -> int:
        while True:
            position = _root(self._left, position + 1) - 1
            if position < low:
                return -1
            if self._person[position] != person:
                return position
            position -= 1

    def _to_right(self, position: int, high: int, person: int) -> int:
        while True:
            position = _root(self._right, position + 1) - 1
            if position >= high:
                return -1
            if self._person[position] != person:
                return position
            position += 1


def _root(parent: list[int], x: int) -> int:
    """Find the root, halving the path on the way."""
    while parent[x] != x:
        parent[x] = parent[parent[x]]
        x = parent[x]
    return x


def _too_many_ties() -> EstimationError:
    return EstimationError(
        Problem(
            code="E805",
            sentence="so many comparisons have the same score that keeping all ties makes too many pairs",
            help="use `adjust: {method: exact, on: [...]}`: with few distinct scores, cells say the same",
        )
    )
