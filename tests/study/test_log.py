"""`effekt.log` says how every stage went, however it ended, and never what stands in a row."""

import json
import warnings
from pathlib import Path

import pytest
from studies import person_study, persons

from effekt.errors import EffektError
from effekt.provenance.log import FILE, entries, logged
from effekt.study import Study


def lines(study: Study) -> list[dict]:
    return list(entries(study.work_path))


def test_a_line_per_stage_with_times_versions_and_digests(tmp_path: Path):
    study = person_study(tmp_path)
    study.design()
    frozen = study.freeze()
    study.release(tmp_path / "out", formats="tex")
    told = lines(study)
    assert [line["stage"] for line in told] == ["design", "freeze", "run", "release"]
    last = told[-1]
    assert last["ended"] == "done" and last["seconds"] > 0 and last["versions"]["effekt"]
    assert (last["spec"], last["data"], last["freeze"]) == (study.spec.digest, study.data_digest, frozen.digest)
    assert told[0]["freeze"] == "" and last["sample"] == study.sample.digest
    assert all(set(check) == {"verdict", "check", "times"} for check in last["checks"])


def test_a_second_look_at_the_estimates_is_no_second_stage(tmp_path: Path):
    study = person_study(tmp_path)
    study.freeze()
    study.estimates()
    study.estimates()
    assert [line["stage"] for line in lines(study)] == ["freeze", "run"]


def test_a_refusal_is_logged_by_its_codes_and_the_folder_is_made_for_it(tmp_path: Path):
    study = person_study(tmp_path, data=persons().assign(d=7))
    with pytest.raises(EffektError):
        study.design()
    (line,) = lines(study)
    assert (line["ended"], line["codes"], line["stage"]) == ("refused", ["E707"], "design")


@pytest.mark.parametrize(
    ("error", "ended"), [(KeyboardInterrupt(), "interrupted"), (RuntimeError("row 17 holds 4242"), "broken")]
)
def test_an_interrupt_and_a_bug_are_logged_without_a_message(error: BaseException, ended: str, tmp_path: Path):
    with pytest.raises(type(error)), logged(tmp_path / "work", "design", dict):
        raise error
    text = (tmp_path / "work" / FILE).read_text(encoding="utf-8")
    assert json.loads(text)["ended"] == ended and "4242" not in text


def test_warnings_are_counted_by_kind_and_still_shown(tmp_path: Path):
    with pytest.warns(UserWarning, match="4242"), logged(tmp_path, "run", dict):
        warnings.warn("row 17 holds 4242", stacklevel=1)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        shown: list[str] = []
        warnings.showwarning = lambda message, *rest: shown.append(str(message))
        with logged(tmp_path, "run", dict):
            warnings.warn("row 17 holds 4242", stacklevel=1)
    assert shown and list(entries(tmp_path))[-1]["warnings"] == {"UserWarning": 1}
    assert "4242" not in (tmp_path / FILE).read_text(encoding="utf-8")


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path):
    study = person_study(tmp_path)
    study.design()
    (study.work / FILE).unlink()
    (study.work / FILE).mkdir()
    assert study.freeze().digest


def test_a_line_that_was_cut_short_is_passed_over(tmp_path: Path):
    for _ in range(2):
        with logged(tmp_path, "run", dict):
            pass
    with (tmp_path / FILE).open("a", encoding="utf-8") as f:
        f.write('{"at": "2026')
    assert len(list(entries(tmp_path))) == 2
