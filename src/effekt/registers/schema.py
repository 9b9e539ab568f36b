"""The canonical tables and their variables, so that a study can be checked before any data exist.

A variable's temporality (SSB's four) decides which measures make sense: FIXED is joined, STATUS looked up as of
a date or overlapped with a window, ACCUMULATED summed over a window, EVENT found or counted in a window.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, cast

Temporality = Literal["FIXED", "STATUS", "ACCUMULATED", "EVENT"]
Kind = Literal["fixed", "spell", "monthly", "yearly", "event", "wave"]
"""How a table's rows stand in time: one per person, spells, months, years, dated events, survey waves."""


Match = Literal["exact", "prefix", "divisions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One variable. ``values`` is its closed vocabulary; ``classification`` the one its codes come from.

    match : how codes select; `exact`, or `prefix` and `divisions` of a hierarchical classification.
    """

    name: str
    type: Literal["text", "code", "int", "float", "date", "bool"]
    temporality: Temporality
    optional: bool = False
    values: tuple[str, ...] = ()
    classification: str = ""
    match: Match = "exact"
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One canonical table. ``absence_means`` says whether no record is a zero or simply not known.

    codes_in : the column that a bare list of codes selects in, empty where several could be meant.
    """

    name: str
    key: tuple[str, ...]
    kind: Kind
    absence_means: Literal["zero", "unknown"]
    codes_in: str = ""
    description: str
    columns: Mapping[str, Column]

    @property
    def times(self) -> tuple[str, ...]:
        """The columns that say when a row holds, first to last; none where rows never change or are survey waves."""
        return _TIMES.get(self.kind, ())


_TIMES: Mapping[Kind, tuple[str, ...]] = {
    "spell": ("start", "slutt"),
    "monthly": ("maaned",),
    "yearly": ("aar",),
    "event": ("dato",),
}


@cache
def tables() -> Mapping[str, Table]:
    """Return the canonical tables by name."""
    columns: dict[str, dict[str, Column]] = {}
    classified = {(row["table"], row["column"]): row for row in rows("classified.csv")}
    for row in rows("columns.csv"):
        columns.setdefault(row["table"], {})[row["column"]] = _column(
            row, classified.get((row["table"], row["column"]))
        )
    return MappingProxyType({row["table"]: _table(row, columns[row["table"]]) for row in rows("tables.csv")})


@cache
def rows(name: str) -> tuple[Mapping[str, str], ...]:
    """Return the rows of a data file of this room, by column."""
    text = (files("effekt.registers") / "data" / name).read_text(encoding="utf-8")
    return tuple(MappingProxyType(row) for row in csv.DictReader(text.splitlines()))


def _column(row: Mapping[str, str], classified: Mapping[str, str] | None) -> Column:
    return Column(
        name=row["column"],
        type=cast('Literal["text", "code", "int", "float", "date", "bool"]', row["type"]),
        temporality=cast("Temporality", row["temporality"]),
        optional=row["optional"] == "1",
        values=tuple(value for value in row["values"].split(";") if value),
        classification=classified["classification"] if classified else "",
        match=cast("Match", classified["match"]) if classified else "exact",
        unit=row["unit"],
        note=row["note"],
    )


def _table(row: Mapping[str, str], columns: dict[str, Column]) -> Table:
    return Table(
        name=row["table"],
        key=tuple(row["key"].split(";")),
        kind=cast("Kind", row["kind"]),
        absence_means=cast('Literal["zero", "unknown"]', row["absence_means"]),
        codes_in=row["codes_in"],
        description=row["description"],
        columns=MappingProxyType(columns),
    )
