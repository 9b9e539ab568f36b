"""How one delivered text is read, by what the catalogue says of its column; None for what does not fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effekt.population.catalogue.model import DateStyle
from effekt.population.catalogue.patterns import Mark
from effekt.registers import schema

Flags = NDArray[np.bool_]

LARGEST_INT = 2**31 - 1
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?|[+-]?\.\d+")

_YES, _NO = frozenset(("1", "true", "j", "ja")), frozenset(("0", "false", "n", "nei"))
_STYLES: dict[DateStyle, re.Pattern[str]] = {
    "YYYY-MM-DD": re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})([T ]00:00(:00(\.0+)?)?)?"),
    "DD.MM.YYYY": re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})"),
    "YYYYMMDD": re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"),
    "YYYY-MM": re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})"),
    "YYYYMM": re.compile(r"(?P<y>\d{4})(?P<m>\d{2})"),
    "YYYY": re.compile(r"(?P<y>\d{4})"),
}
WITHOUT_DAY: dict[DateStyle, int] = {"YYYY-MM": 1, "YYYYMM": 1, "YYYY": 12}
"""Months that a date without a day stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How a canonical column is made. delivered : the column of the file; const : the same for every row.

    stop_inclusive : the date is the last day, month or year inside, and its canonical form the day after. crosswalk :
    delivered code -> canonical, and a code without a counterpart does not fit; map : the same for some codes only.
    """

    column: schema.Column
    delivered: str | None = None
    const: str | None = None
    missing: tuple[Mark, ...] = ()
    pad: int | None = None
    map: Mapping[str, str] = field(default_factory=dict)
    crosswalk: Mapping[str, str] | None = None
    derive: str | None = None
    style: DateStyle = "YYYY-MM-DD"
    stop_inclusive: bool = False
    decimal: str = "."


def at_bound(values: NDArray[np.float64], mark: Mark) -> Flags:
    """(n,) bool: values beyond the bound of a mark that has one."""
    assert mark.bound is not None
    sign, number = mark.bound
    compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[sign]
    with np.errstate(invalid="ignore"):
        found: Flags = compare(values, number)
    return found


def gone_for(rule: Rule) -> Callable[[str], bool]:
    """Return what says of a text that it means "not known"."""
    codes = {mark.text.strip() for mark in rule.missing if mark.bound is None and mark.expression is None}
    expressions = [re.compile(mark.expression) for mark in rule.missing if mark.expression is not None]
    bounds = [mark for mark in rule.missing if mark.bound is not None]

    def gone(text: str) -> bool:
        if text in codes or any(expression.search(text) for expression in expressions):
            return True
        number = _float(text, rule.decimal) if bounds else None
        return number is not None and any(bool(at_bound(np.array([number]), mark)[0]) for mark in bounds)

    return gone


def reader_for(rule: Rule) -> Callable[[str], Any]:
    """Return what reads one text; None for one that does not fit."""
    kinds: dict[str, Callable[[str, Rule], Any]] = {
        "text": _read_code,
        "code": _read_code,
        "int": _read_int,
        "float": lambda text, rule: _float(text, rule.decimal),
        "date": _read_date,
        "bool": _read_bool,
    }
    read = kinds[rule.column.type]

    def reads(text: str) -> Any:
        if rule.derive is not None:
            derived = _derived(text, rule.derive)
            return None if derived is None else read(derived, rule)
        if rule.column.type not in ("text", "code"):
            text = rule.map.get(text, text)
        return read(text, rule)

    return reads


def _derived(text: str, how: str) -> str | None:
    if how == "first_character":
        return text[:1]
    found = re.fullmatch(r"(\d{4})-?(0[1-9]|1[0-2])(\d{2})?", text)
    return None if found is None else found[1 if how == "year_of_yyyymm" else 2]


def _read_code(text: str, rule: Rule) -> str | None:
    padded = text.rjust(rule.pad, "0") if rule.pad is not None else text
    if rule.crosswalk is not None:
        return rule.crosswalk.get(padded)
    return rule.map.get(text, rule.map.get(padded, padded))


def _read_int(text: str, rule: Rule) -> int | None:
    number = _float(text, rule.decimal)
    fits = number is not None and number == int(number) and abs(number) <= LARGEST_INT
    return int(number) if fits and number is not None else None


def _float(text: str, decimal: str) -> float | None:
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    if NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return number if np.isfinite(number) else None


def _read_date(text: str, rule: Rule) -> date | None:
    found = _STYLES[rule.style].fullmatch(text)
    if found is None:
        return None
    parts = found.groupdict()
    try:
        day = date(int(parts["y"]), int(parts.get("m") or 1), int(parts.get("d") or 1))
        if not rule.stop_inclusive:
            return day
        months = WITHOUT_DAY.get(rule.style)
        if months is None:
            return date.fromordinal(day.toordinal() + 1)
        year, month = divmod(12 * day.year + day.month - 1 + months, 12)
        return date(year, month + 1, 1)
    except (ValueError, OverflowError):
        return None


def _read_bool(text: str, rule: Rule) -> bool | None:
    word = text.casefold()
    return True if word in _YES else False if word in _NO else None
