"""What the work folder remembers between two processes, and what happens when somebody helps it forget."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from studies import county_study, person_study, persons, reopened

from effekt.errors import EffektError, FreezeError, OutcomesSealed
from effekt.provenance import log
from effekt.provenance.freeze import Freeze
from effekt.study import Study


def refused(act: Callable[[], object]) -> str:
    """The code of the one problem an action is refused with."""
    with pytest.raises(EffektError) as error:
        act()
    (problem,) = error.value.problems
    assert problem.help, "no next step"
    return problem.code


def reworded(study: Study, old: str, new: str) -> Study:
    """The same study after an edit of its file."""
    spec = Path(study.where("effekt").file)
    text = spec.read_text(encoding="utf-8")
    assert old in text
    spec.write_text(text.replace(old, new), encoding="utf-8")
    return reopened(study)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = person_study(tmp_path)
    study.design()
    study.freeze()
    return study


# -- amendments ---------------------------------------------------------------------------------------------------


def test_there_is_nothing_to_amend_before_a_freeze(tmp_path: Path):
    assert refused(lambda: person_study(tmp_path).amend("because")) == "E603"


@pytest.mark.parametrize("reason", ["", "  ", "\n\t"])
def test_an_amendment_needs_a_reason_and_changes_nothing_without_one(study: Study, reason: str):
    before = Freeze.read(study.work)
    changed = reworded(study, "[age, rare]", "[age]")
    assert refused(lambda: changed.amend(reason)) == "E605"
    assert Freeze.read(study.work) == before


def test_an_amended_design_frozen_again_is_the_same_freeze(study: Study):
    changed = reworded(study, "[age, rare]", "[age]")
    amended = changed.amend("rare is measured too late")
    assert reopened(study).freeze() == amended
    assert [entry["event"] for entry in study.ledger.entries()] == ["design", "freeze", "amend"]


def test_amendments_are_kept_one_behind_the_other(study: Study):
    first = study.freeze()
    second = reworded(study, "[age, rare]", "[age]").amend("one")
    reopened(study).estimates()
    third = reworded(study, "covariates: [age]", "covariates: [rare]").amend("two")
    assert [a.previous for a in third.amendments] == [first.digest, second.digest]
    assert [a.outcomes_read for a in third.amendments] == [False, True]
    assert [a.reason for a in third.amendments] == ["one", "two"]
    assert third.exploratory == "amended_after_outcomes"


def test_an_amendment_before_any_outcome_was_read_leaves_the_report_as_it_would_have_been(study: Study, tmp_path: Path):
    changed = reworded(study, "[age, rare]", "[age]")
    changed.amend("rare is measured too late")
    out = changed.release(tmp_path / "out")
    assert "xploratory" not in (out / "report.html").read_text(encoding="utf-8")
    assert "tforskende" not in (out / "report.html").read_text(encoding="utf-8")
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["exploratory"] == ""


def test_results_after_a_late_amendment_are_called_exploratory_in_every_language(study: Study, tmp_path: Path):
    study.estimates()
    changed = reworded(study, "[age, rare]", "[age]")
    changed.amend("second thoughts")
    out = changed.release(tmp_path / "out")
    assert "xploratory" in (out / "report.html").read_text(encoding="utf-8")
    assert "tforskende" in (out / "report.html").read_text(encoding="utf-8")
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["exploratory"] == "amended_after_outcomes"


def test_a_ledger_cut_off_before_outcomes_were_read_does_not_make_estimates_unseen(study: Study):
    study.estimates()
    lines = study.ledger.path.read_bytes().splitlines(keepends=True)
    study.ledger.path.write_bytes(b"".join(lines[:-1]))
    assert not study.ledger.holds("outcomes_read")
    changed = reworded(study, "[age, rare]", "[age]")
    assert changed.amend("second thoughts").exploratory == "amended_after_outcomes"


def test_an_outcome_that_was_asked_for_counts_as_read_even_if_reading_failed(tmp_path: Path):
    study = person_study(tmp_path, data=persons().astype({"work": object}).assign(work="x"))
    study.freeze()
    assert refused(study.estimates) == "E703"
    assert study.amend("the column was empty").exploratory == "amended_after_outcomes"


def test_a_freeze_refused_by_its_gate_leaves_the_work_folder_as_it_was(tmp_path: Path):
    data = persons().assign(age=lambda f: f["age"] + 20 * f["d"])
    study = person_study(tmp_path, data=data, assigned="observational")
    study.design()
    before = {p.name: p.read_bytes() for p in study.work.iterdir() if p.name != log.FILE}
    with pytest.raises(EffektError) as error:
        study.freeze()
    assert error.value.exit_code == 4
    assert {p.name: p.read_bytes() for p in study.work.iterdir() if p.name != log.FILE} == before
    assert [line["ended"] for line in log.entries(study.work)] == ["done", "refused"]


def test_an_amendment_past_a_closed_gate_is_refused_too(tmp_path: Path):
    study = person_study(tmp_path, assigned="observational")
    before = study.freeze(overrides={"overlap": "a test", "balance": "a test"})
    data = persons().assign(age=lambda f: f["age"] + 20 * f["d"])
    data.to_csv(tmp_path / "persons.csv", index=False)
    with pytest.raises(EffektError) as error:
        reopened(study).amend("another extract")
    assert error.value.exit_code == 4
    assert Freeze.read(study.work) == before


# -- what was changed in the folder -----------------------------------------------------------------------------


def test_a_freeze_that_was_removed_does_not_let_another_take_its_place(study: Study):
    study.estimates()
    (study.work / "freeze.json").unlink()
    for act in (reopened(study).freeze, lambda: reopened(study).amend("a"), reopened(study).estimates):
        assert refused(act) == "E606"
    assert not (study.work / "freeze.json").exists()


def test_a_freeze_put_back_under_its_own_name_is_accepted(study: Study):
    kept = next(study.work.glob("freeze-*.json"))
    (study.work / "freeze.json").unlink()
    kept.rename(study.work / "freeze.json")
    assert reopened(study).estimates()


def test_an_earlier_freeze_cannot_be_put_in_place_of_the_amended_one(study: Study):
    study.estimates()
    first = (study.work / "freeze.json").read_bytes()
    reworded(study, "[age, rare]", "[age]").amend("second thoughts")
    (study.work / "freeze.json").write_bytes(first)
    changed_back = reworded(study, "covariates: [age]", "covariates: [age, rare]")
    assert refused(changed_back.estimates) == "E606"


def test_a_ledger_that_was_removed_leaves_a_freeze_nobody_recorded(study: Study):
    study.estimates()
    (study.work / "ledger.jsonl").unlink()
    for act in (reopened(study).freeze, lambda: reopened(study).amend("a"), reopened(study).estimates):
        assert refused(act) == "E606"


def test_a_freeze_of_another_folder_does_not_open_the_outcomes(study: Study, tmp_path: Path):
    other = Study.open(tmp_path / "persons.yaml", table=tmp_path / "persons.csv", work=tmp_path / "other")
    (other.work / "freeze.json").write_bytes((study.work / "freeze.json").read_bytes())
    assert refused(other.estimates) == "E606"


@pytest.mark.parametrize("name", ["freeze.json", "ledger.jsonl", "estimates.json"])
def test_a_release_stops_at_whatever_was_changed_and_writes_nothing(study: Study, tmp_path: Path, name: str):
    study.estimates()
    path = study.work / name
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"a", b"b", 1))
    assert refused(lambda: reopened(study).release(tmp_path / "out")) == "E606"
    assert not (tmp_path / "out").exists()


def test_estimates_of_an_earlier_freeze_are_not_released_under_a_later_one(study: Study, tmp_path: Path):
    study.estimates()
    changed = reworded(study, "covariates: [age, rare]", "covariates: [age]")
    amended = changed.amend("second thoughts")
    out = reopened(study).release(tmp_path / "out")
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["provenance"]["freeze"] == amended.digest
    assert [e["event"] for e in study.ledger.entries()].count("outcomes_read") == 2


# -- the ledger ----------------------------------------------------------------------------------------------------


def test_the_ledger_tells_the_whole_story_with_digests_and_no_rows(tmp_path: Path):
    study = person_study(tmp_path)
    study.design()
    study.freeze(overrides={"balance": "kjent skjevhet"})
    reopened(study).estimates()
    reopened(study).release(tmp_path / "out")
    entries = list(study.ledger.entries())
    events = [entry["event"] for entry in entries]
    assert events == ["design", "override", "freeze", "outcomes_read", "release"]
    freeze = Freeze.read(study.work)
    assert freeze is not None
    assert {entry["freeze"] for entry in entries if "freeze" in entry} == {freeze.digest}
    assert entries[1]["reason"] == "kjent skjevhet"


def test_outcomes_read_twice_are_recorded_twice(study: Study):
    study.estimates()
    study.estimates()
    reopened(study).estimates()
    assert [e["event"] for e in study.ledger.entries()].count("outcomes_read") == 2


def test_a_table_replaced_between_freeze_and_reading_is_refused_in_the_same_process(study: Study, tmp_path: Path):
    table = tmp_path / "persons.csv"
    table.write_bytes(table.read_bytes() + b"\n")
    assert refused(study.estimates) == "E602"


def test_every_refusal_of_a_seal_says_what_to_type_next(tmp_path: Path):
    with pytest.raises(OutcomesSealed) as sealed:
        county_study(tmp_path).estimates()
    assert "effekt freeze" in (sealed.value.problems[0].help or "")
    with pytest.raises(FreezeError) as nothing:
        county_study(tmp_path).amend("x")
    assert "effekt freeze" in (nothing.value.problems[0].help or "")
