"""What each design would rest on, WITHIN beside BETWEEN, and what happened at the same time."""

from pathlib import Path

import pytest

from effekt.release.disclosure import protect
from effekt.release.rules import OPEN, TERSKEL10
from effekt.results import Estimate, Estimates
from effekt.spec.load import load
from effekt.spec.registered import Concurrent
from effekt.study.reach import between_table, designs, reforms

SPECS = Path(__file__).parents[2] / "specs"


def row(variant: str, value: float, **changes: object) -> Estimate:
    fields: dict[str, object] = {"analysis": "hoved", "variant": variant, "method": "difference", "estimand": "ATT"}
    fields |= {"outcome": "i_jobb", "horizon": 12, "unit": "share", "value": value, "std_error": 0.01, "p_value": 0.02}
    fields |= {"ci_low": value - 0.02, "ci_high": value + 0.02, "df": 400.0, "inference": "CR2 + Satterthwaite"}
    fields |= {"n_treated": 400, "n_comparison": 900, "n_clusters": 1300}
    fields |= {"n_persons_treated": 400, "n_persons_comparison": 900}
    return Estimate(**{**fields, **changes})  # type: ignore[arg-type]


def released(*rows: Estimate, rules: object = TERSKEL10) -> object:
    return protect(Estimates(rows=rows, support=(90,) * len(rows)).table(), rules)  # type: ignore[arg-type]


@pytest.mark.parametrize("rules", [TERSKEL10, OPEN], ids=lambda r: r.name)
def test_within_and_between_are_the_numbers_of_the_estimates(rules):
    estimates = released(row("base", 0.0512), row("between", 0.0331), row("base", 0.01, horizon=24), rules=rules)
    table = between_table(estimates)
    assert table.data["contrast"] == ("WITHIN", "BETWEEN")
    assert table.data["horizon"] == (12, 12)
    for name in ("value", "ci_low", "ci_high"):
        assert table.data[name] == estimates.data[name][:2]


def test_arms_subgroups_and_variants_stand_in_neither():
    rows = [row("base", 0.05), row("between", 0.03), row("base", 0.1, subgroup="kvinner"), row("uten_caliper", 0.2)]
    assert between_table(released(*rows)).data["contrast"] == ("WITHIN", "BETWEEN")


def test_one_of_the_two_alone_is_no_comparison():
    assert between_table(released(row("base", 0.05))) is None


def test_designs_that_compare_changes_rest_on_parallel_trends_and_levels_on_no_hidden_differences():
    found = designs(load(SPECS / "karriereveiledning.yaml"))
    assert {name: design.assumption for name, design in found.items()} == {
        "hoved": "no_hidden_differences",
        "matched_did": "parallel_trends",
    }
    assert all(design.bounds for design in found.values())


def test_chance_needs_no_assumption():
    assert designs(load(SPECS / "published" / "nsw_experiment.yaml")) == {}


def test_a_reform_inside_the_months_that_are_read_is_met():
    (found,) = reforms(load(SPECS / "karriereveiledning.yaml"))
    assert (found.name, found.since, found.until, found.met) == ("fullfoeringsreformen", "2024-08", "", True)


@pytest.mark.parametrize(
    ("dates", "met"),
    [
        ({"from": "2010-01", "until": "2022-04"}, False),
        ({"from": "2010-01", "until": "2022-05"}, True),
        ({"from": "2029-12"}, True),
        ({"from": "2030-01"}, False),
    ],
)
def test_a_reform_before_accrual_or_after_the_last_horizon_is_not_met(dates, met):
    study = load(SPECS / "demo.yaml").model_copy(update={"concurrent": {"reform": Concurrent(**dates)}})
    assert [found.met for found in reforms(study)] == [met]
