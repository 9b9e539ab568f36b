"""`karriereveiledning` meets every moment that it claims and that is no assumption, as the manual's table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from effekt.synthetic.calibration.calibrate import calibrate
from effekt.synthetic.calibration.tables import as_csv
from effekt.synthetic.world import load_world

pytestmark = pytest.mark.slow

COMMITTED = Path(__file__).parents[2] / "benchmarks" / "results" / "calibration.csv"


def test_every_moment_that_is_tested_is_within_its_band_and_the_table_of_the_manual_says_so() -> None:
    found = calibrate(load_world("karriereveiledning"))
    assert [reached.moment.id for reached in found if reached.within is False] == []
    assert sum(reached.within is not None for reached in found) >= 110
    assert as_csv(found) == COMMITTED.read_text(encoding="utf-8"), (
        "`effekt calibrate karriereveiledning --out` makes it"
    )
