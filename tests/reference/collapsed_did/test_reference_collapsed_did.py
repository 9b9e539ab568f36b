"""The collapsed DiD against Welch and brute-force enumeration, and on Proposition 99."""

import json
from pathlib import Path

import numpy as np
import pytest
import synthdid
from samples import estimates, panel

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
DATA = EXPECTED["data"]
TREATED = np.array(DATA["treated"])


def rows():
    first = np.where(TREATED, float(DATA["start"]), np.nan)
    sample, outcomes = panel(DATA["values"], np.arange(9), first)
    return {r.inference: r for r in estimates({"method": "collapsed_did"}, sample, outcomes).rows}


def test_the_three_rows_share_the_difference_in_mean_changes():
    assert set(rows()) == {"CR2 + Satterthwaite", "RI-t", "WCR"}
    assert len({r.value for r in rows().values()}) == 1
    assert rows()["WCR"].value == pytest.approx(EXPECTED["value"], rel=1e-12)


def test_the_interval_is_welchs_error_with_bell_mccaffrey_degrees_of_freedom():
    row = rows()["CR2 + Satterthwaite"]
    assert row.std_error == pytest.approx(EXPECTED["std_error"], rel=1e-12)
    assert row.df == pytest.approx(EXPECTED["df"], rel=1e-10)
    assert row.df == pytest.approx(8.1, rel=1e-10)
    assert (row.ci_high - row.ci_low) / 2 == pytest.approx(EXPECTED["half"], rel=1e-10)


@pytest.mark.parametrize(("inference", "key", "floor"), [("RI-t", "ri_t", 1 / 3003), ("WCR", "wcr", 2 / 2**15)])
def test_the_p_values_are_those_of_every_assignment_and_sign_pattern_refitted(inference: str, key: str, floor: float):
    count, total = EXPECTED[key]
    assert rows()[inference].p_value == pytest.approx(count / total, rel=1e-12)
    assert rows()[inference].p_floor == pytest.approx(floor, rel=1e-12)


def test_proposition_99_has_the_published_did_and_a_rank_only():
    frame = synthdid.load_california_prop99().pivot(index="State", columns="Year", values="PacksPerCapita")
    first = np.where(frame.index == "California", 1989.0, np.nan)
    sample, outcomes = panel(frame.to_numpy(), frame.columns.to_numpy(), first)
    (row,) = estimates({"method": "collapsed_did"}, sample, outcomes).rows
    count, total = EXPECTED["prop99"]["rank"]
    assert row.value == pytest.approx(-27.349111083615, rel=1e-12)
    assert row.value == pytest.approx(EXPECTED["prop99"]["value"], rel=1e-12)
    assert (row.inference, row.p_value, row.p_floor) == ("RI-beta", pytest.approx(count / total), pytest.approx(1 / 39))
