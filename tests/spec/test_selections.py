"""Codes must exist in their classification on every day they are asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from effekt.errors import Problem
from effekt.spec.load import check

STUDY = """\
effekt: 1
study: codes
question: Do codes exist?
population:
  from: {register}
  include: [{{{column}: {codes}}}]
  accrual: {accrual}
treatment: {{from: deltakelse, take: first}}
outcomes: {{y: {{label: Y, from: arbeidsforhold, is: active, at: [1y]}}}}
primary: {{outcome: y, at: 1y}}
analyses: [matching]
"""


def found(folder: Path, register: str, column: str, codes: str, accrual: str = "2022-01..2025-12") -> list[Problem]:
    path = folder / "study.yaml"
    path.write_text(STUDY.format(register=register, column=column, codes=codes, accrual=accrual), encoding="utf-8")
    return [problem for problem in check(path) if problem.code != "E204"]


def listed(folder: Path, *codes: str) -> str:
    lines = ["code,label,set,valid_from,valid_until,source", *(f"{code},,mine,,,test" for code in codes)]
    (folder / "list.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "list.csv#mine"


@pytest.mark.parametrize("codes", ['["3001"]', '["3101"]', '["0301", "3001"]'])
def test_a_municipality_across_a_renumbering_needs_both_numbers(tmp_path: Path, codes: str) -> None:
    (problem,) = found(tmp_path, "bosted", "kommunenr", codes)
    assert problem.code == "E206"
    assert "`3101`" in f"{problem.sentence} {problem.help}" and "`3001`" in f"{problem.sentence} {problem.help}"
    assert problem.place is not None and problem.place.line == 6


def test_both_numbers_or_a_time_within_one_version_are_in_order(tmp_path: Path) -> None:
    assert found(tmp_path, "bosted", "kommunenr", '["3001", "3101"]') == []
    assert found(tmp_path, "bosted", "kommunenr", '["3001"]', "2021-01..2023-12") == []
    assert found(tmp_path, "bosted", "kommunenr", '["0301"]', "2012-01..2025-12") == []


def test_a_code_list_is_held_to_the_classification_too(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, "tiltak", "tiltakskode", listed(tmp_path, "JOBBKLUBB", "JOBKLUB"))
    assert problem.code == "E206"
    assert "in `list.csv#mine`" in problem.sentence
    assert problem.help == "did you mean `JOBBKLUBB`?"
    assert found(tmp_path, "bosted", "kommunenr", listed(tmp_path, "3001", "3101")) == []


def test_an_accrual_without_an_end_is_checked_where_it_begins(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, "bosted", "kommunenr", '["3101"]', "2022-01..")
    assert "in all of 2022-01..: it came into use" in problem.sentence
