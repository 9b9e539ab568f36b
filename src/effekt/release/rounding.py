"""How the cells of a protected table are rounded, each by the kind of its column."""

from __future__ import annotations

import math

from effekt.release.disguises import (
    CLUSTERS,
    DF,
    P_FLOOR,
    P_VALUE,
    as_count,
    clusters_of_persons,
    may_be_persons,
    residual_df,
)
from effekt.release.plain import DERIVED, derived_row
from effekt.release.rules import Rules
from effekt.release.steps import coarsest_step, to_step
from effekt.results import Cell, Column, Table

SHARE_DECIMALS = 3
"""Shares are released in points with one decimal."""

P_DECIMALS = 3
"""So many decimals of a smallest p tell no two tests of 20 persons or more apart."""

STD_ERROR = "std_error"

_P_FINER = 0.1
"""Below this a p-value of persons is shown with three decimals, from here on with two."""

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
        return _count(table, column, i, rules)
    derived = column.kind == "statistic" and follows_from_counts(table, column, i, rules)
    if derived:
        return _from_counts(table, column, i, rules)
    if column.kind in {"key", "label"} or column.unit == "units":
        of_persons = column.name == P_FLOOR and clusters_of_persons(table, i, rules)
        return rounded_to(value, P_DECIMALS) if of_persons else value
    return _statistic(table, column, i, rules)


def follows_from_counts(table: Table, column: Column, i: int, rules: Rules) -> bool:
    """Return True if the number is a function of persons alone, so that it is computed from the rounded counts."""
    if column.part is not None and table.data[column.part][i] is not None:
        return True
    if column.name in DERIVED and derived_row(table, i, rules) is not None:
        return True
    return column.name == DF and residual_df(table, i, rules)


def _from_counts(table: Table, column: Column, i: int, rules: Rules) -> float | None:
    if column.name == DF:
        return _degrees(table, i, rules)
    if column.part is not None:
        return _derived(table.data[column.part][i], table.data[column.whole[0]][i], rules)
    value = (derived_row(table, i, rules) or {})[column.name]
    return None if value is None else rounded_to(value, SHARE_DECIMALS)


def _statistic(table: Table, column: Column, i: int, rules: Rules) -> float:
    """Return a statistic with its decimals, or in the step that persons move it by, if that is coarser."""
    if column.name == P_VALUE and clusters_of_persons(table, i, rules):
        return _p_value(table, column, i, rules)
    value = float(table.data[column.name][i] or 0)
    decimals = _decimals(table, column, i, value)
    step = coarsest_step(table, column, i, rules)
    if step <= 10.0**-decimals:
        return rounded_to(value, decimals)
    # An error that is not zero is not printed as zero.
    return to_step(value, step) or (step if column.name == STD_ERROR and value > 0 else 0.0)


def _count(table: Table, column: Column, i: int, rules: Rules) -> int:
    """Return a count rounded; persons as clusters are the sum of the rounded arms, and say no more than they."""
    value, units = as_count(table.data[column.name][i]), _units(table, i)
    if column.name == CLUSTERS and sum(units) == value:
        return sum(map(rules.rounded, units))
    return rules.rounded(value)


def _units(table: Table, i: int) -> list[int]:
    return [as_count(table.data[c.name][i]) for c in table.columns if c.unit == "units"]


def _p_value(table: Table, column: Column, i: int, rules: Rules) -> float:
    """Return a p-value of persons; of a mean on a lattice with fewer digits.

    With more it would be the ratio of estimate and error, finer than either is printed.
    """
    value = float(table.data[column.name][i] or 0)
    estimate = next((c for c in table.columns if c.name == "value"), column)
    fine = 10.0 ** -(_decimals(table, estimate, i, _estimate(table, i) or 0.0) + 1)
    if coarsest_step(table, estimate, i, rules) < fine:
        return rounded_to(value, decimals_for(value))
    return rounded_to(value, P_DECIMALS - (value >= _P_FINER))


def _counts_persons(table: Table, column: Column, i: int, rules: Rules) -> bool:
    """Return True if the cell is a person count in disguise."""
    if column.unit == "units":
        return may_be_persons(table.data[column.name][i], table.data[str(column.of)][i], rules)
    return column.name == CLUSTERS and clusters_of_persons(table, i, rules)


def _degrees(table: Table, i: int, rules: Rules) -> float | None:
    """Return person-level degrees of freedom of the rounded counts; None where they are not just n - k.

    Satterthwaite's are a function of the two counts and of nothing an attacker would not know.
    """
    df = float(table.data[DF][i] or 0)
    if "Satterthwaite" in str(table.data["inference"][i]):
        return None
    units = _units(table, i)
    if not units:
        return float(rules.rounded(round(df)))
    return sum(map(rules.rounded, units)) - (sum(units) - df)


def _share(table: Table, column: Column, i: int, rules: Rules) -> float | None:
    """Return the share of the rounded counts; None where they round to nobody, or to everybody.

    A complement of at least the threshold can round away when the threshold is below the base; the share
    would then claim 100 % of a group that is not unanimous.
    """
    return _derived(table.data[str(column.numerator)][i], table.data[str(column.of)][i], rules)


def _derived(part: Cell, whole: Cell, rules: Rules) -> float | None:
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
    errors = table.data.get(STD_ERROR, (None,) * len(table))
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
