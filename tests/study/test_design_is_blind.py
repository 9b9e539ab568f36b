"""The design stage sees nothing after time zero, and what it saw is what was frozen."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from studies import PERSON, counties, county_study, person_study, persons, reopened

from effekt.checks import CheckSettings, pre_trends
from effekt.checks.balance import Balance
from effekt.errors import DataError, EffektError, FreezeError
from effekt.study import Study
from effekt.study.sources import PreparedSource

POISONS = ["", "nan", "1e308", "-1e308", "inf", "not a number", "1,5"]


def design_of(study: Study) -> tuple[object, ...]:
    """Everything a freeze keeps of the design, findings with their side tables in full."""
    weights = {branch.key(name): w.digest for branch in study.branches for name, w in branch.weights.items()}
    return study.sample.digest, weights, study.findings, tuple(study.sample.attrition.table().data.items())


def folder(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


def poisoned(data: pd.DataFrame, column: str, rows: pd.Series, poison: str) -> pd.DataFrame:
    """The data as text cells, with a poison in some rows of one column."""
    data = data.astype({column: object})
    data.loc[rows, column] = poison
    return data


@pytest.mark.parametrize("poison", POISONS)
def test_no_outcome_of_a_cross_section_moves_sample_weights_or_findings(tmp_path: Path, poison: str):
    data = persons()
    clean = person_study(folder(tmp_path, "clean"))
    other = person_study(
        folder(tmp_path, "poisoned"), data=poisoned(data, "work", pd.Series(True, index=data.index), poison)
    )
    assert design_of(other) == design_of(clean)


@pytest.mark.parametrize("poison", POISONS)
@pytest.mark.parametrize("one_cell", [True, False])
def test_no_outcome_of_a_panel_after_its_start_moves_sample_weights_or_findings(
    tmp_path: Path, poison: str, one_cell: bool
):
    data = counties()
    rows = data["year"] >= 2021
    if one_cell:
        rows &= (data["year"] == 2023) & (data["county"] == "C00")
    clean = county_study(folder(tmp_path, "clean"))
    other = county_study(folder(tmp_path, "poisoned"), poisoned(data, "rate", rows, poison))
    assert design_of(other) == design_of(clean)


def test_an_outcome_of_a_panel_before_its_start_does_move_the_design(tmp_path: Path):
    data = counties()
    data.loc[data["year"] == 2020, "rate"] += 1.0 * (data["county"] < "C05")
    clean = county_study(folder(tmp_path, "clean"))
    other = county_study(folder(tmp_path, "moved"), data)
    assert design_of(other) != design_of(clean)


@pytest.mark.parametrize("poison", ["", "not a number"])
def test_a_poisoned_outcome_is_refused_once_it_is_read_and_its_value_is_not_shown(tmp_path: Path, poison: str):
    data = persons()
    study = person_study(tmp_path, data=poisoned(data, "work", data["id"] == 10_017, poison))
    study.freeze()
    with pytest.raises(DataError) as refused:
        study.estimates()
    assert {p.code for p in refused.value.problems} <= {"E703", "E704"}
    assert "not a number" not in str(refused.value)
    assert not (study.work / "estimates.json").exists()


# -- the frozen design --------------------------------------------------------------------------------------------


def test_a_threshold_that_no_spec_names_is_part_of_the_design(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    study = county_study(tmp_path)
    study.freeze()
    monkeypatch.setattr(pre_trends, "_LEVEL", 0.01)
    with pytest.raises(FreezeError) as refused:
        reopened(study).estimates()
    (problem,) = refused.value.problems
    assert problem.code == "E607"
    events = [entry["event"] for entry in study.ledger.entries()]
    assert "outcomes_read" not in events


def test_a_threshold_whose_default_was_moved_is_named_with_both_values(tmp_path: Path):
    study = person_study(tmp_path)
    study.freeze()
    moved = study.spec.model_copy(update={"checks": CheckSettings(balance=Balance(max_smd=0.25))})
    with pytest.raises(FreezeError) as refused:
        Study(moved, PreparedSource(moved, tmp_path / "persons.csv"), work=study.work).estimates()
    (problem,) = refused.value.problems
    assert problem.code == "E601"
    assert "checks.balance.max_smd: 0.1 -> 0.25" in (problem.note or "")


def test_a_row_added_to_the_table_is_a_changed_table(tmp_path: Path):
    study = person_study(tmp_path)
    study.freeze()
    pd.concat([persons(), persons().tail(1).assign(id=99_999)]).to_csv(tmp_path / "persons.csv", index=False)
    with pytest.raises(FreezeError) as refused:
        reopened(study).estimates()
    assert [p.code for p in refused.value.problems] == ["E602"]


def test_a_comment_in_the_spec_is_no_change_of_it(tmp_path: Path):
    study = person_study(tmp_path)
    freeze = study.freeze()
    spec = tmp_path / "persons.yaml"
    spec.write_text("# read by two of us\n" + spec.read_text(encoding="utf-8"), encoding="utf-8")
    assert reopened(study).freeze() == freeze
    assert reopened(study).estimates()


def test_a_study_without_its_table_says_how_to_name_one(tmp_path: Path):
    (tmp_path / "persons.yaml").write_text(PERSON.format(disclosure="open", assigned="random"), encoding="utf-8")
    with pytest.raises(EffektError) as refused:
        Study.open(tmp_path / "persons.yaml", work=tmp_path / "work").freeze()
    (problem,) = refused.value.problems
    assert problem.code == "E108"
    assert "--table" in (problem.help or "")


def test_a_table_that_is_not_there_is_named_by_its_file(tmp_path: Path):
    study = person_study(tmp_path)
    (tmp_path / "persons.csv").unlink()
    with pytest.raises(DataError) as refused:
        study.design()
    (problem,) = refused.value.problems
    assert problem.code == "E701"
    assert "persons.csv" in problem.sentence + (problem.note or "")


# -- variants and the order of rows -----------------------------------------------------------------------------


VARIANTS = """\
  lin: {analyses.adjusted.estimate.interactions: treated}
  without: {prepared.covariates: [age]}
"""


def test_a_variant_of_the_data_repeats_every_analysis_under_its_own_name(tmp_path: Path):
    study = person_study(tmp_path)
    spec = tmp_path / "persons.yaml"
    text = spec.read_text(encoding="utf-8")
    changed = text.replace("  lin: {analyses.adjusted.estimate.interactions: treated}\n", VARIANTS)
    assert changed != text
    spec.write_text(changed, encoding="utf-8")
    study = reopened(study)
    study.freeze()
    rows = [(row.analysis, row.variant) for part in study.estimates().values() for row in part.rows]
    assert rows == [
        ("main", "base"),
        ("adjusted", "base"),
        ("adjusted", "lin"),
        ("main", "without"),
        ("adjusted", "without"),
    ]
    assert list(study.estimates()) == ["main", "adjusted", "adjusted/lin", "main/without", "adjusted/without"]


@pytest.mark.parametrize("make", [person_study, county_study])
def test_the_order_of_rows_changes_no_byte_of_the_estimates(tmp_path: Path, make):
    data = persons() if make is person_study else counties()
    released = []
    for name, frame in (("a", data), ("b", data.sample(frac=1, random_state=5))):
        study = make(folder(tmp_path, name), data=frame)
        study.freeze()
        released.append((study.release(tmp_path / name / "out") / "estimates.json").read_bytes())
    # Digests of the table differ, so the short reference does; the numbers may not.
    assert released[0] == released[1]
    assert json.loads(released[0])
