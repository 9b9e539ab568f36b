"""Randomisation over ordered starts: one start is the test of two groups, several are counted by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effekt.errors import EstimationError
from effekt.numerics.randomisation import randomisation_test
from effekt.numerics.staggered import staggered_test


def drawn(seed: int, G: int, S: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(G, S))


@pytest.mark.parametrize("statistic", ["t", "beta"])
@pytest.mark.parametrize("weighted", [False, True])
@given(seed=st.integers(0, 10**6), treated=st.integers(2, 6))
@settings(max_examples=10, deadline=None)
def test_one_start_is_the_test_of_two_groups(statistic: str, weighted: bool, seed: int, treated: int):
    changes = drawn(seed, 9, 1)
    w = np.random.default_rng(seed).uniform(1, 5, size=9) if weighted else None
    start = np.where(np.arange(9) < treated, 0, -1)
    ours = staggered_test(changes=changes, start=start, w=w, statistic=statistic)
    theirs = randomisation_test(y=changes[:, 0], treated=start == 0, w=w, statistic=statistic)
    assert (ours.count, ours.total, ours.floor) == (theirs.count, theirs.total, theirs.floor)
    assert (ours.estimate, ours.observed) == pytest.approx((theirs.estimate, theirs.observed), rel=1e-9)


def test_the_p_is_counted_over_every_assignment_of_the_starts():
    changes, start = drawn(3, 7, 3), np.array([0, -1, 2, -1, 1, -1, 1])

    def estimate(labels: tuple[int, ...]) -> float:
        never = [g for g in range(7) if labels[g] < 0]
        gaps = [changes[g, s] - changes[never, s].mean() for g, s in enumerate(labels) if s >= 0]
        return float(np.mean(gaps))

    every = set(itertools.permutations(start.tolist()))
    observed = estimate(tuple(start.tolist()))
    count = sum(abs(estimate(labels)) >= abs(observed) * (1 - 1e-9) for labels in every)
    found = staggered_test(changes=changes, start=start, statistic="beta")
    assert (found.count, found.total) == (count, len(every)) == (count, math.factorial(7) // (2 * 6))
    assert found.estimate == pytest.approx(observed, rel=1e-12)


def test_the_order_of_units_and_a_common_shift_of_every_start_do_not_matter():
    changes, start = drawn(5, 20, 2), np.repeat([0, 1, -1], [4, 4, 12])
    order = np.random.default_rng(1).permutation(20)
    one = staggered_test(changes=changes, start=start, rng=np.random.default_rng(9), draws=999)
    two = staggered_test(changes=changes[order], start=start[order], rng=np.random.default_rng(9), draws=999)
    assert (one.p, one.exact, one.floor) == (two.p, False, 1 / 1000)
    few = changes[np.r_[:2, 4:6, 8:16]], start[np.r_[:2, 4:6, 8:16]]
    shifted = few[0] + np.array([3.0, -7.0])
    assert staggered_test(changes=shifted, start=few[1]).count == staggered_test(changes=few[0], start=few[1]).count


def test_without_a_unit_that_never_starts_there_is_nothing_to_compare_with():
    with pytest.raises(EstimationError, match="E306"):
        staggered_test(changes=drawn(1, 4, 2), start=np.array([0, 1, 0, 1]))


def test_sampling_needs_a_generator():
    with pytest.raises(ValueError, match="rng"):
        staggered_test(changes=drawn(1, 30, 2), start=np.repeat([0, 1, -1], 10))
