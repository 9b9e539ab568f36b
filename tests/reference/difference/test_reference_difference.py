"""Differences in means against statsmodels, scipy and dense matrices."""

import json
from pathlib import Path

import causaldata
import numpy as np
import pytest
from samples import cross_section, estimates

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
DATA = {k: np.array(v) for k, v in EXPECTED["data"].items()}


def test_att_equals_neyman_on_nsw_experiment():
    data = causaldata.nsw_mixtape.load_pandas().data
    sample, outcomes = cross_section(data["re78"].to_numpy(dtype=np.float64), treated=data["treat"])
    row = estimates({"method": "difference"}, sample, outcomes).rows[0]
    assert row.value == pytest.approx(EXPECTED["nsw"]["value"], rel=1e-12)
    assert row.value == pytest.approx(1794.3423818501024, rel=1e-12)
    assert row.std_error == pytest.approx(EXPECTED["nsw"]["std_error"], rel=1e-12)
    assert row.std_error == pytest.approx(670.9965444673315, rel=1e-12)
    assert row.df == pytest.approx(EXPECTED["nsw"]["df"], rel=1e-10)
    # Welch estimates its degrees of freedom, so its interval is near ours and not the same.
    assert [row.ci_low, row.ci_high] == pytest.approx(
        [EXPECTED["nsw"]["welch_low"], EXPECTED["nsw"]["welch_high"]], rel=1e-2
    )


def test_weighted_difference_has_the_hc2_error_of_weighted_least_squares():
    sample, outcomes = cross_section(DATA["y"], treated=DATA["treated"], weight=DATA["w"])
    row = estimates({"method": "difference"}, sample, outcomes).rows[0]
    assert row.value == pytest.approx(EXPECTED["weighted"]["value"], rel=1e-10)
    assert row.std_error == pytest.approx(EXPECTED["weighted"]["std_error"], rel=1e-10)


def test_offices_assigned_as_one_have_cr2_and_satterthwaite():
    sample, outcomes = cross_section(
        DATA["y"], treated=DATA["treated"], clusters={"office": DATA["office"]}, assigned_at="office"
    )
    row = estimates({"method": "difference"}, sample, outcomes).rows[0]
    assert row.inference == "CR2 + Satterthwaite"
    assert row.value == pytest.approx(EXPECTED["clustered"]["value"], rel=1e-10)
    assert row.std_error == pytest.approx(EXPECTED["clustered"]["std_error"], rel=1e-9)
    assert row.df == pytest.approx(EXPECTED["clustered"]["df"], rel=1e-8)
