"""No adjustment against plain means."""

import json
from pathlib import Path

import numpy as np
import pytest
from samples import cross_section, estimates

from effekt.adjust.none import NoAdjustment

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
DATA = {k: np.array(v) for k, v in EXPECTED["data"].items()}


@pytest.mark.parametrize(("assigned", "estimand"), [("random", "ATE"), ("observational", "ATT")])
def test_everybody_counts_once(assigned: str, estimand: str):
    sample, outcomes = cross_section(DATA["y"], treated=DATA["treated"], assigned=assigned)
    weights = NoAdjustment().weigh(sample)
    assert (weights.w == 1).all() and weights.estimand == estimand
    row = estimates({"method": "difference"}, sample, outcomes, adjust="none").rows[0]
    assert row.value == pytest.approx(EXPECTED["value"], rel=1e-13)
