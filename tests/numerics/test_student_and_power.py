"""t tests against scipy and the published county numbers; minimum detectable effects against power."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from effekt.errors import EstimationError
from effekt.numerics.power import minimum_detectable_effect, power_of
from effekt.numerics.student import bell_mccaffrey_df, pooled, t_quantile, t_test, welch

HERE = Path(__file__).parents[1] / "reference" / "few_units"
PUBLISHED = json.loads((HERE / "published.json").read_text())["county15"]


def test_pooled_and_welch_p_of_the_counties_are_the_published_ones():
    data = pd.read_csv(HERE / "county15.csv")
    means = data.pivot_table(index="county", columns="post", values="rate", sort=False)
    delta = (means[1] - means[0]).to_numpy()
    treated = data.groupby("county", sort=False).treated.first().to_numpy() == 1
    two = welch(treated=delta[treated], comparison=delta[~treated])
    assert two.p == pytest.approx(PUBLISHED["welch_p"], abs=5.1e-8)
    assert two.df == pytest.approx(PUBLISHED["welch_df"], abs=5.1e-6)
    assert two.std_error == pytest.approx(PUBLISHED["d"]["CR2"][0], rel=1e-8)
    assert pooled(treated=delta[treated], comparison=delta[~treated]).p == pytest.approx(
        PUBLISHED["pooled_p"], abs=5.1e-8
    )


@pytest.mark.parametrize("equal", [True, False])
def test_two_sample_tests_equal_scipy(equal):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=9) + 1, 2 * rng.normal(size=14)
    expected = stats.ttest_ind(a, b, equal_var=equal)
    found = (pooled if equal else welch)(treated=a, comparison=b)
    interval = expected.confidence_interval(0.95)
    assert [found.t, found.p, found.df] == pytest.approx([expected.statistic, expected.pvalue, expected.df])
    assert [found.low, found.high] == pytest.approx([interval.low, interval.high])


def test_t_test_has_normal_limit_and_degenerate_cases():
    test = t_test(estimate=1.959963984540054, std_error=1.0, df=np.inf)
    assert [test.p, test.low] == pytest.approx([0.05, 0.0], abs=1e-12)
    assert t_test(estimate=1.0, std_error=0.0, df=3.0).p == 0.0
    assert t_test(estimate=1.0, std_error=0.0, df=3.0, null=1.0).p == 1.0
    assert np.isnan(t_test(estimate=1.0, std_error=1.0, df=np.nan).p)


def test_too_few_units_are_refused_and_have_no_df():
    with pytest.raises(EstimationError, match="E803"):
        welch(treated=np.array([1.0]), comparison=np.arange(4.0))
    with pytest.raises(EstimationError, match="E803"):
        pooled(treated=np.array([1.0]), comparison=np.array([2.0]))
    assert pooled(treated=np.array([9.0]), comparison=np.arange(4.0)).df == 3.0
    assert np.isnan(bell_mccaffrey_df(n_treated=1, n_comparison=14))


def test_minimum_detectable_effect_is_the_sum_of_two_quantiles():
    assert minimum_detectable_effect(std_error=2.0) == pytest.approx(2.0 * (1.959963984540054 + 0.8416212335729143))
    mde = minimum_detectable_effect(std_error=0.5, df=8.1, alpha=0.1, power=0.9)
    assert mde == pytest.approx(0.5 * (stats.t.ppf(0.95, 8.1) + stats.t.ppf(0.9, 8.1)))
    one = minimum_detectable_effect(std_error=1.0, df=20.0, two_sided=False)
    assert one == pytest.approx(t_quantile(0.95, 20.0) + t_quantile(0.8, 20.0))


def test_power_at_the_minimum_detectable_effect_is_about_what_was_asked_for():
    assert power_of(effect=minimum_detectable_effect(std_error=1.0), std_error=1.0) == pytest.approx(0.8, abs=1e-5)
    mde = minimum_detectable_effect(std_error=1.0, df=8.1)
    assert power_of(effect=mde, std_error=1.0, df=8.1) == pytest.approx(0.8, abs=0.02)


def test_power_equals_statsmodels_noncentral_t():
    expected = TTestPower().power(effect_size=0.5, nobs=25, alpha=0.05)
    assert power_of(effect=0.5, std_error=1 / 5, df=24.0) == pytest.approx(expected, rel=1e-9)
