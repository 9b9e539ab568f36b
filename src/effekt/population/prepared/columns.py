"""Columns of a table as checked numbers: covariates, weights, outcomes and rates.

Every function adds to a list of problems instead of raising, so that a user meets all faults of a table at
once. A problem names a column, a count and row positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from effekt.errors import Problem, SpecPath
from effekt.population.files.cells import Decimal, Numbers, decimal_mark, is_text, numbers
from effekt.population.files.tables import TableFile
from effekt.population.wording import counted, rows_at
from effekt.sample import Array, Series
from effekt.spec.prepared import Csv, PreparedOutcome

Positions = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class LongOutcome:
    """One outcome over rows: values (m,), and for a rate numerator and denominator (m,), else None."""

    values: Array
    numerator: Array | None = None
    denominator: Array | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """Where rows stand in a wide table: unit (m,) and period (m,) codes; n units; time (T,) periods."""

    unit: Positions
    period: Positions
    n: int
    time: Array

    def wide(self, long: Array) -> Array:
        """(n, T): the rows as one line per unit; NaN where a unit has no row."""
        values = np.full((self.n, len(self.time)), np.nan)
        values[self.unit, self.period] = long
        return values

    def series(self, outcome: LongOutcome, asked: PreparedOutcome, clock: str) -> Series:
        """Return an outcome as a series of the units."""
        rate = outcome.numerator is not None and outcome.denominator is not None
        return Series(
            values=self.wide(outcome.values),
            time=self.time,
            clock="calendar" if clock == "calendar" else "event",
            unit=unit_of(asked),
            numerator=self.wide(outcome.numerator) if rate and outcome.numerator is not None else None,
            denominator=self.wide(outcome.denominator) if rate and outcome.denominator is not None else None,
        )


def unit_of(asked: PreparedOutcome) -> str:
    """Return the unit of the values: rates and shares are shares, whatever their label says."""
    return "share" if asked.kind == "share" or asked.numerator is not None else (asked.unit or "")


def decimal_of(file: TableFile, table: pa.Table, columns: Sequence[str], csv: Csv) -> Decimal:
    """Return the decimal mark of the table: stated, or what its number columns show."""
    if csv.decimal is not None:
        return csv.decimal
    shown = [table.column(name) for name in columns if is_text(table.column(name))]
    return decimal_mark(shown, delimiter=None if file.dialect is None else file.dialect.delimiter)


def number_column(
    table: pa.Table, column: str, path: SpecPath, *, decimal: Decimal, at: Positions, problems: list[Problem]
) -> Numbers:
    """Return the (m,) column; adds E703 where a cell is not a number.

    at : (m,) positions of the rows in the file, for the message.
    """
    read = numbers(table.column(column), decimal)
    if read.refused.any():
        problems.append(
            Problem(
                code="E703",
                sentence=f"column `{column}` must be numeric: {counted(int(read.refused.sum()), 'cell')} "
                f"cannot be read as a number, {rows_at(at[read.refused])}",
                help="recode text as 0/1 columns, or as a number",
                note=f"numbers are read with the decimal mark `{decimal}`; codes, dates, infinity and whole "
                "numbers from 2^53 are not numbers here",
                path=path,
            )
        )
    return read


def missing_cells(column: str, path: SpecPath, lost: Positions) -> Problem:
    """Return E704 for missing cells of a column; lost : positions in the file."""
    never = path == ("prepared", "first_treated")
    help_line = "fill or remove them, or declare `missing: drop` under `prepared`"
    return Problem(
        code="E704",
        sentence=f"column `{column}` has {counted(len(lost), 'missing value')}, {rows_at(lost)}",
        help="if an empty cell means never treated, write `never: [NA]` under `prepared`" if never else help_line,
        note=help_line if never else None,
        path=path,
    )


def long_outcome(
    table: pa.Table,
    name: str,
    asked: PreparedOutcome,
    *,
    decimal: Decimal,
    at: Positions,
    missing: Literal["error", "drop"],
    problems: list[Problem],
) -> LongOutcome:
    """Return one outcome over the rows of ``table``; adds E703, E704, E709 and E711."""
    path: SpecPath = ("prepared", "outcomes", name)

    def read(key: str, column: str) -> Array:
        cells = number_column(table, column, (*path, key), decimal=decimal, at=at, problems=problems)
        if missing == "error" and cells.missing.any():
            problems.append(missing_cells(column, (*path, key), at[cells.missing]))
        return cells.values

    if asked.numerator is None or asked.denominator is None:
        values = read("column", asked.column or name)
        if asked.kind == "share":
            outside = (values < 0) | (values > 1)
            subject, key = f"outcome `{name}` is a share", (*path, "kind")
            _refuse_outside(outside, subject, "between 0 and 1", path=key, at=at, problems=problems)
        return LongOutcome(values)
    above, below = read("numerator", asked.numerator), read("denominator", asked.denominator)
    wrong = (below <= 0) | (above < 0) | (above > below)
    if wrong.any():
        problems.append(
            Problem(
                code="E709",
                sentence=f"outcome `{name}`: numerator and denominator do not fit in "
                f"{counted(int(wrong.sum()), 'row')}, {rows_at(at[wrong])}",
                help="a denominator is above 0, and a numerator between 0 and it",
                path=path,
            )
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.where(wrong, np.nan, above / below)
    # A rate is observed as a whole or not at all: half of it would count persons nobody has seen.
    known = ~np.isnan(values)
    return LongOutcome(values, np.where(known, above, np.nan), np.where(known, below, np.nan))


def refuse_negative(values: Array, column: str, path: SpecPath, at: Positions, problems: list[Problem]) -> None:
    """Add E711 where a weight or a count of persons is below zero."""
    outside = values < 0
    _refuse_outside(outside, f"column `{column}`", "0 or above", path=path, at=at, problems=problems)


def _refuse_outside(
    outside: NDArray[np.bool_], subject: str, allowed: str, *, path: SpecPath, at: Positions, problems: list[Problem]
) -> None:
    if outside.any():
        problems.append(
            Problem(
                code="E711",
                sentence=f"{subject}: {counted(int(outside.sum()), 'value')} not {allowed}, {rows_at(at[outside])}",
                path=path,
            )
        )
