"""Nearest neighbours against every distance: pairs, weights, estimate and pseudo-R2."""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from samples import cross_section, estimates, sample_of

from effekt.adjust.nearest import Nearest
from effekt.errors import EstimationError
from effekt.release.disclosure import protect
from effekt.release.rules import TERSKEL10

EXPECTED = json.loads((Path(__file__).parent / "expected.json").read_text(encoding="utf-8"))
DATA = {k: np.array(v) for k, v in EXPECTED["data"].items()}
KEYS = {"ratio": 2, "caliper": "0.2 sd"}


def data(**parts):
    sample, outcomes = cross_section(
        DATA["y"],
        **{
            "treated": DATA["treated"],
            "covariates": {"age": DATA["age"], "months": DATA["months"]},
            "assigned": "observational",
            **parts,
        },
    )
    sample = replace(sample, cells=DATA["cell"])
    return sample, replace(outcomes, sample_digest=sample.digest)


@pytest.mark.parametrize(("replaced", "name"), [(True, "with_replacement"), (False, "without_replacement")])
def test_pairs_weights_and_estimate_are_those_of_every_distance(replaced: bool, name: str):
    sample, outcomes = data()
    weights = Nearest(replace=replaced, **KEYS).weigh(sample)
    pairs = np.column_stack([weights.matches.treated, weights.matches.comparison])
    assert pairs.tolist() == EXPECTED[name]["pairs"]
    assert weights.w == pytest.approx(np.array(EXPECTED[name]["weights"]), rel=1e-12)
    assert (weights.w[sample.treated] == 0).any(), "the data hold a treated without a match"
    adjust = {"method": "nearest", "replace": replaced, **KEYS}
    row = estimates({"method": "difference"}, sample, outcomes, adjust=adjust).rows[0]
    assert row.value == pytest.approx(EXPECTED[name]["value"], rel=1e-12)
    assert row.inference == ("Abadie-Imbens + normal" if replaced else "CR2 + Satterthwaite")
    if replaced:
        assert row.std_error == pytest.approx(EXPECTED[name]["std_error"], rel=1e-12)


def test_without_replacement_matched_sets_are_the_clusters():
    sample, outcomes = data()
    adjust = {"method": "nearest", "ratio": 1}
    row = estimates({"method": "difference"}, sample, outcomes, adjust=adjust).rows[0]
    matches = Nearest(ratio=1).weigh(sample).matches
    gap = DATA["y"][matches.treated] - DATA["y"][matches.comparison]
    assert row.n_clusters == len(gap)
    # In pairs, CR2 is the error of the mean of the paired differences, and its degrees of freedom are theirs.
    assert row.std_error == pytest.approx(gap.std(ddof=1) / np.sqrt(len(gap)), rel=1e-10)
    assert row.df == pytest.approx(len(gap) - 1, rel=1e-10)


def facts(weights) -> dict[str, float]:
    table = weights.details["matching"].data
    return dict(zip(table["fact"], table["number"], strict=True))


def test_what_a_referee_asks_stands_beside_the_weights():
    sample, _ = data()
    found = facts(Nearest(replace=True, **KEYS).weigh(sample))
    assert found["pseudo-R2 of the propensity score"] == pytest.approx(EXPECTED["pseudo_r2"], rel=1e-9)
    lost = np.array(EXPECTED["with_replacement"]["weights"])[DATA["treated"] == 1] == 0
    assert found["share of treated without a match"] == pytest.approx(lost.mean())
    assert found["share of treated with ties"] == 0


def test_outcome_lags_are_left_out_and_said_to_be():
    sample, _ = data()
    sample = replace(sample, lags=frozenset({"months"}))
    with_lags = Nearest(**KEYS).weigh(sample)
    without = Nearest(leave_out="outcome_lags", **KEYS).weigh(sample)
    assert with_lags.conditioned == {"age", "months"}
    assert without.conditioned == {"age"}
    assert not np.array_equal(with_lags.w, without.w)


def test_a_record_of_weight_two_counts_as_two_records():
    _, outcomes = data()
    doubled = (DATA["treated"] == 0) & (np.arange(len(DATA["y"])) % 5 == 0)
    weighted, _ = data(weight=1.0 + doubled)
    twice = np.concatenate([np.arange(len(doubled)), np.flatnonzero(doubled)])
    expanded, y = cross_section(
        DATA["y"][twice],
        treated=DATA["treated"][twice],
        covariates={"age": DATA["age"][twice], "months": DATA["months"][twice]},
        assigned="observational",
    )
    expanded = replace(expanded, cells=DATA["cell"][twice])
    adjust = {"method": "nearest", "replace": True, "ratio": 1}
    one = estimates({"method": "difference"}, weighted, outcomes, adjust=adjust).rows[0]
    two = estimates({"method": "difference"}, expanded, y, adjust=adjust).rows[0]
    assert one.value == pytest.approx(two.value, rel=1e-12)


def test_comparisons_that_are_all_but_certain_to_be_treated_are_dropped_and_counted():
    rng = np.random.default_rng(4)
    n = 2000
    x = rng.normal(size=n) * 4
    treated = (rng.random(n) < 1 / (1 + np.exp(-2 * x))).astype(int)
    treated[np.argmax(x)] = 0
    sample, _ = cross_section(x, treated=treated, covariates={"x": x}, assigned="observational")
    weights = Nearest(replace=True).weigh(sample)
    assert weights.w[np.argmax(x)] == 0
    assert facts(weights)["share of comparisons with a score too high"] > 0


def test_equal_scores_share_the_weight_with_replacement_and_go_to_the_first_key_without():
    covariates = {"x": np.array([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0])}
    treated = np.array([1, 0, 0, 0, 1, 1, 0, 0, 0])
    sample, _ = cross_section(np.zeros(9), treated=treated, covariates=covariates, assigned="observational")
    every = Nearest(replace=True).weigh(sample)
    assert every.w == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 1, 1, 2 / 3, 2 / 3, 2 / 3])
    assert facts(every)["share of treated with ties"] == 1
    once = Nearest().weigh(sample)
    assert once.w.tolist() == [1, 1, 0, 0, 1, 1, 1, 1, 0]


def test_mahalanobis_takes_the_nearest_by_the_inverse_covariance():
    sample, _ = data()
    weights = Nearest(distance="mahalanobis", replace=True).weigh(sample)
    x = np.column_stack([DATA["age"], DATA["months"]])
    inverse = np.linalg.inv(np.cov(x.T))
    for i in np.flatnonzero(sample.treated):
        there = (DATA["treated"] == 0) & (DATA["cell"] == DATA["cell"][i])
        gap = x[there] - x[i]
        nearest = np.flatnonzero(there)[np.argmin(np.einsum("ij,jk,ik->i", gap, inverse, gap))]
        assert weights.matches.comparison[weights.matches.treated == i].tolist() == [nearest]


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"distance": "mahalanobis"}, "E204"),
        ({"distance": "mahalanobis", "replace": True, "caliper": "0.2 sd"}, "E204"),
        ({"leave_out": "outcome_lags"}, "E202"),
        ({"caliper": "0 sd"}, "E306"),
    ],
)
def test_what_cannot_be_matched_is_refused_with_a_way_out(keys: dict, code: str):
    sample, _ = data()
    if "leave_out" in keys:
        sample = replace(sample, lags=frozenset(sample.baseline.columns))
    with pytest.raises(EstimationError) as refusal:
        Nearest(**keys).weigh(sample)
    assert refusal.value.problems[0].code == code
    assert refusal.value.problems[0].help


def test_the_order_of_rows_does_not_matter_where_scores_tie():
    rng = np.random.default_rng(9)
    n = 120
    frame = pd.DataFrame({"a": rng.integers(0, 3, n), "b": rng.integers(0, 2, n)}).astype(float)
    treated = (rng.random(n) < 0.3).astype(int)
    sample, _ = cross_section(np.zeros(n), treated=treated, covariates=frame, assigned="observational")
    order = rng.permutation(n)
    moved = replace(
        sample,
        units=sample.units.iloc[order],
        baseline=sample.baseline.iloc[order],
        clusters={k: v[order] for k, v in sample.clusters.items()},
        cells=sample.cells[order],
    )
    for replaced in (True, False):
        assert Nearest(replace=replaced).weigh(moved).digest == Nearest(replace=replaced).weigh(sample).digest


def balanced(scale: float):
    """39 treated and 117 comparisons, a third of either with the trait."""
    trait = scale * np.concatenate([np.repeat([1.0, 0.0], [13, 26]), np.repeat([1.0, 0.0], [39, 78])])
    return sample_of(treated=np.repeat([1, 0], [39, 117]), covariates={"trait": trait}, assigned="observational")


@pytest.mark.parametrize("scale", [1.0, 1e6, np.pi])
@pytest.mark.parametrize("replaced", [True, False])
def test_a_covariate_balanced_to_the_last_person_makes_everybody_equal(replaced: bool, scale: float):
    weights = Nearest(replace=replaced).weigh(balanced(scale))
    found = facts(weights)
    assert found["share of treated without a match"] == 0
    assert found["share of treated with ties"] == 1
    assert len(weights.matches.treated) == (39 * 117 if replaced else 39)


def rounded(count: int) -> int:
    return (count + 2) // 5 * 5


def released(weights) -> dict[str, float]:
    table = protect(weights.details["matching"], TERSKEL10).data
    return dict(zip(table["fact"], table["number"], strict=True))


def within_a_caliper(replaced: bool):
    """Return weights, and how many of 197 treated were kept and of 416 comparisons used."""
    rng = np.random.default_rng(5)
    d = rng.permutation(np.arange(613) < 197).astype(int)
    sample = sample_of(treated=d, covariates={"age": rng.normal(25 + 1.2 * d, 3)}, assigned="observational")
    weights = Nearest(caliper="0.05 sd", replace=replaced).weigh(sample)
    kept = weights.w > 0
    return weights, int((sample.treated & kept).sum()), int((kept & ~sample.treated).sum())


def test_the_share_of_the_lost_does_not_give_their_number_back():
    weights, kept, _ = within_a_caliper(replaced=False)
    lost = 197 - kept
    assert lost >= 10
    assert lost % 5
    assert released(weights)["share of treated without a match"] == round(rounded(lost) / rounded(197), 3)


def test_comparisons_per_treated_do_not_give_a_hidden_number_of_lost_back():
    """The attacker knows kept and used to the nearest five, and tries every pair that prints alike."""
    weights, kept, used = within_a_caliper(replaced=True)
    assert 0 < 197 - kept < 10
    shown = released(weights)
    assert shown["share of treated without a match"] is None
    around = [range(rounded(n) - 2, rounded(n) + 3) for n in (kept, used)]
    printed = shown["comparisons used per treated"]
    # Five persons move it by 5/185: with fewer than that between two printed numbers, one pair alone would fit.
    fitting = {k for k, u in product(*around) if round(round(u / k / 0.05) * 0.05, 2) == printed}
    assert fitting == set(around[0])


def test_where_all_tie_with_all_the_number_of_sets_is_not_that_of_the_treated():
    weights = Nearest(replace=True).weigh(balanced(1.0))
    assert facts(weights)["mean number of sets per comparison used"] == 39
    assert released(weights)["mean number of sets per comparison used"] == 40
