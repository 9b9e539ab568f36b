"""Logit against statsmodels, and the refusals that others turn into numbers."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from effekt.errors import EstimationError
from effekt.numerics import logit
from effekt.numerics.logit import fit_logit


def data(n=4000, seed=0):
    """Covariates as they come: a dummy, an income in NOK, a year, two numbers."""
    rng = np.random.default_rng(seed)
    X = np.column_stack(
        [
            rng.random(n) < 0.3,
            4e5 + 1e5 * rng.normal(size=n),
            2015 + rng.integers(0, 8, size=n),
            rng.normal(size=(n, 2)),
        ]
    )
    eta = -1.5 + 0.5 * X[:, 0] + 3e-6 * (X[:, 1] - 4e5) - 0.1 * (X[:, 2] - 2018) + X[:, 3]
    return X, (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float), rng.uniform(0.1, 3.0, size=n)


@pytest.mark.parametrize("weighted", [False, True])
def test_equals_statsmodels_glm(weighted):
    X, y, w = data()
    weights = w if weighted else np.ones_like(w)
    model = sm.GLM(y, sm.add_constant(X), sm.families.Binomial(), freq_weights=weights).fit(tol=1e-14)
    fit = fit_logit(X=X, y=y, w=w if weighted else None)
    assert fit.beta == pytest.approx(model.params, rel=1e-8)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(model.bse, rel=1e-8)
    assert fit.probability == pytest.approx(model.fittedvalues, rel=1e-8)
    assert fit.linear_predictor == pytest.approx(sm.add_constant(X) @ model.params, abs=1e-8)
    assert fit.log_likelihood == pytest.approx(model.llf, rel=1e-10)


def test_score_is_zero_at_the_coefficients_reported():
    X, y, _ = data()
    fit = fit_logit(X=X, y=y)
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    assert np.max(np.abs(Z.T @ (y - fit.probability))) < 1e-9
    assert fit.max_score < 1e-12


def test_rare_treatment_is_not_clipped():
    rng = np.random.default_rng(5)
    x = rng.normal(size=200_000)
    y = (rng.random(200_000) < 1.0 / (1.0 + np.exp(7.0 - x))).astype(float)
    fit = fit_logit(X=x[:, None], y=y)
    assert fit.probability.min() < 1e-4
    assert fit.probability.sum() == pytest.approx(y.sum(), rel=1e-10)


def test_pilot_start_changes_nothing(monkeypatch):
    X, y, _ = data(n=20_000)
    plain = fit_logit(X=X, y=y)
    monkeypatch.setattr(logit, "_PILOT_FROM", 1_000)
    monkeypatch.setattr(logit, "_PILOT_ROWS", 2_000)
    piloted = fit_logit(X=X, y=y)
    assert piloted.iterations < plain.iterations
    assert piloted.beta == pytest.approx(plain.beta, rel=1e-9)


def test_steep_logit_converges_by_halved_steps():
    rng = np.random.default_rng(11)
    x = rng.normal(size=5000)
    y = (40.0 * x + rng.logistic(size=5000) > 20.0).astype(float)
    fit = fit_logit(X=x[:, None], y=y)
    model = sm.Logit(y, sm.add_constant(x)).fit(disp=0, method="newton", maxiter=200)
    assert fit.beta == pytest.approx(model.params, rel=1e-6)


def test_a_start_from_which_plain_newton_diverges_is_saved_by_halving_the_step():
    X, y, _ = data()
    standardised = logit._standardise(X=X, y=y, w=None, names=None)
    far = logit._evaluate(standardised, np.array([6.0, 0.0, -5.0, 0.0, 4.0, 0.0]))
    plain = logit._evaluate(standardised, far.b + np.linalg.solve(far.information, far.score))
    assert plain.loss > far.loss
    state, _ = logit._newton(standardised, far)
    near, _ = logit._newton(standardised, logit._evaluate(standardised, np.zeros(6)))
    assert state.b == pytest.approx(near.b, rel=1e-9)


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (lambda X: np.full(len(X), 7.0), "'culprit' is constant"),
        (lambda X: X[:, 0] - 2.0 * X[:, 3], "'culprit' is a linear combination of 'woman', 'x'"),
        (lambda X: X[:, 1] / 1e6, "'culprit' is constant or proportional to 'income'"),
    ],
)
def test_constant_or_collinear_covariate_is_named(extra, sentence):
    X, y, _ = data()
    names = ["woman", "income", "year", "x", "z", "culprit"]
    with pytest.raises(EstimationError, match=sentence) as refusal:
        fit_logit(X=np.column_stack([X, extra(X)]), y=y, names=names)
    assert refusal.value.problems[0].code == "E801"


def test_dummy_without_treated_is_quasi_separation():
    """The usual case: in one small office nobody was referred."""
    X, y, _ = data()
    office = np.arange(len(y)) % 50 == 0
    y = np.where(office, 0.0, y)
    with pytest.raises(EstimationError, match="E802: 'office' predicts some rows without error"):
        fit_logit(X=np.column_stack([X, office]), y=y, names=["woman", "income", "year", "x", "z", "office"])


def test_threshold_is_perfect_separation():
    X, _, _ = data()
    y = (X[:, 1] > 5e5).astype(float)
    with pytest.raises(EstimationError, match="E802: 'income' predicts every row"):
        fit_logit(X=X, y=y, names=["woman", "income", "year", "x", "z"])


def test_reference_category_without_treated_names_its_dummies():
    """No single dummy separates; all of them together do, through the category left out."""
    X, y, _ = data()
    county = np.random.default_rng(1).integers(0, 4, size=len(y))
    y = np.where(county == 0, 0.0, y)
    D = county[:, None] == np.arange(1, 4)
    names = ["woman", "income", "year", "x", "z", "c1", "c2", "c3"]
    with pytest.raises(EstimationError, match="E802: in combination or alone, 'c1', 'c2', 'c3' predict some rows"):
        fit_logit(X=np.column_stack([X, D]), y=y, names=names)


@pytest.mark.parametrize("perfect", [True, False])
def test_combination_that_separates_is_named(perfect):
    X, y, _ = data()
    rng = np.random.default_rng(2)
    u, v = rng.integers(0, 3, size=(2, len(y)))
    total = u + v
    y = np.where(total > 2, 1.0, np.where(total < 2, 0.0, 0.0 if perfect else y))
    with pytest.raises(EstimationError, match=r"E802.*'u', 'v' predict") as refusal:
        fit_logit(X=np.column_stack([X, u, v]), y=y, names=["woman", "income", "year", "x", "z", "u", "v"])
    assert ("every row" in str(refusal.value)) == perfect
    assert "'income'" not in str(refusal.value)


def test_one_separated_row_among_many_is_found():
    X, y, _ = data(n=50_000)
    pair = np.random.default_rng(3).random((50_000, 2)) < 0.02
    both = pair.all(axis=1)
    y[both] = 1.0
    names = ["woman", "income", "year", "x", "z", "both"]
    with pytest.raises(EstimationError, match="E802: 'both'"):
        fit_logit(X=np.column_stack([X, both]), y=y, names=names)


def test_rows_of_zero_weight_cannot_hide_a_separation():
    X, y, w = data()
    office = np.arange(len(y)) % 50 == 0
    w = np.where(office & (y == 1.0), 0.0, w)
    with pytest.raises(EstimationError, match="E802"):
        fit_logit(X=np.column_stack([X, office]), y=y, w=w)


def test_strong_but_real_covariates_are_not_called_separating():
    rng = np.random.default_rng(6)
    g = rng.normal(size=(3000, 2))
    y = (g @ [1.0, 2.0] + 0.02 * rng.normal(size=3000) > 0).astype(float)
    fit = fit_logit(X=g, y=y)
    assert np.max(np.abs(fit.linear_predictor)) > 100.0


def test_left_hand_side_without_variation_is_refused():
    X, y, _ = data()
    with pytest.raises(EstimationError, match="E804"):
        fit_logit(X=X, y=np.ones_like(y))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_invariances(seed):
    """Row order, column scale and location, and doubled weights."""
    X, y, w = data(n=600, seed=seed)
    fit = fit_logit(X=X, y=y, w=w)
    rng = np.random.default_rng(seed)
    order, scale, shift = rng.permutation(600), np.array([1, 1e-5, 1, 1e3, 1]), np.array([0, 0, -2015, 0, 5.0])
    assert fit_logit(X=X[order], y=y[order], w=w[order]).beta == pytest.approx(fit.beta, rel=1e-7, abs=1e-12)
    moved = fit_logit(X=X * scale + shift, y=y, w=w)
    assert moved.beta[1:] * scale == pytest.approx(fit.beta[1:], rel=1e-7, abs=1e-12)
    assert moved.probability == pytest.approx(fit.probability, rel=1e-8)
    doubled = fit_logit(X=X, y=y, w=2.0 * w)
    assert doubled.beta == pytest.approx(fit.beta, rel=1e-9, abs=1e-12)
    assert doubled.covariance == pytest.approx(fit.covariance / 2.0, rel=1e-9, abs=1e-18)
    flipped = fit_logit(X=X, y=1.0 - y, w=w)
    assert flipped.beta == pytest.approx(-fit.beta, rel=1e-7, abs=1e-12)
