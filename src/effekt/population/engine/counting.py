"""From rows to hits: which rows of a register count towards a measure, in which months, and for how much."""

from __future__ import annotations

from typing import Any

import ibis

from effekt.population.engine.asked import Asked
from effekt.population.engine.fitting import column_of
from effekt.population.engine.rows import EVER
from effekt.registers.schema import Table

COMPLETED = "fullfoert"


def counted(rows: ibis.Table, table: Table, asked: Asked, split: str | None = None) -> ibis.Table:
    """Return what a measure needs of each row: ``pid``, ``match``, months, and columns.

    match : whether the row is of the kind asked for, null where its code is unknown. since, until : months it
    speaks of the person; where no record means unknown, such a row is what makes a zero known. month : for starts
    and completions, the month it counts in.
    """
    since, until = _speaks_of(rows, table, asked.measure)
    months = {"since": since, "until": until}
    if asked.measure == "any_start" and table.kind == "spell":
        months["month"] = rows["first"]
    if asked.measure == "any_completion":
        months["month"] = rows["last"]
    needed = _needed(table, asked.measure, split)
    return rows.select("pid", *needed, **months, match=_match(rows, table, asked))


def with_hits(joined: ibis.Table, table: Table, asked: Asked) -> ibis.Table:
    """Return joined rows with ``hit``: of the kind and in the months ``a..b`` that are asked for."""
    hit = joined.match
    if "month" in joined.columns:
        hit = hit & joined.month.between(joined.a, joined.b)
    if table.kind == "yearly" and asked.measure.startswith("sum_"):
        hit = hit & (joined.since >= joined.a) & (joined["until"] <= joined.b)
    return joined.mutate(hit=hit)


def amounts(joined: ibis.Table, table: Table, asked: Asked) -> Any:
    """Return the amount that a joined row adds in its months ``a..b``."""
    amount = joined[column_of(asked.measure)]
    if table.kind != "spell":
        return amount
    begin = ibis.greatest(joined.start, _first_day(joined.a))
    end = ibis.least(joined.slutt, _first_day(joined.b + 1))
    share = end.delta(begin, unit="day") / joined.slutt.delta(joined.start, unit="day")
    # What a spell amounts to in the end is not known while it lasts.
    known = joined["last"] < ibis.ifelse(joined.b < joined.m0, joined.m0, EVER)
    return ibis.ifelse(known, amount * share, ibis.null("float64"))


def newest_first(table: Table) -> list[str]:
    """Return the order that puts first the row which speaks for the person: main job, last start, smallest key."""
    main = ["-hovedjobb"] if "hovedjobb" in table.columns else []
    return [*main, *("-start" if key == "start" else key for key in _keys(table))]


def _speaks_of(rows: ibis.Table, table: Table, measure: str) -> tuple[Any, Any]:
    if table.kind in ("monthly", "event"):
        return rows.month, rows.month
    if table.kind == "fixed":
        return ibis.literal(-EVER, "int32"), ibis.literal(EVER, "int32")
    if table.kind == "yearly" and measure.startswith("value_"):
        # From the December that ends the year to the November before the next is over.
        return rows["last"], (rows["last"] + 11).cast("int32")
    on_last_day = measure == "active" or measure.startswith("value_")
    return rows["first"], rows.last_end if on_last_day else rows["last"]


def _match(rows: ibis.Table, table: Table, asked: Asked) -> Any:
    match: Any = ibis.literal(True)
    if asked.codes is not None:
        column = rows[table.codes_in]
        # In a hierarchical classification a code selects everything that begins with it.
        if table.columns[table.codes_in].match != "exact":
            match = ibis.or_(*(column.startswith(code) for code in asked.codes))
        else:
            match = column.isin(asked.codes)
    return match & (rows.utfall == COMPLETED) if asked.measure == "any_completion" else match


def _needed(table: Table, measure: str, split: str | None) -> list[str]:
    needed = [name for name in (column_of(measure), split) if name is not None]
    if measure.startswith("value_"):
        needed += [*_keys(table), *(name for name in ("hovedjobb",) if name in table.columns)]
    if measure.startswith("sum_"):
        needed += {"spell": ["start", "slutt", "last"], "yearly": ["aar"]}.get(table.kind, [])
    return list(dict.fromkeys(needed))


def _keys(table: Table) -> list[str]:
    return [key for key in table.key if key != "person_id"]


def _first_day(month: Any) -> Any:
    return ibis.date(month // 12, month % 12 + 1, 1)
