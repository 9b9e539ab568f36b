"""The literals read what the manual says, write it back, and refuse with what to write instead."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from effekt.literals import (
    MONTHLY,
    Amount,
    AmountRange,
    Duration,
    Geography,
    IntRange,
    Month,
    MonthRange,
    OrNone,
    Refusal,
    Window,
    Written,
    in_unit,
)

ALL = (Duration, IntRange, Month, MonthRange, Window, Amount, AmountRange, Geography)

months = st.builds(Month, st.integers(1900, 2100), st.integers(1, 12))
clock = st.builds(Duration, st.integers(1, 600), st.sampled_from("my"))
amounts = st.builds(
    Amount,
    st.decimals(-(10**9), 10**9, places=4),
    st.sampled_from(["pp", "%", "sd", "NOK", "SEK"]),
)
literals = st.one_of(
    st.builds(Duration, st.integers(0, 99999), st.sampled_from("dmy")),
    st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(lambda p: IntRange(min(p), max(p))),
    st.builds(IntRange, st.integers(0, 99), st.none()),
    st.builds(IntRange, st.none(), st.integers(0, 99)),
    months,
    st.tuples(months, months).map(lambda p: MonthRange(min(p), max(p))),
    st.builds(MonthRange, months, st.none()),
    st.tuples(clock, clock)
    .filter(lambda p: p[0].months != p[1].months)
    .map(lambda p: Window(*sorted(p, key=lambda d: d.months))),
    clock.map(lambda d: Window(d, Duration(0, "m"), before=True)),
    amounts,
    st.tuples(amounts, amounts).map(
        lambda p: AmountRange(*sorted((p[0], Amount(p[1].number, p[0].unit)), key=lambda a: a.number))
    ),
    st.sampled_from([Geography.parse(text) for text in Geography.examples]),
)


@given(literals)
def test_what_is_written_is_read_back_as_the_same_value(value: Written) -> None:
    assert type(value).parse(str(value)) == value
    assert str(type(value).parse(str(value))) == str(value)


@given(st.sampled_from(ALL), st.text(max_size=20))
def test_any_text_is_read_or_refused_with_help_never_anything_else(kind: type[Written], text: str) -> None:
    try:
        value = kind.parse(text)
    except Refusal as refusal:
        assert refusal.code.startswith("E")
        assert refusal.help or refusal.note
    else:
        assert kind.parse(str(value)) == value


@pytest.mark.parametrize("kind", ALL)
def test_examples_are_canonical_and_fit_the_json_schema_pattern(kind: type[Written]) -> None:
    import re

    for text in kind.examples:
        assert str(kind.parse(text)) == text
        assert re.search(kind.pattern, text)


@pytest.mark.parametrize(
    ("kind", "text", "canonical"),
    [
        (Duration, "12 m", "12m"),
        (Window, "0m..3y", "0..3y"),
        (Window, " 24m  before ", "24m before"),
        (Amount, "2 pp", "2pp"),
        (Amount, "0.20sd", "0.2 sd"),
        (Amount, "-0%", "0%"),
        (Amount, "400000NOK", "400000 NOK"),
        (Geography, "fylke", "fylke@2024"),
        (Geography, "fylke@2020", "fylke@2020"),
    ],
)
def test_other_ways_of_writing_become_the_canonical_one(kind: type[Written], text: str, canonical: str) -> None:
    assert str(kind.parse(text)) == canonical


@pytest.mark.parametrize(
    ("kind", "text", "code", "word"),
    [
        (Duration, "12", "E105", "`12m`"),
        (Duration, "12 months", "E105", "`12m`"),
        (IntRange, "30..19", "E110", "`19..30`"),
        (IntRange, "..", "E105", "`19..30`"),
        (IntRange, "19-30", "E105", "`19..30`"),
        (Month, "2024-13", "E105", "`2024-05`"),
        (Month, "2024", "E105", "`2024-05`"),
        (MonthRange, "2025-03..2022-05", "E302", "`2022-05..2025-03`"),
        (MonthRange, "2024-05", "E105", "`2022-05..2025-03`"),
        (Window, "3y..1y", "E302", "`0..1y`"),
        (Window, "12m..1y", "E302", "`0..1y`"),
        (Window, "0m before", "E302", "`0..1y`"),
        (Window, "3y", "E105", "`24m before`"),
        (Window, "0..30d", "E105", "`12m`"),
        (Amount, "2", "E105", "unit"),
        (Amount, "two", "E105", "`2pp`"),
        (AmountRange, "97%..93%", "E110", "`93%..97%`"),
        (AmountRange, "93%..97pp", "E105", "`93%..97%`"),
        (AmountRange, "93%", "E105", "`93%..97%`"),
        (Geography, "flyke", "E208", "`fylke`"),
        (Geography, "person@2024", "E208", "`person`"),
    ],
)
def test_a_refusal_says_what_to_write(kind: type[Written], text: str, code: str, word: str) -> None:
    with pytest.raises(Refusal) as caught:
        kind.parse(text)
    assert caught.value.code == code
    assert word in f"{caught.value.help} {caught.value.note}"


def test_values_mean_what_the_manual_says() -> None:
    assert Window.parse("0..1y").months == (1, 12)
    assert Window.parse("1y..2y").months == (13, 24)
    assert Window.parse("24m before").months == (-24, -1)
    assert Amount.parse("80%").value == 0.8
    assert Amount.parse("2pp").value == 0.02
    assert Amount.parse("0.2 sd").value == 0.2
    assert Amount.parse("400000 NOK").number == Decimal(400000)
    assert 24 in IntRange.parse("24..")
    assert 23 not in IntRange.parse("24..")
    assert 18 in IntRange.parse("..18")


@given(months, st.integers(-500, 500))
def test_months_count_forwards_and_backwards(month: Month, n: int) -> None:
    assert month.plus(n).ordinal - month.ordinal == n
    assert month.plus(n).plus(-n) == month


class Model(BaseModel):
    follow: Annotated[Duration, MONTHLY] = Duration(1, "y")
    caliper: Annotated[Amount | None, OrNone] = None
    share: Annotated[Amount, in_unit("%")] = Amount(Decimal(80), "%")


def test_a_model_reads_text_and_writes_text() -> None:
    model = Model.model_validate({"follow": "24m", "caliper": "0.20 sd"})
    assert model.model_dump(mode="json") == {"follow": "24m", "caliper": "0.2 sd", "share": "80%"}
    assert Model.model_validate(model.model_dump()) == model
    assert Model.model_validate({"caliper": "none"}).caliper is None
    assert Model.model_json_schema()["properties"]["follow"]["examples"] == ["30d", "12m", "3y"]


@pytest.mark.parametrize(
    ("data", "kind", "word"),
    [
        ({"follow": "30d"}, "E105", "monthly"),
        ({"share": "2pp"}, "E105", "percent"),
        ({"caliper": "x"}, "E105", "amount"),
        ({"follow": 12}, "string_type", "string"),
    ],
)
def test_a_model_carries_the_refusal(data: dict[str, object], kind: str, word: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Model.model_validate(data)
    error = caught.value.errors()[0]
    assert error["type"] == kind
    assert word in error["msg"]
