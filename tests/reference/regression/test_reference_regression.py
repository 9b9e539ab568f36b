"""Regression against statsmodels."""

import json
from pathlib import Path

import numpy as np
import pytest
from samples import cross_section, estimates

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
DATA = {k: np.array(v) for k, v in EXPECTED["data"].items()}
COVARIATES = {"x1": DATA["x1"], "x2": DATA["x2"]}


@pytest.mark.parametrize("vcov", ["HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR1S"])
def test_coefficient_and_error_are_those_of_statsmodels(vcov: str):
    offices = {"clusters": {"office": DATA["office"]}} if vcov.startswith("CR") else {}
    sample, outcomes = cross_section(
        DATA["y"], treated=DATA["treated"], weight=DATA["w"], covariates=COVARIATES, **offices
    )
    method = {"method": "regression", "vcov": vcov, **({"cluster": "office"} if offices else {})}
    row = estimates(method, sample, outcomes).rows[0]
    assert row.value == pytest.approx(EXPECTED[vcov]["value"], rel=1e-10)
    assert row.std_error == pytest.approx(EXPECTED[vcov]["std_error"], rel=1e-10)


@pytest.mark.parametrize(("assigned", "key"), [("random", "lin_ate"), ("observational", "lin_att")])
def test_interactions_give_lins_estimator_for_the_target_group(assigned: str, key: str):
    sample, outcomes = cross_section(DATA["y"], treated=DATA["treated"], covariates=COVARIATES, assigned=assigned)
    row = estimates({"method": "regression", "interactions": "treated"}, sample, outcomes).rows[0]
    assert row.value == pytest.approx(EXPECTED[key]["value"], rel=1e-10)
    assert row.std_error == pytest.approx(EXPECTED[key]["std_error"], rel=1e-10)
