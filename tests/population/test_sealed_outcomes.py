"""Outcomes are read for a freeze, from the bytes the sample was built from, in the sample's order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from population_tables import CROSS_SECTION, PANEL, cross_section, opened, panel

from effekt.errors import DataError, OutcomesSealed
from effekt.population.outcomes import prepared as outcomes
from effekt.spec.prepared import Prepared


def read(folder: Path, text: str, prepared: Prepared) -> list[list[float]]:
    """Outcome values by unit, in the order of the unit's first covariate."""
    table = opened(folder, text, prepared)
    sample = table.sample()
    found = outcomes.read(table, sample, "frozen")
    assert found.sample_digest == sample.digest
    assert found.freeze_digest == "frozen"
    values = found.series["y"].values[np.argsort(sample.baseline["age"])]
    return [list(row) for row in values.tolist()]


def codes(folder: Path, text: str, prepared: Prepared) -> list[str]:
    table = opened(folder, text, prepared)
    sample = table.sample()
    with pytest.raises(DataError) as refused:
        outcomes.read(table, sample, "frozen")
    assert "Zebrafinch" not in f"{refused.value.problems} {refused.value.__context__}"
    return [p.code for p in refused.value.problems]


def test_outcomes_come_in_the_order_of_the_sample(tmp_path: Path) -> None:
    assert read(tmp_path, CROSS_SECTION, cross_section()) == [[5], [6], [7], [8]]


def test_outcomes_of_a_panel_begin_at_the_seal(tmp_path: Path) -> None:
    assert read(tmp_path, PANEL, panel()) == [[3, 4], [7, 8], [11, 12]]
    assert read(tmp_path, PANEL, panel(anticipation=1)) == [[2, 3, 4], [6, 7, 8], [10, 11, 12]]


def test_outcomes_of_a_panel_do_not_depend_on_the_order_of_its_rows(tmp_path: Path) -> None:
    head, *rows = PANEL.splitlines()
    assert read(tmp_path, "\n".join([head, *reversed(rows)]), panel()) == [[3, 4], [7, 8], [11, 12]]


def test_history_and_outcomes_join_to_the_whole_series(tmp_path: Path) -> None:
    table = opened(tmp_path, PANEL, panel())
    sample = table.sample()
    whole = sample.history["y"].then(outcomes.read(table, sample, "frozen").series["y"])
    assert whole.time.tolist() == [2000, 2001, 2002, 2003]
    assert sorted(whole.values.tolist()) == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]


def test_units_that_were_dropped_have_no_outcome_and_need_none(tmp_path: Path) -> None:
    text = CROSS_SECTION.replace("u1,1,20", "u1,1,").replace(",A,1,5", ",A,1,Zebrafinch")
    assert read(tmp_path, text, cross_section(missing="drop")) == [[6], [7], [8]]


def test_a_part_of_a_sample_gets_the_outcomes_of_its_units(tmp_path: Path) -> None:
    table = opened(tmp_path, CROSS_SECTION, cross_section())
    part = table.sample()
    part = part.take(part.baseline["age"].to_numpy() < 33)
    found = outcomes.read(table, part, "frozen").series["y"].values
    assert found[np.argsort(part.baseline["age"]), 0].tolist() == [5, 6, 7]


def test_a_missing_outcome_is_refused_or_kept_as_not_observed(tmp_path: Path) -> None:
    text = PANEL.replace("a,2003,2002,33,4", "a,2003,2002,33,")
    assert codes(tmp_path, text, panel()) == ["E704"]
    values = read(tmp_path, text, panel(missing="drop"))
    assert np.isnan(values[0][1])


def test_an_outcome_that_is_no_number_or_no_share_is_refused(tmp_path: Path) -> None:
    assert codes(tmp_path, PANEL.replace("53,12", "53,Zebrafinch"), panel()) == ["E703"]
    share = cross_section(outcomes={"y": {"column": "y", "kind": "share"}})
    assert codes(tmp_path, CROSS_SECTION, share) == ["E711"]


def test_a_rate_after_the_seal_keeps_its_persons(tmp_path: Path) -> None:
    asked = cross_section(outcomes={"y": {"numerator": "y", "denominator": "age"}}, covariates=["educ"])
    table = opened(tmp_path, CROSS_SECTION, asked)
    series = outcomes.read(table, table.sample(), "frozen").series["y"]
    assert series.unit == "share"
    assert series.denominator is not None
    assert sorted(series.denominator[:, 0].tolist()) == [20, 25, 30, 35]
    assert sorted(series.values[:, 0].tolist()) == sorted([5 / 20, 6 / 25, 7 / 30, 8 / 35])


def test_a_rate_with_half_of_it_missing_is_not_observed(tmp_path: Path) -> None:
    text = "id,treat,age,n,d\na,1,1,,10\nb,0,2,5,\nc,0,3,5,10\n"
    rate = {"y": {"numerator": "n", "denominator": "d"}}
    table = opened(tmp_path, text, cross_section(outcomes=rate, covariates=["age"], missing="drop"))
    series = outcomes.read(table, table.sample(), "frozen").series["y"]
    assert series.numerator is not None and series.denominator is not None
    assert [int(np.isnan(a).sum()) for a in (series.values, series.numerator, series.denominator)] == [2, 2, 2]


def test_outcomes_are_sealed_without_a_freeze(tmp_path: Path) -> None:
    table = opened(tmp_path, CROSS_SECTION, cross_section())
    with pytest.raises(OutcomesSealed, match="E604"):
        outcomes.read(table, table.sample(), "")


def test_a_table_that_changed_after_the_design_is_refused(tmp_path: Path) -> None:
    table = opened(tmp_path, CROSS_SECTION, cross_section())
    sample = table.sample()
    table.file.path.write_text(CROSS_SECTION.replace(",1,5", ",1,6"))
    with pytest.raises(DataError, match="E602"):
        outcomes.read(table, sample, "frozen")


def test_a_table_of_other_units_is_refused(tmp_path: Path) -> None:
    sample = opened(tmp_path, CROSS_SECTION, cross_section()).sample()
    other = opened(tmp_path, CROSS_SECTION.replace("u4", "u5"), cross_section(), name="other.csv")
    with pytest.raises(DataError, match="does not hold the units"):
        outcomes.read(other, sample, "frozen")
