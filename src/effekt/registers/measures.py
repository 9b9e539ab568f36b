"""The closed language of measures: what may be asked of a table, by how its variables stand in time.

`active` and `value_<column>` are read at a time; `any`, `any_start`, `any_completion`, `count`,
`months_active` and `sum_<column>` are taken over a window.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from effekt.literals import Refusal
from effekt.registers.codes import refuse_unselectable
from effekt.registers.schema import Column, Kind, Table, Temporality

Clock = Literal["at", "window"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """clock : read at a time or over a window. kinds : tables it can be asked of. needs : a column it rests on."""

    clock: Clock
    kinds: frozenset[Kind]
    needs: str | None = None


_SPANS: frozenset[Kind] = frozenset(("spell", "monthly"))
_DATED: frozenset[Kind] = frozenset(("spell", "monthly", "event"))

MEASURES: dict[str, Measure] = {
    "active": Measure(clock="at", kinds=_SPANS),
    "any": Measure(clock="window", kinds=_DATED),
    "any_start": Measure(clock="window", kinds=frozenset(("spell", "event"))),
    "any_completion": Measure(clock="window", kinds=frozenset(("spell",)), needs="utfall"),
    "count": Measure(clock="window", kinds=frozenset(("event",))),
    "months_active": Measure(clock="window", kinds=_SPANS),
}
"""Measures of a table as a whole."""

FLAGS = frozenset(("active", "any", "any_start", "any_completion"))
"""Those that are a yes or no, so that their mean is a share."""

COLUMN_MEASURES: dict[str, tuple[Clock, frozenset[Temporality], str]] = {
    "sum": ("window", frozenset(("ACCUMULATED",)), "a sum over a window is for amounts that accumulate"),
    "value": ("at", frozenset(("STATUS", "FIXED")), "a value as of a date is for a status or a fixed variable"),
}
"""Measures of one column, written `sum_kontantlonn`: clock, temporalities that allow it, and why."""


def clock_of(measure: str, table: Table) -> Clock:
    """Return whether a measure of this table is read at a time or over a window.

    Raises
    ------
    Refusal
        E208 for an unknown measure, E202 for an unknown column, E210 where the two do not fit.
    """
    found = MEASURES.get(measure)
    if found is not None:
        return _of_table(measure, found, table)
    prefix, _, column_name = measure.partition("_")
    if prefix not in COLUMN_MEASURES or not column_name:
        near = get_close_matches(measure, valid_measures(table) or MEASURES, n=1)
        raise Refusal(
            "E208",
            f"unknown measure `{measure}`",
            help=f"did you mean `{near[0]}`?" if near else None,
            note=f"valid for {table.name}: {', '.join(valid_measures(table))}",
        )
    column = table.columns.get(column_name)
    if column is None:
        raise _unknown_column(measure, column_name, table)
    clock, temporalities, why = COLUMN_MEASURES[prefix]
    if column.temporality not in temporalities:
        raise Refusal(
            "E210",
            f"`{measure}`: {column.name} is {column.temporality}, and {why}",
            help=f"write one of {', '.join(f'`{name}`' for name in valid_measures(table)[:4])}",
            note=f"valid for {table.name}: {', '.join(valid_measures(table))}",
        )
    return clock


def _of_table(name: str, measure: Measure, table: Table) -> Clock:
    if table.kind in measure.kinds and (measure.needs is None or measure.needs in table.columns):
        return measure.clock
    raise Refusal(
        "E210",
        f"`{name}` cannot be measured in {table.name}, which holds {_HOLDS[table.kind]}",
        help=f"write one of {', '.join(f'`{valid}`' for valid in valid_measures(table)[:4])}",
        note=f"valid for {table.name}: {', '.join(valid_measures(table))}",
    )


_HOLDS: dict[Kind, str] = {
    "fixed": "what never changes",
    "spell": "spells",
    "monthly": "months",
    "yearly": "years",
    "event": "dated events",
    "wave": "survey waves",
}


def valid_measures(table: Table) -> list[str]:
    """Return every measure that may be asked of a table."""
    whole = [
        name
        for name, measure in MEASURES.items()
        if table.kind in measure.kinds and (measure.needs is None or measure.needs in table.columns)
    ]
    return whole + [
        f"{prefix}_{column.name}"
        for prefix, (_, temporalities, _) in COLUMN_MEASURES.items()
        for column in table.columns.values()
        if column.temporality in temporalities and column.name not in _STRUCTURE and column.name not in table.key
    ]


_STRUCTURE = frozenset(("person_id", "start", "slutt"))
"""Columns that say who and when; nothing is measured in them."""


def _unknown_column(measure: str, name: str, table: Table) -> Refusal:
    near = get_close_matches(measure, valid_measures(table), n=1)
    return Refusal(
        "E202",
        f"unknown column `{name}` in {table.name}",
        help=f"did you mean `{near[0]}`?" if near else None,
        note=f"valid: {', '.join(valid_measures(table))}",
    )


def check_value(column: Column, value: str) -> None:
    """Raise E206 for a value that a column cannot take, by its classification or its closed vocabulary."""
    if column.classification:
        refuse_unselectable(column.classification, column.match, value, column.name)
    elif column.values and value not in column.values:
        by_fold = {known.casefold(): known for known in column.values}
        near = get_close_matches(value.casefold(), by_fold, n=1)
        raise Refusal(
            "E206",
            f"`{value}` is not a code of {column.name}",
            help=f"did you mean `{by_fold[near[0]]}`?" if near else None,
            note=f"valid: {', '.join(column.values)}",
        )
