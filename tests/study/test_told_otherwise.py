"""The same difference by other procedures, with one unit left out where starts differ, and every unit's path."""

from __future__ import annotations

import numpy as np
import pytest

from effekt.estimators.staggered import ChangesByStart
from effekt.numerics.student import pooled, welch
from effekt.study.robustness import robustness

TREATED = np.arange(12) < 5
CHANGE = np.array([3.0, 1.0, 2.5, 4.0, 2.0, 0.0, 2.0, 1.0, -1.0, 0.5, 1.5, 0.2])


def found(change: np.ndarray = CHANGE, treated: np.ndarray = TREATED):
    return {told.procedure: told for told in robustness(change, treated, lambda: np.random.default_rng(7))}


def test_the_procedures_are_those_of_the_plan_in_their_order():
    assert list(found()) == [
        "CR1S, t(G-1): rejects too often",
        "CR3, t(G-1)",
        "Donald-Lang, t(G-2)",
        "Ibragimov-Müller",
        "Webb, wild cluster bootstrap",
        "RI-beta",
    ]


def test_all_are_about_the_same_difference():
    difference = CHANGE[TREATED].mean() - CHANGE[~TREATED].mean()
    assert [told.value for told in found().values()] == pytest.approx([difference] * 6, rel=1e-12)


def test_two_of_them_are_textbook_t_tests():
    told, one = found(), pooled(treated=CHANGE[TREATED], comparison=CHANGE[~TREATED])
    assert told["Donald-Lang, t(G-2)"].p_value == pytest.approx(one.p, rel=1e-12)
    apart = welch(treated=CHANGE[TREATED], comparison=CHANGE[~TREATED])
    low, high = told["Ibragimov-Müller"].ci_low, told["Ibragimov-Müller"].ci_high
    assert low is not None and high is not None
    # Four degrees of freedom: one less than the smaller group.
    assert (high - low) / 2 == pytest.approx(2.7764451051977987 * apart.std_error, rel=1e-9)


def test_below_four_treated_there_is_the_rank_test_alone():
    few = found(treated=np.arange(12) < 3)
    assert list(few) == ["RI-beta"]
    assert few["RI-beta"].ci_low is None


def test_swapping_signs_moves_nothing_but_the_sign():
    here, there = found(), found(-CHANGE)
    for name, told in here.items():
        assert there[name].value == pytest.approx(-told.value, rel=1e-12)
        if told.ci_low is not None:
            assert there[name].ci_high == pytest.approx(-told.ci_low, rel=1e-9)


def by_start() -> ChangesByStart:
    """Two starts, one unit each, and three that never start."""
    changes = np.array([[1.0, 2.0], [3.0, 5.0], [0.0, 1.0], [1.0, 0.0], [2.0, 2.0]])
    window = np.array([True]), np.array([False])
    return ChangesByStart(np.arange(5), changes, np.array([0, 1, -1, -1, -1]), np.ones(5), (window, window))


def test_leaving_one_out_of_several_starts_is_done_by_hand():
    whole = by_start()
    assert whole.estimate() == pytest.approx(((1 - 1) + (5 - 1)) / 2)
    keys, values = whole.left_out()
    assert keys == [0, 1, 2, 3, 4]
    #     only the second start; only the first; without each of those that never start
    assert values == pytest.approx(
        [5 - 1, 1 - 1, ((1 - 1.5) + (5 - 1)) / 2, ((1 - 1) + (5 - 1.5)) / 2, (0.5 + 4.5) / 2]
    )
    assert [whole.of_start(s) for s in (0, 1)] == pytest.approx([0.0, 4.0])


def test_the_last_of_a_group_cannot_be_left_out():
    changes = np.array([[1.0], [0.0], [2.0]])
    one = ChangesByStart(np.arange(3), changes, np.array([0, -1, -1]), np.ones(3), by_start().windows[:1])
    assert one.left_out()[0] == [1, 2]
