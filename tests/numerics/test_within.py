"""Fixed effects absorbed in closed form and by pyhdfe, against dummies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effekt.errors import EstimationError
from effekt.numerics.within import absorb, two_way_demean


def by_dummies(values, labels, w=None):
    D = np.hstack([(labels[:, [j]] == np.unique(labels[:, j])).astype(float) for j in range(labels.shape[1])])
    root = np.sqrt(np.ones(len(values)) if w is None else w)[:, None]
    fitted = D @ np.linalg.lstsq(root * D, root * values, rcond=None)[0]
    return values - fitted, np.linalg.matrix_rank(D)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(2, 12), T=st.integers(2, 7), weighted=st.booleans())
def test_balanced_panel_in_closed_form_equals_dummies(seed, n, T, weighted):
    rng = np.random.default_rng(seed)
    values, w = 1e4 + rng.normal(size=(n, T)), rng.uniform(0.1, 3, size=n) if weighted else None
    labels = np.column_stack([np.repeat(np.arange(n), T), np.tile(np.arange(T), n)])
    expected, rank = by_dummies(values.reshape(-1, 1), labels, None if w is None else np.repeat(w, T))
    assert two_way_demean(values=values, w=w).reshape(-1, 1) == pytest.approx(expected, abs=1e-8)
    assert rank == n + T - 1


def test_several_panels_are_demeaned_at_once():
    values = np.random.default_rng(0).normal(size=(3, 5, 4))
    assert two_way_demean(values=values)[1] == pytest.approx(two_way_demean(values=values[1]), abs=1e-14)


def test_a_hole_in_the_panel_is_not_ignored():
    with pytest.raises(ValueError, match="absorb"):
        two_way_demean(values=np.array([[1.0, np.nan], [2.0, 3.0]]))


@pytest.mark.parametrize("sets", [1, 2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_unbalanced_effects_equal_dummies(sets, weighted):
    rng = np.random.default_rng(sets)
    n = 400
    labels = np.column_stack([rng.integers(0, 30, n), rng.integers(0, 9, n), rng.integers(0, 4, n)])[:, :sets]
    values = 1e5 + 10 * rng.normal(size=(n, 2)) + labels.sum(axis=1, keepdims=True)
    w = rng.uniform(0.2, 2, n) if weighted else None
    expected, rank = by_dummies(values, labels, w)
    found = absorb(values=values, effects=labels, w=w)
    assert found.values == pytest.approx(expected, abs=1e-6)
    assert found.df_absorbed == rank
    assert found.df_exact == (sets < 3)


def test_singletons_are_kept_counted_and_have_no_residual():
    """pyhdfe would drop the row by default, and leave it out of its count of degrees of freedom in any case."""
    rng = np.random.default_rng(1)
    labels = np.column_stack([[*np.repeat(np.arange(10), 4), 99], [*np.tile(np.arange(4), 10), 0]])
    found = absorb(values=rng.normal(size=41), effects=labels)
    assert (len(found.values), found.n_singletons, found.df_absorbed) == (41, 1, 11 + 4 - 1)
    assert found.values[-1, 0] == pytest.approx(0.0, abs=1e-9)


def test_unconnected_effects_use_up_fewer_degrees():
    labels = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [2, 2], [2, 3], [3, 2], [3, 3]])
    found = absorb(values=np.random.default_rng(0).normal(size=8), effects=labels)
    assert (found.df_absorbed, found.df_exact) == (4 + 4 - 2, True)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_scale_of_a_column_does_not_stop_the_projections_early(scale):
    """pyhdfe stops on an absolute change, so a column in small units would come back half done."""
    rng = np.random.default_rng(2)
    labels = np.column_stack([rng.integers(0, 20, 200), rng.integers(0, 15, 200)])
    values = rng.normal(size=(200, 1))
    plain = absorb(values=values, effects=labels).values
    assert absorb(values=scale * values, effects=labels).values / scale == pytest.approx(plain, abs=1e-9)


def test_a_column_the_effects_explain_entirely_becomes_zero():
    rng = np.random.default_rng(4)
    labels = np.column_stack([rng.integers(0, 20, 200), rng.integers(0, 15, 200)])
    values = np.column_stack([labels[:, 0] * 2.0 + labels[:, 1], rng.normal(size=200), np.full(200, 3.0)])
    found = absorb(values=values, effects=labels).values
    assert found[:, [0, 2]] == pytest.approx(0.0, abs=1e-7)
    assert found[:, [1]] == pytest.approx(by_dummies(values[:, [1]], labels)[0], abs=1e-8)


def test_a_set_with_one_level_is_the_constant():
    rng = np.random.default_rng(5)
    labels = np.column_stack([rng.integers(0, 5, 50), np.zeros(50, dtype=int)])
    assert absorb(values=rng.normal(size=50), effects=labels).df_absorbed == 5


def test_projections_that_do_not_converge_are_refused(monkeypatch):
    import pyhdfe

    class Lazy:
        def residualize(self, matrix, weights=None):
            return matrix

    monkeypatch.setattr(pyhdfe, "create", lambda *args, **kwargs: Lazy())
    with pytest.raises(EstimationError, match="E806"):
        absorb(values=np.arange(6.0), effects=np.array([0, 0, 1, 1, 2, 2]))
