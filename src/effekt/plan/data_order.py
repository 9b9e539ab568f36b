"""The data order: the fewest variables, of the fewest years, that the study can be run on, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from effekt.errors import SpecPath
from effekt.literals import Month
from effekt.plan.needs import Need, needs_of
from effekt.registers.schema import tables
from effekt.spec.registered import CountyStudy, RegisterStudy

KEY = "person_id"
"""What joins the registers: a pseudonym that the one who delivers makes anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """One variable of the order.

    years : first and last year that rows are in force or dated in; first ``None`` = as far back as the register goes;
    both ``None`` where rows have no time. reasons : keys of words, in the order in which the spec asks. asked_by : the
    keys of the spec.
    """

    table: str
    column: str
    years: tuple[int | None, int | None]
    reasons: tuple[str, ...]
    asked_by: tuple[SpecPath, ...]


def data_order(spec: RegisterStudy | CountyStudy) -> tuple[Ordered, ...]:
    """Return the order, by register and by variable as the register lists them.

    An accrual without an end is ordered up to the last year that can be named: the rows of its first month on.
    """
    needs = needs_of(spec)
    by_column: dict[tuple[str, str], list[Need]] = {}
    for need in needs:
        by_column.setdefault((need.table, need.column), []).append(need)
    spans = {name: _years(spec, [n for n in needs if n.table == name]) for name in {n.table for n in needs}}
    found = []
    for name, table in tables().items():
        if name not in spans:
            continue
        for column in table.columns:
            asked = by_column.get((name, column), [])
            if column == KEY:
                found.append(Ordered(table=name, column=KEY, years=spans[name], reasons=("key",), asked_by=()))
            elif asked:
                found.append(
                    Ordered(
                        table=name,
                        column=column,
                        years=_years(spec, asked),
                        reasons=tuple(dict.fromkeys(need.reason for need in asked)),
                        asked_by=tuple(dict.fromkeys(need.path for need in asked)),
                    )
                )
    return tuple(found)


def registers_ordered(order: Iterable[Ordered]) -> Mapping[str, tuple[Ordered, ...]]:
    """Return the variables of each register."""
    found: dict[str, tuple[Ordered, ...]] = {}
    for row in order:
        found[row.table] = (*found.get(row.table, ()), row)
    return found


def _years(spec: RegisterStudy | CountyStudy, needs: list[Need]) -> tuple[int | None, int | None]:
    if all(tables()[need.table].kind == "fixed" for need in needs):
        return None, None
    accrual = spec.population.accrual
    begins = [None if need.first is None else accrual.first.plus(need.first).year for need in needs]
    ends = [_end(accrual.last, need.last) for need in needs]
    return (
        None if None in begins else min(year for year in begins if year is not None),
        None if None in ends else max(year for year in ends if year is not None),
    )


def _end(last: Month | None, months: int) -> int | None:
    return None if last is None else last.plus(months).year
