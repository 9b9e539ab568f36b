"""What every method promises. Methods are found in the unions; a new one is held to this without a line here."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import sys
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
import yaml
from method_samples import SAMPLES, Parts
from pydantic import ValidationError

from effekt.adjust import AnyAdjustment
from effekt.analysis import Analysis
from effekt.checks import CheckSettings
from effekt.checks.base import Check
from effekt.errors import EffektError, EstimationError
from effekt.estimators import AnyEstimator
from effekt.estimators.rows import full_series
from effekt.method import Adjustment, Estimator, Method
from effekt.results import INFERENCES, Estimate, Estimates, Finding, Verdict
from effekt.sample import Sample, Series, Weights

REFERENCES = Path(__file__).parents[1] / "reference"


def members(union: Any) -> list[type[Method]]:
    """Classes of a discriminated union, also of one that has a single member."""
    annotated = get_args(union)[0]
    return list(get_args(annotated)) or [annotated]


ESTIMATORS: list[type[Estimator]] = members(AnyEstimator)
ADJUSTMENTS: list[type[Adjustment]] = members(AnyAdjustment)
CHECKS: list[type[Check]] = [type(check) for check in CheckSettings().by_name.values()]
METHODS = [*ESTIMATORS, *ADJUSTMENTS, *CHECKS]


def name_of(method: type[Method]) -> str:
    if issubclass(method, Check):
        return method.name
    return str(method.model_fields["method"].default)


def settings_of(estimator: type[Estimator]) -> list[dict[str, Any]]:
    """The defaults, and each choice of a field that has a closed list of them."""
    found: list[dict[str, Any]] = [{}]
    for field, info in estimator.model_fields.items():
        choices = [c for c in get_args(info.annotation) if isinstance(c, str)]
        found += [{field: c} for c in choices if c != info.default and field != "method"]
    return found


def estimate_or_refusal(parts: Parts, method: Estimator, weights: Weights | None = None) -> Estimates | EffektError:
    sample, outcomes = parts.build()
    try:
        return method.estimate(sample, outcomes, weights or Analysis(estimate=method).weigh(sample))
    except EffektError as refusal:
        return refusal


def accepted() -> list[Any]:
    """Every estimator on every sample it takes; settings other than the defaults on the first two."""
    found = []
    for estimator in ESTIMATORS:
        for setting in settings_of(estimator):
            label = "-".join([name_of(estimator), *setting.values()])
            method = estimator(**setting)
            fits = [n for n, p in SAMPLES.items() if isinstance(estimate_or_refusal(p, method), Estimates)]
            chosen = fits[:2] if setting else fits
            found += [pytest.param(method, SAMPLES[n], id=f"{label}-{n}") for n in chosen]
    return found


ACCEPTED = accepted()
on_every_sample = pytest.mark.parametrize(("method", "parts"), ACCEPTED)
by_name = {"ids": name_of}


def estimated(parts: Parts, method: Estimator, weights: Weights | None = None) -> Estimates:
    result = estimate_or_refusal(parts, method, weights)
    assert isinstance(result, Estimates), result
    return result


@functools.cache
def once(parts: Parts, method: Estimator) -> Estimates:
    """The same as ``estimated``, remembered: the sample as it is serves every comparison."""
    return estimated(parts, method)


def numbers(row: Estimate) -> dict[str, float]:
    return {k: v for k, v in dataclasses.asdict(row).items() if isinstance(v, float)}


def assert_same(a: Estimates, b: Estimates, *, rel: float) -> None:
    assert len(a.rows) == len(b.rows)
    assert a.support == b.support
    for x, y in zip(a.rows, b.rows, strict=True):
        assert {k: v for k, v in dataclasses.asdict(x).items() if not isinstance(v, float)} == {
            k: v for k, v in dataclasses.asdict(y).items() if not isinstance(v, float)
        }
        size = max(abs(x.value), x.std_error or 0.0)
        for k, v in numbers(x).items():
            assert numbers(y)[k] == pytest.approx(v, rel=rel, abs=rel * size), k


# The page, the reference and the value


@pytest.mark.parametrize("method", METHODS, **by_name)
@pytest.mark.parametrize(
    "part",
    [
        pytest.param(r"\.\. math::|:math:`", id="an equation"),
        pytest.param(r"^Use it (when|for|after) ", id="when to use it"),
        pytest.param(r"^Do not use it ", id="when not to use it"),
        pytest.param(r"^References?: .*\(\d{4}", id="a dated reference"),
        pytest.param(r"\b(R|Stata|MatchIt)\b[^.]*``[\w.:]+", id="the function of R or Stata it agrees with"),
    ],
)
def test_every_method_has_a_manual_page_with(method: type[Method], part: str):
    assert re.search(part, method.manual(), re.MULTILINE), f"the docstring of {method.__module__} lacks {part}"


@pytest.mark.parametrize("method", METHODS, **by_name)
def test_the_manual_opens_with_what_is_estimated(method: type[Method]):
    assert method.manual().splitlines()[0].rstrip().endswith((".", ":", ",", "?")) or "\n" in method.manual()
    assert len(method.manual().split("\n\n")[0]) > 20


@pytest.mark.parametrize("method", METHODS, **by_name)
def test_every_field_says_what_it_is(method: type[Method]):
    silent = [f for f, info in method.model_fields.items() if f != "method" and not info.description]
    assert not silent


@pytest.mark.parametrize("method", METHODS, **by_name)
def test_every_method_has_a_reference_with_its_generator(method: type[Method]):
    folder = REFERENCES / (Path("checks") / name_of(method) if issubclass(method, Check) else name_of(method))
    assert list(folder.glob("make_expected.py")), f"{folder.name} lacks the script that made the numbers"
    assert list(folder.glob("test_*.py")), f"{folder.name} lacks a test"
    text = (folder / "expected.json").read_text(encoding="utf-8")
    assert json.loads(text)["versions"], "versions of what made the numbers"
    assert longest_mantissa(text) >= 15, "numbers with every digit a double has"


def longest_mantissa(text: str) -> int:
    numerals = re.findall(r"-?\d+\.\d+(?:e[-+]\d+)?", text)
    return max(len(n.split("e")[0].replace(".", "").lstrip("-0")) for n in numerals)


@pytest.mark.parametrize("method", [*ESTIMATORS, *ADJUSTMENTS], **by_name)
def test_every_method_survives_yaml_and_json(method: type[Method]):
    value = method() if not _required(method) else method(on=("x",))
    analysis = Analysis(estimate=value) if isinstance(value, Estimator) else Analysis(adjust=value, estimate=_any())
    written = analysis.model_dump(mode="json")
    assert Analysis.model_validate(yaml.safe_load(yaml.safe_dump(written))) == analysis
    assert Analysis.model_validate_json(analysis.model_dump_json()) == analysis


@pytest.mark.parametrize("estimator", ESTIMATORS, **by_name)
def test_a_bare_name_is_the_method_with_its_defaults(estimator: type[Estimator]):
    assert Analysis.model_validate({"estimate": name_of(estimator)}).estimate == estimator()


@pytest.mark.parametrize("check", CHECKS, **by_name)
def test_every_check_survives_yaml_and_json(check: type[Check]):
    settings = CheckSettings(**{check.name: check()})
    assert CheckSettings.model_validate(yaml.safe_load(yaml.safe_dump(settings.model_dump(mode="json")))) == settings


def _required(method: type[Method]) -> list[str]:
    return [f for f, info in method.model_fields.items() if info.is_required()]


def _any() -> Estimator:
    return ESTIMATORS[0]()


@pytest.mark.parametrize("method", METHODS, **by_name)
def test_every_method_is_frozen_and_refuses_unknown_keys(method: type[Method]):
    value = method() if not _required(method) else method(on=("x",))
    for name in method.model_fields:
        with pytest.raises(ValidationError):
            setattr(value, name, getattr(value, name))
    with pytest.raises(ValidationError):
        method.model_validate({**value.model_dump(), "no_such_key": 1})


@pytest.mark.parametrize("estimator", ESTIMATORS, **by_name)
def test_required_checks_exist(estimator: type[Estimator]):
    assert set(estimator.required_checks) <= set(CheckSettings().by_name)
    assert estimator.required_checks, "an estimator without a check has no gate"


@pytest.mark.parametrize("estimator", ESTIMATORS, **by_name)
def test_inferences_are_declared(estimator: type[Estimator]):
    assert estimator.inferences
    assert set(estimator.inferences) <= set(INFERENCES)


# Every estimator on every sample it accepts


@pytest.mark.parametrize("estimator", ESTIMATORS, **by_name)
def test_every_estimator_accepts_some_sample_and_refuses_the_others_with_help(estimator: type[Estimator]):
    results = [estimate_or_refusal(parts, estimator()) for parts in SAMPLES.values()]
    assert any(isinstance(r, Estimates) for r in results)
    for refusal in results:
        if isinstance(refusal, EffektError):
            assert all(p.help for p in refusal.problems)


@on_every_sample
def test_rows_carry_the_method_and_declared_inferences(method: Estimator, parts: Parts):
    estimates = once(parts, method)
    assert estimates.rows
    for row in estimates.rows:
        assert row.method == method.method
        assert row.inference in method.inferences
        filled = {
            f for f in ("std_error", "ci_low", "ci_high", "p_value", "p_floor", "df") if getattr(row, f) is not None
        }
        assert filled == INFERENCES[row.inference]
    keys = [(r.outcome, r.horizon, r.inference, r.first_treated, r.time, r.arm, r.subgroup) for r in estimates.rows]
    assert len(set(keys)) == len(keys), "two rows of one key"


@on_every_sample
def test_rows_travel_as_a_table(method: Estimator, parts: Parts):
    estimates = once(parts, method).named(analysis="main", variant="")
    table = estimates.table()
    assert len(table) == len(estimates.rows)
    assert set(table.data["analysis"]) == {"main"}


@on_every_sample
def test_inputs_are_not_changed(method: Estimator, parts: Parts):
    sample, outcomes = parts.build()
    weights = Analysis(estimate=method).weigh(sample)
    units, baseline = sample.units.copy(deep=True), sample.baseline.copy(deep=True)
    digests = sample.digest, outcomes.digest, weights.digest
    method.estimate(sample, outcomes, weights)
    pd.testing.assert_frame_equal(sample.units, units)
    pd.testing.assert_frame_equal(sample.baseline, baseline)
    assert (sample.digest, outcomes.digest, weights.digest) == digests


@on_every_sample
def test_the_same_data_give_the_same_bits_twice(method: Estimator, parts: Parts):
    a, b = once(parts, method), estimated(parts, method)
    assert a.rows == b.rows and a.support == b.support
    if a.influence is not None:
        assert np.array_equal(a.influence, b.influence)


@on_every_sample
def test_the_order_of_rows_does_not_change_a_bit(method: Estimator, parts: Parts):
    shuffled = parts.rows(np.random.default_rng(3).permutation(len(parts)))
    a, b = once(parts, method), estimated(shuffled, method)
    assert a.rows == b.rows and a.support == b.support
    if a.influence is not None:
        assert np.array_equal(a.influence, b.influence)


@on_every_sample
def test_labels_of_clusters_do_not_matter(method: Estimator, parts: Parts):
    assert_same(once(parts, method), estimated(parts.relabelled(np.random.default_rng(4)), method), rel=1e-10)


@on_every_sample
@pytest.mark.parametrize(("a", "b"), [(3.0, 2.0), (-1.0, -0.5)])
def test_a_linear_change_of_the_outcome_moves_value_and_error_exactly_so(
    method: Estimator, parts: Parts, a: float, b: float
):
    estimates = once(parts, method)
    after = estimated(parts.outcome(lambda y: a + b * y), method).rows
    for x, y in zip(estimates.rows, after, strict=True):
        assert y.value == pytest.approx(b * x.value, rel=1e-9, abs=1e-12)
        # Sampled assignments are attached to the order of the values, which a negative b turns round.
        assert y.p_value == pytest.approx(x.p_value, rel=1e-8 if _enumerated(estimates) else 0.05)
        assert y.p_floor == x.p_floor
        assert (y.df is None) == (x.df is None)
        assert y.df is None or y.df == pytest.approx(x.df, rel=1e-9)
        assert y.comparison_mean == pytest.approx(a + b * x.comparison_mean, rel=1e-9)
        if x.std_error is not None:
            assert y.std_error == pytest.approx(abs(b) * x.std_error, rel=1e-9)
            ends = sorted([b * x.ci_low, b * x.ci_high])
            assert [y.ci_low, y.ci_high] == pytest.approx(ends, rel=1e-8, abs=1e-10)


@on_every_sample
def test_doubling_all_weights_changes_nothing(method: Estimator, parts: Parts):
    sample, _ = parts.build()
    weights = Analysis(estimate=method).weigh(sample)
    doubled = dataclasses.replace(weights, w=2.0 * weights.w)
    assert_same(once(parts, method), estimated(parts, method, doubled), rel=1e-10)
    base = np.ones(len(parts)) if parts.weight is None else parts.weight
    assert_same(once(parts, method), estimated(dataclasses.replace(parts, weight=2.0 * base), method), rel=1e-10)


@on_every_sample
def test_records_without_weight_might_as_well_not_be_there(method: Estimator, parts: Parts):
    sample, outcomes = parts.build()
    weights = Analysis(estimate=method).weigh(sample)
    kept = ~_first_of_each_arm(sample.treated)
    without = dataclasses.replace(weights, w=np.where(kept, weights.w, 0.0))
    smaller = dataclasses.replace(
        outcomes, series={name: series.take(kept) for name, series in outcomes.series.items()}
    )
    try:
        left_out = method.estimate(sample, outcomes, without)
    except EstimationError as refusal:
        # Too few are left without it: then that is what is said.
        assert all(p.help for p in refusal.problems)
        return
    short = method.estimate(sample.take(kept), smaller, dataclasses.replace(weights, w=weights.w[kept]))
    if _enumerated(short):
        assert_same(left_out, short, rel=1e-9)
    if left_out.influence is not None:
        assert not left_out.influence[~kept].any(), "who weighs nothing influences nothing"


def _first_of_each_arm(treated: np.ndarray) -> np.ndarray:
    return np.isin(np.arange(len(treated)), [np.flatnonzero(treated)[0], np.flatnonzero(~treated)[0]])


def _enumerated(estimates: Estimates) -> bool:
    """Whether no row was drawn at random; draws depend on the keys of all units in the sample."""
    return all(r.p_floor is None or r.p_floor != pytest.approx(1e-5, rel=1e-3) for r in estimates.rows)


@on_every_sample
def test_counts_are_those_of_the_weights(method: Estimator, parts: Parts):
    """Treated are counted where their own outcome identifies the row: in its period, or in any for an average."""
    sample, outcomes = parts.build()
    kept = Analysis(estimate=method).weigh(sample).kept
    for row in once(parts, method).rows:
        series = full_series(sample, outcomes, row.outcome)
        comparison = kept & ~sample.treated & np.isfinite(series.values).any(axis=1)
        choices = [kept & sample.treated & seen for seen in _observed(series, sample, row.horizon)]
        (treated,) = {a.tobytes(): a for a in choices if row.n_treated == a.sum()}.values()
        assert row.n_comparison == int(comparison.sum())
        persons = row.n_persons_treated, row.n_persons_comparison
        assert persons == tuple(_persons(sample.persons[arm]) for arm in (treated, comparison))
        assert 2 <= row.n_clusters <= int(kept.sum())


def _persons(persons: np.ndarray) -> int | None:
    return None if np.isnan(persons).any() else int(persons.sum())


def _observed(series: Series, sample: Sample, horizon: int | None) -> list[np.ndarray]:
    """(n,) bool each: observed at all; and, for a row about one period since the start, observed in that."""
    finite = np.isfinite(series.values)
    if horizon is None:
        return [finite.any(axis=1)]
    start = sample.first_treated if series.clock == "calendar" else np.where(sample.treated, 0.0, np.nan)
    then = series.time[None, :] - start[:, None] == horizon
    return [finite.any(axis=1), (finite & then).any(axis=1)]


@on_every_sample
def test_records_never_observed_are_left_out_or_refused(method: Estimator, parts: Parts):
    gone = _first_of_each_arm(parts.treated)

    def lost(values: np.ndarray) -> np.ndarray:
        return np.where(gone[:, None], np.nan, values)

    result = estimate_or_refusal(parts.outcome(lost), method)
    if isinstance(result, EffektError):
        assert all(p.help for p in result.problems)
        return
    without = estimated(parts.rows(np.flatnonzero(~gone)), method)
    if _enumerated(without):
        assert_same(result, without, rel=1e-9)


@on_every_sample
def test_a_single_missing_cell_is_refused_or_leaves_finite_numbers(method: Estimator, parts: Parts):
    def spoiled(values: np.ndarray) -> np.ndarray:
        holed = values.copy()
        holed[0, -1] = np.nan
        return holed

    result = estimate_or_refusal(parts.outcome(spoiled), method)
    if isinstance(result, EffektError):
        assert {p.code for p in result.problems} <= {"E306", "E403", "E708"}
        assert all(p.help for p in result.problems)
    else:
        assert all(np.isfinite(list(numbers(r).values())).all() for r in result.rows)


@on_every_sample
def test_influence_values_carry_the_variance(method: Estimator, parts: Parts):
    """CR0 is the sum of squared cluster totals of the influence values, and other kinds are near it."""
    exact = "vcov" in type(method).model_fields
    if exact:
        method = method.model_copy(update={"vcov": "CR0"})
    estimates = once(parts, method)
    if estimates.influence is None:
        return
    sample, _ = parts.build()
    codes = np.unique(sample.assignment_clusters, return_inverse=True)[1]
    n = len(sample)
    for j, row in enumerate(estimates.rows):
        psi = estimates.influence[:, j]
        assert psi.mean() == pytest.approx(0.0, abs=1e-9 * np.abs(psi).max())
        error = np.sqrt(np.sum(np.bincount(codes, weights=psi) ** 2)) / n
        assert error == pytest.approx(row.std_error, rel=1e-8 if exact else 0.35)


@on_every_sample
def test_influence_values_say_what_one_more_weight_does(method: Estimator, parts: Parts):
    """The derivative of the estimate in a record's weight is its influence value over n."""
    estimates = once(parts, method)
    if estimates.influence is None:
        return
    sample, outcomes = parts.build()
    weights = Analysis(estimate=method).weigh(sample)
    i, step = int(np.argmax(np.abs(estimates.influence[:, 0]))), 1e-5
    n = len(sample)

    def value(sign: int) -> float:
        moved = dataclasses.replace(weights, w=weights.w * (1 + sign * step * (np.arange(n) == i)))
        return method.estimate(sample, outcomes, moved).rows[0].value

    if getattr(method, "interactions", "none") == "none":  # centring at the mean moves with the weights
        slope = (value(+1) - value(-1)) / (2 * step)
        assert n * slope == pytest.approx(estimates.influence[i, 0], rel=1e-5)


# Every adjustment


def adjustments() -> list[Adjustment]:
    """Every adjustment with its defaults, and with each switch turned."""
    plain = [a() if not _required(a) else a(on=("group",)) for a in ADJUSTMENTS]
    switches = [(a, f) for a in plain for f, info in type(a).model_fields.items() if info.annotation is bool]
    return [*plain, *(a.model_copy(update={f: not getattr(a, f)}) for a, f in switches)]


def weighed_or_refusal(method: Adjustment, parts: Parts) -> Weights | EffektError:
    try:
        return method.weigh(parts.build()[0])
    except EffektError as refusal:
        return refusal


ADJUSTED = [
    pytest.param(a, p, id=f"{name_of(type(a))}-{label}")
    for a in adjustments()
    for label, p in SAMPLES.items()
    if isinstance(weighed_or_refusal(a, p), Weights)
]
on_every_adjustment = pytest.mark.parametrize(("method", "parts"), ADJUSTED)


@pytest.mark.parametrize("method", adjustments(), ids=lambda a: name_of(type(a)))
def test_every_adjustment_accepts_some_sample_and_refuses_the_others_with_help(method: Adjustment):
    results = [weighed_or_refusal(method, parts) for parts in SAMPLES.values()]
    assert any(isinstance(r, Weights) for r in results)
    assert all(p.help for r in results if isinstance(r, EffektError) for p in r.problems)


@on_every_adjustment
def test_weights_are_one_per_record_and_treated_who_are_kept_weigh_one(method: Adjustment, parts: Parts):
    sample, _ = parts.build()
    weights = method.weigh(sample)
    assert weights.w.shape == (len(sample),)
    assert weights.method == name_of(type(method))
    assert set(weights.w[sample.treated]) <= {0.0, 1.0}


@on_every_adjustment
def test_weights_do_not_depend_on_the_order_of_rows_or_change_the_sample(method: Adjustment, parts: Parts):
    sample, _ = parts.build()
    digest, units, baseline = sample.digest, sample.units.copy(deep=True), sample.baseline.copy(deep=True)
    weights = method.weigh(sample)
    pd.testing.assert_frame_equal(sample.units, units)
    pd.testing.assert_frame_equal(sample.baseline, baseline)
    assert sample.digest == digest
    assert method.weigh(sample).digest == weights.digest
    shuffled, _ = parts.rows(np.random.default_rng(8).permutation(len(parts))).build()
    assert method.weigh(shuffled).digest == weights.digest


@on_every_adjustment
def test_doubled_sampling_weights_give_the_same_weights(method: Adjustment, parts: Parts):
    base = np.ones(len(parts)) if parts.weight is None else parts.weight
    once, _ = parts.build()
    twice, _ = dataclasses.replace(parts, weight=2 * base).build()
    assert method.weigh(twice).w == pytest.approx(method.weigh(once).w, rel=1e-12)


@on_every_adjustment
def test_weights_never_look_at_history_unless_they_say_so(method: Adjustment, parts: Parts):
    sample, _ = parts.build()
    other, _ = parts.outcome(lambda y: y[:, ::-1] * 2).build()
    declared = method.weigh(sample).conditioned & set(sample.history)
    assert declared or np.array_equal(method.weigh(sample).w, method.weigh(other).w)


# Every check


on_every_check = pytest.mark.parametrize(
    ("check", "parts"),
    [pytest.param(c(), p, id=f"{c.name}-{label}") for c in CHECKS for label, p in SAMPLES.items()],
)


def examined(check: Check, parts: Parts, estimator: Estimator | None = None) -> list[Finding]:
    sample, _ = parts.build()
    analysis = Analysis(estimate=estimator or _any())
    return check.examine(sample, analysis.weigh(sample), analysis)


def comparable(findings: list[Finding]) -> list[tuple[Any, ...]]:
    return [(f.check, f.subject, f.value, f.threshold, f.verdict, f.blocking, f.advice, f.persons) for f in findings]


@on_every_check
def test_every_check_leaves_a_finding_and_advice_where_it_did_not_pass(check: Check, parts: Parts):
    findings = examined(check, parts)
    assert findings
    for finding in findings:
        assert finding.check == check.name
        assert bool(finding.advice) == (finding.verdict is not Verdict.PASS)


@on_every_check
def test_advice_holds_no_number_of_the_data(check: Check, parts: Parts):
    for finding in examined(check, parts):
        assert not re.search(r"\d", re.sub(r"`[^`]*`", "", finding.advice)), finding.advice


@on_every_check
def test_a_check_is_deterministic_and_blind_to_row_order_and_changes_nothing(check: Check, parts: Parts):
    sample, _ = parts.build()
    digest, units, baseline = sample.digest, sample.units.copy(deep=True), sample.baseline.copy(deep=True)
    analysis = Analysis(estimate=_any())
    weights = analysis.weigh(sample)
    findings = comparable(check.examine(sample, weights, analysis))
    assert comparable(check.examine(sample, weights, analysis)) == findings
    pd.testing.assert_frame_equal(sample.units, units)
    pd.testing.assert_frame_equal(sample.baseline, baseline)
    assert sample.digest == digest
    shuffled = parts.rows(np.random.default_rng(6).permutation(len(parts)))
    assert comparable(examined(check, shuffled)) == findings


def test_the_contract_has_methods_to_look_at():
    assert len(ESTIMATORS) >= 5 and len(ADJUSTMENTS) >= 2 and len(CHECKS) >= 5
    assert {type(p.values[0]) for p in ACCEPTED} == set(ESTIMATORS)
    assert all(m.__module__ in sys.modules for m in METHODS)
