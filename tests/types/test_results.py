"""What comes out of a method cannot be malformed: each invariant, broken once."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from effekt.results import (
    ESTIMATE_FIELDS,
    INFERENCES,
    INTERVAL,
    RANK,
    Attrition,
    AttritionStep,
    Bound,
    Column,
    Estimate,
    Estimates,
    Finding,
    Table,
    Verdict,
)

INTERVAL_ROW = {
    "method": "difference",
    "estimand": "ATE",
    "outcome": "y",
    "value": 1.0,
    "std_error": 0.5,
    "ci_low": 0.0,
    "ci_high": 2.0,
    "p_value": 0.05,
    "df": 10.0,
    "inference": "HC2 + Satterthwaite",
    "n_treated": 4,
    "n_comparison": 8,
    "n_persons_treated": 4,
    "n_persons_comparison": None,
    "n_clusters": 12,
    "comparison_mean": 3.0,
}
RANK_ROW = {
    **{k: v for k, v in INTERVAL_ROW.items() if k not in INTERVAL},
    "inference": "RI-t",
    "p_value": 0.2,
    "p_floor": 0.01,
}


def row(**changes) -> Estimate:
    return Estimate(**{**INTERVAL_ROW, **changes})


def test_both_kinds_of_row_are_accepted_as_they_are():
    assert row().value == 1.0
    assert Estimate(**RANK_ROW).std_error is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inference": "HC9"}, "not declared"),
        ({"std_error": None}, "must fill"),
        ({"p_floor": 0.1}, "must fill"),
        ({"value": math.nan}, "value is not a finite"),
        ({"value": math.inf}, "value is not a finite"),
        ({"df": math.inf}, "df is not a finite"),
        ({"std_error": math.nan}, "std_error is not a finite"),
        ({"std_error": 0.0}, "not positive"),
        ({"std_error": -0.5}, "not positive"),
        ({"p_value": 1.2}, "outside"),
        ({"p_value": -0.1}, "outside"),
        ({"ci_low": 1.5}, "interval does not hold"),
        ({"ci_high": 0.5}, "interval does not hold"),
        ({"n_treated": 0}, "no treated"),
        ({"n_comparison": 0}, "no treated, no comparison"),
        ({"n_clusters": 0}, "no cluster"),
    ],
)
def test_a_malformed_row_is_refused(changes: dict, message: str):
    with pytest.raises(ValueError, match=message):
        row(**changes)


def test_a_rank_row_may_not_carry_an_interval():
    with pytest.raises(ValueError, match="RI-t must fill"):
        Estimate(**{**RANK_ROW, "std_error": 1.0})


@given(st.sampled_from(sorted(INFERENCES)), st.sets(st.sampled_from(sorted(INTERVAL | RANK))))
def test_a_row_fills_what_its_inference_declares_and_nothing_else(inference: str, filled: set[str]):
    fields = {**INTERVAL_ROW, "p_floor": 0.01, "inference": inference}
    fields |= dict.fromkeys((INTERVAL | RANK) - filled)
    if filled == INFERENCES[inference]:
        assert Estimate(**fields).inference == inference
    else:
        with pytest.raises(ValueError, match="must fill"):
            Estimate(**fields)


def test_a_row_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        row().value = 2.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"support": ()}, "support"),
        ({"influence": np.zeros((3, 2))}, "influence"),
        ({"vcov": np.eye(2)}, "vcov"),
    ],
)
def test_estimates_whose_parts_do_not_fit_are_refused(changes: dict, message: str):
    whole = {"rows": (row(),), "support": (4,), "influence": np.zeros((3, 1)), "vcov": np.eye(1)}
    assert len(Estimates(**whole).rows) == 1
    with pytest.raises(ValueError, match=message):
        Estimates(**{**whole, **changes})


def test_naming_stamps_every_row_and_keeps_the_rest():
    estimates = Estimates(rows=(row(), row(outcome="z")), support=(4, None), influence=np.ones((3, 2)))
    named = estimates.named(analysis="main", variant="wide")
    assert {(r.analysis, r.variant) for r in named.rows} == {("main", "wide")}
    assert named.support == (4, None)
    assert named.influence is estimates.influence
    assert estimates.rows[0].analysis == ""


def test_the_table_of_estimates_has_every_field_and_an_internal_support():
    table = Estimates(rows=(row(),), support=(4,)).table()
    assert set(ESTIMATE_FIELDS) < set(table.data)
    support, *rest = [c for c in table.columns if c.internal]
    assert [c.name for c in rest] == ["lattice", "treated_part", "comparison_part"]
    assert {table.data[c.name] for c in rest} == {(None,)}, "not known unless the estimator tells"
    assert (support.kind, table.data[support.name]) == ("count", (4,))


@pytest.mark.parametrize("field", ["value", "std_error", "ci_low", "ci_high", "p_value", "df", "comparison_mean"])
def test_every_number_of_an_estimate_stands_on_its_support(field: str):
    table = Estimates(rows=(row(),), support=(4,)).table()
    (column,) = [c for c in table.columns if c.name == field]
    assert (column.kind, column.of) == ("statistic", "persons_behind")


def test_units_are_masked_with_the_persons_behind_them():
    columns = {c.name: c for c in Estimates(rows=(row(),), support=(4,)).table().columns}
    assert columns["n_treated"].of == "n_persons_treated"
    assert columns["n_persons_treated"].kind == "count"


@pytest.mark.parametrize("kind", ["statistic", "share", "money"])
def test_a_computed_column_must_name_its_count(kind: str):
    with pytest.raises(ValueError, match="person count"):
        Column(name="x", kind=kind)


def test_a_share_must_name_its_numerator():
    with pytest.raises(ValueError, match="numerator"):
        Column(name="x", kind="share", of="n")


COUNT, VALUE = Column(name="n", kind="count"), Column(name="mean", kind="statistic", of="n")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data": {"n": (1, 2)}}, "columns and data differ"),
        ({"data": {"n": (1, 2), "mean": (1.0, 2.0), "more": (1, 2)}}, "columns and data differ"),
        ({"columns": (COUNT, COUNT, VALUE)}, "stands twice"),
        ({"data": {"n": (1, 2), "mean": (1.0,)}}, "different lengths"),
        ({"columns": (COUNT, Column(name="mean", kind="statistic", of="mean"))}, "not a count column"),
        ({"columns": (COUNT, Column(name="mean", kind="share", of="n", numerator="m"))}, "not a count column"),
        ({"chain": "mean"}, "chain"),
    ],
)
def test_a_malformed_table_is_refused(changes: dict, message: str):
    whole = {"name": "t", "title": "T", "columns": (COUNT, VALUE), "data": {"n": (1, 2), "mean": (1.0, 2.0)}}
    assert len(Table(**whole)) == 2
    with pytest.raises(ValueError, match=message):
        Table(**{**whole, **changes})


def test_rows_of_a_table_come_in_column_order_and_cannot_be_changed():
    table = Table(name="t", title="T", columns=(COUNT, VALUE), data={"mean": [1.0], "n": [3]})
    assert [list(r.items()) for r in table.rows()] == [[("n", 3), ("mean", 1.0)]]
    with pytest.raises(TypeError):
        table.data["n"] = (9,)


def finding(**changes) -> Finding:
    whole = {
        "check": "balance",
        "subject": "age",
        "value": 0.2,
        "threshold": 0.1,
        "verdict": Verdict.FAIL,
        "blocking": True,
        "advice": "adjust for it",
    }
    return Finding(**{**whole, **changes})


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_finding_without_a_finite_number_is_refused(value: float):
    with pytest.raises(ValueError, match="finite"):
        finding(value=value)


def test_nothing_passes_that_was_not_measured():
    with pytest.raises(ValueError, match="nothing has passed"):
        finding(value=None, verdict=Verdict.PASS)


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("blocking", [True, False])
def test_only_a_blocking_failure_or_silence_stops(verdict: Verdict, blocking: bool):
    stops = blocking and verdict in {Verdict.FAIL, Verdict.NOT_EVALUATED}
    assert finding(verdict=verdict, blocking=blocking).stops is stops


def test_a_bound_has_its_ends_in_order():
    whole = {
        "sensitivity": "confounder",
        "analysis": "main",
        "outcome": "y",
        "horizon": None,
        "parameter": "gamma 2",
        "low": 0.0,
        "high": 1.0,
        "verdict": Verdict.PASS,
        "sentence": "it would take more",
    }
    assert Bound(**{**whole, "low": None}).low is None
    with pytest.raises(ValueError, match="low is above high"):
        Bound(**{**whole, "low": 2.0})


def test_a_flow_chart_cannot_gain_units():
    step = AttritionStep(reason="in the table", units=10, persons=100)
    flow = Attrition(steps=(step,)).then("missing", units=10, persons=None).then("always treated", units=7, persons=70)
    assert flow.table().chain == "persons"
    assert flow.table().data["units"] == (10, 10, 7)
    with pytest.raises(ValueError, match="gain"):
        flow.then("found again", units=8, persons=80)
