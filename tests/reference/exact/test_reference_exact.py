"""Exact cells against a groupby."""

import json
from pathlib import Path

import numpy as np
import pytest
from samples import cross_section, estimates

from effekt.adjust.exact import ExactCells

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
DATA = {k: np.array(v) for k, v in EXPECTED["data"].items()}
COVARIATES = {"a": DATA["a"], "b": DATA["b"]}


def test_comparisons_are_weighted_to_the_cells_of_the_treated():
    sample, _ = cross_section(DATA["y"], treated=DATA["treated"], covariates=COVARIATES, assigned="observational")
    weights = ExactCells(on=("a", "b")).weigh(sample)
    assert weights.w == pytest.approx(np.array(EXPECTED["weights"]), rel=1e-14)
    assert (weights.w == 0).any(), "the data hold a cell without comparisons"
    assert weights.estimand == "ATT"


def test_the_weighted_difference_is_the_average_over_cells():
    sample, outcomes = cross_section(
        DATA["y"], treated=DATA["treated"], covariates=COVARIATES, assigned="observational"
    )
    row = estimates({"method": "difference"}, sample, outcomes, adjust={"method": "exact", "on": ["a", "b"]}).rows[0]
    assert row.value == pytest.approx(EXPECTED["value"], rel=1e-12)
    assert row.std_error == pytest.approx(EXPECTED["std_error"], rel=1e-10)
