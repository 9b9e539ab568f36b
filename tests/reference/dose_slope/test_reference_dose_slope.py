"""The slope on a dose: 15 counties against the panel's dense matrices, seven against every permutation."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from samples import estimates, panel

from effekt.errors import EstimationError
from effekt.results import Estimate, Estimates

HERE = Path(__file__).parent
EXPECTED = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
FEW_UNITS = HERE.parent / "few_units"
PUBLISHED = json.loads((FEW_UNITS / "published.json").read_text(encoding="utf-8"))["county15"]["dose"]
COUNTY = pd.read_csv(FEW_UNITS / "county15.csv")
WIDE = COUNTY.pivot(index="county", columns="year", values="rate")
DOSE = COUNTY.groupby("county")["dose"].max().to_numpy()
ABOVE = np.median(DOSE) < DOSE
SEVEN = {name: np.array(EXPECTED["data"][name]) for name in ("values", "dose")}


def counties(dose: Any = DOSE, values: Any = None, **settings: Any) -> Estimates:
    first = np.where(ABOVE, 2021.0, np.nan)
    rates = WIDE.to_numpy() if values is None else values
    sample, outcomes = panel(rates, WIDE.columns.to_numpy(), first, dose=dose)
    return estimates({"method": "dose_slope", **settings}, sample, outcomes)


def seven(**settings: Any) -> Estimates:
    first = np.where(SEVEN["dose"] > np.median(SEVEN["dose"]), 5.0, np.nan)
    sample, outcomes = panel(SEVEN["values"], np.arange(8), first, dose=SEVEN["dose"])
    return estimates({"method": "dose_slope", **settings}, sample, outcomes)


def row(found: Estimates, inference: str, arm: str | None = None) -> Estimate:
    (one,) = [r for r in found.rows if (r.inference, r.arm) == (inference, arm)]
    return one


def test_the_slope_and_its_cr2_are_the_published_ones_of_the_panel():
    found = row(counties(), "CR2 + Satterthwaite")
    assert found.value == pytest.approx(PUBLISHED["beta"], rel=1e-12)
    assert (found.std_error, found.df) == pytest.approx(tuple(PUBLISHED["CR2"]), rel=1e-10)


@pytest.mark.parametrize("scale", ["raw", "log1p", "rank"])
def test_every_scale_is_the_panel_with_unit_and_year_effects(scale: str):
    found = row(counties(scale=scale), "CR2 + Satterthwaite")
    assert (found.value, found.std_error, found.df) == pytest.approx(tuple(EXPECTED["county15"][scale]), rel=1e-9)


def test_the_high_are_held_against_the_low_first():
    found = counties()
    assert [r.arm for r in found.rows] == ["high dose"] * 3 + [None] * 2
    split = row(found, "CR2 + Satterthwaite", "high dose")
    assert (split.value, split.std_error, split.df) == pytest.approx(tuple(EXPECTED["county15"]["high"]), rel=1e-9)
    assert (split.n_treated, split.n_comparison) == (7, 8)


def test_the_first_stage_is_printed():
    table = counties().details["first_stage_y"].data
    assert table["dose"][2] == pytest.approx(EXPECTED["first_stage"], rel=1e-12)
    assert table["units"] == (7, 8, 15)


@pytest.mark.parametrize("scale", ["raw", "log1p", "rank"])
def test_the_p_is_counted_over_every_permutation_of_seven_doses(scale: str):
    slope, count, total = EXPECTED["seven"][scale]
    found = row(seven(scale=scale), "RI-t")
    assert total == 5040
    assert found.value == pytest.approx(slope, rel=1e-12)
    assert (found.p_value, found.p_floor) == pytest.approx((count / total, 1 / total), rel=1e-12)


def test_seven_counties_carry_no_interval():
    assert {r.inference for r in seven().rows} == {"RI-t"}


def test_the_table_of_scales_has_the_slope_and_p_of_each():
    table = seven().details["scales_y"].data
    for name, slope, p in zip(table["scale"], table["slope"], table["p_value"], strict=True):
        expected = EXPECTED["seven"][name]
        assert (slope, p) == pytest.approx((expected[0], expected[1] / expected[2]), rel=1e-10)


def test_the_slope_is_per_unit_of_dose():
    once, thousands = row(counties(), "RI-t"), row(counties(dose=1000 * DOSE), "RI-t")
    assert thousands.value == pytest.approx(once.value / 1000, rel=1e-10)
    assert thousands.p_value == pytest.approx(once.p_value, rel=1e-12)


def test_a_constant_added_to_every_dose_changes_nothing():
    once, moved = row(counties(), "CR2 + Satterthwaite"), row(counties(dose=DOSE + 5), "CR2 + Satterthwaite")
    assert (moved.value, moved.std_error) == pytest.approx((once.value, once.std_error), rel=1e-9)


def test_the_rank_scale_sees_the_order_of_the_doses_alone():
    once, bent = (row(counties(dose=d, scale="rank"), "RI-t") for d in (DOSE, DOSE**3))
    assert (bent.value, bent.p_value) == (once.value, once.p_value)


def test_doses_without_a_first_stage_are_refused():
    with pytest.raises(EstimationError, match=r"E804.*no first stage"):
        counties(dose=np.full(15, 0.3))


def test_a_dose_that_is_missing_is_not_zero():
    with pytest.raises(EstimationError, match=r"E704.*1 units lack a dose"):
        counties(dose=np.where(np.arange(15) == 3, np.nan, DOSE))


def test_a_logarithm_that_is_not_defined_is_refused():
    with pytest.raises(EstimationError, match="E711"):
        counties(dose=DOSE - 5, scale="log1p")
    assert counties(dose=DOSE - 5).details["scales_y"].data["scale"] == ("raw", "rank")


def test_two_starts_leave_what_lies_between_them_out():
    spoiled = WIDE.to_numpy().copy()
    spoiled[:, 6:8] = 1e6 * np.random.default_rng(1).normal(size=(15, 2))
    first = np.where(ABOVE, 2019.0, np.nan)
    first[np.argmax(DOSE)] = 2021.0
    one, other = (
        estimates({"method": "dose_slope"}, *panel(values, WIDE.columns.to_numpy(), first, dose=DOSE))
        for values in (WIDE.to_numpy(), spoiled)
    )
    assert row(one, "RI-t").value == pytest.approx(row(other, "RI-t").value, rel=1e-12)
