"""Measures of registers for records: one value per record, or per record and month.

A record is a person at a time zero: columns ``record``, ``pid``, ``t0``, ``m0`` (month(t0) as an ordinal). Nothing
is expanded but records: rows of the persons in question are joined on ``pid`` within the months that are asked
for, and all else is dropped at the scan.

**What a value is.** 1 or 0, a number of months or rows, a sum, or a number as of the last day of a month.
NULL = not observed: the months are not wholly inside the table's coverage; nothing is found in a table whose
absence means unknown; or what is found leaves it open (a code, an outcome or an amount that is missing). Missing is
never zero.

**Years.** `inntekt_aar` holds calendar years, and a window that is counted from time zero cuts through them. A sum
is observed only where the record's window is made of whole calendar years (time zero in a December) and NULL
elsewhere; a window whose length is not whole years is refused. A value is that of the last year that is over.
"""

from __future__ import annotations

from collections.abc import Sequence

import ibis

from effekt.errors import DataError, Problem, SpecPath
from effekt.literals import Refusal
from effekt.population.engine.asked import Asked
from effekt.population.engine.connection import Engine
from effekt.population.engine.spans import CODE_COLUMNS, counting, matching
from effekt.registers.measures import clock_of
from effekt.registers.schema import Table, tables

FLAGS = frozenset(("active", "any", "any_start", "any_completion"))
_AMOUNT = "decimal(18, 4)"


def measured(engine: Engine, records: ibis.Table, asked: Asked) -> ibis.Table:
    """Return ``record`` and ``value`` (float64, NULL = not observed), exactly one row per record.

    Raises
    ------
    DataError
        E201, E202, E206, E208 or E210 where the measure cannot be taken from the table.
    """
    table = _checked(asked)
    found = _settled(_joined(engine, records, asked), ("record",), table, asked)
    frame = records.select("record", a=records.m0 + asked.first, b=records.m0 + asked.last)
    return _filled(engine, frame, found, keys=("record",), table=table)


def monthly(engine: Engine, records: ibis.Table, asked: Asked, first: int, last: int) -> ibis.Table:
    """Return ``record``, ``month`` (relative to month(t0)) and ``value`` for every month ``first..last``.

    The measure is read at each month, or taken over each month alone.
    """
    one_month = Asked(table=asked.table, measure=asked.measure, codes=asked.codes, first=first, last=last)
    table = _checked(one_month)
    if table.kind == "yearly":
        raise _misfit(f"`{asked.measure}` cannot be taken month by month: `{table.name}` holds years")
    keys = ("record", "month")
    found = _settled(_by_month(_joined(engine, records, one_month), first, last), keys, table, asked)
    frame = records.select("record", "m0", month=ibis.range(first, last + 1).unnest().cast("int32"))
    frame = frame.select("record", "month", a=frame.m0 + frame.month, b=frame.m0 + frame.month)
    return _filled(engine, frame, found, keys=keys, table=table)


def by_value(engine: Engine, records: ibis.Table, asked: Asked, column: str) -> ibis.Table:
    """Return ``record``, the column and ``value``: the measure over rows with each value of the column.

    One row per record and value that occurs in the months asked for, for anyone. A row whose value is missing could
    be of any, and leaves them all open.
    """
    table = _checked(asked)
    joined = _joined(engine, records, asked)
    levels = joined.filter(joined[column].notnull()).select(level=joined[column]).distinct()
    spread = joined.cross_join(levels)
    spread = spread.mutate(match=spread.match & (spread[column] == spread.level))
    keys = ("record", "level")
    found = _settled(spread, keys, table, asked)
    frame = records.select("record", a=records.m0 + asked.first, b=records.m0 + asked.last).cross_join(levels)
    return _filled(engine, frame, found, keys=keys, table=table).rename({column: "level"})


def _checked(asked: Asked) -> Table:
    if asked.table not in tables():
        raise DataError(Problem(code="E201", sentence=f"unknown register `{asked.table}`"))
    table = tables()[asked.table]
    try:
        clock_of(asked.measure, table)
    except Refusal as refusal:
        raise DataError(
            Problem(code=refusal.code, sentence=refusal.sentence, help=refusal.help, note=refusal.note)
        ) from None
    if "person_id" not in table.columns:
        raise _misfit(f"`{table.name}` does not hold persons, and a measure is of a person")
    if asked.codes is not None and table.name not in CODE_COLUMNS:
        raise _misfit(f"`codes` cannot select in `{table.name}`, which has no single column of codes")
    return table


def _misfit(sentence: str, help_: str | None = None, path: SpecPath | None = None) -> DataError:
    return DataError(Problem(code="E210", sentence=sentence, help=help_, path=path))


def _joined(engine: Engine, records: ibis.Table, asked: Asked) -> ibis.Table:
    """Return rows of the records' persons that speak of the months asked for: columns of both."""
    table = tables()[asked.table]
    rows = counting(engine.table(table.name), table, asked.measure)
    rows = rows.mutate(match=matching(rows, table, asked.measure, asked.codes))
    whom = records.select("record", "m0", who=records.pid)
    within = [
        rows.pid == whom.who,
        rows.since <= whom.m0 + asked.last,
        rows["until"] >= whom.m0 + asked.first,
    ]
    joined = whom.join(rows, within)
    return joined.mutate(a=joined.m0 + asked.first, b=joined.m0 + asked.last)


def _by_month(joined: ibis.Table, first: int, last: int) -> ibis.Table:
    """Return a row per month that a joined row speaks of, clipped to the months asked for."""
    start = ibis.greatest(joined.since, joined.a)
    stop = ibis.least(joined["until"], joined.b)
    spread = joined.mutate(at=ibis.range(start, stop + 1).unnest().cast("int32"))
    return spread.mutate(month=(spread["at"] - spread.m0).cast("int32"), a=spread["at"], b=spread["at"])


def _settled(joined: ibis.Table, keys: Sequence[str], table: Table, asked: Asked) -> ibis.Table:
    """Return the keys and ``found``, one row per key of which the register speaks."""
    if asked.measure.startswith("value_"):
        return _latest(joined, keys, table, asked.measure.removeprefix("value_"))
    hit = joined.match & (joined.lo <= joined.b) & (joined.hi >= joined.a)
    joined = joined.mutate(hit=hit)
    if asked.measure == "months_active":
        if "month" not in keys:
            return _months_active(joined, keys)
        return _any(joined, keys)
    if asked.measure in FLAGS:
        return _any(joined, keys)
    amount = ibis.literal(1) if asked.measure == "count" else joined[asked.measure.removeprefix("sum_")]
    return _sum(joined, keys, amount)


def _any(joined: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    grouped = joined.group_by(list(keys)).agg(yes=joined.hit.any(), maybe=joined.hit.isnull().any())
    found = ibis.cases((grouped.yes, 1.0), (grouped.maybe, ibis.null("float64")), else_=0.0)
    return grouped.select(*keys, found=found)


def _months_active(joined: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    by_month = _any(_by_month(joined, 0, 0), (*keys, "month"))
    total = by_month.group_by(list(keys)).agg(n=by_month.found.sum(), maybe=by_month.found.isnull().any())
    return total.select(*keys, found=total.maybe.ifelse(ibis.null("float64"), total.n))


def _sum(joined: ibis.Table, keys: Sequence[str], amount: ibis.Value) -> ibis.Table:
    """Sum over hits in decimals: a sum of floats depends on the order of rows and the number of threads."""
    exact = amount.try_cast(_AMOUNT)
    joined = joined.mutate(amount=exact, unclear=joined.hit.isnull() | (joined.hit & exact.isnull()))
    grouped = joined.group_by(list(keys)).agg(total=joined.amount.sum(where=joined.hit), unclear=joined.unclear.any())
    found = ibis.cases((grouped.unclear, ibis.null("float64")), else_=grouped.total.cast("float64").fill_null(0.0))
    return grouped.select(*keys, found=found)


def _latest(joined: ibis.Table, keys: Sequence[str], table: Table, column: str) -> ibis.Table:
    candidates = joined.filter(joined.match.fill_null(True))
    order = [candidates.hovedjobb.desc(nulls_first=False)] if "hovedjobb" in table.columns else []
    order += [candidates.start.desc(nulls_first=False)] if table.kind == "spell" else []
    order += [candidates[key].asc(nulls_first=False) for key in table.key if key != "person_id"]
    order += [candidates[column].asc(nulls_first=False)]
    ranked = candidates.mutate(rank=ibis.row_number().over(group_by=list(keys), order_by=order))
    best = ranked.filter(ranked["rank"] == 0)
    return best.select(*keys, found=best.match.ifelse(best[column], ibis.null()).cast("float64"))


def _filled(engine: Engine, frame: ibis.Table, found: ibis.Table, *, keys: Sequence[str], table: Table) -> ibis.Table:
    """Return one row per frame row: what was found, zero or unknown where nothing was, NULL out of coverage."""
    found = found.mutate(spoken=True)
    both = frame.left_join(found, list(keys), rname="{name}_found")
    absent = 0.0 if table.absence_means == "zero" else None
    value = ibis.ifelse(both.spoken.fill_null(False), both.found, ibis.literal(absent, "float64"))
    if table.kind != "fixed":
        first, last = (month.ordinal for month in engine.extract.tables[table.name].coverage)
        value = ibis.ifelse((both.a >= first) & (both.b <= last), value, ibis.null("float64"))
    return both.select(*keys, value=value.cast("float64"))
