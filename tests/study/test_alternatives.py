"""One unit left out, and other units given the programme: by hand, by enumeration, and only where they are exact."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from effekt.study.alternatives import left_out, reassigned

CHANGE = np.array([3.0, 1.0, 0.0, 2.0])
TREATED = np.array([True, True, False, False])


def test_one_left_out_is_the_difference_of_the_others_by_hand():
    keys, values = left_out(CHANGE, TREATED)
    assert keys == [0, 1, 2, 3]
    assert values.tolist() == [0.0, 2.0, 0.0, 2.0]


def test_the_only_treated_cannot_be_left_out():
    keys, _ = left_out(CHANGE, np.array([True, False, False, False]))
    assert keys == [1, 2, 3]


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=8), st.integers(1, 2))
def test_every_choice_of_treated_is_one_value_and_they_are_the_naive_ones(changes, n):
    change = np.array(changes)
    treated = np.arange(len(change)) < n
    naive = []
    for chosen in combinations(range(len(change)), n):
        inside = np.isin(np.arange(len(change)), chosen)
        naive.append(change[inside].mean() - change[~inside].mean())
    found = reassigned(change, treated)
    assert len(found) == math.comb(len(change), n)
    assert found == pytest.approx(np.array(naive), abs=1e-9)


def test_what_cannot_be_counted_is_not_drawn():
    assert not len(reassigned(np.zeros(40), np.arange(40) < 20))
