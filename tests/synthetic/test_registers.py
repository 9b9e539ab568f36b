"""A draw is a set of canonical registers: right columns, half-open spells, codes that exist, keys that are unique."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from effekt.registers.schema import tables
from effekt.synthetic.draw import Draw
from effekt.synthetic.places import ERAS, places
from effekt.synthetic.registers.work import establishments

TYPES = {
    "text": pa.string(),
    "code": pa.string(),
    "int": pa.int32(),
    "float": pa.float64(),
    "date": pa.date32(),
    "bool": pa.bool_(),
}
SPELLS = [name for name, table in tables().items() if table.kind == "spell"]
NULLABLE = {("person", "doed"), ("bosted", "kommunenr"), ("deltakelse", "modul_nr")}


def frame(drawn: Draw, name: str) -> pd.DataFrame:
    return drawn.tables[name].to_pandas(date_as_object=False)


def test_every_table_has_the_columns_and_types_of_the_canonical_schema(drawn: Draw) -> None:
    for name, table in drawn.tables.items():
        known = tables()[name].columns
        assert {c for c, said in known.items() if not said.optional} <= set(table.column_names) <= set(known), name
        assert all(field.type == TYPES[known[field.name].type] for field in table.schema), name


def test_codes_with_a_closed_vocabulary_are_in_it(drawn: Draw) -> None:
    for name, table in drawn.tables.items():
        for column in table.column_names:
            if values := tables()[name].columns[column].values:
                assert set(pc.unique(table[column]).drop_null().to_pylist()) <= set(values), (name, column)


def test_nothing_is_null_but_what_may_be_unknown(drawn: Draw) -> None:
    for name, table in drawn.tables.items():
        for column in table.column_names:
            if column != "slutt" and (name, column) not in NULLABLE:
                assert table[column].null_count == 0, (name, column)


def test_keys_are_unique(drawn: Draw) -> None:
    for name in drawn.tables:
        assert not frame(drawn, name).duplicated(list(tables()[name].key)).any(), name


@pytest.mark.parametrize("name", SPELLS)
def test_spells_are_half_open_within_the_coverage_and_do_not_overlap(drawn: Draw, name: str) -> None:
    spells = frame(drawn, name).sort_values(["person_id", "start"])
    end = spells["slutt"].fillna(pd.Timestamp("2030-01-01"))
    assert (spells["start"] < end).all()
    assert spells["start"].min() >= pd.Timestamp("2015-01-01")
    assert end.max() == pd.Timestamp("2030-01-01")
    following = spells.groupby("person_id")["start"].shift(-1)
    assert not (following < end).any()


def test_municipality_numbers_are_those_in_force_when_a_spell_starts(drawn: Draw) -> None:
    spells = frame(drawn, "bosted").dropna(subset=["kommunenr"])
    valid = {era: set(codes) for era, codes in zip(ERAS, places().codes, strict=True)}
    reform = np.searchsorted(np.array(ERAS), spells["start"].dt.year, side="right") - 1
    for era in range(len(ERAS)):
        assert set(spells["kommunenr"][reform == era]) <= valid[ERAS[era]]
    assert {"0106", "3004", "3107"} <= set(spells["kommunenr"])


def test_a_border_reform_closes_a_spell_and_opens_the_next_on_the_same_day(drawn: Draw) -> None:
    spells = frame(drawn, "bosted")
    old = spells[(spells["kommunenr"] == "0106") & (spells["slutt"] == pd.Timestamp("2020-01-01"))]
    new = spells[(spells["kommunenr"] == "3004") & (spells["start"] == pd.Timestamp("2020-01-01"))]
    assert len(old) > 0
    assert set(old["person_id"]) == set(new["person_id"])


def test_all_fifteen_counties_have_people_and_three_have_most(drawn: Draw) -> None:
    spells = frame(drawn, "bosted")
    today = spells[(spells["start"] <= "2026-01-01") & ~(spells["slutt"] <= "2026-01-01")].dropna(subset=["kommunenr"])
    county = today["kommunenr"].str[:2].value_counts(normalize=True)
    assert len(county) == 15
    assert county[["11", "18", "34"]].sum() == pytest.approx(0.6, abs=0.03)


def test_registers_fit_each_other(drawn: Draw) -> None:
    people = set(frame(drawn, "person")["person_id"])
    for name, table in drawn.tables.items():
        if "person_id" in table.column_names:
            assert set(table["person_id"].to_pylist()) <= people, name
    sessions = frame(drawn, "deltakelse")
    decisions = frame(drawn, "vedtak14a")
    both = sessions.merge(decisions, on="person_id")
    covers = (both["start"] <= both["dato"]) & ~(both["slutt"] <= both["dato"])
    assert set(both.loc[covers, "person_id"]) == set(sessions["person_id"])


def test_nobody_works_studies_or_registers_after_death_or_emigration(drawn: Draw) -> None:
    left = frame(drawn, "bosted").query("status != 'bosatt'").groupby("person_id")["start"].min().rename("left")
    assert len(left) > 50
    jobs = frame(drawn, "arbeidsforhold").join(left, on="person_id", how="inner")
    assert (jobs["maaned"] < jobs["left"]).all()
    for name in ("vedtak14a", "tiltak", "ytelse", "utdanningsforloep", "arbeidssoeker"):
        spells = frame(drawn, name).join(left, on="person_id", how="inner")
        assert (spells["slutt"] <= spells["left"]).all(), name
    died = frame(drawn, "person").dropna(subset=["doed"])
    assert 10 < len(died) < 200


def test_pay_is_constant_within_a_job_and_a_year(drawn: Draw) -> None:
    jobs = frame(drawn, "arbeidsforhold")
    paid = jobs.groupby(["person_id", "jobb_id", jobs["maaned"].dt.year])["kontantlonn"]
    assert (paid.nunique() == 1).all()
    assert (jobs["kontantlonn"] > 0).all()


def test_yearly_wages_are_the_sum_of_the_monthly_ones(drawn: Draw) -> None:
    jobs = frame(drawn, "arbeidsforhold")
    summed = jobs.groupby(["person_id", jobs["maaned"].dt.year])["kontantlonn"].sum()
    yearly = frame(drawn, "inntekt_aar").set_index(["person_id", "aar"])["wlonn"]
    shared = summed.index.intersection(yearly.index)
    assert (yearly.loc[shared] == summed.loc[shared]).all()
    assert yearly.sum() == pytest.approx(summed.loc[shared].sum())


def test_county_reports_count_the_participants(drawn: Draw) -> None:
    reported = frame(drawn, "fylkesrapportering")
    assert reported["deltakere"].sum() == drawn.tables["deltakelse"].num_rows
    assert reported["samtaler"].sum() == pc.sum(drawn.tables["deltakelse"]["antall_samtaler"]).as_py()


def test_no_key_can_look_like_a_person_number(drawn: Draw) -> None:
    for name, table in drawn.tables.items():
        for column in table.column_names:
            if table[column].type == pa.string():
                longest = max(len(text) for text in pc.unique(table[column]).drop_null().to_pylist())
                digits = pc.match_substring_regex(table[column], "[0-9]{10}")
                assert longest <= 40 and not pc.any(digits).as_py(), (name, column)
    assert not pc.any(pc.match_substring_regex(drawn.tables["person"]["person_id"], "[0-9]{9}")).as_py()


def test_organisation_numbers_have_a_wrong_check_digit() -> None:
    for number in establishments(500):
        *stem, check = (int(digit) for digit in number)
        right = 11 - sum(w * d for w, d in zip((3, 2, 7, 6, 5, 4, 3, 2), stem, strict=True)) % 11
        assert len(number) == 9
        assert check != right % 11


def test_dates_lie_in_the_coverage(drawn: Draw) -> None:
    sessions = drawn.tables["deltakelse"]["dato"]
    assert pc.min(sessions).as_py() >= dt.date(2015, 1, 1)
    assert pc.max(sessions).as_py() <= dt.date(2029, 12, 31)
    months = drawn.tables["arbeidsforhold"]["maaned"]
    assert (pc.min(months).as_py(), pc.max(months).as_py()) == (dt.date(2015, 1, 1), dt.date(2029, 12, 1))
    assert set(pc.unique(pc.day(months)).to_pylist()) == {1}
