"""Two studies side by side: what differs in what they asked, in whom they kept, and in what they found.

Everything is taken from released numbers, and a difference is that of two released numbers: whoever holds both releases
could compute it, and nobody learns more.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from effekt.provenance.freeze import leaves
from effekt.release.language import Language, display_decimals
from effekt.release.sides import FLOWS, Row, Side
from effekt.results import Cell

_STRICT = (
    *("analysis", "variant", "arm", "subgroup", "outcome", "horizon", "first_treated", "time"),
    *("method", "estimand", "inference"),
)
_LOOSE = _STRICT[:-3]
"""Rows that agree in these are the same question, answered in two ways, if there is one on each side."""

_ABSENT = "(absent)"
_SUPPRESSED = ":"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing, on both sides. part : ``spec``, ``flow`` or ``estimate``. what : its key path, step, or question.

    a, b, difference : as they are told; numbers holds them as they are, where they are numbers.
    """

    part: str
    what: str
    a: str
    b: str
    difference: str = ""
    numbers: tuple[float | None, float | None, float | None] = (None, None, None)


def compared(a: Side, b: Side) -> tuple[Line, ...]:
    """Return the lines of a comparison: spec lines that differ, then every step and every estimate of either side."""
    return (*_spec_lines(a, b), *_flow_lines(a, b), *_estimate_lines(a, b))


def comparison_csv(lines: tuple[Line, ...], a: Side, b: Side) -> bytes:
    """Return the comparison as CSV; numbers are written in full, in the unit of the study."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["part", "what", a.reference, b.reference, "difference"])
    for line in lines:
        told = (line.a, line.b, line.difference)
        cells = [t if n is None else _plain(n) for t, n in zip(told, line.numbers, strict=True)]
        writer.writerow([line.part, line.what, *cells])
    return text.getvalue().encode()


def _plain(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _spec_lines(a: Side, b: Side) -> Iterator[Line]:
    """Yield every leaf of the resolved specs that differs."""
    if a.spec is None or b.spec is None:
        return
    old, new = dict(leaves(a.spec)), dict(leaves(b.spec))
    for key in sorted(old.keys() | new.keys()):
        told = old.get(key, _ABSENT), new.get(key, _ABSENT)
        if told[0] != told[1]:
            yield Line(part="spec", what=key, a=told[0], b=told[1])


def _flow_lines(a: Side, b: Side) -> Iterator[Line]:
    """Yield the steps of both flows in order; a step that only one side has stands alone."""
    for name in FLOWS:
        mine, yours = a.flows.get(name, ()), b.flows.get(name, ())
        steps = [[str(row["step"]) for row in side] for side in (mine, yours)]
        for _, i, j, k, m in SequenceMatcher(a=steps[0], b=steps[1], autojunk=False).get_opcodes():
            same = steps[0][i:j] == steps[1][k:m]
            pairs = zip(mine[i:j], yours[k:m], strict=True) if same else _alone(mine[i:j], yours[k:m])
            yield from (_flow_line(name, left, right) for left, right in pairs)


def _alone(mine: tuple[Row, ...], yours: tuple[Row, ...]) -> Iterator[tuple[Row | None, Row | None]]:
    yield from ((row, None) for row in mine)
    yield from ((None, row) for row in yours)


def _flow_line(name: str, left: Row | None, right: Row | None) -> Line:
    row = left or right or {}
    group = "" if name == "flow" else "comparisons: "
    # A flow of units whose persons are not known counts units.
    counted = "persons" if any(r is not None and r["persons"] is not None for r in (left, right)) else "units"
    values = (_value(left, counted), _value(right, counted))
    told = [_ABSENT if r is None else _told(v, "", 0) for r, v in zip((left, right), values, strict=True)]
    difference = _difference(*values)
    return Line(
        part="flow",
        what=f"{group}{row['step']}",
        a=told[0],
        b=told[1],
        difference="" if difference is None else _signed(difference, "", 0),
        numbers=(*values, difference),
    )


def _estimate_lines(a: Side, b: Side) -> Iterator[Line]:
    """Yield every estimate of either side, those that answer the same question beside each other."""
    for left, right in _pairs(a.estimates, b.estimates):
        row = left or right or {}
        values = (_value(left, "value"), _value(right, "value"))
        one_unit = left is None or right is None or left["unit"] == right["unit"]
        difference = _difference(*values) if one_unit else None
        decimals = max(display_decimals(r["value"], r["std_error"]) for r in (left, right) if r is not None)
        yield Line(
            part="estimate",
            what=_question(row),
            a=_ABSENT if left is None else _estimate(left),
            b=_ABSENT if right is None else _estimate(right),
            difference="" if difference is None else _signed(difference, str(row["unit"]), decimals),
            numbers=(*values, difference),
        )


def _pairs(mine: tuple[Row, ...], yours: tuple[Row, ...]) -> Iterator[tuple[Row | None, Row | None]]:
    """Yield rows that are the same in every key, then those that are the only ones to answer a question."""
    other = {_key(row, _STRICT): row for row in yours}
    left = [row for row in mine if _key(row, _STRICT) not in other]
    known = {_key(row, _STRICT) for row in mine}
    right = [row for row in yours if _key(row, _STRICT) not in known]
    counts = [Counter(_key(row, _LOOSE) for row in side) for side in (left, right)]
    loose = {_key(row, _LOOSE): row for row in right}
    matched = set()
    for row in mine:
        key = _key(row, _LOOSE)
        if _key(row, _STRICT) in other:
            yield row, other[_key(row, _STRICT)]
        elif counts[0][key] == counts[1][key] == 1:
            matched.add(key)
            yield row, loose[key]
        else:
            yield row, None
    yield from ((None, row) for row in right if _key(row, _LOOSE) not in matched)


def _key(row: Row, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in names)


def _question(row: Row) -> str:
    """Return what a row is about, in the names of the spec."""
    named = [str(row[n]) for n in ("analysis", "variant", "arm", "subgroup", "outcome") if row[n]]
    times = [f"{n} {row[n]:g}" for n in ("horizon", "first_treated", "time") if isinstance(row[n], int | float)]
    return ", ".join([*named, *times, str(row["inference"])])


def _estimate(row: Row) -> str:
    """Return an estimate with its interval, or its p-value, in the report's digits."""
    english, unit = Language("en"), str(row["unit"])
    decimals = display_decimals(row["value"], row["std_error"])
    text = _told(_number(row["value"]), unit, decimals)
    if row["ci_low"] is not None:
        low, high = (english.scaled(_number(row[n]), unit, decimals) for n in ("ci_low", "ci_high"))
        return f"{text} [{low}; {high}]"
    return text if row["p_value"] is None else f"{text} (p {english.p_value(_number(row['p_value']))})"


def _difference(a: float | None, b: float | None) -> float | None:
    """Return B minus A, without what binary fractions add to it; None unless both are numbers."""
    return None if a is None or b is None else round(b - a, 12) + 0.0


def _signed(value: float, unit: str, decimals: int) -> str:
    text = Language("en").scaled(value, unit, decimals)
    return f"+{text}" if value > 0 else text


def _told(value: float | None, unit: str, decimals: int) -> str:
    return _SUPPRESSED if value is None else Language("en").amount(value, unit, decimals)


def _value(row: Row | None, name: str) -> float | None:
    return None if row is None else _number(row[name])


def _number(value: Cell) -> float | None:
    return float(value) if isinstance(value, int | float) else None
