"""A catalogue is read as a study is: what is wrong is said at its line, with one edit that mends it."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from effekt.errors import EffektError
from effekt.literals import Month, Refusal
from effekt.located.render import render_text
from effekt.population.catalogue.loading import LocatedCatalogue, load_catalogue
from effekt.population.catalogue.patterns import FilePattern, KeyPattern, Mark, When
from effekt.population.catalogue.tables import coverage_of

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
TODAY = date(2026, 6, 1)
DELIVERY = (HERE / "delivery.yaml").read_text(encoding="utf-8")

WRONG = {
    "a key misspelt": ("  retain_until: 2031-12-31", "  retain_untill: 2031-12-31"),
    "a date that is none": ("retain_until: 2031-12-31", "retain_until: soon"),
    "a date that has passed": ("retain_until: 2031-12-31", "retain_until: 2026-05-31"),
    "real persons and no approval": ("  approval: 'decision 24/01234'\n", ""),
    "an identity for a key": ("key_type: pseudonym", "key_type: foedselsnummer"),
    "a key that is no expression": ("(w", "((w"),
    "a switch for the guard": ("  synthetic: false", "  synthetic: false\n  allow_person_numbers: true"),
    "an unknown register": ("  arbeidsforhold:", "  arbeidsforhald:"),
    "an unknown column": ("      kontantlonn:", "      kontantlon:"),
    "an unknown key of a column": ("pad: 7", "padd: 7"),
    "a pad for a number": ("missing: ['<=0'], type", "pad: 4, type"),
    "a missing crosswalk": ("crosswalk: styrk7_to_styrk08", "crosswalk: styrk7_to_styrk"),
    "two ways to say the code": ("pad: 7", "map: {'1': '2'}"),
    "a constant that is no code": ("const: {ytelse: AAP}", "const: {ytelse: AAPP}"),
    "no coverage": ("    coverage: [2015-01, 2026-03]\n    lag", "    lag"),
    "a reversed coverage": ("    coverage: [2015-01, 2026-03]\n    lag", "    coverage: [2026-03, 2015-01]\n    lag"),
    "parts that never meet": ("coverage: [2010-03, 2025-01]", "coverage: [2026-01, 2026-02]"),
    "lines grouped by person alone": ("group: [person_id, tilgdato]", "group: [person_id]"),
    "a group of rows": ("layout: open_close_lines", "layout: rows"),
    "a month that nothing says": ("_m{month}.dta", ".dta"),
    "a place that means nothing": ("_m{month}.dta", "_m{mnd}.dta"),
    "a path of this machine": ("'atid/ameld", "'/atid/ameld"),
    "files and parts": ("    absence_means: zero\n", "    parts: [{file: a.csv}]\n"),
    "absence that means something else": ("absence_means: zero", "absence_means: unknown"),
    "a policy that does not exist": ("duplicates: drop", "duplicates: first"),
    "a temporality of another kind": ("temporality: FIXED", "temporality: EVENT"),
    "a source that is a key": ("      innvkat: {", "      person_id: {dataset: X}\n      innvkat: {"),
    "a person number": ("approval: 'decision 24/01234'", "approval: 'decision " + "1" * 11 + "'"),
}


def load(folder: Path, text: str) -> LocatedCatalogue:
    path = folder / "catalogue.yaml"
    path.write_text(text, encoding="utf-8")
    (folder / "styrk7_to_styrk08.csv").write_text("from,to\n", encoding="utf-8")
    return load_catalogue(path, today=TODAY)


@pytest.mark.parametrize("name", WRONG)
def test_a_bad_catalogue_is_refused_at_its_line(name: str, tmp_path: Path) -> None:
    old, new = WRONG[name]
    assert old in DELIVERY
    with pytest.raises(EffektError) as caught:
        load(tmp_path, DELIVERY.replace(old, new, 1))
    found = render_text(caught.value.problems).replace(f"{tmp_path}{os.sep}", "") + "\n"
    golden = GOLDEN / f"{name.replace(' ', '_')}.expected"
    if os.environ.get("EFFEKT_REWRITE_GOLDEN") == "yes":
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")
    assert all(p.help and p.place for p in caught.value.problems)


def test_a_catalogue_is_read_with_what_holds_for_all_tables(tmp_path: Path) -> None:
    located = load(tmp_path, DELIVERY)
    catalogue = located.catalogue
    assert catalogue.policies_of("arbeidsforhold").duplicates == "drop"
    assert catalogue.policies_of("arbeidsforhold").stock == "report"
    assert catalogue.policies_of("person").duplicates == "error"
    assert catalogue.csv_of("person").decimal == ","
    assert catalogue.tables["arbeidsforhold"].columns["kontantlonn"].source == ("lonn_kontant", "lonn_fmlonn")
    place = located.problem("E202", "x", ("tables", "arbeidsforhold", "columns", "naering", "from")).place
    assert place is not None
    assert DELIVERY.splitlines()[place.line - 1].strip().startswith("naering:")


def test_a_table_in_parts_is_covered_where_all_its_parts_are(tmp_path: Path) -> None:
    entry = load(tmp_path, DELIVERY).catalogue.tables["ytelse"]
    assert coverage_of(entry) == (Month(2010, 3), Month(2025, 1))


@pytest.mark.parametrize(
    ("pattern", "name", "when"),
    [
        ("atid/x_{year}_m{month}.dta", "atid/x_2024_m5.dta", When(2024, 5)),
        ("atid/x_{year}_m{month}.dta", "ATID/X_2024_M11.DTA", When(2024, 11)),
        ("x{year}{month}.csv", "x202405.csv", When(2024, 5)),
        ("x_{year}-{month}.csv", "x_2024-05.csv.gz", When(2024, 5)),
        ("x_{month}_{yy}.csv", "x_05_24.csv", When(2024, 5)),
        ("x{year}.csv", "x2024.csv", When(2024, None)),
        ("x{year}{month}{day}.csv", "x20240531.csv", When(2024, 5)),
        ("a/*_{year}.csv", "a/whatever_2024.zip", None),
        ("a/*_{year}.csv", "a/b/whatever_2024.csv", None),
        ("x_{year}_m{month}.dta", "x_2024_m13.dta", None),
        ("person.csv", "person.csv.zip", When(None, None)),
    ],
)
def test_the_name_of_a_file_says_its_time(pattern: str, name: str, when: When | None) -> None:
    assert FilePattern.parse(pattern).match(name) == when


@pytest.mark.parametrize("pattern", ["../x.csv", "a\\b.csv", "{year}_{year}.csv", "x_{month}.csv", "c:/x.csv"])
def test_a_pattern_that_could_mean_two_things_is_refused(pattern: str) -> None:
    with pytest.raises(Refusal):
        FilePattern.parse(pattern)


def test_a_key_is_found_under_the_names_of_one_family() -> None:
    key = KeyPattern.parse(r"^(w\d{2}_\d{4}_)?lopenr_person$")
    assert key.among(("a", "LOPENR_PERSON")) == ("LOPENR_PERSON",)
    assert key.among(("w21_0001_lopenr_person", "lopenr_person_mor")) == ("w21_0001_lopenr_person",)
    assert KeyPattern.parse("lopenr").among(("lopenr", "lopenr_person")) == ("lopenr",)


def test_a_mark_is_a_code_a_bound_or_an_expression() -> None:
    assert Mark.parse("<=0").bound == ("<=", 0.0)
    assert Mark.parse("^-").expression == "^-"
    assert (Mark.parse("00.000").bound, Mark.parse("00.000").expression) == (None, None)
