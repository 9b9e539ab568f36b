"""Robust covariances: published numbers, a slow implementation, statsmodels, algebra, invariances."""

import json
import runpy
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.datasets import grunfeld

from effekt.errors import EstimationError
from effekt.numerics.ols import fit_ols
from effekt.numerics.student import bell_mccaffrey_df, t_test, welch
from effekt.numerics.vcov import vcov_cr, vcov_hc

HERE = Path(__file__).parents[1] / "reference" / "few_units"
PUBLISHED = json.loads((HERE / "published.json").read_text())
EXPECTED = json.loads((HERE / "expected.json").read_text())
KINDS = ("CR0", "CR1", "CR1S", "CR2", "CR3")


def half_unit(number):
    """Tolerance for a number as printed: 1e-8 relative, or half a unit of its last digit if that is coarser."""
    text = f"{number!r}".split("e")[0]
    digits = len(text.split(".")[1]) if "." in text else 0
    return max(1e-8 * abs(number), 0.5000001 * 10.0**-digits)


def grunfeld_design(dummies=False):
    data = grunfeld.load_pandas().data
    firm = pd.factorize(data.firm)[0]
    two = data[["value", "capital"]].to_numpy()
    D = (firm[:, None] == np.arange(11)).astype(float)
    X = np.hstack([two, D]) if dummies else np.column_stack([two, np.ones(len(firm))])
    return X, data.invest.to_numpy(), firm, None


def county_design(row):
    data = pd.read_csv(HERE / "county15.csv")
    county = pd.factorize(data.county)[0]
    D = (county[:, None] == np.arange(15)).astype(float)
    T = (data.year.to_numpy()[:, None] == np.unique(data.year)[1:]).astype(float)
    X = np.column_stack([data["dose" if row == "dose" else "d"], D, T])
    return X, data.rate.to_numpy(), county, data["pop"].to_numpy() if row == "d_weighted" else None


def rows():
    """Every (design, coefficient name, column)."""
    return [
        ("grunfeld", "value", 0),
        ("grunfeld", "capital", 1),
        ("grunfeld_firm_dummies", "value", 0),
        ("grunfeld_firm_dummies", "capital", 1),
        *[("county15", name, 0) for name in ("d", "d_weighted", "dose")],
    ]


def design(group, name):
    return county_design(name) if group == "county15" else grunfeld_design(dummies=group != "grunfeld")


def printed():
    """Every (design, coefficient name, column, kind) with a published number."""
    return [(*row, kind) for row in rows() for kind in KINDS if kind in PUBLISHED[row[0]][row[1]]]


@pytest.mark.parametrize(("group", "name", "column", "kind"), printed())
def test_published_standard_errors_and_df_are_met(group, name, column, kind):
    published = PUBLISHED[group][name]
    X, y, cluster, w = design(group, name)
    fit = fit_ols(X=X, y=y, w=w)
    if "beta" in published:
        assert fit.beta[column] == pytest.approx(published["beta"], abs=half_unit(published["beta"]))
    found = vcov_cr(X=X, residuals=fit.residuals, cluster=cluster, w=w, kind=kind)
    se, df = published[kind]
    assert found.std_errors[column] == pytest.approx(se, abs=half_unit(se))
    assert found.df[column] == pytest.approx(df, abs=half_unit(df))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("group", "name", "column"), rows())
def test_fast_path_equals_dense_matrices(group, name, column, kind):
    X, y, cluster, w = design(group, name)
    fit = fit_ols(X=X, y=y, w=w)
    found = vcov_cr(X=X, residuals=fit.residuals, cluster=cluster, w=w, kind=kind)
    assert [found.std_errors[column], found.df[column]] == pytest.approx(EXPECTED[group][name][kind], rel=1e-8)
    assert np.sqrt(np.diag(found.matrix)) == pytest.approx(found.std_errors, rel=1e-10)


def test_cr2_p_value_on_grunfeld_is_the_published_one():
    X, y, firm, _ = grunfeld_design()
    fit = fit_ols(X=X, y=y)
    found = vcov_cr(X=X, residuals=fit.residuals, cluster=firm, kind="CR2")
    test = t_test(estimate=fit.beta[0], std_error=found.std_errors[0], df=found.df[0])
    assert test.p == pytest.approx(PUBLISHED["grunfeld"]["value"]["CR2_p"], abs=5e-14)


def test_cr3_with_a_dummy_per_cluster_is_the_jackknife_and_not_rounding_noise():
    """The number handed down, .0358653165, is not met, and no rule that is free of rounding gives it.

    I - H_gg is exactly singular in the direction of the dummy. A pinv whose cutoff lies at machine precision keeps
    the inverse of 1e-16 for some firms; merely reordering the columns then moves the answer between .0354 and .0405,
    .03586 among them. Leaving out each firm and refitting needs no such inverse: .0359345618.
    """
    X, y, firm, _ = grunfeld_design(dummies=True)
    fit = fit_ols(X=X, y=y)
    found = vcov_cr(X=X, residuals=fit.residuals, cluster=firm, kind="CR3")
    assert found.std_errors[:2] == pytest.approx(EXPECTED["grunfeld_firm_dummies"]["jackknife"], rel=1e-8)
    careless = set()
    for order in (np.arange(13), np.roll(np.arange(13), 2), np.arange(13)[::-1]):
        Xo = X[:, order]
        for M in (np.linalg.inv(Xo.T @ Xo), np.linalg.pinv(Xo) @ np.linalg.pinv(Xo).T):
            scores = []
            for g in range(11):
                slack = np.eye(20) - Xo[firm == g] @ M @ Xo[firm == g].T
                scores.append(Xo[firm == g].T @ np.linalg.pinv(slack, rcond=1e-17) @ fit.residuals[firm == g])
            V = M @ np.array(scores).T @ np.array(scores) @ M
            careless.add(round(float(np.sqrt(V[np.flatnonzero(order == 0)[0]][np.flatnonzero(order == 0)[0]])), 8))
    assert len(careless) > 1


def test_collapsed_county_panel_gives_the_panel_s_cr2_and_cr3():
    X, y, county, _ = county_design("d")
    data = pd.read_csv(HERE / "county15.csv")
    means = data.pivot_table(index="county", columns="post", values="rate", sort=False)
    delta = (means[1] - means[0]).to_numpy()
    treated = data.groupby("county", sort=False).treated.first().to_numpy()
    small = np.column_stack([np.ones(15), treated])
    panel, collapsed = fit_ols(X=X, y=y), fit_ols(X=small, y=delta)
    assert panel.beta[0] == pytest.approx(collapsed.beta[1], rel=1e-9)
    for kind in ("CR2", "CR3"):
        a = vcov_cr(X=X, residuals=panel.residuals, cluster=county, kind=kind)
        b = vcov_cr(X=small, residuals=collapsed.residuals, cluster=np.arange(15), kind=kind)
        assert [a.std_errors[0], a.df[0]] == pytest.approx([b.std_errors[1], b.df[1]], rel=1e-8)


@pytest.mark.parametrize(("n1", "n0"), [(5, 10), (2, 13), (3, 12), (4, 11)])
def test_bell_mccaffrey_df_of_a_binary_contrast_and_welch_standard_error(n1, n0):
    y = np.random.default_rng(n1).normal(size=n1 + n0)
    X = np.column_stack([np.ones(n1 + n0), np.arange(n1 + n0) < n1])
    fit = fit_ols(X=X, y=y)
    df = PUBLISHED["bell_mccaffrey_df"][f"{n1},{n0}"]
    for found in (
        vcov_cr(X=X, residuals=fit.residuals, cluster=np.arange(n1 + n0), kind="CR2"),
        vcov_hc(X=X, residuals=fit.residuals, kind="HC2", with_df=True),
    ):
        assert found.df[1] == pytest.approx(df, rel=1e-12)
        assert found.std_errors[1] == pytest.approx(welch(treated=y[:n1], comparison=y[n1:]).std_error, rel=1e-12)
    assert bell_mccaffrey_df(n_treated=n1, n_comparison=n0) == pytest.approx(df, rel=1e-14)


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("weighted", [False, True])
def test_hc_equals_statsmodels(kind, weighted):
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(300), rng.normal(size=(300, 3)), 1e5 + 1e3 * rng.normal(size=300)])
    y, w = X @ [1, 2, 0, -1, 1e-4] + rng.normal(size=300), rng.uniform(0.2, 3.0, size=300)
    model = sm.WLS(y, X, weights=w if weighted else 1.0).fit(cov_type=kind)
    weights = w if weighted else None
    fit = fit_ols(X=X, y=y, w=weights)
    found = vcov_hc(X=X, residuals=fit.residuals, w=weights, kind=kind)
    assert found.matrix == pytest.approx(model.cov_params(), rel=1e-8, abs=1e-20)


def test_hc_on_grunfeld_equals_the_stored_statsmodels_numbers():
    X, y, _, _ = grunfeld_design()
    fit = fit_ols(X=X, y=y)
    for kind, expected in EXPECTED["grunfeld"]["HC"].items():
        found = vcov_hc(X=X, residuals=fit.residuals, kind=kind)
        assert found.std_errors[[2, 0, 1]] == pytest.approx(expected, rel=1e-9)


def test_cr1_equals_statsmodels_cluster_with_weights():
    rng = np.random.default_rng(8)
    cluster = rng.integers(0, 25, size=400)
    X = np.column_stack([np.ones(400), rng.normal(size=(400, 2))])
    y, w = rng.normal(size=400) + rng.normal(size=25)[cluster], rng.uniform(0.5, 2, size=400)
    model = sm.WLS(y, X, weights=w).fit(cov_type="cluster", cov_kwds={"groups": cluster})
    fit = fit_ols(X=X, y=y, w=w)
    found = vcov_cr(X=X, residuals=fit.residuals, cluster=cluster, w=w, kind="CR1S")
    assert found.matrix == pytest.approx(model.cov_params(), rel=1e-9, abs=1e-16)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_clusters_of_all_sizes_take_the_same_answer_by_every_path(kind, weighted):
    """Sizes below, at and above the number of regressors: scalar, dense and low-rank adjustments in one sample."""
    dense_cr = runpy.run_path(str(HERE / "make_expected.py"))["dense_cr"]

    rng = np.random.default_rng(21)
    cluster = np.repeat(np.arange(12), [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 30, 60])
    n = cluster.size
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])
    y, w = rng.normal(size=n), rng.uniform(0.3, 2.0, size=n) if weighted else None
    fit = fit_ols(X=X, y=y, w=w)
    found = vcov_cr(X=X, residuals=fit.residuals, cluster=cluster, w=w, kind=kind)
    _, se, df = dense_cr(X, y, cluster, w, kind)
    assert found.std_errors == pytest.approx(se, rel=1e-9)
    assert found.df == pytest.approx(df, rel=1e-8)


@pytest.mark.parametrize("kind", ["CR2", "CR3"])
def test_trends_by_cluster_in_calendar_time_give_what_centred_trends_give(kind):
    """(I-H)_gg is singular along intercept and trend; a year of 200,000 must not make rounding look like a number."""
    rng = np.random.default_rng(0)
    cluster, t = np.repeat(np.arange(8), 25), np.tile(np.arange(25.0), 8)
    D, z, y = (cluster[:, None] == np.arange(8)).astype(float), rng.normal(size=200) + cluster, rng.normal(size=200)
    answers = []
    for origin in (-12.0, 2e5):
        X = np.column_stack([z, D, D * (t + origin)[:, None]])
        found = vcov_cr(X=X, residuals=fit_ols(X=X, y=y).residuals, cluster=cluster, kind=kind)
        answers.append([found.std_errors[0], found.df[0]])
    assert answers[1] == pytest.approx(answers[0], rel=1e-9)


def test_a_cluster_of_100_000_rows_needs_no_matrix_of_its_size():
    rng = np.random.default_rng(3)
    cluster = np.concatenate([np.zeros(100_000, dtype=int), np.repeat(np.arange(1, 9), 500)])
    X = np.column_stack([np.ones(cluster.size), rng.normal(size=cluster.size), cluster % 2])
    y = rng.normal(size=cluster.size)
    fit = fit_ols(X=X, y=y)
    for kind in ("CR2", "CR3"):
        found = vcov_cr(X=X, residuals=fit.residuals, cluster=cluster, kind=kind)
        assert np.all(np.isfinite(found.std_errors)) and np.all(found.df > 0)


def test_contrast_agrees_with_the_reparametrised_coefficient():
    X, y, firm, _ = grunfeld_design()
    c = np.array([[1.0, -1.0, 0.0]])
    fit = fit_ols(X=X, y=y)
    found = vcov_cr(X=X, residuals=fit.residuals, cluster=firm, contrasts=c)
    turned = X @ np.linalg.inv(np.array([[1.0, -1.0, 0.0], [0, 1, 0], [0, 0, 1]]))
    other = vcov_cr(X=turned, residuals=fit.residuals, cluster=firm)
    assert [found.std_errors[0], found.df[0]] == pytest.approx([other.std_errors[0], other.df[0]], rel=1e-9)
    assert found.std_errors[0] == pytest.approx(np.sqrt((c @ found.matrix @ c.T)[0, 0]), rel=1e-10)


def test_one_cluster_is_refused():
    X, y, firm, _ = grunfeld_design()
    with pytest.raises(EstimationError, match="E808"):
        vcov_cr(X=X, residuals=y, cluster=np.zeros_like(firm))


def test_standard_errors_are_ordered_as_theory_has_it():
    X, y, firm, _ = grunfeld_design()
    fit = fit_ols(X=X, y=y)
    se = [vcov_cr(X=X, residuals=fit.residuals, cluster=firm, kind=kind).std_errors for kind in KINDS]
    assert all(np.all(a <= b) for a, b in pairwise(se))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(KINDS), weighted=st.booleans())
def test_invariances(seed, kind, weighted):
    """Row order, labels, scale of columns, scale of weights change nothing; y -> a + b y moves the SE by |b|."""
    rng = np.random.default_rng(seed)
    n = 60
    cluster = rng.integers(0, 7, size=n)
    X = np.column_stack([np.ones(n), rng.normal(size=n), rng.integers(0, 2, size=n)])
    y, w = rng.normal(size=n), rng.uniform(0.2, 2, size=n) if weighted else None

    def answer(X, y, cluster, w):
        fit = fit_ols(X=X, y=y, w=w)
        found = vcov_cr(X=X, residuals=fit.residuals, cluster=cluster, w=w, kind=kind)
        return found.std_errors, found.df

    se, df = answer(X, y, cluster, w)
    order, scale = rng.permutation(n), np.array([1.0, 1e6, 1e-3])
    labels = np.array(list("gfedcba"))[cluster]
    for (other_se, other_df), factor in (
        (answer(X[order], y[order], cluster[order], None if w is None else w[order]), 1.0),
        (answer(X, y, labels, w), 1.0),
        (answer(X * scale, y, cluster, w), 1.0 / scale),
        (answer(X, y, cluster, None if w is None else 2.0 * w), 1.0),
        (answer(X, 5.0 - 3.0 * y, cluster, w), 3.0),
    ):
        assert other_se == pytest.approx(factor * se, rel=1e-8)
        assert other_df == pytest.approx(df, rel=1e-7)
