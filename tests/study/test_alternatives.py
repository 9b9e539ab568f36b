"""One unit left out, and other units given the programme: by hand, by enumeration, and only where they are exact."""

import math
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from effekt.analysis import Analysis
from effekt.estimators.collapsed_did import CollapsedDid
from effekt.results import Column, Table
from effekt.study.alternatives import alternatives, left_out, reassigned

CHANGE = np.array([3.0, 1.0, 0.0, 2.0])
TREATED = np.array([True, True, False, False])


def test_one_left_out_is_the_difference_of_the_others_by_hand():
    keys, values = left_out(CHANGE, TREATED)
    assert keys == [0, 1, 2, 3]
    assert values.tolist() == [0.0, 2.0, 0.0, 2.0]


def test_the_only_treated_cannot_be_left_out():
    keys, _ = left_out(CHANGE, np.array([True, False, False, False]))
    assert keys == [1, 2, 3]


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=8), st.integers(1, 2))
def test_every_choice_of_treated_is_one_value_and_they_are_the_naive_ones(changes, n):
    change = np.array(changes)
    treated = np.arange(len(change)) < n
    naive = []
    for chosen in combinations(range(len(change)), n):
        inside = np.isin(np.arange(len(change)), chosen)
        naive.append(change[inside].mean() - change[~inside].mean())
    found = reassigned(change, treated)
    assert len(found) == math.comb(len(change), n)
    assert found == pytest.approx(np.array(naive), abs=1e-9)


def test_what_cannot_be_counted_is_not_drawn():
    assert not len(reassigned(np.zeros(40), np.arange(40) < 20))


def changes(persons: tuple[int | None, ...] = (40, 30, 20, 50)) -> dict[str, Table]:
    columns = (
        Column(name="unit", kind="label"),
        Column(name="treated", kind="label"),
        Column(name="change", kind="statistic", of="persons_behind", unit="share"),
        Column(name="persons_behind", kind="count", internal=True),
    )
    data = {
        "unit": ("a", "b", "c", "d"),
        "treated": tuple(map(bool, TREATED)),
        "change": tuple(map(float, CHANGE)),
        "persons_behind": persons,
    }
    return {"deltas_i_jobb": Table(name="deltas_i_jobb", title="", columns=columns, data=data)}


def found(starts: list[float], *, unit_weights: str = "equal", **of: object) -> dict[str, Table]:
    sample = SimpleNamespace(units=pd.DataFrame({"first_treated": starts, "key": range(len(starts))}))
    analysis = Analysis(estimate=CollapsedDid(unit_weights=unit_weights))
    return {table.name: table for table in alternatives(analysis, sample, changes(**of))}


def test_every_number_stands_on_the_unit_with_the_fewest_persons():
    tables = found([2022.0, 2022.0, np.nan, np.nan])
    assert set(tables) == {"leave_one_out_i_jobb", "randomisation_i_jobb", "robustness_i_jobb"}
    for table in tables.values():
        assert set(table.data["persons_behind"]) == {20}
    assert sum(tables["randomisation_i_jobb"].data["assignments"]) == 6


def test_persons_that_are_not_known_make_the_tables_so():
    tables = found([2022.0, 2022.0, np.nan, np.nan], persons=(40, None, 20, 50))
    assert {n for table in tables.values() for n in table.data["persons_behind"]} == {None}


@pytest.mark.parametrize(
    ("starts", "weights"), [([2022.0, 2023.0, np.nan, np.nan], "equal"), ([2022.0, 2022.0, np.nan, np.nan], "weight")]
)
def test_where_it_would_not_be_exact_nothing_is_told(starts, weights):
    assert not found(starts, unit_weights=weights)
