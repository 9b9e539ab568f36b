"""Borders: what every municipality of 2018-2024 is today, and what cannot be known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from effekt.literals import Refusal
from effekt.registers.geography import (
    VERSIONS,
    counties,
    county_by_municipality,
    county_of,
    county_population,
    county_table,
    harmonise,
    municipalities,
    nav_region_by_municipality,
    nav_region_of,
    successors,
    uncertain_nav_regions,
    validity,
    version_of,
)
from effekt.registers.schema import rows

EVERY_CODE = sorted({code for version in VERSIONS for code in municipalities(version)})


@pytest.mark.parametrize(
    ("year", "count"),
    [(2017, 19), (2018, 18), (2019, 18), (2020, 11), (2023, 11), (2024, 15), (2030, 15)],
)
def test_counties_of_a_year(year: int, count: int) -> None:
    assert len(counties(year)) == count


@pytest.mark.parametrize(("year", "count"), [(2018, 422), (2019, 422), (2020, 356), (2023, 356), (2024, 357)])
def test_municipalities_of_a_year(year: int, count: int) -> None:
    assert len(municipalities(year)) == count


@pytest.mark.parametrize("version", VERSIONS)
def test_the_county_of_a_municipality_is_a_county_of_that_year(version: str) -> None:
    assert {place.county for place in municipalities(version).values()} == set(counties(version))


def test_only_aalesund_was_divided_between_2020_and_2024() -> None:
    divided = {code: targets for code, targets in successors("2024").items() if code in municipalities("2020")}
    assert {code: sorted(t) for code, t in divided.items() if len(t) > 1} == {"1507": ["1508", "1580"]}


def test_tysfjord_and_snillfjord_were_divided_in_2020() -> None:
    old = {code: targets for code, targets in successors("2020").items() if code in municipalities("2019")}
    divided = {code for code, targets in old.items() if len(targets) > 1}
    assert divided == {"1850", "5012"}


def test_every_municipality_of_2018_to_2024_has_one_county_today() -> None:
    assert set(county_by_municipality("2024")) == set(EVERY_CODE)
    assert set(county_by_municipality("2024").values()) == set(counties("2024"))


def test_a_county_is_never_mapped_to_a_county_across_2020() -> None:
    """Oppland went to Akershus (by Viken) and Innlandet; its municipalities know which, its code does not."""
    assert county_of(["0533", "0501"]).tolist() == ["32", "34"]
    oppland = {county_by_municipality("2024")[c] for c, place in municipalities("2019").items() if place.county == "05"}
    assert len(oppland) > 1
    assert county_of(["05", "30", "54"]).tolist() == [None, None, None]


def test_a_code_has_one_meaning_in_every_version_that_knows_it() -> None:
    for version in VERSIONS:
        for code in set(municipalities(version)) & set(municipalities("2024")):
            assert county_by_municipality("2024")[code] == municipalities("2024")[code].county
    for step in {(row["fra_versjon"], row["til_versjon"]) for row in rows("geography/kommune_korrespondanse.csv")}:
        old, new = (municipalities(version) for version in step)
        pairs = [
            (row["fra"], row["til"])
            for row in rows("geography/kommune_korrespondanse.csv")
            if (row["fra_versjon"], row["til_versjon"]) == step
        ]
        assert {code for code, _ in pairs} == set(old)
        assert {code for _, code in pairs} == set(new)
        assert all(before == after for before, after in pairs if before in set(old) & set(new))


def test_rindal_changed_county_in_2019() -> None:
    assert municipalities(2018)["1567"].county == "15"
    assert county_of(["1567"], to=2018).tolist() == ["15"]
    assert county_of(["1567", "5061"], to=2024).tolist() == ["50", "50"]
    assert validity("1567") == ("2018-01-01", "2019-01-01")


@given(st.lists(st.sampled_from(sorted(municipalities("2020")))))
def test_2020_to_2024_and_back_is_a_round_trip_but_for_what_was_divided(codes: list[str]) -> None:
    there = harmonise(codes, "2024")
    back = harmonise(there.mapped, "2020")
    kept = [code is not None for code in there.mapped]
    assert [code for code, keep in zip(back.mapped, kept, strict=True) if keep] == [c for c in codes if c != "1507"]
    assert there.unmapped.get("divided", 0) == codes.count("1507")


@given(st.permutations(["0301", "1507", "9999", None, "3001", "0101", "1850"]))
def test_harmonise_reports_every_row_it_lost_in_any_order(codes: list[str | None]) -> None:
    found = harmonise(codes, "2024")
    assert dict(found.unmapped) == {"divided": 2, "missing": 1, "unknown": 1}
    assert dict(zip(codes, found.mapped, strict=True)) == {
        "0301": "0301", "1507": None, "9999": None, None: None, "3001": "3101", "0101": "3101", "1850": None,
    }  # fmt: skip


def test_a_number_that_outlived_a_merger_is_not_taken_back() -> None:
    """Stavanger swallowed Finnøy and Rennesøy in 2020 and kept its number."""
    assert sorted(successors("2019")["1103"]) == ["1103", "1141", "1142"]
    assert county_of(["1103"], to="2019").tolist() == ["11"]


def test_the_county_table_can_be_joined_on_the_code_alone() -> None:
    table = county_table()
    assert [row[0] for row in table] == EVERY_CODE
    assert ("0101", "2018-01-01", "2020-01-01", "31") in table
    assert ("0301", "2018-01-01", "", "03") in table
    assert {row[0]: row[3] for row in table} == dict(county_by_municipality())


def test_akershus_lies_in_two_nav_regions_and_hadeland_is_uncertain() -> None:
    regions = nav_region_by_municipality()
    assert set(regions) == set(EVERY_CODE)
    assert len(set(regions.values())) == 12
    assert {regions[c] for c, place in municipalities(2024).items() if place.county == "32"} == {
        "Nav Vest-Viken",
        "Nav Øst-Viken",
    }
    assert {municipalities(2024)[code].name for code in uncertain_nav_regions()} == {"Lunner", "Jevnaker"}
    assert nav_region_of(["0301", None, "9999"]).tolist() == ["Nav Oslo", None, None]


def test_missing_is_never_a_county() -> None:
    assert county_of(np.array([None, "", "0000"], dtype=object)).tolist() == [None, None, None]


@pytest.mark.parametrize("year", ["2017", "24", "abcd"])
def test_borders_before_2018_are_refused(year: str) -> None:
    with pytest.raises(Refusal) as refused:
        version_of(year)
    assert refused.value.code == "E206"


def test_an_unknown_number_is_refused_with_a_suggestion() -> None:
    with pytest.raises(Refusal, match="not a municipality") as refused:
        validity("0302")
    assert refused.value.help is not None and "did you mean" in refused.value.help


def test_populations_of_the_counties() -> None:
    assert set(county_population(2025)) == set(counties(2024))
    assert county_population(2025)["56"] == 75042
    with pytest.raises(Refusal, match="no populations"):
        county_population(2019)


@pytest.mark.parametrize("file", ["fylker", "kommuner", "kommune_korrespondanse", "nav_region", "fylke_folkemengde"])
def test_every_row_says_where_it_comes_from(file: str) -> None:
    assert all(row["source"] for row in rows(f"geography/{file}.csv"))
