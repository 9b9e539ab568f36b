"""What cannot be estimated is refused, with a code that never changes and a help line an analyst can act on."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from method_samples import (
    Parts,
    cross_section,
    dosed_panel,
    office_cross_section,
    panel,
    staggered_panel,
    unbalanced_panel,
)
from pydantic import ValidationError

from effekt.analysis import Analysis
from effekt.errors import EstimationError, Problem
from effekt.results import Estimates
from effekt.sample import Weights

PERSONS = cross_section()
OFFICES = office_cross_section()
PANEL = panel()
STAGGERED = staggered_panel()
DOSED = dosed_panel()
EVERYBODY = panel(starts={2008.0: 15})
ONE_TREATED = panel(starts={2008.0: 1})
ONE_COMPARISON = panel(starts={2008.0: 14})
LEVELS, PANELS = ("difference", "regression"), ("twfe", "event_study", "collapsed_did")


def run(parts: Parts, estimate: Any, **adjust: Any) -> Estimates:
    sample, outcomes = parts.build()
    return Analysis.model_validate({"estimate": estimate, **adjust}).estimates(sample, outcomes)


def refused(parts: Parts, estimate: Any, **adjust: Any) -> Problem:
    with pytest.raises(EstimationError) as error:
        run(parts, estimate, **adjust)
    (problem,) = error.value.problems
    assert problem.help
    assert problem.help.strip() != problem.sentence
    return problem


def constant(parts: Parts, value: float = 0.1) -> Parts:
    return parts.outcome(lambda y: np.full_like(y, value))


def only_after(parts: Parts) -> Parts:
    """The same panel without its history: the start lies in its first period."""
    return replace(parts, before={}, time_before=None)


def only_before(parts: Parts) -> Parts:
    """The start lies after the last period."""
    return replace(parts, first_treated=np.where(parts.treated, 2050.0, np.nan))


def without_outcome(parts: Parts, gone: np.ndarray) -> Parts:
    return parts.outcome(lambda y: np.where(gone[:, None], np.nan, y))


CASES = {
    # E202: names
    "covariate of a regression": ("E202", PERSONS, {"method": "regression", "covariates": ["wage"]}, {}),
    "covariate of exact cells": ("E202", PERSONS, "difference", {"adjust": {"method": "exact", "on": ["wage"]}}),
    **{f"cluster level of {m}": ("E202", PERSONS, {"method": m, "cluster": "ward"}, {}) for m in LEVELS},
    **{f"cluster level of {m}": ("E202", PANEL, {"method": m, "cluster": "ward"}, {}) for m in PANELS[:2]},
    # E306: no treated, or no comparison
    **{f"no treated observed, {m}": ("E306", without_outcome(PERSONS, PERSONS.treated), m, {}) for m in LEVELS},
    **{f"no comparison observed, {m}": ("E306", without_outcome(PERSONS, ~PERSONS.treated), m, {}) for m in LEVELS},
    **{f"no treated observed, {m}": ("E306", without_outcome(PANEL, PANEL.treated), m, {}) for m in PANELS},
    **{f"everybody treated at once, {m}": ("E306", EVERYBODY, m, {}) for m in PANELS},
    "pooled cohorts without never-treated": (
        "E306",
        panel(starts={2005.0: 7, 2008.0: 8}),
        {"method": "event_study", "cohorts": "pooled"},
        {},
    ),
    "cells without a counterpart": (
        "E306",
        replace(PERSONS, covariates={"cell": PERSONS.treated.astype(float)}),
        "difference",
        {"adjust": {"method": "exact", "on": ["cell"]}},
    ),
    # E307: no period before or after
    **{f"no period before, {m}": ("E307", only_after(PANEL), m, {}) for m in PANELS},
    **{f"no period after, {m}": ("E307", only_before(PANEL), m, {}) for m in PANELS},
    "no period before on an unbalanced panel": ("E307", only_after(unbalanced_panel()), "event_study", {}),
    "no period before anticipation": (
        "E307",
        replace(PANEL, anticipation=99),
        "collapsed_did",
        {},
    ),
    # E308: staggered starts
    "staggered starts, event_study": ("E308", STAGGERED, "event_study", {}),
    # E401: clusters finer than assignment
    "persons where offices were assigned, difference": (
        "E401",
        OFFICES,
        {"method": "difference", "cluster": "person"},
        {},
    ),
    "persons where offices were assigned, regression": (
        "E401",
        OFFICES,
        {"method": "regression", "cluster": "unit"},
        {},
    ),
    **{
        f"{v} where offices were assigned": ("E401", OFFICES, {"method": "difference", "vcov": v}, {})
        for v in ("HC1", "HC2")
    },
    **{
        f"counties where regions were assigned, {m}": (
            "E401",
            replace(PANEL, assigned_at="region"),
            {"method": m, "cluster": "county"},
            {},
        )
        for m in PANELS[:2]
    },
    # E403: a single cluster in an arm
    **{f"one treated county, {m}": ("E403", ONE_TREATED, m, {}) for m in PANELS[:2]},
    **{f"one comparison county, {m}": ("E403", ONE_COMPARISON, m, {}) for m in PANELS[:2]},
    "one treated county, pooled": ("E403", ONE_TREATED, {"method": "event_study", "cohorts": "pooled"}, {}),
    **{f"one treated person, {m}": ("E403", replace(PERSONS, treated=np.arange(60) == 3), m, {}) for m in LEVELS},
    "one treated office": (
        "E403",
        replace(OFFICES, treated=OFFICES.clusters["office"] == 2),
        "difference",
        {},
    ),
    # E708: a closed form on an unbalanced panel
    "unbalanced panel": ("E708", unbalanced_panel(), "collapsed_did", {}),
    # E801: collinear covariates
    "constant covariate": ("E801", replace(PERSONS, covariates={"x": np.ones(60)}), "regression", {}),
    "covariate that is the treatment": (
        "E801",
        replace(PERSONS, covariates={"x": PERSONS.treated.astype(float)}),
        "regression",
        {},
    ),
    "interaction that repeats a covariate": (
        "E801",
        replace(PERSONS, covariates={"x": PERSONS.treated * np.arange(60.0)}),
        {"method": "regression", "interactions": "treated"},
        {},
    ),
    # E804: no variation
    **{f"constant outcome, {m}": ("E804", constant(PERSONS), m, {}) for m in LEVELS},
    **{f"constant outcome, {m}": ("E804", constant(PANEL), m, {}) for m in PANELS},
    **{f"constant outcome of a million, {m}": ("E804", constant(PANEL, 1e6 + 0.3), m, {}) for m in PANELS},
    "constant outcome in exact cells": (
        "E804",
        constant(PERSONS),
        "difference",
        {"adjust": {"method": "exact", "on": ["group"]}},
    ),
    "outcome that is the treatment": (
        "E804",
        replace(PERSONS, after={"y": PERSONS.treated[:, None] * 0.1}),
        "difference",
        {},
    ),
    # E805: combinations
    **{f"a panel's levels, {m}": ("E805", PANEL, m, {}) for m in LEVELS},
    "anticipation with staggered starts": ("E805", replace(STAGGERED, anticipation=1), "twfe", {}),
    "a slope without a dose": ("E805", PANEL, "dose_slope", {}),
    "a dose that does not vary": ("E804", replace(DOSED, dose=np.ones(15)), "dose_slope", {}),
    "a dose that is not known": ("E704", replace(DOSED, dose=np.full(15, np.nan)), "dose_slope", {}),
    "the logarithm of a large fall": (
        "E711",
        replace(DOSED, dose=DOSED.dose - 10),
        {"method": "dose_slope", "scale": "log1p"},
        {},
    ),
    # E402: one county, two starts
    "two starts in one county": (
        "E402",
        replace(STAGGERED, clusters={"county": np.arange(20) // 2}),
        "collapsed_did",
        {},
    ),
    # E808: dummies of a large panel
    "CR2 with dummies of very many units": (
        "E808",
        panel(starts={2008.0: 900}, n=1500),
        {"method": "twfe", "vcov": "CR2"},
        {},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_is_refused(name: str):
    code, parts, estimate, adjust = CASES[name]
    assert refused(parts, estimate, **adjust).code == code


def test_every_refusal_of_the_methods_is_here():
    wanted = {"E202", "E306", "E307", "E308", "E401", "E402", "E403", "E704", "E708"}
    wanted |= {"E711", "E801", "E804", "E805", "E808"}
    assert {code for code, *_ in CASES.values()} == wanted


def test_the_collinear_covariate_is_named():
    x = PERSONS.covariates["x"]
    twice = replace(PERSONS, covariates={"age": x, "born": 2000.0 - x})
    assert "born" in refused(twice, "regression").sentence


def test_the_missing_covariate_and_its_alternatives_are_named():
    problem = refused(PERSONS, {"method": "regression", "covariates": ["x", "wage"]})
    assert "`wage`" in problem.sentence
    assert "x, group" in (problem.note or "")


@pytest.mark.parametrize("method", ["difference", "regression"])
def test_clusters_coarser_than_assignment_are_allowed(method: str):
    for level, clusters in (("office", 12), ("county", 6)):
        (row,) = run(OFFICES, {"method": method, "cluster": level}).rows
        assert row.n_clusters == clusters


@pytest.mark.parametrize("method", PANELS[:2])
def test_regions_may_serve_as_clusters_of_counties(method: str):
    assert run(PANEL, {"method": method, "cluster": "region"}).rows[0].n_clusters == 5


def test_one_treated_county_still_has_a_rank():
    (row,) = run(ONE_TREATED, "collapsed_did").rows
    assert (row.inference, row.p_floor, row.std_error) == ("RI-beta", pytest.approx(1 / 15), None)


@pytest.mark.parametrize(("treated", "comparison"), [(2, 13), (3, 12), (10, 4), (2, 2)])
def test_too_few_clusters_for_an_interval_have_rank_tests_only(treated: int, comparison: int):
    rows = run(panel(starts={2008.0: treated}, n=treated + comparison), "collapsed_did").rows
    assert [r.inference for r in rows] == ["RI-t"]


def test_four_treated_and_five_comparisons_are_enough_for_all_three():
    rows = run(panel(starts={2008.0: 4}, n=9), "collapsed_did").rows
    assert {r.inference for r in rows} == {"CR2 + Satterthwaite", "RI-t", "WCR"}


def test_staggered_cohorts_without_never_treated_still_have_a_weighted_average():
    (row,) = run(panel(starts={2005.0: 7, 2008.0: 8}), "twfe").rows
    assert row.estimand == "VWATT"
    assert row.n_comparison == 8, "those who start later"


def test_an_outcome_of_tiny_but_real_variation_is_not_taken_for_rounding():
    small = PERSONS.outcome(lambda y: 1e6 + 1e-5 * y)
    plain = run(PERSONS, "difference").rows[0]
    assert run(small, "difference").rows[0].std_error == pytest.approx(1e-5 * plain.std_error, rel=1e-4)


@pytest.mark.parametrize("limit", [2, "2", "2m"])
def test_an_event_study_reports_as_many_periods_as_asked_for(limit: Any):
    rows = run(PANEL, {"method": "event_study", "before": limit, "after": 0}).rows
    assert [r.horizon for r in rows] == [-2, 0]
    every = {r.horizon: r.value for r in run(PANEL, "event_study").rows}
    assert {r.horizon: r.value for r in rows} == {e: every[e] for e in (-2, 0)}


@pytest.mark.parametrize("limit", [-1, "soon", 2.5])
def test_periods_that_are_no_number_are_refused(limit: Any):
    with pytest.raises(ValidationError):
        Analysis.model_validate({"estimate": {"method": "event_study", "before": limit}})


def test_periods_of_anticipation_are_in_neither_window():
    """Reaction a year early: it spoils the reference unless the period is declared."""
    parts = panel(seed=21)
    early = replace(parts, before={"rate": parts.before["rate"].copy()})
    early.before["rate"][parts.treated, -1] += 100.0
    declared = run(replace(early, anticipation=1), "collapsed_did").rows[0].value
    assert declared < 10 < -run(early, "collapsed_did").rows[0].value
    assert run(replace(early, anticipation=1), "twfe").rows[0].value == pytest.approx(declared, rel=1e-10)
    events = {r.horizon: r.value for r in run(replace(early, anticipation=1), "event_study").rows}
    assert -2 not in events, "the last period before anticipation is the reference"
    assert events[-1] > 90


@pytest.mark.parametrize("method", PANELS)
def test_the_number_of_units_at_fault_is_no_row_value(method: str):
    """Sentences of refusals never hold a value of the outcome."""
    marked = PANEL.outcome(lambda y: np.full_like(y, 7654.321))
    problem = refused(marked, method)
    assert "7654" not in f"{problem.sentence} {problem.help} {problem.note}"


def test_weights_that_drop_every_comparison_are_refused():
    sample, outcomes = PERSONS.build()
    weights = Weights(w=sample.treated.astype(float), group=None, estimand="ATT", method="none")
    for method in LEVELS:
        with pytest.raises(EstimationError) as error:
            Analysis.model_validate({"estimate": method}).estimate.estimate(sample, outcomes, weights)
        assert error.value.problems[0].code == "E306"
