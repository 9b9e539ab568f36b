"""What goes into a method: invariants at construction, order that does not matter, digests that see everything."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effekt.results import Attrition, AttritionStep
from effekt.sample import UNIT_COLUMNS, Outcomes, Placebo, Sample, Series, Weights

STORED_DIGEST = "50bdbb7bf7af8a2e574f7e5187a172ee8ecc6726da0b62976fc93cb3c4cc5edd"
"""Of ``small()``. A change means that no freeze made before can be verified any more: say so in the changelog."""


def series(**changes) -> Series:
    whole = {"values": np.arange(6.0).reshape(3, 2), "time": np.array([2001.0, 2002.0]), "clock": "calendar"}
    return Series(**{**whole, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": np.arange(3.0)}, r"\(n, T\)"),
        ({"time": np.array([1.0])}, r"\(n, T\)"),
        ({"time": np.array([2.0, 2.0])}, "increasing"),
        ({"time": np.array([2.0, 1.0])}, "increasing"),
        ({"values": np.array([[1.0, np.inf]])}, "finite"),
        ({"numerator": np.ones((3, 2))}, "together"),
    ],
)
def test_a_malformed_series_is_refused(changes: dict, message: str):
    with pytest.raises(ValueError, match=message):
        series(**changes)


@pytest.mark.parametrize(("clock", "unit"), [("event", ""), ("calendar", "NOK")])
def test_series_of_another_clock_or_unit_cannot_be_joined(clock: str, unit: str):
    later = series(time=np.array([2003.0, 2004.0]), clock=clock, unit=unit)
    with pytest.raises(ValueError, match="joined"):
        series().then(later)


def test_joining_keeps_persons_only_if_both_parts_have_them():
    persons = {"numerator": np.ones((3, 2)), "denominator": np.full((3, 2), 2.0)}
    later = np.array([2003.0, 2004.0])
    assert series(**persons).then(series(time=later, **persons)).numerator.shape == (3, 4)
    assert series(**persons).then(series(time=later)).numerator is None
    with pytest.raises(ValueError, match="increasing"):
        series().then(series())


def test_arrays_inside_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        series().values[0, 0] = 9.0
    with pytest.raises(ValueError, match="read-only"):
        small().cells[0] = 9
    with pytest.raises(ValueError, match="read-only"):
        weights().w[0] = 9.0


def parts() -> dict:
    n = 3
    return {
        "units": pd.DataFrame(
            {
                "key": np.array([30, 10, 20], dtype=np.uint64),
                "entity": np.array([0, 1, 2]),
                "treated": np.array([1, 0, 0], dtype=np.int8),
                "arm": ["a", None, None],
                "index_period": np.nan,
                "first_treated": [2003.0, np.nan, np.nan],
                "sampling_weight": [1.0, 2.0, 3.0],
                "persons": [100.0, 200.0, np.nan],
            }
        ),
        "clusters": {"unit": np.arange(n), "county": np.array([0, 1, 2])},
        "cells": np.array([0, 0, 1]),
        "baseline": pd.DataFrame({"age": [20.0, 21.0, 22.0]}),
        "history": {"rate": series()},
        "placebo": {},
        "grain": "county",
        "assigned_at": "county",
        "assigned": "observational",
        "attrition": Attrition(steps=(AttritionStep(reason="in the table", units=3, persons=None),)),
        "cluster_names": {"county": ("Oslo", "Rogaland", "Troms")},
    }


def small(**changes) -> Sample:
    return Sample(**{**parts(), **changes})


def units(**changes) -> pd.DataFrame:
    return parts()["units"].assign(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        *(({"units": parts()["units"].drop(columns=c)}, "lack") for c in UNIT_COLUMNS),
        ({"units": units(key=np.array([1, 1, 2], dtype=np.uint64))}, "own key"),
        ({"clusters": {"county": np.arange(3)}}, "'unit'"),
        ({"clusters": {"unit": np.arange(4)}}, "same rows"),
        ({"cells": np.zeros(2)}, "same rows"),
        ({"baseline": pd.DataFrame({"age": [1.0, 2.0]})}, "same rows"),
        ({"baseline": pd.DataFrame({"age": [1.0, np.nan, 2.0]})}, "missing values"),
        ({"history": {"rate": series(values=np.zeros((4, 2)))}}, "same rows"),
        ({"placebo": {"rate": series(values=np.zeros((4, 2)))}}, "same rows"),
        ({"subgroups": {"young": np.array([True, False])}}, "same rows"),
        ({"subgroups": {"young": np.array([1, 0, 0])}}, "mask of bool"),
        ({"groups": {"income": "arbeid"}}, "columns of baseline"),
        ({"lags": frozenset({"rate"})}, "columns of baseline"),
        ({"units": units(entity=np.array([0, 1, 1]))}, "several records"),
        ({"clusters": {"unit": np.arange(3), "person": np.array([0, 1, 1])}}, "person of `entity`"),
        (
            {
                "units": units(entity=np.array([0, 1, 1])),
                "clusters": {"unit": np.arange(3), "person": np.array([0, 0, 1])},
            },
            "person of `entity`",
        ),
        ({"grain": "person", "cluster_names": {"unit": ("a", "b", "c")}}, "no names"),
        ({"grain": "person", "cluster_names": {"person": ("a", "b", "c")}}, "no names"),
    ],
)
def test_a_malformed_sample_is_refused(changes: dict, message: str):
    with pytest.raises(ValueError, match=message):
        small(**changes)


def test_one_unit_is_not_a_sample():
    with pytest.raises(ValueError, match="two units"):
        small().take(np.array([True, False, False]))


def moved_back(**changes) -> Placebo:
    """The small sample a year earlier, when the record with key 20 could not be measured."""
    seen = parts()["units"]["key"].to_numpy() != 20
    sample = small(baseline=pd.DataFrame({"age": [19.0, 20.0, 21.0]})).take(np.isin([10, 20, 30], [10, 30]))
    return Placebo(**{"sample": sample, "series": series().take(seen), "outcome": "rate", **changes})


def test_a_placebo_is_about_records_of_the_sample_and_ends_there():
    other = small(units=units(key=np.array([30, 10, 40], dtype=np.uint64)))
    treated = small(units=units(treated=np.array([1, 1, 0], dtype=np.int8)))
    for stranger in (other, treated):
        with pytest.raises(ValueError, match="records of the sample"):
            small(placebos={"rate": moved_back(sample=stranger, series=series())})
    with pytest.raises(ValueError, match="same rows"):
        moved_back(series=series())
    with pytest.raises(ValueError, match="of its own"):
        moved_back(sample=small(placebos={"rate": moved_back()}), series=series())


def test_a_sample_cut_down_keeps_the_placebos_and_subgroups_of_its_records():
    whole = small(placebos={"rate": moved_back()}, subgroups={"young": np.array([False, True, False])})
    part = whole.take(whole.units["key"].to_numpy() != 20)
    assert part.subgroups["young"].tolist() == [True, False]
    assert list(part.placebos["rate"].sample.units["key"]) == [10, 30]
    # Of 20 and 30, only 30 could be measured a year earlier, and one record cannot be compared with anybody.
    assert not whole.take(whole.units["key"].to_numpy() != 10).placebos


def test_records_of_one_person_are_one_cluster_and_each_its_own_unit():
    twice = small(
        units=units(entity=np.array([0, 1, 1])),
        clusters={"unit": np.arange(3), "person": np.array([5, 7, 7])},
        assigned_at="person",
        grain="person",
        cluster_names={},
    )
    assert twice.clusters["unit"].tolist() == [1, 2, 0]
    assert twice.assignment_clusters.tolist() == [7, 7, 5]


def test_rows_are_sorted_by_key_with_all_that_belongs_to_them():
    sample = small()
    assert list(sample.units["key"]) == [10, 20, 30]
    assert list(sample.baseline["age"]) == [21.0, 22.0, 20.0]
    assert sample.treated.tolist() == [False, False, True]
    assert sample.clusters["county"].tolist() == [1, 2, 0]
    assert sample.history["rate"].values[:, 0].tolist() == [2.0, 4.0, 0.0]
    assert list(sample.units.index) == [0, 1, 2]


def test_the_caller_keeps_tables_of_its_own():
    given_ = parts()
    sample = Sample(**given_)
    given_["units"].loc[0, "treated"] = 0
    given_["baseline"].loc[0, "age"] = 99.0
    given_["cells"][:] = 7
    assert sample.digest == small().digest


def test_the_digest_of_a_small_sample_has_not_changed():
    assert small().digest == STORED_DIGEST


@settings(max_examples=20)
@given(st.permutations(range(3)))
def test_the_digest_does_not_see_the_order_of_rows(order: list[int]):
    shuffled = parts()
    for name in ("units", "baseline"):
        shuffled[name] = shuffled[name].iloc[order]
    shuffled["clusters"] = {k: v[order] for k, v in shuffled["clusters"].items()}
    shuffled["cells"] = shuffled["cells"][order]
    shuffled["history"] = {"rate": series().take(np.array(order))}
    assert Sample(**shuffled).digest == STORED_DIGEST


CHANGED_VALUES = {
    "key": np.array([31, 10, 20], dtype=np.uint64),
    "entity": np.array([0, 1, 3]),
    "treated": np.array([1, 1, 0], dtype=np.int8),
    "arm": ["b", None, None],
    "index_period": 3.0,
    "first_treated": [2004.0, np.nan, np.nan],
    "sampling_weight": [1.0, 2.0, 3.5],
    "persons": [100.0, 201.0, np.nan],
}

CHANGES = {
    **{f"units.{name}": {"units": units(**{name: value})} for name, value in CHANGED_VALUES.items()},
    "instrument": {"units": units(instrument=1.0)},
    "cluster code": {"clusters": {"unit": np.arange(3), "county": np.array([0, 1, 1])}},
    "cluster level": {"clusters": {"unit": np.arange(3), "office": np.array([0, 1, 2])}},
    "cells": {"cells": np.array([0, 1, 1])},
    "covariate": {"baseline": pd.DataFrame({"age": [20.0, 21.0, 22.5]})},
    "covariate's last bit": {"baseline": pd.DataFrame({"age": [20.0, 21.0, np.nextafter(22.0, 23.0)]})},
    "covariate's name": {"baseline": pd.DataFrame({"years": [20.0, 21.0, 22.0]})},
    "history": {"history": {"rate": series(values=np.arange(6.0).reshape(3, 2) + 1)}},
    "history's missing value": {"history": {"rate": series(values=np.array([[0, 1], [2, 3], [4, np.nan]]))}},
    "history's name": {"history": {"wage": series()}},
    "history's time": {"history": {"rate": series(time=np.array([2000.0, 2002.0]))}},
    "history's clock": {"history": {"rate": series(clock="event")}},
    "history's unit": {"history": {"rate": series(unit="NOK")}},
    "history's persons": {"history": {"rate": series(numerator=np.ones((3, 2)), denominator=np.ones((3, 2)))}},
    "history turned placebo": {"history": {}, "placebo": {"rate": series()}},
    "placebo": {"placebo": {"other": series()}},
    "grain": {"grain": "office"},
    "assigned_at": {"assigned_at": "office"},
    "assigned": {"assigned": "random"},
    "attrition": {"attrition": Attrition(steps=())},
    "anticipation": {"anticipation": 1},
    "conditioned": {"conditioned": frozenset({"rate"})},
    "cluster_names": {"cluster_names": {"county": ("Oslo", "Agder", "Troms")}},
    "groups": {"groups": {"age": "alder"}},
    "lags": {"lags": frozenset({"age"})},
    "placebos": {"placebos": {"rate": moved_back()}},
    "subgroups": {"subgroups": {"young": np.array([False, True, False])}},
    "comparison_attrition": {"comparison_attrition": Attrition(steps=())},
}

CHANGES_OF_A_PLACEBO = {
    "name": {"other": moved_back()},
    "outcome": {"rate": moved_back(outcome="other")},
    "series": {"rate": moved_back(series=series(unit="NOK").take(np.array([0, 1])))},
    "sample": {"rate": moved_back(sample=small().take(np.array([True, False, True])))},
}


@pytest.mark.parametrize("name", CHANGES_OF_A_PLACEBO)
def test_the_digest_sees_a_placebo_s(name: str):
    assert small(placebos=CHANGES_OF_A_PLACEBO[name]).digest != small(placebos={"rate": moved_back()}).digest


def test_changes_are_tried_for_every_field():
    fields = {f.name for f in dataclasses.fields(Sample)}
    assert fields == {name for change in CHANGES.values() for name in change}
    assert set(UNIT_COLUMNS) == set(CHANGED_VALUES)


@pytest.mark.parametrize("name", CHANGES)
def test_the_digest_sees_a_change_of(name: str):
    assert small(**CHANGES[name]).digest != STORED_DIGEST


def test_the_sign_of_zero_and_the_kind_of_nan_do_not_matter():
    strange = np.array([-0.0, np.float64("nan")])
    strange.view(np.uint64)[1] |= np.uint64(1)
    plain = series(values=np.array([[0.0, np.nan]] * 3))
    assert (
        small(history={"rate": series(values=np.array([strange] * 3))}).digest == small(history={"rate": plain}).digest
    )


def test_units_without_a_cluster_of_assignment_are_their_own():
    assert small(assigned_at="office").assignment_clusters.tolist() == [1, 2, 0]
    assert small().assignment_clusters.tolist() == [1, 2, 0]


def outcomes(**changes) -> Outcomes:
    whole = {"series": {"b": series(), "a": series()}, "sample_digest": "s", "freeze_digest": "f"}
    return Outcomes(**{**whole, **changes})


def test_outcomes_are_sorted_by_name_and_their_digest_sees_values_and_sample():
    assert list(outcomes().series) == ["a", "b"]
    assert outcomes().digest == outcomes(series={"a": series(), "b": series()}).digest
    assert outcomes().digest != outcomes(sample_digest="t").digest
    assert outcomes().digest != outcomes(series={"a": series(), "b": series(unit="NOK")}).digest
    assert outcomes().digest != outcomes(paths={"a": path()}).digest
    assert outcomes(paths={"b": path()}).digest != outcomes(paths={"a": path()}).digest
    with pytest.raises(TypeError):
        outcomes().series["c"] = series()
    with pytest.raises(TypeError):
        outcomes().paths["c"] = path()


def path(**changes) -> Series:
    return series(**{"time": np.array([1.0, 2.0]), "clock": "event", **changes})


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"time": np.array([0.0, 1.0])}, "after month 0"),
        ({"clock": "calendar"}, "event clock"),
        ({"values": np.zeros((4, 2))}, "same rows"),
    ],
)
def test_a_path_runs_on_the_event_clock_after_the_month_of_the_start(bad: dict, message: str):
    with pytest.raises(ValueError, match=message):
        outcomes(paths={"a": path(**bad)})


def weights(**changes) -> Weights:
    return Weights(**{"w": np.array([1.0, 0.0, 2.0]), "group": None, "estimand": "ATT", "method": "exact", **changes})


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_weights_are_finite_and_not_negative(bad: float):
    with pytest.raises(ValueError, match="finite and not negative"):
        weights(w=np.array([1.0, bad]))


def test_records_without_weight_are_not_kept():
    assert weights().kept.tolist() == [True, False, True]


@pytest.mark.parametrize(
    "change",
    [
        {"w": np.array([1.0, 0.0, 3.0])},
        {"group": np.array([0, 0, 1])},
        {"estimand": "ATE"},
        {"method": "none"},
        {"conditioned": frozenset({"age"})},
    ],
    ids=lambda c: next(iter(c)),
)
def test_the_digest_of_weights_sees_a_change_of(change: dict):
    assert weights(**change).digest != weights().digest
