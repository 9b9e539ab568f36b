"""Measures of registers for records: one value per record, or per record and month.

A record is a person at a time zero: columns ``record``, ``pid`` and ``m0``, the ordinal of its month. Nothing is
expanded but records: rows of their persons are joined within the months that are asked for, all else stays on disk.

**When a row counts.** Months are calendar months relative to ``m0``; a window is ``first..last``, both included.

| kind | measure | a row counts |
|---|---|---|
| spell | active, value | in months whose last day it covers |
| spell | any, months_active, sum | in months that it covers a day of |
| spell | any_start | in the month of its first day |
| spell | any_completion | in the month of its last day (`slutt` is the day after), if `utfall` is `fullfoert` |
| monthly, event | all | in the month of its date |
| yearly | sum, value | once the year is over, see below |
| fixed | value | always |

**What a value is.** 1 or 0; a number of months or rows; a sum; a number as of the last day of a month, from the
spell that started last, the main job, or the smallest key. NULL = not observed: the months are not wholly inside
the table's coverage; nothing is found in a table whose absence means unknown; or what is found leaves it open,
because a code, an outcome or an amount is missing. Missing is never zero.

**Amounts of spells** are spread evenly over their days. They are known once the spell is over, so the sum is NULL
where an open spell is involved, and before time zero also where a spell lasts beyond it.

**Years.** `inntekt_aar` holds calendar years, and a window that is counted from time zero cuts through them. A sum
is observed only where the record's window is made of whole calendar years (time zero in a December) and is NULL
elsewhere; a window of another length is refused. A value is that of the last year that is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import ibis

from effekt.population.engine.asked import Asked
from effekt.population.engine.connection import Engine
from effekt.population.engine.counting import amounts, counted, newest_first, with_hits
from effekt.population.engine.fitting import column_of, fitted, splits
from effekt.population.engine.operators import asof_value, event_within, interval_value, outcome_panel, window_sum
from effekt.population.engine.rows import rows_near
from effekt.population.engine.written import Held, Query, Registers
from effekt.registers.measures import FLAGS
from effekt.registers.schema import Table, tables


def measured(engine: Engine, records: Held, asked: Asked, reach: tuple[int, int] | None = None) -> Query:
    """Return ``record`` and ``value`` (float64, NULL = not observed), exactly one row per record.

    reach : first and last month, around those asked for, of all measures that share one reading of the register.

    Raises
    ------
    DataError
        E201, E202, E206, E208 or E210 where the measure cannot be taken from the table.
    """
    table = fitted(asked, engine.delivered)
    return Query(_measured, (records, _rows(engine, records, table, asked, reach), asked))


def categories(engine: Engine, records: Held, asked: Asked) -> Query:
    """Return ``record`` and ``value``: the value of a column of codes as text, NULL = not observed or nothing there.

    Raises
    ------
    DataError
        As :func:`measured`; E210 for a column that holds no codes.
    """
    table = fitted(asked, engine.delivered, codes=True)
    return Query(_measured, (records, _rows(engine, records, table, asked), asked))


def monthly(engine: Engine, records: Held, asked: Asked, first: int, last: int) -> Query:
    """Return ``record``, ``month`` (relative to ``m0``) and ``value`` for every month ``first..last``.

    The measure is read at each month, or taken over each month alone, whatever the months of ``asked``.

    Raises
    ------
    DataError
        As :func:`measured`; E210 for a table of years.
    """
    each = replace(asked, first=first, last=last)
    table = fitted(each, engine.delivered, monthly=True)
    return Query(_monthly, (records, _rows(engine, records, table, each), each))


def by_value(engine: Engine, records: Held, asked: Asked, column: str) -> Query:
    """Return ``record``, the column and ``value``: the measure over rows with each value of the column.

    One row per record and value that stands in anyone's rows in the months asked for. A row whose value is missing
    could be of any, and leaves them all open.

    Raises
    ------
    DataError
        As :func:`measured`; E202 or E210 for a column that cannot be split by.
    """
    table = fitted(asked, engine.delivered)
    splits(asked, engine.delivered, column)
    return Query(_by_value, (records, _rows(engine, records, table, asked), asked, column))


def _measured(registers: Registers, records: ibis.Table, rows: ibis.Table, asked: Asked) -> ibis.Table:
    table = tables()[asked.table]
    found = _found(with_hits(_joined(records, rows, table, asked), table, asked), ["record"], table, asked)
    return _filled(registers, _frame(records, asked), found, table, asked).select("record", "value")


def _monthly(registers: Registers, records: ibis.Table, rows: ibis.Table, each: Asked) -> ibis.Table:
    table = tables()[each.table]
    panel = outcome_panel(_joined(records, rows, table, each))
    found = _found(with_hits(panel, table, each), ["record", "b"], table, each)
    months = records.select("record", "m0", month=ibis.range(each.first, each.last + 1).unnest().cast("int32"))
    frame = months.mutate(a=months.m0 + months.month, b=months.m0 + months.month)
    return _filled(registers, frame, found, table, each).select("record", "month", "value")


def _by_value(registers: Registers, records: ibis.Table, rows: ibis.Table, asked: Asked, column: str) -> ibis.Table:
    table = tables()[asked.table]
    joined = with_hits(_joined(records, rows, table, asked, column), table, asked)
    levels = joined.filter(joined[column].notnull()).select(level=joined[column]).distinct()
    spread = joined.cross_join(levels)
    spread = spread.mutate(hit=spread.hit & (spread[column] == spread.level))
    found = _found(spread, ["record", "level"], table, asked)
    frame = _frame(records, asked).cross_join(levels)
    filled = _filled(registers, frame, found, table, asked)
    return filled.select("record", filled.level.name(column), "value")


def _frame(records: ibis.Table, asked: Asked) -> ibis.Table:
    return records.select("record", a=records.m0 + asked.first, b=records.m0 + asked.last)


def _rows(engine: Engine, records: Held, table: Table, asked: Asked, reach: tuple[int, int] | None = None) -> Held:
    return rows_near(engine, records, table, *(reach or (asked.first, asked.last)))


def _joined(records: ibis.Table, rows: ibis.Table, table: Table, asked: Asked, split: str | None = None) -> ibis.Table:
    return event_within(records, counted(rows, table, asked, split), asked.first, asked.last)


def _found(joined: ibis.Table, keys: Sequence[str], table: Table, asked: Asked) -> ibis.Table:
    """Return the keys and ``found``, one row per key of which the register speaks."""
    if asked.measure in FLAGS or (asked.measure == "months_active" and "b" in keys):
        return interval_value(joined, keys)
    if asked.measure == "months_active":
        return _months_active(joined, keys)
    if asked.measure == "count":
        return window_sum(joined, keys, ibis.literal(1))
    if asked.measure.startswith("value_"):
        return asof_value(joined, keys, column_of(asked.measure) or "", newest_first(table))
    found = window_sum(joined, keys, amounts(joined, table, asked))
    return _every_year(joined, found, keys) if table.kind == "yearly" else found


def _months_active(joined: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    by_month = interval_value(outcome_panel(joined), [*keys, "b"])
    total = by_month.group_by(list(keys)).agg(months=by_month.found.sum(), maybe=by_month.found.isnull().any())
    return total.select(*keys, found=ibis.ifelse(total.maybe, ibis.null("float64"), total.months))


def _every_year(joined: ibis.Table, found: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    """Return sums over years only where no year of the window is missing."""
    counts = joined.group_by(list(keys)).agg(
        years=joined.aar.nunique(where=joined.hit), asked=((joined.b - joined.a + 1) // 12).max()
    )
    complete = counts.filter(counts.years == counts.asked)
    return found.semi_join(complete, list(keys))


def _filled(registers: Registers, frame: ibis.Table, found: ibis.Table, table: Table, asked: Asked) -> ibis.Table:
    """Return one row per row of the frame: what was found, what absence means, NULL outside the coverage."""
    keys = [key for key in found.columns if key != "found"]
    both = frame.left_join(found.mutate(spoken=True), keys, rname="found_{name}")
    text = found.schema()["found"].is_string()
    value = both.found.cast("string" if text else "float64")
    if table.absence_means == "zero" and not text:
        value = ibis.ifelse(both.spoken.fill_null(False), value, ibis.literal(0.0))
    if table.kind != "fixed":
        first, last = (month.ordinal for month in registers.coverage[table.name])
        observed = (both.a >= first) & (both.b <= last)
        if table.kind == "yearly" and asked.measure.startswith("sum_"):
            observed = observed & (both.a % 12 == 0)
        value = ibis.ifelse(observed, value, ibis.null(value.type()))
    return both.mutate(value=value)
