"""Outcomes are read after a valid freeze only, and the freeze holds what was decided."""

from pathlib import Path

import numpy as np
import pytest
from studies import counties, county_study, person_study, persons, reopened

from effekt.checks.pre_trends import PreTrends
from effekt.errors import EffektError, FreezeError, GateClosed, OutcomesSealed
from effekt.provenance.freeze import Freeze
from effekt.results import ESTIMATE_FIELDS, Verdict
from effekt.spec.shipped import shipped_spec
from effekt.study import Study


def code_of(error: pytest.ExceptionInfo[EffektError]) -> set[str]:
    return {p.code for p in error.value.problems}


def test_estimates_before_a_freeze_are_refused(tmp_path: Path):
    with pytest.raises(OutcomesSealed) as error:
        person_study(tmp_path).estimates()
    assert code_of(error) == {"E604"}
    assert (
        "outcomes_read" not in (tmp_path / "work" / "ledger.jsonl").read_text()
        if (tmp_path / "work" / "ledger.jsonl").exists()
        else True
    )


def test_a_freeze_opens_the_outcomes_and_is_the_same_twice(tmp_path: Path):
    study = person_study(tmp_path)
    frozen = study.freeze()
    assert study.freeze().digest == frozen.digest == reopened(study).freeze().digest
    rows = [row for part in study.estimates().values() for row in part.rows]
    assert {(r.analysis, r.variant) for r in rows} == {("main", "base"), ("adjusted", "base"), ("adjusted", "lin")}
    assert set(ESTIMATE_FIELDS) == {f for r in rows for f in r.__dataclass_fields__}


def test_a_variant_repeats_only_what_it_changes(tmp_path: Path):
    study = person_study(tmp_path)
    assert [(b.variant, tuple(b.weights)) for b in study.branches] == [
        ("base", ("main", "adjusted")),
        ("lin", ("adjusted",)),
    ]
    assert study.branches[1].sample is study.sample


def unbalanced_ages():
    data = persons()
    data["age"] = data["age"] + 20 * data["d"]
    return data


def test_a_failed_check_closes_the_gate_and_nothing_is_frozen(tmp_path: Path):
    study = person_study(tmp_path, data=unbalanced_ages(), assigned="observational")
    with pytest.raises(GateClosed) as error:
        study.freeze()
    assert error.value.exit_code == 4
    assert "E404" in code_of(error)
    assert all(p.help and p.place for p in error.value.problems)
    assert Freeze.read(study.work) is None
    with pytest.raises(OutcomesSealed):
        study.estimates()


def test_an_override_needs_a_reason_opens_the_gate_and_is_printed(tmp_path: Path):
    study = person_study(tmp_path, data=unbalanced_ages(), assigned="observational")
    with pytest.raises(FreezeError) as error:
        study.freeze(overrides={"balance": " ", "overlap": "x"})
    assert code_of(error) == {"E605"}
    reason = "age is measured after the start in this copy"
    study.freeze(overrides={"balance": reason, "overlap": reason})
    out = study.release(tmp_path / "out")
    assert reason in (out / "report.html").read_text(encoding="utf-8")
    assert [e["event"] for e in study.ledger.entries()].count("override") == 2


def test_an_unknown_check_cannot_be_overridden(tmp_path: Path):
    with pytest.raises(FreezeError) as error:
        person_study(tmp_path).freeze(overrides={"balanse": "because"})
    assert code_of(error) == {"E205"}


def frozen(tmp_path: Path) -> Study:
    study = person_study(tmp_path)
    study.freeze()
    return study


def test_run_refuses_a_changed_spec_and_names_the_field(tmp_path: Path):
    study = frozen(tmp_path)
    spec = tmp_path / "persons.yaml"
    spec.write_text(spec.read_text().replace("covariates: [age, rare]", "covariates: [age]"))
    with pytest.raises(FreezeError) as error:
        reopened(study).estimates()
    assert code_of(error) == {"E601"}
    assert "prepared.covariates" in error.value.problems[0].note


def test_run_refuses_a_table_changed_by_one_byte(tmp_path: Path):
    study = frozen(tmp_path)
    table = tmp_path / "persons.csv"
    table.write_bytes(table.read_bytes().replace(b",0\n", b",1\n", 1))
    with pytest.raises(FreezeError) as error:
        reopened(study).estimates()
    assert code_of(error) == {"E602"}


def test_run_refuses_a_design_that_changed_under_the_same_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    study = county_study(tmp_path)
    study.freeze()
    examine = PreTrends.examine

    def other(self, sample, weights, analysis):
        return [
            f.__class__(**{**{k: getattr(f, k) for k in f.__dataclass_fields__}, "verdict": Verdict.WARN, "value": 0.5})
            for f in examine(self, sample, weights, analysis)
        ]

    monkeypatch.setattr(PreTrends, "examine", other)
    with pytest.raises(FreezeError) as error:
        reopened(study).estimates()
    assert code_of(error) == {"E607"}


def test_another_design_in_the_same_folder_takes_an_amendment(tmp_path: Path):
    study = frozen(tmp_path)
    spec = tmp_path / "persons.yaml"
    spec.write_text(spec.read_text().replace("covariates: [age, rare]", "covariates: [age]"))
    with pytest.raises(FreezeError) as error:
        reopened(study).freeze()
    assert code_of(error) == {"E601"}
    amended = reopened(study).amend("rare is measured too late")
    (amendment,) = amended.amendments
    assert any("prepared.covariates" in line for line in amendment.diff)
    assert not amendment.outcomes_read and amended.exploratory == ""


def test_an_amendment_after_outcomes_were_read_makes_everything_exploratory(tmp_path: Path):
    study = frozen(tmp_path)
    study.estimates()
    spec = tmp_path / "persons.yaml"
    spec.write_text(spec.read_text().replace("covariates: [age, rare]", "covariates: [age]"))
    changed = reopened(study)
    assert changed.amend("second thoughts").exploratory == "amended_after_outcomes"
    out = changed.release(tmp_path / "out")
    assert "xploratory" in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("poison", ["", "1e308", "not a number", "-7"])
def test_nothing_after_time_zero_moves_the_design(tmp_path: Path, poison: str):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    clean = county_study(tmp_path / "a")
    data = counties().astype({"rate": object})
    data.loc[data["year"] >= 2021, "rate"] = poison
    poisoned = county_study(tmp_path / "b", data)
    assert poisoned.sample.digest == clean.sample.digest
    assert poisoned.findings == clean.findings
    weights = [[b.weights[n].digest for n in b.weights] for s in (clean, poisoned) for b in s.branches]
    assert weights[0] == weights[1]
    assert poisoned.freeze().findings_digest == clean.freeze().findings_digest


def test_outcomes_of_a_cross_section_are_not_parsed_before_the_freeze(tmp_path: Path):
    data = persons().astype({"work": object})
    data["work"] = "sealed"
    study = person_study(tmp_path, data=data)
    study.freeze()
    with pytest.raises(EffektError) as error:
        study.estimates()
    assert code_of(error) == {"E703"}
    assert "sealed" not in str(error.value)


def test_a_study_on_registers_without_registers_says_what_to_name(tmp_path: Path):
    text = (
        "effekt: 1\nstudy: r\nquestion: q?\npopulation: {from: vedtak14a, accrual: 2024-05..2025-03}\n"
        "treatment: {from: deltakelse, take: first}\n"
        "outcomes: {i_jobb: {from: arbeidsforhold, is: active, at: [1y]}}\n"
        "primary: {outcome: i_jobb, at: 1y}\nanalyses: [matching]\n"
    )
    (tmp_path / "r.yaml").write_text(text)
    study = Study.open(tmp_path / "r.yaml", work=tmp_path / "work")
    with pytest.raises(EffektError) as error:
        study.freeze()
    assert code_of(error) == {"E108"}
    assert "--registers DIR" in (error.value.problems[0].help or "")


@pytest.mark.parametrize("wrong", ["table", "registers"])
def test_data_of_a_kind_the_study_does_not_take_are_refused(tmp_path: Path, wrong: str):
    person_study(tmp_path)
    spec = tmp_path / "persons.yaml" if wrong == "registers" else shipped_spec("veiledning_mini.yaml")
    with pytest.raises(EffektError) as error:
        Study.open(spec, **{wrong: tmp_path}, work=tmp_path / "work")
    assert code_of(error) == {"E109"}


def test_the_order_of_rows_does_not_change_an_estimate(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    data = persons()
    shuffled = data.sample(frac=1, random_state=3)
    results = []
    for folder, frame in (("a", data), ("b", shuffled)):
        study = person_study(tmp_path / folder, data=frame)
        study.freeze()
        results.append([row for part in study.estimates().values() for row in part.rows])
    assert results[0] == results[1]
    assert np.isfinite(results[0][0].value)
