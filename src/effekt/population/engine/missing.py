"""How many persons a register has, and how many of them it does not say something about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from effekt.population.engine.connection import Engine


@dataclass(frozen=True, slots=True)
class Persons:
    """persons : in the register. missing : column -> those with a row in which it is empty."""

    persons: int
    missing: Mapping[str, int]


def persons_missing(engine: Engine, name: str, columns: tuple[str, ...]) -> Persons:
    """Count the persons of a register, and per column those with an empty cell, in one pass; unprotected."""
    table = engine.table(name)
    counts = {f"missing_{column}": table.pid.nunique(where=table[column].isnull()) for column in columns}
    (row,) = engine.fetch(table.aggregate(persons=table.pid.nunique(), **counts)).to_pylist()
    return Persons(int(row["persons"]), {column: int(row[f"missing_{column}"]) for column in columns})
