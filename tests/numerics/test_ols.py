"""Least squares against statsmodels and exact answers, and the refusals."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from effekt.errors import EstimationError
from effekt.numerics.arrays import group_rows, group_sums, triangular_factor
from effekt.numerics.ols import fit_ols


def data(n=200, seed=1):
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 3)), 400_000 + 1e5 * rng.normal(size=n)])
    return X, X @ [1.0, 2.0, -1.0, 0.0, 1e-5] + rng.normal(size=n), rng.uniform(0.1, 4.0, size=n)


@pytest.mark.parametrize("weighted", [False, True])
def test_equals_statsmodels(weighted):
    X, y, w = data()
    model = sm.WLS(y, X, weights=w if weighted else 1.0).fit()
    fit = fit_ols(X=X, y=y, w=w if weighted else None)
    assert fit.beta == pytest.approx(model.params, rel=1e-9)
    assert fit.residuals == pytest.approx(model.resid, abs=1e-9)
    size = np.sqrt(np.diag(model.normalized_cov_params))
    # On the scale of correlations: statsmodels inverts unscaled columns and keeps fewer digits off the diagonal.
    assert fit.bread / np.outer(size, size) == pytest.approx(
        model.normalized_cov_params / np.outer(size, size), abs=1e-8
    )
    assert (fit.rank, fit.df_resid) == (5, 195)


def test_several_left_hand_sides_in_one_go_equal_one_at_a_time():
    X, y, w = data()
    both = fit_ols(X=X, y=np.column_stack([y, y**2]), w=w)
    assert both.beta.shape == (5, 2) and both.residuals.shape == (200, 2)
    assert both.beta[:, 1] == pytest.approx(fit_ols(X=X, y=y**2, w=w).beta, rel=1e-12)


def test_recovers_a_polynomial_in_the_year_that_the_normal_equations_lose():
    """cond(X) is about 1e12 and X'X has no digits left; scaled QR keeps eight of them."""
    t = np.linspace(2000.0, 2010.0, 60)
    X, truth = np.column_stack([np.ones(60), t, t**2]), np.array([4.0e6, -4.0e3, 1.0])
    y = (t - 2000.0) ** 2
    assert fit_ols(X=X, y=y).beta == pytest.approx(truth, rel=1e-8)
    assert np.max(np.abs(np.linalg.solve(X.T @ X, X.T @ y) / truth - 1.0)) > 1e-5


def test_blocks_of_rows_give_the_triangle_of_one_qr():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(200_001, 6))
    R = triangular_factor(X=X)
    assert pytest.approx(X.T @ X, rel=1e-10) == R.T @ R
    assert np.abs(R) == pytest.approx(np.abs(np.linalg.qr(X, mode="r")), rel=1e-9)


def test_zero_weights_leave_rows_out():
    X, y, w = data()
    w[50:] = 0.0
    fit = fit_ols(X=X, y=y, w=w)
    assert fit.beta == pytest.approx(fit_ols(X=X[:50], y=y[:50], w=w[:50]).beta, rel=1e-10)
    assert fit.df_resid == 45


@pytest.mark.parametrize(
    ("column", "partners"),
    [
        (lambda X: 3.0 * np.ones(len(X)), ["'const'"]),
        (lambda X: X[:, 1] - 2.0 * X[:, 3], ["'age'", "'months'"]),
        (lambda X: X[:, 4] * 12.0, ["'income'"]),
    ],
)
def test_a_collinear_covariate_is_named_with_those_it_depends_on(column, partners):
    X, y, _ = data()
    names = ["const", "age", "sex", "months", "income", "culprit"]
    with pytest.raises(EstimationError, match="E801: covariate 'culprit'") as refusal:
        fit_ols(X=np.column_stack([X, column(X)]), y=y, names=names)
    sentence = refusal.value.problems[0].sentence
    assert [name for name in ("'const'", "'age'", "'sex'", "'months'", "'income'") if name in sentence] == partners


def test_a_full_set_of_dummies_beside_a_constant_is_refused():
    X = np.column_stack([np.ones(90), np.arange(90)[:, None] % 3 == np.arange(3)])
    with pytest.raises(EstimationError, match="'c2' is a linear combination of 'const', 'c0', 'c1'"):
        fit_ols(X=X, y=np.arange(90.0), names=["const", "c0", "c1", "c2"])


def test_a_column_of_zeros_and_too_few_rows_are_refused():
    X, y, _ = data()
    with pytest.raises(EstimationError, match="E801: covariate 'column 2' is zero"):
        fit_ols(X=X * [1, 0, 1, 1, 1], y=y)
    with pytest.raises(EstimationError, match="E803"):
        fit_ols(X=X[:4], y=y[:4])


def test_group_sums_follow_labels_of_any_kind():
    labels = np.array(["b", "a", "b", "c"])
    groups = group_rows(labels)
    assert group_sums(values=np.array([1.0, 2.0, 3.0, 4.0]), groups=groups).tolist() == [2.0, 4.0, 4.0]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), a=st.floats(-1e3, 1e3), b=st.floats(0.01, 100.0))
def test_invariances(seed, a, b):
    X, y, w = data(n=40, seed=seed)
    rng = np.random.default_rng(seed)
    order, scale = rng.permutation(40), np.array([1.0, 1e4, 1.0, 1e-4, 1.0])
    beta = fit_ols(X=X, y=y, w=w).beta
    moved = b * beta
    moved[0] += a
    assert fit_ols(X=X[order], y=y[order], w=w[order]).beta == pytest.approx(beta, rel=1e-8, abs=1e-12)
    assert fit_ols(X=X * scale, y=y, w=w).beta == pytest.approx(beta / scale, rel=1e-8, abs=1e-12)
    assert fit_ols(X=X, y=y, w=2.0 * w).beta == pytest.approx(beta, rel=1e-10, abs=1e-12)
    assert fit_ols(X=X, y=a + b * y, w=w).beta == pytest.approx(moved, rel=1e-7, abs=1e-9 * (1.0 + abs(a)))
