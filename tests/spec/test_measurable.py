"""What no engine could measure is refused when the study is checked, not when it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from effekt.spec.load import check

STUDY = """\
effekt: 1
study: measures
question: Can it be measured?
population: {{from: vedtak14a, accrual: 2024-01..2024-12}}
treatment: {{from: deltakelse, take: first}}
outcomes:
  i_jobb: {{from: arbeidsforhold, is: active, at: [1y]}}
  other: {outcome}
primary: {{outcome: i_jobb, at: 1y}}
covariates: [{covariate}]
analyses: [matching]
"""
FINE = {"outcome": "{from: tiltak, is: any, window: 0..1y}", "covariate": "standard"}


def found(folder: Path, **changes: str) -> list[str]:
    path = folder / "study.yaml"
    path.write_text(STUDY.format(**(FINE | changes)), encoding="utf-8")
    return [f"{p.code} {p.place.line if p.place else 0} {p.sentence}" for p in check(path) if p.code != "E204"]


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        ("{from: utdanningsnivaa, is: value_nus2000, at: [1y]}", "`value_nus2000` is a code and no number"),
        ("{from: arbeidsforhold, is: value_virksomhet_id, at: [1y]}", "`virksomhet_id` of arbeidsforhold says who"),
        ("{from: utdanningsforloep, is: value_start, at: [1y]}", "`start` of utdanningsforloep says who"),
        ("{from: fylkesrapportering, is: sum_deltakere, window: 0..1y}", "`fylkesrapportering` does not hold persons"),
        ("{from: inntekt_aar, is: sum_wlonn, window: 0..6m}", "inntekt_aar holds whole years, and `0..6m` is not"),
    ],
)
def test_an_outcome_that_is_no_number_of_a_person_is_refused(tmp_path: Path, outcome: str, sentence: str) -> None:
    (problem,) = found(tmp_path, outcome=outcome)
    assert problem.startswith(f"E210 8 {sentence}")


@pytest.mark.parametrize(
    ("covariate", "sentence"),
    [
        ("{from: ytelse, is: months_active, window: 24m before, by: grad}", "`grad` holds no codes to split by"),
        ("{from: inntekt_aar, is: sum_wlonn, window: 18m before}", "inntekt_aar holds whole years, and `18m before`"),
        ("{from: bosted, is: value_slutt}", "`slutt` of bosted says who, which or when"),
    ],
)
def test_a_covariate_that_cannot_be_measured_is_refused(tmp_path: Path, covariate: str, sentence: str) -> None:
    (problem,) = found(tmp_path, covariate=covariate)
    assert problem.startswith(f"E210 10 {sentence}")


def test_codes_whole_years_and_splits_are_in_order(tmp_path: Path) -> None:
    assert found(tmp_path, covariate="{from: vedtak14a, is: value_innsatsgruppe}") == []
    assert found(tmp_path, covariate="{from: inntekt_aar, is: sum_wlonn, window: 2y before}") == []
    assert found(tmp_path, covariate="{from: ytelse, is: months_active, window: 24m before, by: ytelse}") == []
    assert found(tmp_path, outcome="{from: inntekt_aar, is: sum_wlonn, window: [0..1y, 1y..3y]}") == []
    assert found(tmp_path, outcome="{from: arbeidsforhold, is: value_stillingsprosent, at: [1y]}") == []
