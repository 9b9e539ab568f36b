"""Words and numbers as a reader of Norwegian or English expects them."""

import csv
import re
from importlib.resources import files

import pytest

from effekt.release.language import LANGUAGES, Language, display_decimals
from effekt.release.levels import LEVELS
from effekt.release.sections import ORDER
from effekt.release.slots import SLOTS

NB, EN = Language("nb"), Language("en")
SPACE = "\u202f"


def words(file: str) -> list[dict[str, str]]:
    """The rows of a words table."""
    return list(csv.DictReader((files("effekt.release") / file).read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("file", ["texts.csv", "claims.csv"])
def test_every_text_exists_in_every_language_with_the_same_places(file: str):
    rows = words(file)
    for row in rows:
        assert None not in row, f"a text with a comma lacks quotes: {row}"
        places = [sorted(re.findall(r"\{(\w+)\}", row[code])) for code in LANGUAGES]
        assert all(row[code].strip() for code in LANGUAGES), row
        assert all(p == places[0] for p in places), row
    keys = [row.get("key") or (row["level"], row["part"]) for row in rows]
    assert len(set(keys)) == len(keys)


CONCLUSIONS = ("clear", "unclear", "disagree", "suppressed", "periods", "periods_unclear")
REACHED = {
    "effekt": set(CONCLUSIONS) - {"disagree"},
    "estimert": {"clear", "periods"},
    "sammenheng": set(CONCLUSIONS),
    "utbytte": set(CONCLUSIONS),
}
"""The conclusions each level can be reached with; tests that disagree, and unclear results, lower it."""


def test_every_level_has_words_for_every_conclusion_it_can_be_reached_with():
    assert set(LEVELS) == set(REACHED)
    for level, conclusions in REACHED.items():
        parts = {r["part"] for r in words("claims.csv") if r["level"] == level}
        needed = {*conclusions, *(f"front_{c}" for c in conclusions)}
        assert {"name", "when", "rests", "within", "not_clear"} | needed <= parts


def test_every_text_is_used_and_every_key_used_exists():
    folder = files("effekt.release")
    sources = [p for p in folder.rglob("*") if p.suffix in {".py", ".j2"}]  # type: ignore[attr-defined]
    code = "\n".join(p.read_text(encoding="utf-8") for p in sources)
    built = ("verdict_", "exploratory_", "column_", "unit_", "cap_", "count_", "front_", "point_", "page_", "codebook_")
    built += ("not_shown_", "duration_")
    slots = {f"{kind}_{s}" for s in SLOTS for kind in ("figure", "table")} | {
        "figure_subgroups",
        "figure_map",
        "figure_flow_treated",
        "table_flow_treated",
    }
    keys = {row["key"] for row in words("texts.csv")}
    named = {k for k in keys if f'"{k}"' in code or f"'{k}'" in code}
    unused = {k for k in keys - named if not k.startswith(built)} - slots - {f"{s}_note" for s in ORDER}
    assert not unused - {"between_note", "bounds_note", "figure_estimates"}
    assert {*ORDER, *(f"table_{s}" for s in SLOTS)} <= keys


@pytest.mark.parametrize(
    ("value", "decimals", "nb", "en"),
    [
        (1794.3, 0, "1794", "1794"),
        (24803.0, None, f"24{SPACE}803", "24,803"),
        (1234567.891, 2, f"1{SPACE}234{SPACE}567,89", "1,234,567.89"),
        (-0.5, 1, "−0,5", "−0.5"),
        (-0.04, 1, "0,0", "0.0"),
        (0.0012345, None, "0,00123", "0.00123"),
        (1e-9, None, "0,000000", "0.000000"),
        (123.456, None, "123", "123"),
        (1230.5, -1, "1230", "1230"),
        (445, None, "445", "445"),
        (None, None, "–", "–"),
    ],
)
def test_numbers(value, decimals, nb, en):
    assert (NB.number(value, decimals), EN.number(value, decimals)) == (nb, en)


def test_p_values_are_never_zero():
    assert (NB.p_value(0.00002), EN.p_value(0.0123), EN.p_value(None)) == ("< 0,001", "0.012", "–")


def test_shares_are_written_in_points_with_one_decimal():
    assert NB.amount(0.0123, "share") == "1,2 prosentpoeng"
    assert EN.amount(0.27, "sd") == "0.270 standard deviations"
    assert EN.amount(1794.34, "USD", 0) == "1794 USD"
    assert EN.amount(5.0, "") == "5"
    assert NB.amount(260.0, "persons") == "260 personer"
    assert EN.scaled(None, "share") == "–"


def test_a_horizon_is_months_or_a_period():
    assert NB.period("«A»", 12, monthly=True) == "«A» etter 12 måneder"
    assert EN.period("“A”", 1, monthly=True) == "“A” after one month"
    assert EN.period("“A”", -2, monthly=False) == "“A”, period −2"
    assert EN.period("“A”", None, monthly=True) == "“A”"


def test_cells():
    assert [NB.cell(v) for v in (True, False, "ja", None, 3)] == ["ja", "nei", "ja", "–", "3"]


def test_decimals_follow_the_standard_error():
    assert display_decimals(1794.34, 670.9) == 0
    assert display_decimals(1794.34, None) == -1
    assert display_decimals(None, None) == 0


def test_an_unknown_language_or_text_is_an_error():
    with pytest.raises(ValueError, match="nb, en"):
        Language("nn")
    with pytest.raises(KeyError):
        NB.text("no_such_text")
    assert not NB.knows("no_such_text")
