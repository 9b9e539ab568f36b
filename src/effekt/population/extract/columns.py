"""The columns of a delivered table against the canonical schema: there, and of the declared type."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from effekt.errors import Problem
from effekt.population.wording import named
from effekt.registers.schema import Column, Table

_ACCEPTED: dict[str, tuple[pa.DataType, ...]] = {
    "text": (pa.string(), pa.large_string()),
    "code": (pa.string(), pa.large_string()),
    "int": (pa.int32(),),
    "float": (pa.float64(),),
    "date": (pa.date32(),),
    "bool": (pa.bool_(),),
}


TYPES: dict[str, pa.DataType] = {kind: accepted[0] for kind, accepted in _ACCEPTED.items()}
"""Canonical type -> type on disk."""


def column_problems(table: Table, schema: pa.Schema) -> Iterator[Problem]:
    """Yield E202 for every required column that is missing and E103 for every one of another type."""
    for column in table.columns.values():
        if column.name in schema.names:
            yield from _wrong_type(table.name, column, schema.field(column.name).type)
        elif not column.optional:
            yield Problem(
                code="E202",
                sentence=f"`{table.name}` has no column `{column.name}`",
                help=f"write `{column.name}` as {_ACCEPTED[column.type][0]}",
                note=f"columns there: {named(schema.names)}",
            )


def _wrong_type(table: str, column: Column, found: pa.DataType) -> Iterator[Problem]:
    expected = _ACCEPTED[column.type]
    if found not in expected:
        yield Problem(
            code="E103",
            sentence=f"`{column.name}` in `{table}` is of type {found}, and {expected[0]} is expected",
            help=f"write `{column.name}` as {expected[0]}",
        )
