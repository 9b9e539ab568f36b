"""Starts per county: against loops over all assignments of the ordered starts, and against one start."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from samples import estimates, sample_of

from effekt.sample import Outcomes, Series

EXPECTED = json.loads((Path(__file__).parent / "staggered.json").read_text(encoding="utf-8"))
DATA = EXPECTED["data"]
VALUES = np.array(DATA["values"])


def found(starts: dict[int, float], values: np.ndarray = VALUES, weight: object = None, unit_weights: str = "equal"):
    """Run the method with anticipation, sealed from the first start less anticipation."""
    first = np.full(len(values), np.nan)
    for unit, start in starts.items():
        first[unit] = start
    time = np.arange(values.shape[1], dtype=float)
    cut = int(np.nanmin(first)) - DATA["anticipation"]
    parts = [Series(values=values[:, k], time=time[k], clock="calendar") for k in (slice(cut), slice(cut, None))]
    sample = sample_of(
        treated=~np.isnan(first),
        first_treated=first,
        weight=weight,
        history={"y": parts[0]},
        grain="county",
        assigned_at="county",
        assigned="observational",
    )
    sample = replace(sample, anticipation=DATA["anticipation"])
    outcomes = Outcomes(series={"y": parts[1]}, sample_digest=sample.digest, freeze_digest="f")
    return estimates({"method": "collapsed_did", "unit_weights": unit_weights}, sample, outcomes)


TWO = {int(unit): float(start) for unit, start in DATA["starts"].items()}


def test_each_treated_is_held_against_the_never_treated_over_its_own_windows():
    (row,) = found(TWO).rows
    assert row.value == pytest.approx(EXPECTED["value"], rel=1e-12)


def test_two_starts_among_twelve_have_132_assignments_and_a_rank_test_only():
    (row,) = found(TWO).rows
    assert EXPECTED["total"] == 132
    assert (row.inference, row.p_floor) == ("RI-t", pytest.approx(1 / 132, rel=1e-12))
    assert row.p_value == pytest.approx(EXPECTED["count_t"] / 132, rel=1e-12)


def test_a_common_shock_of_every_period_changes_nothing():
    shocked = VALUES + np.random.default_rng(1).normal(size=VALUES.shape[1])
    (a,), (b,) = found(TWO).rows, found(TWO, shocked).rows
    assert (b.value, b.p_value) == pytest.approx((a.value, a.p_value), rel=1e-9)


def test_periods_of_anticipation_are_in_neither_window():
    spoiled = VALUES.copy()
    for unit, start in TWO.items():
        spoiled[unit, int(start) - 2 : int(start)] = 1e3
    assert found(TWO, spoiled).rows[0].value == pytest.approx(EXPECTED["value"], rel=1e-9)


def test_a_treated_unit_is_never_a_comparison():
    """What happens to one treated unit moves the estimate by half of its own change, and by nothing else."""
    moved = VALUES.copy()
    moved[2, 7:] += 4.0
    assert found(TWO, moved).rows[0].value == pytest.approx(EXPECTED["value"] + 2.0, rel=1e-12)


def test_the_table_of_changes_has_the_estimate_as_the_difference_of_its_means():
    table = found(TWO).details["deltas_y"].data
    treated = np.array(table["treated"])
    change, after, before = (np.array(table[name]) for name in ("change", "after", "before"))
    assert change[treated].mean() - change[~treated].mean() == pytest.approx(EXPECTED["value"], rel=1e-12)
    assert change == pytest.approx(after - before, rel=1e-10)


def test_leaving_out_a_treated_unit_leaves_the_test_of_the_other_alone():
    kept = np.delete(VALUES, 2, axis=0)
    alone = found({7: 10.0}, kept).rows
    assert [r.inference for r in alone] == ["RI-beta"]
    assert alone[0].p_floor == pytest.approx(1 / 11)


def test_weighted_units_weigh_in_treated_and_comparisons():
    weight = np.arange(1.0, 13.0)
    never = np.array([g not in TWO for g in range(12)])

    def gap(unit: int, start: int) -> float:
        change = VALUES[:, start:].mean(axis=1) - VALUES[:, : start - 2].mean(axis=1)
        return float(change[unit] - np.average(change[never], weights=weight[never]))

    by_hand = np.average([gap(2, 7), gap(8, 10)], weights=[3.0, 9.0])
    (row,) = found(TWO, weight=weight, unit_weights="weight").rows
    assert row.value == pytest.approx(by_hand, rel=1e-12)
