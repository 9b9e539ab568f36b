"""The names of delivered files, with the time a file is about in its name; and the marks of what is missing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import ClassVar, Self

from effekt.literals import Refusal, Written

_PLACES = {
    "year": r"(?P<year>(?:19|20)\d\d)",
    "yy": r"(?P<yy>\d\d)",
    "month": r"(?P<month>1[0-2]|0?[1-9])",
    "day": r"(?:3[01]|[12]\d|0?[1-9])",
}
_COMPRESSED = r"(?:\.gz|\.zip)?"
_CENTURY_TURNS = 70


@dataclass(frozen=True, slots=True, order=True)
class When:
    """The time that a file's name says it is about; a part that its pattern does not ask for is None."""

    year: int | None
    month: int | None

    def __str__(self) -> str:
        year = "" if self.year is None else f"{self.year:04d}"
        return year if self.month is None else f"{year}-{self.month:02d}"


@dataclass(frozen=True)
class FilePattern(Written):
    """`atid/ameld_{year}_m{month}.dta`, relative to the catalogue's folder.

    ``{year}`` has four digits and ``{yy}`` two; ``{month}`` one or two, so that `2024_m5`, `202405`, `2024-05` and
    `05_24` can all be written; ``{day}`` is passed over and ``*`` stands for anything within one name. Upper and
    lower case are one, and a file may be packed as .gz or .zip.
    """

    text: str

    pattern: ClassVar[str] = r"^[^/\\].*$"
    examples: ClassVar[tuple[str, ...]] = ("atid/ameld_{year}_m{month}.dta",)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a pattern; raises what it may not hold."""
        if "\\" in text or PurePosixPath(text).is_absolute() or ".." in PurePosixPath(text).parts or ":" in text:
            raise Refusal(
                "E105",
                "a file is named relative to the catalogue's folder, with `/` between folders",
                help="write `atid/ameld_{year}_m{month}.dta`",
            )
        asked = re.findall(r"\{([^{}]*)\}", text)
        for name in asked:
            if name not in _PLACES:
                raise Refusal(
                    "E105",
                    f"`{{{name}}}` means nothing in the name of a file",
                    help="write `{year}`, `{yy}`, `{month}` or `{day}`",
                )
        if len(set(asked)) < len(asked) or {"year", "yy"} <= set(asked):
            raise Refusal("E105", "the name of a file says its year or month twice", help="write `*` for one of them")
        if "month" in asked and not {"year", "yy"} & set(asked):
            raise Refusal("E105", "a month without its year", help="add `{year}`")
        return cls(text.strip())

    @property
    def asks_year(self) -> bool:
        """Whether the name of a file says its year."""
        return "{year}" in self.text or "{yy}" in self.text

    @property
    def asks_month(self) -> bool:
        """Whether the name of a file says its month."""
        return "{month}" in self.text

    @property
    def fixed_folder(self) -> str:
        """The part of the path before anything that varies; the empty text is the catalogue's folder."""
        folders = PurePosixPath(self.text).parts[:-1]
        fixed = []
        for name in folders:
            if "{" in name or "*" in name:
                break
            fixed.append(name)
        return "/".join(fixed)

    def match(self, relative: str) -> When | None:
        """Return what the name of a file says, None if it is not one of these. relative : with `/`."""
        found = self._expression.fullmatch(relative)
        if found is None:
            return None
        named = found.groupdict()
        year = int(named["year"]) if named.get("year") else None
        if named.get("yy"):
            short = int(named["yy"])
            year = short + (1900 if short >= _CENTURY_TURNS else 2000)
        return When(year, int(named["month"]) if named.get("month") else None)

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        parts = re.split(r"(\{[a-z]+\}|\*)", self.text)
        written = [
            "[^/]*" if part == "*" else _PLACES[part[1:-1]] if part.startswith("{") else re.escape(part)
            for part in parts
        ]
        return re.compile("".join(written) + _COMPRESSED, re.IGNORECASE)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Mark(Written):
    """What means "not known" in a delivered column: a code (`99`), a bound (`<=0`) or an expression (`^-`)."""

    text: str

    pattern: ClassVar[str] = r"^.*$"
    examples: ClassVar[tuple[str, ...]] = ("99", "<=0", "^-")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a mark."""
        if text.startswith("^"):
            try:
                re.compile(text)
            except re.error:
                raise Refusal(
                    "E105", f"`{text}` is not an expression", help="write the code itself, or `^` and how it begins"
                ) from None
        return cls(text)

    @property
    def bound(self) -> tuple[str, float] | None:
        """A comparison and its number, for `<=0`."""
        found = re.fullmatch(r"\s*(<=|>=|<|>)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*", self.text)
        return None if found is None else (found[1], float(found[2]))

    @property
    def expression(self) -> str | None:
        """A regular expression, for `^-`."""
        return self.text if self.text.startswith("^") else None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class KeyPattern(Written):
    """A regular expression for the column of persons, whose name changes inside one family of files."""

    text: str

    pattern: ClassVar[str] = r"^.+$"
    examples: ClassVar[tuple[str, ...]] = (r"^(w\d{2}_\d{4}_)?lopenr_person$",)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an expression; raises what cannot be one."""
        try:
            re.compile(text)
        except re.error:
            raise Refusal(
                "E105",
                f"`{text}` is not an expression for names of columns",
                help=r"write the name itself, or such as `'^(w\d{2}_\d{4}_)?lopenr_person$'`",
            ) from None
        return cls(text)

    def among(self, header: tuple[str, ...]) -> tuple[str, ...]:
        """Return the columns that fit, in order; upper and lower case are one."""
        expression = re.compile(self.text, re.IGNORECASE)
        whole = "^" in self.text or "$" in self.text
        return tuple(name for name in header if (expression.search if whole else expression.fullmatch)(name.strip()))

    def __str__(self) -> str:
        return self.text
