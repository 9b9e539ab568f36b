"""Static two-way fixed effects against pyfixest and the published castle number."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import estimates, panel

from effekt.verify import sources

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
DATA = pd.DataFrame(EXPECTED["data"])


def row_of(frame: pd.DataFrame, **parts):
    wide = frame.pivot(index="unit", columns="time", values="y")
    first = frame[frame["d"] == 1].groupby("unit")["time"].min().reindex(wide.index)
    sample, outcomes = panel(wide.to_numpy(), wide.columns.to_numpy(), first.to_numpy(), **parts)
    return estimates({"method": "twfe"}, sample, outcomes).rows[0]


def test_castle_meets_the_published_coefficient_and_fixests_error():
    frame = sources.castle().rename(columns={"sid": "unit", "year": "time", "treated": "d", "l_homicide": "y"})
    row = row_of(frame)
    assert row.value == pytest.approx(0.0818116169306475, rel=1e-12)
    assert row.std_error == pytest.approx(EXPECTED["castle"]["std_error"], rel=1e-10)
    assert (row.estimand, row.inference) == ("VWATT", "CR1S + t(G-1)")


@pytest.mark.parametrize("case", ["balanced", "unbalanced"])
def test_staggered_panels_agree_with_fixest(case: str):
    # Starts come from the whole panel, as a register has them: a gap in the outcome does not move treatment.
    frame = DATA.copy()
    if case == "unbalanced":
        frame.loc[~frame.index.isin(EXPECTED["kept"]), "y"] = np.nan
    row = row_of(frame)
    assert row.value == pytest.approx(EXPECTED[case]["value"], rel=1e-8)
    assert row.std_error == pytest.approx(EXPECTED[case]["std_error"], rel=1e-8)


def test_unit_weights_agree_with_fixest():
    weights = DATA.groupby("unit")["w"].first().to_numpy()
    row = row_of(DATA, weight=weights)
    assert row.value == pytest.approx(EXPECTED["weighted"]["value"], rel=1e-9)
    assert row.std_error == pytest.approx(EXPECTED["weighted"]["std_error"], rel=1e-9)
