"""The 15 counties of the method notes, by estimator and not by matrix: covariances, weights, and castle's post."""

import json
from pathlib import Path

import causaldata
import numpy as np
import pandas as pd
import pytest
from samples import estimates, panel

FEW_UNITS = Path(__file__).parents[1] / "few_units"
PUBLISHED = json.loads((FEW_UNITS / "published.json").read_text(encoding="utf-8"))["county15"]
DENSE = json.loads((FEW_UNITS / "expected.json").read_text(encoding="utf-8"))["county15"]
LINEARMODELS = json.loads((Path(__file__).parent / "county15.json").read_text(encoding="utf-8"))
COUNTY = pd.read_csv(FEW_UNITS / "county15.csv")


def wide_panel(frame, unit, time, y, d, **parts):
    wide = frame.pivot(index=unit, columns=time, values=y)
    first = frame[frame[d] == 1].groupby(unit)[time].min().reindex(wide.index)
    return panel(wide.to_numpy(), wide.columns.to_numpy(), first.to_numpy(), **parts)


def row(vcov, weighted=False):
    weight = COUNTY.groupby("county")["pop"].first().to_numpy() if weighted else None
    sample, outcomes = wide_panel(COUNTY, "county", "year", "rate", "d", weight=weight)
    return estimates({"method": "twfe", "vcov": vcov}, sample, outcomes).rows[0]


@pytest.mark.parametrize("vcov", ["CR0", "CR1", "CR2", "CR3"])
def test_county15_has_the_errors_of_the_method_notes(vcov: str):
    found = row(vcov)
    assert found.value == pytest.approx(PUBLISHED["d"]["beta"], rel=1e-9)
    assert found.std_error == pytest.approx(PUBLISHED["d"][vcov][0], rel=1e-10)
    assert found.df == pytest.approx(8.1 if vcov == "CR2" else 14.0, rel=1e-9)


@pytest.mark.parametrize("vcov", ["CR0", "CR1", "CR2", "CR3"])
def test_population_weights_have_the_errors_of_dense_matrices(vcov: str):
    found = row(vcov, weighted=True)
    assert found.value == pytest.approx(DENSE["d_weighted"]["beta"], rel=1e-9)
    assert found.std_error == pytest.approx(DENSE["d_weighted"][vcov][0], rel=1e-8)
    if vcov == "CR2":
        assert found.df == pytest.approx(DENSE["d_weighted"][vcov][1], rel=1e-7)


def test_cr1s_counts_time_effects_and_not_the_unit_effects_nested_in_clusters():
    """The notes' CR1S regresses on all dummies and counts them; fixest and reghdfe do not, and nor do we."""
    rows, units, periods = len(COUNTY), COUNTY["county"].nunique(), COUNTY["year"].nunique()
    every, nested = 1 + units + periods - 1, 1 + periods
    published = PUBLISHED["d"]["CR1S"][0]
    assert row("CR1S").std_error == pytest.approx(published * np.sqrt((rows - every) / (rows - nested)), rel=1e-9)


def linearmodels_cr1(stored):
    """G/(G-1) alone: linearmodels' ``group_debias`` multiplies by (N-1)/N as well."""
    return stored["CR1"] * np.sqrt(stored["rows"] / (stored["rows"] - 1))


@pytest.mark.parametrize(("name", "weighted"), [("d", False), ("d_weighted", True)])
def test_linearmodels_agrees_when_told_not_to_count_effects(name: str, weighted: bool):
    found = row("CR1", weighted)
    assert found.value == pytest.approx(LINEARMODELS[name]["value"], rel=1e-7)
    assert found.std_error == pytest.approx(linearmodels_cr1(LINEARMODELS[name]), rel=1e-7)


def test_castles_post_as_delivered_begins_a_year_late_and_gives_another_number():
    data = causaldata.castle.load_pandas().data.astype({"l_homicide": float})
    sample, outcomes = wide_panel(data, "sid", "year", "l_homicide", "post")
    (found,) = estimates({"method": "twfe", "vcov": "CR1"}, sample, outcomes).rows
    assert found.value == pytest.approx(0.06939842928390733, rel=1e-12)
    assert found.value == pytest.approx(LINEARMODELS["castle_post"]["value"], rel=1e-7)
    assert found.std_error == pytest.approx(linearmodels_cr1(LINEARMODELS["castle_post"]), rel=1e-7)
