"""How the cells of a protected table are rounded, each by the kind of its column."""

from __future__ import annotations

import math

from effekt.release.disguises import CLUSTERS, DF, P_FLOOR, clusters_of_persons, may_be_persons, residual_df
from effekt.release.rules import Rules
from effekt.results import Cell, Column, Table

SHARE_DECIMALS = 3
"""Shares are released in points with one decimal."""

P_DECIMALS = 3
"""So many decimals of a smallest p tell no two tests of 20 persons or more apart."""

_SIGNIFICANT = 3


def rounded_column(table: Table, column: Column, rules: Rules) -> tuple[Cell, ...]:
    """Return the column as it may be shown where it is not hidden."""
    rows = range(len(table))
    if column.kind == "share":
        return tuple(_share(table, column, i, rules) for i in rows)
    return tuple(_rounded_cell(table, column, i, rules) for i in rows)


def _rounded_cell(table: Table, column: Column, i: int, rules: Rules) -> Cell:
    value = table.data[column.name][i]
    if value is None or isinstance(value, str | bool):
        return value
    if column.kind == "count" or _counts_persons(table, column, i, rules):
        return rules.rounded(round(value))
    if column.name == P_FLOOR and clusters_of_persons(table, i, rules):
        return rounded_to(value, P_DECIMALS)
    if column.kind in {"key", "label"} or column.unit == "units":
        return value
    return rounded_to(value, _decimals(table, column, i, value))


def _counts_persons(table: Table, column: Column, i: int, rules: Rules) -> bool:
    """Return True if the cell is a person count in disguise."""
    if column.unit == "units":
        return may_be_persons(table.data[column.name][i], table.data[str(column.of)][i], rules)
    if column.name == CLUSTERS:
        return clusters_of_persons(table, i, rules)
    return column.name == DF and residual_df(table, i, rules)


def _share(table: Table, column: Column, i: int, rules: Rules) -> float | None:
    """Return the share of the rounded counts; None where they round to nobody, or to everybody.

    A complement of at least the threshold can round away when the threshold is below the base; the share
    would then claim 100 % of a group that is not unanimous.
    """
    part, whole = (table.data[str(n)][i] for n in (column.numerator, column.of))
    if part is None or whole is None:
        return None
    top, bottom = rules.rounded(int(part)), rules.rounded(int(whole))
    return round(top / bottom, SHARE_DECIMALS) if 0 < top < bottom else None


def _decimals(table: Table, column: Column, i: int, value: float) -> int:
    """Return how many decimals a statistic is shown with.

    The numbers of one estimate (unit ``value``) share theirs: points with one decimal for a share, otherwise
    three significant digits of the standard error, or of the estimate where there is none.
    """
    if column.unit == "share":
        return SHARE_DECIMALS
    if column.unit != "value":
        return decimals_for(value)
    if "unit" in table.data and table.data["unit"][i] == "share":
        return SHARE_DECIMALS
    return decimals_for(_std_error(table, i) or _estimate(table, i) or value)


def _std_error(table: Table, i: int) -> float | None:
    """Return the standard error of the row's estimate, perhaps from the row of another test of the same number."""
    errors = table.data.get("std_error", (None,) * len(table))
    same = (e for j, e in enumerate(errors) if e is not None and _estimate(table, j) == _estimate(table, i))
    return errors[i] or next(same, None)  # type: ignore[return-value]


def _estimate(table: Table, i: int) -> float | None:
    return table.data["value"][i] if "value" in table.data else None  # type: ignore[return-value]


def decimals_for(size: float) -> int:
    """Return how many decimals show three significant digits of ``size``; negative for large numbers."""
    if size == 0:
        return SHARE_DECIMALS
    return _SIGNIFICANT - 1 - math.floor(math.log10(abs(size)))


def rounded_to(value: float, decimals: int) -> float:
    """Round, without leaving a negative zero or turning an integer into a float."""
    result = round(value, decimals)
    return result if isinstance(result, int) else result + 0.0
