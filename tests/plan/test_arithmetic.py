"""The sums behind a verdict, held against the reference arithmetic of the design and against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from effekt.numerics.randomisation import randomisation_test
from effekt.plan.arithmetic import PersonDesign, UnitDesign, sd_of_share

PROJECTS = PersonDesign(participants=500, sd=sd_of_share(0.35), r2=0.2, comparisons=10)
COUNTIES = UnitDesign(treated=5, others=10, sd=0.01, exposed=500 / 21_200)


def in_points(share: float) -> float:
    return round(100 * share, 1)


@pytest.mark.parametrize(
    ("participants", "identified", "contamination", "points"),
    [(500, 1.0, 0.0, 5.6), (500, 1.0, 0.2, 7.0), (500, 0.7, 0.2, 8.4), (5_000, 1.0, 0.0, 1.8), (10_000, 1.0, 0.0, 1.3)],
)
def test_the_reference_arithmetic_of_persons(participants, identified, contamination, points):
    design = PersonDesign(
        participants=participants,
        sd=sd_of_share(0.35),
        r2=0.2,
        comparisons=10,
        identified=identified,
        contamination=contamination,
    )
    assert in_points(design.detectable()) == points


@pytest.mark.parametrize(("bias", "share"), [(0.0, 5), (0.02, 17), (0.03, 32), (0.05, 70)])
def test_a_hidden_bias_is_found_as_an_effect_that_is_not_there(bias, share):
    assert round(100 * PROJECTS.false_positive(bias)) == share


def test_five_of_fifteen_counties_cannot_see_the_projects():
    assert in_points(COUNTIES.detectable()) == 1.7
    assert round(100 * COUNTIES.detectable(robust=True), 2) == 1.75
    assert COUNTIES.detectable_per_participant() > 0.70
    assert COUNTIES.assignments == 3003


def test_nobody_identified_finds_nothing():
    nobody = PersonDesign(participants=500, sd=sd_of_share(0.35), identified=0.0)
    assert math.isinf(nobody.detectable())
    assert math.isnan(nobody.false_positive(0.02))


def test_one_treated_county_has_no_robust_degrees_of_freedom():
    assert math.isnan(UnitDesign(treated=1, others=14, sd=0.01).detectable(robust=True))
    assert math.isnan(UnitDesign(treated=1, others=14, sd=0.01).detectable_per_participant())


@pytest.mark.parametrize(("treated", "others"), [(1, 5), (2, 4), (3, 3)])
def test_the_least_p_is_what_enumeration_reaches(treated, others):
    assigned = np.arange(treated + others) < treated
    changes = np.where(assigned, 10.0, 0.0) + np.linspace(0.0, 0.01, treated + others)
    reached = randomisation_test(y=changes, treated=assigned, statistic="beta").p
    assert UnitDesign(treated=treated, others=others, sd=1.0).least_p == pytest.approx(reached, abs=1e-15)


@given(st.floats(0.05, 0.95), st.floats(0.0, 0.8), st.integers(20, 10_000), st.floats(1.0, 50.0))
def test_more_of_anything_finds_less(rate, r2, participants, comparisons):
    base = PersonDesign(participants=participants, sd=sd_of_share(rate), r2=r2, comparisons=comparisons)
    more = PersonDesign(participants=2 * participants, sd=sd_of_share(rate), r2=r2, comparisons=comparisons)
    assert more.detectable() == pytest.approx(base.detectable() / math.sqrt(2))
    leaky = PersonDesign(
        participants=participants, sd=sd_of_share(rate), r2=r2, comparisons=comparisons, contamination=0.5
    )
    assert leaky.detectable() == pytest.approx(2 * base.detectable())
    assert base.false_positive(0.01) == pytest.approx(base.false_positive(-0.01))


def test_the_detectable_effect_is_found_in_four_of_five_draws():
    rng, n, ratio, rate = np.random.default_rng(20260501), 500, 10, 0.35
    design = PersonDesign(participants=n, sd=sd_of_share(rate), comparisons=ratio)
    effect = design.detectable()
    treated, others = rng.binomial(n, rate + effect, 4000) / n, rng.binomial(n * ratio, rate, 4000) / (n * ratio)
    error = np.sqrt(treated * (1 - treated) / n + others * (1 - others) / (n * ratio))
    found = np.mean(np.abs(treated - others) / error > 1.959963984540054)
    assert abs(found - 0.8) < 0.03
