"""Randomisation tests against brute force and their algebra."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effekt.errors import EstimationError
from effekt.numerics.ols import fit_ols
from effekt.numerics.randomisation import (
    randomisation_test,
    randomisation_test_dose,
    slope_statistics,
)
from effekt.numerics.student import welch
from effekt.numerics.vcov import vcov_cr

HERE = Path(__file__).parents[1] / "reference" / "few_units"
EXPECTED = json.loads((HERE / "expected.json").read_text())


def counties():
    data = pd.read_csv(HERE / "county15.csv")
    means = data.pivot_table(index="county", columns="post", values="rate", sort=False)
    first = data.groupby("county", sort=False)
    return {
        "y": (means[1] - means[0]).to_numpy(),
        "treated": first.treated.first().to_numpy() == 1,
        "dose": first.dose.max().to_numpy(),
        "w": first["pop"].first().to_numpy(),
    }


@pytest.mark.parametrize("statistic", ["beta", "t"])
def test_all_3003_assignments_of_the_counties(statistic):
    data = counties()
    test = randomisation_test(y=data["y"], treated=data["treated"], statistic=statistic)
    expected = EXPECTED["county15"]["randomisation"]
    assert (test.count, test.total, test.exact) == (expected[statistic], 3003, True)
    assert test.p * 3003 == pytest.approx(round(test.p * 3003), abs=1e-9)
    assert test.floor == 1 / 3003


def test_observed_statistics_are_the_reported_ones():
    data = counties()
    two = welch(treated=data["y"][data["treated"]], comparison=data["y"][~data["treated"]])
    test = randomisation_test(y=data["y"], treated=data["treated"])
    assert (test.estimate, test.observed) == (pytest.approx(two.estimate, rel=1e-9), pytest.approx(two.t, rel=1e-9))
    beta = randomisation_test(y=data["y"], treated=data["treated"], statistic="beta")
    assert beta.observed == pytest.approx(two.estimate, rel=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("column", ["treated", "dose"])
def test_slope_statistics_are_cr2(weighted, column):
    data = counties()
    x, w = data[column].astype(float), data["w"] if weighted else None
    X = np.column_stack([np.ones(15), x])
    fit = fit_ols(X=X, y=data["y"], w=w)
    se = vcov_cr(X=X, residuals=fit.residuals, cluster=np.arange(15), w=w, kind="CR2").std_errors[1]
    found = slope_statistics(y=data["y"], x=x[None, :], w=w)
    assert [found.beta[0], found.std_error[0]] == pytest.approx([fit.beta[1], se], rel=1e-9)


def test_weighted_test_of_collapsed_counties_has_the_published_weighted_t():
    data = counties()
    test = randomisation_test(y=data["y"], treated=data["treated"], w=data["w"])
    assert test.observed == pytest.approx(0.0159809872805135 / 0.213773481373414, rel=1e-8)
    assert test.total == 3003


def test_ties_count_and_an_effect_of_zero_has_p_one():
    treated = np.array([True, True, False, False, False])
    assert randomisation_test(y=np.array([1.0, 1, 0, 0, 0]), treated=treated, statistic="beta").count == 1
    assert randomisation_test(y=np.array([1.0, 0, 1, 0, 0.5]), treated=treated, statistic="beta").p == 1.0
    assert randomisation_test(y=np.full(5, 0.3), treated=treated).p == 1.0


def test_one_treated_unit_has_a_floor_of_one_over_the_number_of_units():
    y = np.array([9.0, *np.linspace(0, 1, 14)])
    for statistic in ("beta", "t"):
        test = randomisation_test(y=y, treated=np.arange(15) == 0, statistic=statistic)
        assert (test.p, test.floor) == (1 / 15, 1 / 15)


def test_equal_groups_have_twice_the_floor():
    test = randomisation_test(y=np.array([5.0, 6, 7, 0, 1, 2]), treated=np.arange(6) < 3)
    assert (test.total, test.floor, test.p) == (20, 0.1, 0.1)


def test_more_assignments_than_can_be_listed_are_sampled():
    rng = np.random.default_rng(0)
    y, treated = rng.normal(size=40) + 2.0 * (np.arange(40) < 20), np.arange(40) < 20
    with pytest.raises(ValueError, match="needs rng"):
        randomisation_test(y=y, treated=treated)
    test = randomisation_test(y=y, treated=treated, draws=999, rng=rng)
    assert (test.exact, test.total, test.p) == (False, 999, (1 + test.count) / 1000)
    assert test.p >= test.floor == 1 / 1000


def test_dose_permutations_are_all_visited_for_few_units():
    rng = np.random.default_rng(3)
    y, dose = rng.normal(size=6), rng.lognormal(size=6)
    for statistic in ("beta", "t"):
        test = randomisation_test_dose(y=y, dose=dose, statistic=statistic)
        here = abs(slope_statistics(y=y, x=dose[None, :]).values(statistic)[0])
        drawn = [abs(slope_statistics(y=y, x=np.array([p])).values(statistic)[0]) for p in itertools.permutations(dose)]
        count = sum(value >= here * (1 - 1e-9) for value in drawn)
        assert (test.count, test.total) == (count, math.factorial(6))


def test_dose_of_zero_and_one_is_the_two_group_test():
    y, treated = np.random.default_rng(1).normal(size=7), np.arange(7) < 3
    groups = randomisation_test(y=y, treated=treated)
    doses = randomisation_test_dose(y=y, dose=treated.astype(float))
    assert (doses.p, doses.observed) == (pytest.approx(groups.p), pytest.approx(groups.observed, rel=1e-9))


def test_null_of_the_true_constant_effect_is_the_null_of_none_on_the_rest():
    data = counties()
    shifted = data["y"] + 3.0 * data["treated"]
    moved = randomisation_test(y=shifted, treated=data["treated"], null=3.0)
    still = randomisation_test(y=data["y"], treated=data["treated"])
    assert (moved.count, moved.estimate) == (still.count, pytest.approx(still.estimate + 3.0))


def test_groups_without_units_and_constant_doses_are_refused():
    with pytest.raises(EstimationError, match="E306"):
        randomisation_test(y=np.arange(4.0), treated=np.ones(4, dtype=bool))
    with pytest.raises(EstimationError, match="E804"):
        randomisation_test_dose(y=np.arange(4.0), dose=np.ones(4))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), statistic=st.sampled_from(["beta", "t"]), weighted=st.booleans())
def test_invariances(seed, statistic, weighted):
    """Row order and units, with doses sampled: the draws belong to values, not to positions."""
    rng = np.random.default_rng(seed)
    y, dose, treated = rng.normal(size=12), rng.lognormal(size=12), np.arange(12) < 5
    w = rng.uniform(0.5, 2, size=12) if weighted else None
    order = rng.permutation(12)
    v = None if w is None else w[order]

    def groups(y, treated, w):
        return randomisation_test(y=y, treated=treated, w=w, statistic=statistic).count

    def slope(y, dose, w):
        generator = np.random.default_rng(9)
        return randomisation_test_dose(y=y, dose=dose, w=w, statistic=statistic, draws=500, rng=generator).count

    assert groups(y, treated, w) == groups(y[order], treated[order], v) == groups(7 + 1e6 * y, treated, w)
    assert slope(y, dose, w) == slope(y[order], dose[order], v) == slope(7 + 1e6 * y, 1 + 1e-4 * dose, w)
    if w is not None:
        assert groups(y, treated, w) == groups(y, treated, 2.0 * w)
    assert groups(y, treated, w) == groups(y, ~treated, w)
