"""The words and numbers of one language; all words are in ``texts.csv`` and ``claims.csv``."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from effekt.release.chain import JOINED
from effekt.release.rounding import SHARE_DECIMALS, decimals_for
from effekt.results import Cell

LANGUAGES = ("nb", "en")

_RANGE = re.compile(r"(\d+)([ym]?)(?:\.\.(\d+)([ym]?))?")
_MINUS = "\u2212"
_NARROW_SPACE = "\u202f"
_MOST_DECIMALS = 6
_GROUP_FROM = 10_000
"""Four digits stand together in English; Norwegian sets a space from the same size on."""


@cache
def _column(file: str, language: str, keys: tuple[str, ...]) -> Mapping[str, str]:
    """Return one language's column of a words table, by its key columns joined with a dot."""
    text = (files("effekt.release") / file).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({".".join(row[k] for k in keys): row[language] for row in rows})


@cache
def _patterns(phrases: tuple[str, ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the phrases with `{}` as patterns, those that say most first."""
    open_ones = sorted((phrase for phrase in phrases if "{}" in phrase), key=len, reverse=True)
    return tuple((re.compile(re.escape(phrase).replace(r"\{\}", "(.+?)")), phrase) for phrase in open_ones)


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the report. ``code`` : ``nb`` or ``en``."""

    code: str

    def __post_init__(self) -> None:
        if self.code not in LANGUAGES:
            raise ValueError(f"language {self.code!r} is not one of {', '.join(LANGUAGES)}")

    def text(self, key: str, **values: object) -> str:
        """Return the words for ``key`` with ``{names}`` filled in."""
        return _column("texts.csv", self.code, ("key",))[key].format(**values)

    def claim(self, level: str, part: str, **values: object) -> str:
        """Return the words a claims level may use."""
        return _column("claims.csv", self.code, ("level", "part"))[f"{level}.{part}"].format(**values)

    def has_claim(self, level: str, part: str) -> bool:
        """Return True if a level has words for ``part``."""
        return f"{level}.{part}" in _column("claims.csv", self.code, ("level", "part"))

    def phrase(self, text: str) -> str:
        """Return a check's or a flow step's own words in this language; names and unknown words stay as they are.

        Steps that were merged, and what stands in brackets behind a step, are looked up piece by piece. A phrase
        with `{}` stands for every text that has something there, which is looked up in its turn.
        """
        if self.code == "en":
            return text
        words = _column("phrases.csv", self.code, ("en",))
        if text in words:
            return words[text]
        if JOINED in text:
            return JOINED.join(self.phrase(piece) for piece in text.split(JOINED))
        if (filled := self._filled(text)) != text:
            return filled
        head, bracket, tail = text.partition(" (")
        return words.get(head, head) + bracket + tail

    def _filled(self, text: str) -> str:
        words = _column("phrases.csv", self.code, ("en",))
        for pattern, phrase in _patterns(tuple(words)):
            if found := pattern.fullmatch(text):
                return words[phrase].format(*(self.spelt(self.phrase(part)) for part in found.groups()))
        return text

    def spelt(self, text: str) -> str:
        """Return a duration or a range of the spec in words: `24m`, `1y..2y`, `19..30`; other texts as they are."""
        found = _RANGE.fullmatch(text)
        if found is None:
            return text
        first, unit, last, last_unit = found.groups()
        if last is not None and unit != last_unit and first != "0":
            return text
        numbers = first if last is None else f"{first}\u2013{last}"
        if not (unit or last_unit):
            return text if last is None else numbers
        one = "_one" if numbers == "1" else ""
        return self.text(f"duration_{last_unit or unit}{one}", n=numbers)

    def knows(self, key: str) -> bool:
        """Return True if there are words for ``key``."""
        return key in _column("texts.csv", self.code, ("key",))

    def number(self, value: float | None, decimals: int | None = None) -> str:
        """Return a number as it is written in this language; by default with three significant digits.

        Whole numbers keep all their digits; a number that is not defined is a dash.
        """
        if value is None:
            return self.text("not_applicable")
        if decimals is None:
            decimals = 0 if float(value).is_integer() else decimals_for(value)
        shown = round(value, decimals)
        written = f"{abs(shown):,.{min(max(decimals, 0), _MOST_DECIMALS)}f}"
        if abs(shown) < _GROUP_FROM:
            written = written.replace(",", "")
        if self.code == "nb":
            written = written.replace(",", _NARROW_SPACE).replace(".", ",")
        return f"{_MINUS}{written}" if shown < 0 else written

    def p_value(self, p: float | None) -> str:
        """Return a p-value, three decimals, or ``< 0.001``."""
        least = 0.001
        return f"< {self.number(least, 3)}" if p is not None and p < least else self.number(p, 3)

    def period(self, words: str, horizon: Cell, *, monthly: bool) -> str:
        """Return what is looked at with when: so many months after time zero, or a period since the start."""
        if horizon is None:
            return words
        if monthly and horizon == 1:
            return self.text("horizon_month", outcome=words)
        return self.text("horizon_months" if monthly else "horizon", outcome=words, horizon=self.cell(horizon))

    def cell(self, value: Cell, unit: str = "") -> str:
        """Return a cell of a side table; shares are written in points."""
        if isinstance(value, bool):
            return self.text("yes" if value else "no")
        if isinstance(value, str):
            return self.phrase(value)
        return self.scaled(value, unit)

    def scaled(self, value: float | None, unit: str, decimals: int | None = None) -> str:
        """Return a number in the unit it is shown in: a share in points with one decimal, others as they are."""
        if unit in {"share", "percent"} and value is not None:
            return self.number(100 * value, SHARE_DECIMALS - 2)
        return self.number(value, decimals)

    def unit(self, unit: str) -> str:
        """Return the words for a unit."""
        return self.text(known) if (known := _UNITS.get(unit)) else unit

    def amount(self, value: float | None, unit: str, decimals: int | None = None) -> str:
        """Return a number with its unit."""
        return f"{self.scaled(value, unit, decimals)} {self.unit(unit)}".strip()


_UNITS = {"share": "unit_points", "percent": "unit_percent", "sd": "unit_sd", "persons": "figure_persons"}


def display_decimals(value: Cell, std_error: Cell) -> int:
    """Return the decimals one estimate's numbers are printed with: three significant digits of its error.

    Released numbers are already rounded so; those of public data are whole in the files and printed short.
    """
    size = std_error if isinstance(std_error, int | float) and std_error else value
    return decimals_for(float(size)) if isinstance(size, int | float) else 0
