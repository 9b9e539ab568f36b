"""Rows of a register for the persons of some records, once per register: the step that every measure reads from.

Months are ordinals, `12 * year + month - 1`. Dates become months here and nowhere else. Only rows that can matter
are scanned: of persons with a record, in months that some record can reach. A measure of history therefore never
touches a row dated in or after the last record's month zero, and :func:`operators.event_within` holds each record
to its own.

| kind | columns of months |
|---|---|
| spell | ``first`` and ``last`` = months of its first and last day; ``last_end`` = last month whose end it covers |
| monthly, event | ``month`` |
| yearly | ``first``, ``last`` = January and December |
"""

from __future__ import annotations

from typing import Any

import ibis

from effekt.population.engine.connection import Engine
from effekt.population.engine.written import Held, Query, Registers
from effekt.registers.schema import Table, tables

EVER = 10**6
"""A month after all others, for what never ends."""

_REACH_BACK, _REACH_AHEAD = 24, 12
"""Months that a reach is rounded up to, so that history as of last month and over two years is one step."""


def rows_near(engine: Engine, records: Held, table: Table, first: int, last: int) -> Held:
    """Return rows of the records' persons that can touch months ``first..last`` relative to their month zero.

    A row per delivered row: ``pid``, its months, and the columns that a measure may be of. Materialised once for
    records, table and reach. Rows of a ``fixed`` table have no months.
    """
    # History stops at time zero, not at a multiple: later rows are not to be touched.
    step = _REACH_BACK if first < 0 else _REACH_AHEAD
    reach = (first // step * step, -1 if last < 0 else -(-last // _REACH_AHEAD * _REACH_AHEAD))
    key = ("rows", records, table.name, reach)
    return engine.once(key, f"{table.name}_rows", lambda: _near(engine, records, table, *reach))


def _near(engine: Engine, records: Held, table: Table, first: int, last: int) -> Query:
    (span,) = engine.fetch(Query(_span, (records,))).to_pylist()
    if span["low"] is None or table.kind == "fixed":
        return Query(_rows, (records, table.name))
    return Query(_rows, (records, table.name, span["low"] + first, span["high"] + last))


def _span(_: Registers, records: ibis.Table) -> ibis.Table:
    return records.aggregate(low=records.m0.min(), high=records.m0.max())


def _rows(registers: Registers, records: ibis.Table, name: str, *months: int) -> ibis.Table:
    table = tables()[name]
    rows = registers.table(name, of=records)
    if months:
        rows = rows.filter(_within(rows, table, *months))
    kept = [column for column in rows.columns if _can_be_asked(table, column)]
    return rows.select(*kept, **_months(rows, table))


def _can_be_asked(table: Table, name: str) -> bool:
    """Return False for identifiers of workplaces and the like, which no measure reads."""
    return name == "pid" or name in table.key or table.columns[name].type != "text"


def _within(rows: ibis.Table, table: Table, first: int, last: int) -> Any:
    """Return the predicate on delivered columns that a scan can use: comparisons with constants."""
    begin, end = _first_day(first), _first_day(last + 1)
    if table.kind == "spell":
        return (rows.start < end) & (rows.slutt.isnull() | (rows.slutt > begin))
    if table.kind in ("monthly", "event"):
        date = rows.maaned if table.kind == "monthly" else rows.dato
        return (date >= begin) & (date < end)
    # A year counts once it is over; as of November that is the year before.
    return (rows.aar >= first // 12 - 1) & (rows.aar <= (last + 1) // 12 - 1)


def _first_day(month: int) -> Any:
    """Return the first day of a month as a constant."""
    return ibis.date(f"{month // 12:04d}-{month % 12 + 1:02d}-01")


def _months(rows: ibis.Table, table: Table) -> dict[str, Any]:
    if table.kind == "spell":
        return {
            "first": _month_of(rows.start),
            "last": _month_of(rows.slutt - ibis.interval(days=1)).fill_null(EVER).cast("int32"),
            "last_end": (_month_of(rows.slutt) - 1).fill_null(EVER).cast("int32"),
        }
    if table.kind == "yearly":
        return {"first": (rows.aar * 12).cast("int32"), "last": (rows.aar * 12 + 11).cast("int32")}
    if table.kind == "fixed":
        return {}
    return {"month": _month_of(rows.maaned if table.kind == "monthly" else rows.dato)}


def _month_of(date: Any) -> Any:
    return (date.year() * 12 + date.month() - 1).cast("int32")
