"""The 15 counties of the method notes through the collapsed difference-in-differences."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import estimates, panel

from effekt.numerics.student import pooled, welch

FEW_UNITS = Path(__file__).parents[1] / "few_units"
PUBLISHED = json.loads((FEW_UNITS / "published.json").read_text(encoding="utf-8"))["county15"]
DENSE = json.loads((FEW_UNITS / "expected.json").read_text(encoding="utf-8"))["county15"]
COUNTY = pd.read_csv(FEW_UNITS / "county15.csv")
WIDE = COUNTY.pivot(index="county", columns="year", values="rate")
FIRST = COUNTY[COUNTY["d"] == 1].groupby("county")["year"].min().reindex(WIDE.index).to_numpy()
POPULATION = COUNTY.groupby("county")["pop"].first().to_numpy()


def collapsed(weight=None, unit_weights="equal"):
    sample, outcomes = panel(WIDE.to_numpy(), WIDE.columns.to_numpy(), FIRST, weight=weight)
    return estimates({"method": "collapsed_did", "unit_weights": unit_weights}, sample, outcomes)


def by_inference(found):
    return {r.inference: r for r in found.rows}


def test_the_collapsed_estimate_and_its_cr2_are_those_of_the_panel():
    row = by_inference(collapsed())["CR2 + Satterthwaite"]
    assert row.value == pytest.approx(PUBLISHED["d"]["beta"], rel=1e-10)
    assert row.std_error == pytest.approx(PUBLISHED["d"]["CR2"][0], rel=1e-12)
    assert row.df == pytest.approx(8.1, rel=1e-12)


def test_the_randomisation_p_is_counted_over_all_3003_assignments():
    row = by_inference(collapsed())["RI-t"]
    assert row.p_value == DENSE["randomisation"]["t"] / 3003
    assert row.p_floor == 1 / 3003


def test_population_weights_have_the_cr2_of_the_weighted_panel():
    row = by_inference(collapsed(POPULATION, "weight"))["CR2 + Satterthwaite"]
    assert row.value == pytest.approx(PUBLISHED["d_weighted"]["beta"], rel=1e-9)
    assert row.std_error == pytest.approx(PUBLISHED["d_weighted"]["CR2"][0], rel=1e-9)
    assert row.df == pytest.approx(PUBLISHED["d_weighted"]["CR2"][1], rel=1e-9)


def test_equal_weights_ignore_the_population():
    assert by_inference(collapsed(POPULATION))["RI-t"].value == pytest.approx(PUBLISHED["d"]["beta"], rel=1e-10)


def test_the_table_of_changes_gives_the_textbook_t_tests():
    table = collapsed().details["deltas_y"].data
    treated, change = np.array(table["treated"]), np.array(table["change"])
    arms = {"treated": change[treated], "comparison": change[~treated]}
    assert pooled(**arms).p == pytest.approx(PUBLISHED["pooled_p"], abs=5e-8)
    assert (welch(**arms).p, welch(**arms).df) == pytest.approx((PUBLISHED["welch_p"], PUBLISHED["welch_df"]), abs=5e-6)
