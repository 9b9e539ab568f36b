"""The least effect per participant that could be found, against Welch by scipy."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from samples import sample_of

from effekt.adjust.none import NoAdjustment
from effekt.analysis import Analysis
from effekt.checks.dilution import Dilution, exposure
from effekt.literals import Amount
from effekt.results import Finding, Verdict
from effekt.sample import Sample, Series

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
DATA = {name: np.array(value) for name, value in EXPECTED["data"].items()}


def counties(dose: Any = DATA["dose"], unit: str = "share") -> Sample:
    history = {"y": Series(values=DATA["values"], time=np.arange(6.0), clock="calendar", unit=unit)}
    return sample_of(treated=DATA["treated"], dose=dose, history=history, grain="county", assigned_at="county")


def found(sample: Sample, limit: str | None = None) -> Finding:
    check = Dilution(max_plausible=None if limit is None else Amount.parse(limit))
    (finding,) = check.examine(sample, NoAdjustment().weigh(sample), Analysis(estimate="collapsed_did"))
    return finding


def test_it_is_the_detectable_effect_over_the_difference_in_dose():
    sample = counties()
    assert exposure(sample, NoAdjustment().weigh(sample)) == pytest.approx(EXPECTED["exposure"], rel=1e-12)
    finding = found(sample)
    assert finding.value == pytest.approx(EXPECTED["least"], rel=1e-9)
    assert finding.verdict is Verdict.PASS


def test_an_effect_per_participant_that_nobody_believes_warns_and_never_blocks():
    points = 100 * EXPECTED["least"]
    assert found(counties(), f"{points * 1.01:.4f}pp").verdict is Verdict.PASS
    diluted = found(counties(), f"{points * 0.99:.4f}pp")
    assert diluted.verdict is Verdict.WARN and not diluted.stops


@pytest.mark.parametrize(
    ("sample", "verdict"),
    [
        (counties(dose=None), Verdict.NOT_EVALUATED),
        (counties(dose=-DATA["dose"]), Verdict.WARN),
        (counties(unit="NOK"), Verdict.NOT_EVALUATED),
    ],
)
def test_without_exposure_or_a_share_nothing_has_passed(sample: Sample, verdict: Verdict):
    finding = found(sample)
    assert (finding.verdict, finding.value, finding.stops) == (verdict, None, False)
