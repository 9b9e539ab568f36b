"""The literals of a spec: durations, ranges, windows, amounts, months, geographies.

Each is a small frozen value with one canonical text. A pydantic field of such a type reads the text and
writes it back; what cannot be read is refused with the words to write instead. Text is the only input: a
number that YAML guessed has already lost what was typed.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Refusal(ValueError):  # noqa: N818 - it is what the user meets, not a fault
    """What a reader refuses: an error code, a sentence, and what to write instead.

    ``at`` leads from the value that is being read to the part at fault, as keys and positions.
    """

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        help: str | None = None,
        note: str | None = None,
        at: tuple[str | int, ...] = (),
    ) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.help, self.note, self.at = code, sentence, help, note, at

    def for_pydantic(self) -> PydanticCustomError:
        """Return the error that pydantic carries, with the code as its type: nothing is lost on the way."""
        context = {"sentence": self.sentence, "help": self.help, "note": self.note, "at": self.at}
        return PydanticCustomError(self.code, "{sentence}", context)


class Written(ABC):
    """A value with one canonical text. ``pattern`` and ``examples`` describe it in the JSON Schema."""

    __slots__ = ()
    pattern: ClassVar[str]
    examples: ClassVar[tuple[str, ...]]

    @classmethod
    @abstractmethod
    def parse(cls, text: str) -> Self:
        """Read the text; raises :class:`Refusal` with what to write instead."""

    @abstractmethod
    def __str__(self) -> str: ...

    @classmethod
    def _validate(cls, value: Any) -> Self:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "Input should be a valid string")
        try:
            return cls.parse(value)
        except Refusal as refusal:
            raise refusal.for_pydantic() from refusal

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "pattern": cls.pattern, "examples": list(cls.examples)}


def _unset(value: Any) -> Any:
    """Read the word `none` as unset."""
    return None if isinstance(value, str) and value.strip() == "none" else value


OrNone = BeforeValidator(_unset)
"""For fields that can be switched off: ``Annotated[Amount | None, OrNone]`` reads `none` as unset."""

_MONTHS_PER = {"m": 1, "y": 12}


@dataclass(frozen=True, slots=True)
class Duration(Written):
    """`30d`, `12m` or `3y`. The study's clock is monthly; days count gaps between spells only."""

    amount: int
    unit: str

    pattern: ClassVar[str] = r"^\d{1,5}[dmy]$"
    examples: ClassVar[tuple[str, ...]] = ("30d", "12m", "3y")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number and its unit."""
        found = re.fullmatch(r"\s*([0-9]{1,5})\s*([dmy])\s*", text)
        if found is None:
            raise Refusal(
                "E105",
                f"`{text}` is not a duration",
                help="write a whole number and its unit: `30d`, `12m` or `3y`",
            )
        return cls(int(found[1]), found[2])

    @property
    def months(self) -> int:
        """Length in months; a duration in days has none and raises :class:`Refusal`."""
        if self.unit not in _MONTHS_PER:
            raise Refusal(
                "E105",
                f"`{self}` is in days, and the clock is monthly",
                help="write months or years: `12m` or `1y`",
            )
        return self.amount * _MONTHS_PER[self.unit]

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


def _in_months(duration: Duration) -> Duration:
    try:
        _ = duration.months
    except Refusal as refusal:
        raise refusal.for_pydantic() from refusal
    return duration


MONTHLY = AfterValidator(_in_months)
"""For durations on the monthly clock: ``Annotated[Duration, MONTHLY]`` refuses days."""


@dataclass(frozen=True, slots=True)
class IntRange(Written):
    """`19..30`, `24..` or `..18`, both ends included. ``None`` = open."""

    low: int | None
    high: int | None

    pattern: ClassVar[str] = r"^(\d+\.\.\d*|\.\.\d+)$"
    examples: ClassVar[tuple[str, ...]] = ("19..30", "24..", "..18")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read both ends; one may be left open."""
        found = re.fullmatch(r"\s*([0-9]{0,9})\s*\.\.\s*([0-9]{0,9})\s*", text)
        if found is None or not (found[1] or found[2]):
            raise Refusal(
                "E105",
                f"`{text}` is not a range",
                help="write both ends, included: `19..30`, or `24..` for no end",
            )
        low, high = (int(end) if end else None for end in found.groups())
        if low is not None and high is not None and low > high:
            raise Refusal("E110", f"the range `{text}` is reversed", help=f"write `{high}..{low}`")
        return cls(low, high)

    def __contains__(self, value: int) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        return f"{'' if self.low is None else self.low}..{'' if self.high is None else self.high}"


@dataclass(frozen=True, slots=True, order=True)
class Month(Written):
    """A calendar month, `2024-05`."""

    year: int
    month: int

    pattern: ClassVar[str] = r"^\d{4}-(0[1-9]|1[0-2])$"
    examples: ClassVar[tuple[str, ...]] = ("2024-05",)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read year and month."""
        found = re.fullmatch(r"\s*([0-9]{4})-(0[1-9]|1[0-2])\s*", text)
        if found is None:
            raise Refusal("E105", f"`{text}` is not a month", help="write year and month: `2024-05`")
        return cls(int(found[1]), int(found[2]))

    @property
    def ordinal(self) -> int:
        """Months since year 0, so that differences count months."""
        return 12 * self.year + self.month - 1

    def plus(self, months: int) -> Month:
        """Return the month ``months`` later (earlier if negative)."""
        year, month = divmod(self.ordinal + months, 12)
        return Month(year, month + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True, slots=True)
class MonthRange(Written):
    """`2022-05..2025-03`, both months included; `2022-05..` has no end."""

    first: Month
    last: Month | None

    pattern: ClassVar[str] = r"^\d{4}-\d{2}\.\.(\d{4}-\d{2})?$"
    examples: ClassVar[tuple[str, ...]] = ("2022-05..2025-03", "2022-05..")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read first and last month; raises E302 when they are reversed."""
        first_text, dots, last_text = text.partition("..")
        if not dots:
            raise Refusal(
                "E105",
                f"`{text}` is not a range of months",
                help="write first and last month, both included: `2022-05..2025-03`",
            )
        first = Month.parse(first_text)
        last = Month.parse(last_text) if last_text.strip() else None
        if last is not None and last < first:
            raise Refusal("E302", f"the months `{text}` are reversed", help=f"write `{last}..{first}`")
        return cls(first, last)

    def __str__(self) -> str:
        return f"{self.first}..{'' if self.last is None else self.last}"


@dataclass(frozen=True, slots=True)
class Window(Written):
    """Months relative to time zero: `0..3y` and `1y..2y` after it, as (start, stop]; `24m before` it."""

    start: Duration
    stop: Duration
    before: bool = False

    pattern: ClassVar[str] = r"^(0|\d+[my])(\.\.\d+[my]| before)$"
    examples: ClassVar[tuple[str, ...]] = ("0..3y", "1y..2y", "24m before")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a window after or before time zero; raises E302 when it is empty or reversed."""
        before = re.fullmatch(r"\s*(\S+)\s+before\s*", text)
        after = re.fullmatch(r"\s*([^.\s]+)\s*\.\.\s*([^.\s]+)\s*", text)
        if before is not None:
            start, stop = _clock(before[1]), _ZERO
            empty = start.months == 0
        elif after is not None:
            start, stop = _clock(after[1]), _clock(after[2])
            empty = start.months >= stop.months
        else:
            raise Refusal(
                "E105",
                f"`{text}` is not a window",
                help="write `0..3y` or `1y..2y` for months after time zero, `24m before` for months before",
            )
        if empty:
            raise Refusal(
                "E302",
                f"the window `{text}` is empty or reversed",
                help="the end must come after the start: `0..1y`",
                note="`a..b` holds the months after a, up to and with b",
            )
        return cls(start, stop, before is not None)

    @property
    def months(self) -> tuple[int, int]:
        """(first, last) month relative to time zero, both included; negative before it."""
        return (-self.start.months, -1) if self.before else (self.start.months + 1, self.stop.months)

    def __str__(self) -> str:
        start = "0" if self.start.amount == 0 else str(self.start)
        return f"{start} before" if self.before else f"{start}..{self.stop}"


_ZERO = Duration(0, "m")


def _clock(text: str) -> Duration:
    """Read one end of a window: a duration in months or years, or a bare 0."""
    duration = _ZERO if text == "0" else Duration.parse(text)
    _ = duration.months
    return _ZERO if duration.amount == 0 else duration


_UNITS = {"pp": "percentage points", "%": "percent", "sd": "standard deviations"}


@dataclass(frozen=True, slots=True)
class Amount(Written):
    """`2pp`, `80%`, `0.2 sd` or `400000 NOK` (a currency by its three capitals)."""

    number: Decimal
    unit: str

    pattern: ClassVar[str] = r"^-?\d+(\.\d+)? ?(pp|%|sd|[A-Z]{3})$"
    examples: ClassVar[tuple[str, ...]] = ("2pp", "80%", "0.2 sd", "400000 NOK")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number and its unit."""
        found = re.fullmatch(r"\s*(-?[0-9]{1,15}(?:\.[0-9]{1,10})?)\s*(pp|%|sd|[A-Z]{3})\s*", text)
        if found is None:
            bare = re.fullmatch(r"\s*-?[0-9.]+\s*", text)
            raise Refusal(
                "E105",
                f"`{text}` has no unit" if bare else f"`{text}` is not an amount",
                help="write a number and its unit: `2pp`, `80%`, `0.2 sd` or `400000 NOK`",
            )
        return cls(Decimal(found[1]), found[2])

    @property
    def value(self) -> float:
        """The amount as a number: `80%` = 0.8 and `2pp` = 0.02 (shares), SDs or money as written."""
        return float(self.number / 100) if self.unit in ("%", "pp") else float(self.number)

    def __str__(self) -> str:
        number = format(self.number.normalize() + 0, "f")
        return f"{number}{self.unit}" if self.unit in ("pp", "%") else f"{number} {self.unit}"


@dataclass(frozen=True, slots=True)
class AmountRange(Written):
    """`93%..97%`, both ends included and in one unit."""

    low: Amount
    high: Amount

    pattern: ClassVar[str] = r"^-?[\d.]+? ?\S+\.\.-?\d[\d.]* ?\S+$"
    examples: ClassVar[tuple[str, ...]] = ("93%..97%",)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read both ends, which must have the same unit."""
        low_text, dots, high_text = text.partition("..")
        if not dots:
            raise Refusal("E105", f"`{text}` is not a range of amounts", help="write both ends: `93%..97%`")
        low, high = Amount.parse(low_text), Amount.parse(high_text)
        if low.unit != high.unit:
            raise Refusal("E105", f"the ends of `{text}` have different units", help="write `93%..97%`")
        if low.number > high.number:
            raise Refusal("E110", f"the range `{text}` is reversed", help=f"write `{high}..{low}`")
        return cls(low, high)

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


def in_unit(*units: str) -> AfterValidator:
    """Return a validator that accepts amounts in these units only: ``Annotated[Amount, in_unit("%")]``."""
    wanted = " or ".join(_UNITS.get(unit, unit) for unit in units)

    def check(amount: Amount) -> Amount:
        if amount.unit not in units:
            here = Amount(amount.number, units[0])
            help_ = f"write it in {wanted}, such as `{here}`"
            raise Refusal("E105", f"`{amount}` is not in {wanted}", help=help_).for_pydantic()
        return amount

    return AfterValidator(check)


_BORDERS = {"fylke": 2024, "kommune": 2024}
_LEVELS = ("person", "nav_kontor", "nav_region", "fylke@2024", "kommune@2024")


@dataclass(frozen=True, slots=True)
class Geography(Written):
    """A level: `person`, `nav_kontor`, `nav_region`, or `fylke@2024` in the borders of that year."""

    name: str
    year: int | None

    pattern: ClassVar[str] = r"^(person|nav_kontor|nav_region|(fylke|kommune)(@\d{4})?)$"
    examples: ClassVar[tuple[str, ...]] = _LEVELS

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a level; `fylke` alone means `fylke@2024`."""
        found = re.fullmatch(r"\s*([a-z_]+)(?:@([0-9]{4}))?\s*", text)
        name = found[1] if found else ""
        if name in _BORDERS and found is not None:
            return cls(name, int(found[2] or _BORDERS[name]))
        if name in ("person", "nav_kontor", "nav_region") and found is not None and not found[2]:
            return cls(name, None)
        raise Refusal(
            "E208",
            f"unknown level `{text}`",
            help=_nearest_level(text),
            note=f"valid: {', '.join(_LEVELS)}",
        )

    def __str__(self) -> str:
        return self.name if self.year is None else f"{self.name}@{self.year}"


def _nearest_level(text: str) -> str | None:
    """Return `did you mean ...?` when the text is close to a level."""
    import difflib

    near = difflib.get_close_matches(text, [*_LEVELS, "fylke", "kommune"], n=1)
    return f"did you mean `{near[0]}`?" if near else None
