"""Classifications: names, old and new codes, validity, and the columns that take them."""

from __future__ import annotations

import pytest

from effekt.literals import Refusal
from effekt.registers.codes import CLASSIFICATIONS, classification, gaps, name_of, translated
from effekt.registers.measures import check_value
from effekt.registers.schema import rows, tables

CLASSIFIED = [
    (table, column) for table in tables().values() for column in table.columns.values() if column.classification
]


def refusal(table: str, column: str, value: str) -> Refusal:
    with pytest.raises(Refusal) as refused:
        check_value(tables()[table].columns[column], value)
    assert refused.value.code == "E206"
    return refused.value


@pytest.mark.parametrize("name", CLASSIFICATIONS)
def test_every_code_has_a_name_or_is_a_merged_municipality_and_says_where_it_comes_from(name: str) -> None:
    codes = classification(name)
    assert codes
    assert all(code.source for code in codes.values())
    unnamed = [code for code, row in codes.items() if not row.names]
    assert not unnamed or name == "kommune"


@pytest.mark.parametrize(
    ("name", "count"),
    [("nus2000", 10), ("innvkat", 7), ("innsatsgruppe", 5), ("tiltak", 29), ("ytelse", 14), ("styrk08", 10),
     ("sn2007", 21), ("arbeidssoeker", 10)],
)  # fmt: skip
def test_how_many_codes_there_are(name: str, count: int) -> None:
    assert len(classification(name)) == count


def test_what_is_known_from_memory_says_so() -> None:
    for name in ("styrk08", "sn2007"):
        assert all("memory" in code.remark for code in classification(name).values())
        assert all("verify" in code.source for code in classification(name).values())
    for name in set(CLASSIFICATIONS) - {"fylke", "kommune", "styrk08", "sn2007"}:
        for code in classification(name).values():
            assert "en" not in code.names or "from memory" in code.remark


def test_what_a_code_becomes_exists() -> None:
    for name in CLASSIFICATIONS:
        newer = name.partition("_")[0] if name in ("innsatsgruppe_v1", "innsatsgruppe_arena") else name
        newer = "tiltak" if name in ("tiltak_alias", "tiltak_arena") else newer
        for code in classification(name).values():
            assert set(code.becomes) <= set(classification(newer))


@pytest.mark.parametrize(("table", "column"), CLASSIFIED, ids=lambda part: part.name)
def test_the_vocabulary_of_a_column_is_its_classification(table, column) -> None:
    if column.values:
        assert set(column.values) == set(classification(column.classification))
    if column.match == "exact":
        for code in classification(column.classification):
            check_value(column, code)


def test_every_classified_column_and_every_column_of_codes_exists() -> None:
    assert len(CLASSIFIED) == len(rows("classified.csv"))
    assert all(table.codes_in in table.columns for table in tables().values() if table.codes_in)


def test_the_groups_of_tiltak_are_those_of_their_codes() -> None:
    assert {code.group for code in classification("tiltak").values()} == set(classification("tiltak_gruppe"))


def test_varig_stands_for_two_new_groups() -> None:
    assert translated("innsatsgruppe", "VARIG") == ("JOBBE_DELVIS", "LITEN_MULIGHET_TIL_A_JOBBE")
    assert translated("innsatsgruppe", "STANDARD_INNSATS") == ("GODE_MULIGHETER",)
    assert translated("innsatsgruppe", "JOBBE_DELVIS") == ("JOBBE_DELVIS",)
    with pytest.raises(Refusal, match="not a code of innsatsgruppe"):
        translated("innsatsgruppe", "BATTT")


def test_an_alias_and_an_arena_code_are_read_as_the_tiltak_they_mean() -> None:
    assert translated("tiltak", "VARIG_LONNSTILSKUD") == ("VARIG_LONNSTILSKUDD",)
    assert len(translated("tiltak", "GRUPPEAMO")) > 1
    assert translated("tiltak", "MENTOR") == ("MENTOR",)


def test_names_in_two_languages() -> None:
    assert name_of("sn2007", "C", "en") == "Manufacturing"
    assert name_of("fylke", "11") == "Rogaland"
    assert name_of("kommune", "0301", "en") == "Oslo"
    assert name_of("innsatsgruppe", "GODE_MULIGHETER", "en") == "Gode muligheter"
    with pytest.raises(Refusal) as refused:
        name_of("innsatsgrupe", "GODE_MULIGHETER")
    assert refused.value.help == "did you mean `innsatsgruppe`?"


def test_an_old_code_is_answered_with_the_new_ones() -> None:
    assert "`JOBBE_DELVIS` and `LITEN_MULIGHET_TIL_A_JOBBE`" in str(refusal("vedtak14a", "innsatsgruppe", "VARIG").help)
    assert "`OPPFOLGING`" in str(refusal("tiltak", "tiltakskode", "INDOPPFAG").help)


def test_a_misspelt_code_is_answered_with_the_nearest() -> None:
    assert refusal("tiltak", "tiltakskode", "jobklubb").help == "did you mean `JOBBKLUBB`?"
    assert refusal("bosted", "kommunenr", "0302").help is not None
    assert refusal("person", "innvkat", "H").note == "valid: A, B, C, D, E, F, G"


@pytest.mark.parametrize("value", ["4", "45", "456101", "0"])
def test_education_is_selected_by_any_prefix(value: str) -> None:
    check_value(tables()["utdanningsnivaa"].columns["nus2000"], value)


@pytest.mark.parametrize("value", ["A", "4x", "", "vgs"])
def test_education_that_is_not_digits_is_refused(value: str) -> None:
    assert "write digits" in str(refusal("utdanningsnivaa", "nus2000", value).help)


@pytest.mark.parametrize("value", ["8", "84", "84.1", "84.110", "01"])
def test_an_industry_is_selected_by_division(value: str) -> None:
    check_value(tables()["arbeidsforhold"].columns["naering"], value)


@pytest.mark.parametrize("value", ["04", "34", "840.1.", "x", "", "89"])
def test_an_industry_outside_the_classification_is_refused(value: str) -> None:
    refusal("arbeidsforhold", "naering", value)


def test_a_main_group_of_industries_is_answered_with_its_divisions() -> None:
    assert refusal("arbeidsforhold", "naering", "C").help == "write the divisions `10` to `33`"
    assert refusal("arbeidsforhold", "naering", "P").help == "write `85`"


def test_a_code_must_hold_on_every_day_unless_its_successors_are_asked_for() -> None:
    at = ("2022-01-01", "2025-12-31")
    assert gaps("kommune", ["0301", "1103"], *at) == {}
    assert gaps("kommune", ["3001"], *at) == {"3001": "it went out of use on 2024-01-01"}
    assert gaps("kommune", ["3101"], *at) == {"3101": "it came into use on 2024-01-01"}
    assert gaps("kommune", ["3101", "3001"], *at) == {}
    assert gaps("kommune", ["1507", "1508"], *at) == {"1507": "it went out of use on 2024-01-01"}
    assert gaps("kommune", ["1507", "1508", "1580"], *at) == {}
    assert gaps("kommune", ["0301"], "2010-01-01", "2012-01-01") == {}
    assert gaps("ytelse", ["REHAB"], *at) == {"REHAB": "it went out of use on 2011-01-01"}
    assert gaps("kommune", ["3001"], "2022-01-01", "2023-12-31") == {}
