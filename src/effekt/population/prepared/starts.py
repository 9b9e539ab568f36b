"""When treatment starts for each unit of a panel, from a start column or from a 0/1 status by period.

A start is one date for a unit, and a status that went up stays up: everything that follows (cohorts, the seal,
event time) rests on that. Units treated in the first period already have no "before"; they are marked so that
they can be dropped and counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from effekt.errors import Problem, SpecPath
from effekt.population.files.cells import MISSING_TEXT, Cells, codes_as_text
from effekt.population.files.tables import TableFile
from effekt.population.flow import Mask
from effekt.population.prepared.columns import decimal_of, number_column
from effekt.population.prepared.records import Fields, refuse_status
from effekt.population.wording import counted, refuse_if_any, rows_at
from effekt.sample import Array
from effekt.spec.prepared import Prepared

Positions = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Starts:
    """first_treated : (n,) period, NaN = never. always : (n,) bool. missing : column -> (n,) bool."""

    first_treated: Array
    always: Mask
    missing: Fields


def starts_of(file: TableFile, prepared: Prepared, unit: Positions, period: Positions, periods: Array) -> Starts:
    """Return the start of each unit.

    unit, period : (N,) codes of the rows; periods : (T,) ascending.

    Raises
    ------
    DataError
        E305 if the start varies within a unit or a status goes down again; E309 for a start after the last
        period; E703, E707 and E712 for cells that are no start or status.
    """
    problems: list[Problem] = []
    path: SpecPath
    if prepared.first_treated is not None:
        column, path = prepared.first_treated, ("prepared", "first_treated")
        by_row, unknown = _read_starts(file, prepared, column, path, problems)
        refuse_if_any(problems)
        first = _one_per_unit(by_row, unknown, unit, column=column, path=path, problems=problems)
        _refuse_impossible(by_row, column, path, periods, problems)
    else:
        column, path = prepared.treated or "", ("prepared", "treated")
        status, unknown = _read_status(file, prepared, column, problems)
        refuse_if_any(problems)
        first = _first_period(status, unit, period, periods, column=column, problems=problems)
    refuse_if_any(problems)
    missing = np.zeros(len(first), dtype=bool)
    missing[unit[unknown]] = True
    return Starts(
        first_treated=np.where(missing, np.nan, first),
        always=first <= periods[0],
        missing={column: (missing, path)},
    )


def _read_starts(
    file: TableFile, prepared: Prepared, column: str, path: SpecPath, problems: list[Problem]
) -> tuple[Array, Mask]:
    """Return the (N,) start by row, NaN = never, and where it is missing."""
    table = file.read([column])
    cells = table.column(column)
    never = _is_never(cells, [str(value).strip() for value in prepared.never])
    numeric = pa.table({column: pc.if_else(pa.array(never), pa.scalar(None, cells.type), cells)})
    decimal = decimal_of(file, numeric, [column], prepared.csv)
    at = np.arange(len(never))
    read = number_column(numeric, column, path, decimal=decimal, at=at, problems=problems)
    return read.values, read.missing & ~never


def _is_never(cells: Cells, never: list[str]) -> Mask:
    """(N,) bool: the cell is one of the declared values, as text or as a number; a missing mark means empty."""
    declared = {text for text in never if text not in MISSING_TEXT}
    as_number = {float(text) for text in declared if _is_number(text)}
    labels = codes_as_text(cells)
    values, inverse = np.unique([_MISSING if text is None else text.strip() for text in labels], return_inverse=True)
    takes_missing = len(declared) < len(never)
    known = np.array(
        [
            (takes_missing and (text == _MISSING or text in MISSING_TEXT))
            or text in declared
            or (_is_number(text) and float(text) in as_number)
            for text in values.tolist()
        ],
        dtype=bool,
    )
    result: Mask = known[inverse]
    return result


_MISSING = "\x00"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _one_per_unit(
    by_row: Array, unknown: Mask, unit: Positions, *, column: str, path: SpecPath, problems: list[Problem]
) -> Array:
    """(n,) float: the start of each unit, NaN = never; adds E305 if rows of a unit disagree."""
    n = int(unit.max()) + 1
    comparable = np.nan_to_num(by_row, nan=np.inf)[~unknown]
    known = unit[~unknown]
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, known, comparable)
    np.maximum.at(high, known, comparable)
    varies = (low != high) & (high > -np.inf)
    if varies.any():
        at = np.flatnonzero(varies[unit] & ~unknown)
        problems.append(
            Problem(
                code="E305",
                sentence=f"column `{column}` names more than one start within {counted(int(varies.sum()), 'unit')}, "
                f"{rows_at(at)}",
                help="a unit has one start, the same in each of its rows, before and after it",
                path=path,
            )
        )
    return np.where(np.isinf(low), np.nan, low)


def _refuse_impossible(by_row: Array, column: str, path: SpecPath, periods: Array, problems: list[Problem]) -> None:
    """Add E309 for starts after the data, E712 for zero or below where periods are not: nearly always `never`."""
    late = by_row > periods[-1]
    if late.any():
        problems.append(
            Problem(
                code="E309",
                sentence=f"column `{column}` has starts after the last period of the table, {rows_at(late)}",
                help="such units are untreated in these data: give them a value listed in `never`",
                path=path,
            )
        )
    looks_never = (by_row <= 0) & (periods[0] > 0)
    if looks_never.any():
        problems.append(
            Problem(
                code="E712",
                sentence=f"column `{column}` has starts at or below zero, though every period is above, "
                f"{rows_at(looks_never)}",
                help="if that means never treated, declare it: `never: [0]`",
                path=path,
            )
        )


def _read_status(file: TableFile, prepared: Prepared, column: str, problems: list[Problem]) -> tuple[Array, Mask]:
    """Return the (N,) status by row, and where it is missing."""
    table = file.read([column])
    at = np.arange(table.num_rows)
    decimal = decimal_of(file, table, [column], prepared.csv)
    read = number_column(table, column, ("prepared", "treated"), decimal=decimal, at=at, problems=problems)
    refuse_status(read.values, column, at, problems)
    return read.values, read.missing


def _first_period(
    status: Array, unit: Positions, period: Positions, periods: Array, *, column: str, problems: list[Problem]
) -> Array:
    """(n,) float: the first period with status 1, NaN = none; adds E305 where a status goes down again."""
    n = int(unit.max()) + 1
    first = np.full(n, len(periods))
    on = status == 1
    np.minimum.at(first, unit[on], period[on])
    down = (status == 0) & (period > first[unit])
    if down.any():
        problems.append(
            Problem(
                code="E305",
                sentence=f"column `{column}` goes back from 1 to 0 within "
                f"{counted(len(np.unique(unit[down])), 'unit')}, {rows_at(down)}",
                help="treatment must stay on once it has begun; declare the first start as `first_treated`",
                path=("prepared", "treated"),
            )
        )
    starts: Array = np.append(periods, np.nan)[first]
    return starts
