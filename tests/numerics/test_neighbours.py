"""Nearest neighbours against a reference that measures every distance, and the promises about ties and persons."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effekt.errors import EstimationError
from effekt.numerics import neighbours
from effekt.numerics.neighbours import Pairs, Side, levelled, with_replacement, without_replacement


def side(score, cell=None, person=None, *, first_person: int = 0) -> Side:
    score = np.asarray(score, dtype=float)
    n = len(score)
    return Side(
        score=score,
        cell=np.zeros(n, dtype=np.int64) if cell is None else np.asarray(cell, dtype=np.int64),
        person=np.arange(first_person, first_person + n) if person is None else np.asarray(person, dtype=np.int64),
    )


def as_set(pairs: Pairs) -> set[tuple[int, int]]:
    return set(zip(pairs.treated.tolist(), pairs.comparison.tolist(), strict=True))


def allowed(treated: Side, comparison: Side, t: int, caliper: float) -> list[tuple[float, int]]:
    """(distance, row) of every comparison a treated may have, nearest and first row first."""
    found = [
        (abs(treated.score[t] - comparison.score[c]), c)
        for c in range(len(comparison))
        if comparison.cell[c] == treated.cell[t] and comparison.person[c] != treated.person[t]
    ]
    return sorted((d, c) for d, c in found if d <= caliper)


def every_distance_with_replacement(treated: Side, comparison: Side, ratio: int, caliper: float):
    pairs = set()
    for t in range(len(treated)):
        near = allowed(treated, comparison, t, caliper)
        if near:
            last = near[min(ratio, len(near)) - 1][0]
            pairs |= {(t, c) for d, c in near if d <= last}
    return pairs


def every_distance_without_replacement(treated: Side, comparison: Side, ratio: int, caliper: float):
    pairs, used = set(), set()
    queue = sorted(range(len(treated)), key=lambda t: (-treated.score[t], t))
    for _ in range(ratio):
        waiting = []
        for t in queue:
            near = [c for _, c in allowed(treated, comparison, t, caliper) if c not in used]
            if near:
                used.add(near[0])
                pairs.add((t, near[0]))
                waiting.append(t)
        queue = waiting
    return pairs


@st.composite
def arms(draw, *, ties: bool = False) -> tuple[Side, Side]:
    """Two arms in up to three cells, persons that stand in both; scores on a coarse grid if ties are wanted."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = draw(st.integers(1, 12)), draw(st.integers(0, 25))
    cells, persons = draw(st.integers(1, 3)), draw(st.integers(2, 30))

    def arm(n: int) -> Side:
        score = rng.integers(-4, 5, size=n) / 4 if ties else rng.normal(size=n)
        return side(score, rng.integers(0, cells, size=n), rng.integers(0, persons, size=n))

    return arm(sizes[0]), arm(sizes[1])


calipers = st.sampled_from([np.inf, 1.0, 0.3, 0.0])


@settings(max_examples=300, deadline=None)
@given(arms(), st.integers(1, 4), calipers)
def test_pairs_with_replacement_are_those_of_every_distance(both, ratio: int, caliper: float):
    pairs = with_replacement(treated=both[0], comparison=both[1], ratio=ratio, caliper=caliper)
    assert as_set(pairs) == every_distance_with_replacement(*both, ratio, caliper)


@settings(max_examples=300, deadline=None)
@given(arms(ties=True), st.integers(1, 4), calipers)
def test_all_that_are_as_near_are_kept_with_replacement(both, ratio: int, caliper: float):
    pairs = with_replacement(treated=both[0], comparison=both[1], ratio=ratio, caliper=caliper, tolerance=1e-12)
    assert as_set(pairs) == every_distance_with_replacement(*both, ratio, caliper)
    count = np.bincount(pairs.treated, minlength=len(both[0]))
    assert pairs.tied.tolist() == (count > ratio).tolist()


@settings(max_examples=300, deadline=None)
@given(arms(), st.integers(1, 4), calipers)
def test_pairs_without_replacement_are_those_of_every_distance(both, ratio: int, caliper: float):
    pairs = without_replacement(treated=both[0], comparison=both[1], ratio=ratio, caliper=caliper)
    assert as_set(pairs) == every_distance_without_replacement(*both, ratio, caliper)
    assert not pairs.tied.any()


@settings(max_examples=300, deadline=None)
@given(arms(ties=True), st.integers(1, 4), calipers)
def test_the_first_row_of_those_as_near_is_taken_without_replacement(both, ratio: int, caliper: float):
    pairs = without_replacement(treated=both[0], comparison=both[1], ratio=ratio, caliper=caliper)
    assert as_set(pairs) == every_distance_without_replacement(*both, ratio, caliper)
    assert len(set(pairs.comparison.tolist())) == len(pairs.comparison)


@pytest.mark.parametrize("match", [with_replacement, without_replacement])
def test_pairs_are_sorted_and_a_treated_alone_in_its_cell_is_lost(match):
    pairs = match(treated=side([0.5, 0.4], cell=[1, 0]), comparison=side([0.1, 0.2, 0.3], first_person=10), ratio=2)
    assert pairs.treated.tolist() == [1, 1]
    assert pairs.comparison.tolist() == [1, 2]


@pytest.mark.parametrize("match", [with_replacement, without_replacement])
def test_nobody_is_matched_with_an_earlier_record_of_his_own(match):
    pairs = match(treated=side([0.0], person=[7]), comparison=side([0.0, 0.01, 0.5], person=[7, 7, 8]), ratio=1)
    assert as_set(pairs) == {(0, 2)}


@pytest.mark.parametrize("match", [with_replacement, without_replacement])
def test_ties_are_counted_by_treated(match):
    treated = side([0.0, 5.0])
    pairs = match(treated=treated, comparison=side([-1.0, 1.0, 5.0, 5.0, 9.0], first_person=9), ratio=1)
    assert pairs.tied.tolist() == [True, True]
    assert match(treated=treated, comparison=side([1.0, 5.0], first_person=9), ratio=1).tied.tolist() == [False, False]


def test_scores_apart_by_rounding_are_one_level():
    level = levelled(np.array([0.3, 0.1 + 0.2, 0.5, 0.1]), 1e-12)
    assert level.tolist() == [0.3, 0.3, 0.5, 0.1]
    assert levelled(np.zeros(0), 1e-12).tolist() == []


def test_more_ties_than_can_be_held_are_refused(monkeypatch):
    monkeypatch.setattr(neighbours, "MAX_PAIRS", 10)
    with pytest.raises(EstimationError, match="E805") as refusal:
        with_replacement(treated=side(np.zeros(4)), comparison=side(np.zeros(3), first_person=10), ratio=1)
    assert refusal.value.problems[0].help
