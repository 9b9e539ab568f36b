"""Bias, coverage and the rest over draws: by hand, and what must hold for any draws."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from effekt.numerics.monte_carlo import (
    UNKNOWN,
    Performance,
    deviation,
    exaggeration,
    mean,
    performance,
    root_mean_square,
    share,
    wrong_sign,
)

NAN = float("nan")


def of(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def yes(*values: int) -> np.ndarray:
    return np.array(values, dtype=bool)


def test_four_draws_by_hand():
    """
    draw    estimate  interval    p     truth
    1       1         -1 .. 3     0.30  2
    2       4          2 .. 6     0.01  2
    3       -3        -5 .. -1    0.02  2
    4       6          4 .. 8     0.00  2
    """
    found = performance(
        value=of(1, 4, -3, 6),
        std_error=of(1, 1, 1, 1),
        low=of(-1, 2, -5, 4),
        high=of(3, 6, -1, 8),
        p_value=of(0.30, 0.01, 0.02, 0.00),
        truth=of(2, 2, 2, 2),
    )
    assert found.estimate.value == 2 and found.bias.value == 0
    assert found.bias.error == pytest.approx(math.sqrt((1 + 4 + 25 + 16) / 3 / 4))
    assert found.rmse.value == pytest.approx(math.sqrt(46 / 4))
    assert found.sd.value == pytest.approx(math.sqrt(46 / 3))
    assert found.sd.error == pytest.approx(math.sqrt(46 / 3) / math.sqrt(6))
    assert found.coverage.value == 0.5, "draws 1 and 2; an end of an interval is in it"
    assert found.rejected.value == 0.75
    assert found.type_s.value == pytest.approx(1 / 3), "draw 3 has the wrong sign"
    assert found.type_m.value == pytest.approx((4 + 3 + 6) / 3 / 2)


def test_the_truth_is_the_mean_over_draws_and_the_bias_is_taken_draw_by_draw():
    nothing = of(NAN, NAN)
    found = performance(
        value=of(1, 3), std_error=nothing, low=of(1.5, 1.5), high=of(2.5, 2.5), p_value=nothing, truth=of(1, 3)
    )
    assert (found.truth.value, found.bias.value, found.bias.error) == (2, 0, 0)
    assert found.coverage.value == 1, "two is within both intervals, though neither draw's own truth is"
    assert found.std_error == found.rejected == UNKNOWN


def test_one_draw_has_no_monte_carlo_error():
    one = performance(value=of(1), std_error=of(1), low=of(0), high=of(2), p_value=of(0.01), truth=of(1))
    assert one.bias.value == 0 and one.coverage.value == 1 and one.rejected.value == 1
    for field in fields(Performance):
        assert math.isnan(getattr(one, field.name).error), f"{field.name} has an error after one draw"


def test_no_draw_at_all_is_unknown_and_not_zero():
    none = of()
    found = performance(value=none, std_error=none, low=none, high=none, p_value=none, truth=none)
    assert all(getattr(found, field.name).n == 0 for field in fields(Performance))
    assert all(math.isnan(getattr(found, field.name).value) for field in fields(Performance))


def test_without_a_known_truth_there_is_power_and_neither_bias_nor_coverage():
    found = performance(
        value=of(1, 2), std_error=of(1, 1), low=of(0, 1), high=of(2, 3), p_value=of(0.3, 0.01), truth=of(NAN, NAN)
    )
    assert found.rejected.value == 0.5 and found.estimate.value == 1.5
    for name in ("truth", "bias", "rmse", "coverage", "type_s", "type_m"):
        assert math.isnan(getattr(found, name).value)


def test_where_there_is_no_effect_no_sign_is_wrong_and_nothing_is_exaggerated():
    assert wrong_sign(of(1, -1), 0.0) == exaggeration(of(1, -1), 0.0) == UNKNOWN


def test_a_share_of_all_or_none_is_not_certain():
    """Agresti and Coull: two hits and two misses are added before the error is taken."""
    every = share(yes(1, 1, 1, 1), among=yes(1, 1, 1, 1))
    assert (every.value, every.n) == (1.0, 4)
    assert every.error == pytest.approx(math.sqrt(0.75 * 0.25 / 8))
    none = share(yes(0, 0, 1), among=yes(1, 1, 0))
    assert (none.value, none.n) == (0.0, 2), "who is not asked about does not count"
    assert none.error > 0


numbers = st.floats(-1e3, 1e3).map(lambda x: round(x, 6))
columns = st.integers(2, 40).flatmap(lambda n: arrays(np.float64, n, elements=numbers))


@given(columns, st.integers(0, 2**31))
def test_the_order_of_draws_does_not_matter(values: np.ndarray, seed: int):
    again = np.random.default_rng(seed).permutation(values)
    for measure in (mean, root_mean_square, deviation):
        one, other = measure(values), measure(again)
        assert (one.value, one.n) == (pytest.approx(other.value, abs=1e-9), other.n)


@given(columns, numbers)
def test_the_mean_square_is_the_squared_bias_and_the_variance(values: np.ndarray, truth: float):
    n = len(values)
    square = root_mean_square(values - truth).value ** 2
    assert square == pytest.approx(
        mean(values - truth).value ** 2 + deviation(values).value ** 2 * (n - 1) / n, abs=1e-5
    )


@given(columns, st.integers(1, 30))
def test_draws_that_are_not_there_change_nothing(values: np.ndarray, absent: int):
    with_gaps = np.concatenate([np.full(absent, np.nan), values])
    assert mean(with_gaps) == mean(values) and deviation(with_gaps) == deviation(values)


@given(columns, st.floats(0.1, 10), numbers)
def test_another_unit_moves_bias_and_error_alike(values: np.ndarray, scale: float, shift: float):
    one, other = mean(values), mean(shift + scale * values)
    assert other.value == pytest.approx(shift + scale * one.value, abs=1e-6)
    assert other.error == pytest.approx(scale * one.error, abs=1e-6)
