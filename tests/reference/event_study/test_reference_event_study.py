"""Event studies against pyfixest, and the closed form against Welch."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import estimates, panel

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
ONE, POOLED = (pd.DataFrame(EXPECTED["data"][k]) for k in ("one", "pooled"))


def rows_of(frame: pd.DataFrame, **method):
    wide = frame.pivot(index="unit", columns="time", values="y")
    start = frame.groupby("unit")["start"].first().to_numpy(dtype=float)
    sample, outcomes = panel(wide.to_numpy(), wide.columns.to_numpy(), np.where(start < 0, np.nan, start))
    return {r.horizon: r for r in estimates({"method": "event_study", **method}, sample, outcomes).rows}


def test_one_cohort_has_fixests_coefficients_and_welchs_errors():
    rows = rows_of(ONE)
    assert set(rows) == {int(e) for e in EXPECTED["one"]}
    for e, error in zip(sorted(rows), EXPECTED["one_hc2"], strict=True):
        assert rows[e].value == pytest.approx(EXPECTED["one"][str(e)][0], rel=1e-8)
        assert rows[e].std_error == pytest.approx(error, rel=1e-10)


@pytest.mark.parametrize("case", ["unbalanced", "pooled"])
def test_regressions_have_fixests_coefficients_and_errors(case: str):
    frame = (ONE if case == "unbalanced" else POOLED).copy()
    if case == "unbalanced":
        frame.loc[~frame.index.isin(EXPECTED["kept"]), "y"] = np.nan
    rows = rows_of(frame, cohorts="pooled" if case == "pooled" else "one")
    assert set(rows) == {int(e) for e in EXPECTED[case]}
    for e, (value, error) in EXPECTED[case].items():
        assert rows[int(e)].value == pytest.approx(value, rel=1e-7)
        assert rows[int(e)].std_error == pytest.approx(error, rel=1e-7)
        assert rows[int(e)].inference == "CR1S + t(G-1)"
