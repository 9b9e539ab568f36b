"""Operators on rows of persons, from which every measure is made.

Tables of rows have `pid`; records have ``record``, ``pid`` and ``m0``. A *hit* is a row of the kind and in the
months that are asked for: true, false, or null where that cannot be told. Nothing here depends on the order of
rows: ties are broken by keys, and sums are taken over decimals, since a sum of floats changes in its last digits
with the order in which threads deliver them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis

AMOUNT = "decimal(18, 4)"
"""Amounts are summed exactly with four decimals: NOK and hours have at most two. What is no number is unknown."""


def first_event(rows: ibis.Table, date: str) -> ibis.Table:
    """Return ``pid`` and its earliest ``date``; persons without a dated row have none."""
    dated = rows.filter(rows[date].notnull())
    return dated.group_by("pid").agg(dated[date].min().name(date))


def risk_set(spells: ibis.Table, days: ibis.Table) -> ibis.Table:
    """Return ``pid`` and ``day``, once for every person and day of ``days`` on which a spell covers it.

    The spells are half-open: on the day they end the person is no longer at risk.
    """
    covering = [spells.start <= days.day, spells.slutt.isnull() | (spells.slutt > days.day)]
    return spells.join(days, covering).select("pid", "day").distinct()


def event_within(records: ibis.Table, rows: ibis.Table, first: int, last: int) -> ibis.Table:
    """Return every row of a record's person that speaks of the record's months ``first..last``.

    rows : ``pid``, ``since`` and ``until`` (months a row speaks of), and what else is needed.
    Adds ``record``, ``m0`` and the months asked for as ordinals, ``a`` and ``b``.
    """
    whom = records.select("record", "m0", who=records.pid, a=records.m0 + first, b=records.m0 + last)
    joined = whom.join(rows, [rows.pid == whom.who, rows.since <= whom.b, rows["until"] >= whom.a])
    # `drop` writes its columns in the order of a set, which is another one in every process.
    return joined.select([name for name in joined.columns if name not in {"who", "pid"}])


def outcome_panel(joined: ibis.Table) -> ibis.Table:
    """Return a row for each month ``a..b`` that a joined row speaks of; ``a`` and ``b`` become that month."""
    begin, end = ibis.greatest(joined.since, joined.a), ibis.least(joined["until"], joined.b)
    spread = joined.mutate(at=ibis.range(begin, end + 1).unnest().cast("int32"))
    return spread.mutate(a=spread["at"], b=spread["at"]).drop("at")


def interval_value(joined: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    """Return the keys and ``found``: 1 if a row is a hit, NULL if none is but one might be, else 0."""
    grouped = joined.group_by(list(keys)).agg(yes=joined.hit.any(), maybe=joined.hit.isnull().any())
    found = ibis.cases((grouped.yes, 1.0), (grouped.maybe, ibis.null("float64")), else_=0.0)
    return grouped.select(*keys, found=found)


def window_sum(joined: ibis.Table, keys: Sequence[str], amount: Any) -> ibis.Table:
    """Return the keys and ``found``: the sum of an amount over hits; NULL if a hit or its amount is unknown.

    amount : column of ``joined``, or a number.
    """
    exact = joined.mutate(exact=amount.try_cast(AMOUNT))
    unclear = exact.hit.isnull() | (exact.hit & exact.exact.isnull())
    grouped = exact.group_by(list(keys)).agg(total=exact.exact.sum(where=exact.hit), unclear=unclear.any())
    found = ibis.cases((grouped.unclear, ibis.null("float64")), else_=grouped.total.cast("float64").fill_null(0.0))
    return grouped.select(*keys, found=found)


def asof_value(joined: ibis.Table, keys: Sequence[str], column: str, order: Sequence[str]) -> ibis.Table:
    """Return the keys and ``found``: a column of the first row in ``order`` that is a hit or might be one.

    NULL if that row only might be, or if its column is unknown: an older row does not speak for a newer one.
    order : columns to sort by, downwards where a minus stands before the name; unknown comes last. Ties are broken
    by the value, the smallest first, and then for the row that only might be a hit.
    """
    candidates = joined.filter(joined.hit.fill_null(True))
    # Ibis 12 keeps the last of two sort keys on one column, whatever their direction.
    names = [*order] if column in (name.removeprefix("-") for name in order) else [*order, column]
    by = [*(_sorted_by(candidates, name) for name in names), candidates.hit.asc(nulls_first=True)]
    ranked = candidates.mutate(place=ibis.row_number().over(group_by=list(keys), order_by=by))
    best = ranked.filter(ranked.place == 0)
    return best.select(*keys, found=ibis.ifelse(best.hit, best[column], ibis.null()))


def _sorted_by(rows: ibis.Table, name: str) -> Any:
    if name.startswith("-"):
        return rows[name[1:]].desc(nulls_first=False)
    return rows[name].asc(nulls_first=False)
