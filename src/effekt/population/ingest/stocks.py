"""The monthly series of a table: how many rows stand in it each month, and where that jumps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from effekt.literals import Month
from effekt.population.ingest.checked import Checked
from effekt.population.ingest.database import name
from effekt.registers.schema import rows

_JUMP = math.log(1.3)
_FEWEST = 50
_SIGMAS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """months : of the coverage. counts : rows that month, of spells those open at its end.

    jumps : months that differ from the month before by more than chance and season; breaks : month -> known reason.
    """

    months: tuple[Month, ...]
    counts: tuple[int, ...]
    jumps: tuple[Month, ...]
    breaks: Mapping[Month, str]


def stock_of(checked: Checked, declared: Mapping[Month, str]) -> Stock | None:
    """Return the series, None for a table without months. declared : breaks that the catalogue explains."""
    if checked.time is None or checked.time == "aar":
        return None
    first, last = checked.coverage
    months = tuple(first.plus(n) for n in range(last.ordinal - first.ordinal + 1))
    begun = _by_month(checked, checked.time)
    if checked.table.kind == "spell":
        ended = _by_month(checked, "slutt")
        open_before = sum(n for m, n in begun.items() if m < first.ordinal)
        open_before -= sum(n for m, n in ended.items() if m < first.ordinal)
        counts, level = [], open_before
        for month in months:
            level += begun.get(month.ordinal, 0) - ended.get(month.ordinal, 0)
            counts.append(level)
    else:
        counts = [begun.get(month.ordinal, 0) for month in months]
    breaks = {**known_breaks(checked.table.name), **declared}
    jumps = tuple(month for month in jumps_in(months, counts) if month not in breaks)
    within = {month: why for month, why in breaks.items() if first.ordinal <= month.ordinal <= last.ordinal}
    return Stock(months=months, counts=tuple(counts), jumps=jumps, breaks=within)


def _by_month(checked: Checked, column: str) -> dict[int, int]:
    ordinal = f"12 * year({name(column)}) + month({name(column)}) - 1"
    sql = f"select {ordinal} as m, count(*) from {checked.relation} where {name(column)} is not null group by m"
    return {int(month): int(n) for month, n in checked.database.rows(sql)}


def jumps_in(months: Sequence[Month], counts: Sequence[int]) -> tuple[Month, ...]:
    """Return the months whose change from the month before is a third or more, beyond chance and season.

    The change is compared with what the same month shows in other years, so that a school year is no jump.
    """
    changes: dict[int, float] = {}
    for place in range(1, len(counts)):
        before, now = counts[place - 1], counts[place]
        if max(before, now) >= _FEWEST:
            changes[place] = math.log((now + 0.5) / (before + 0.5))
    found = []
    for place, change in changes.items():
        noise = _SIGMAS * math.sqrt(1 / (counts[place] + 0.5) + 1 / (counts[place - 1] + 0.5))
        same = [other for at, other in changes.items() if at != place and (at - place) % 12 == 0]
        season = median(same) if same else 0.0
        if abs(change) > max(_JUMP, noise) and abs(change - season) > max(_JUMP, noise):
            found.append(months[place])
    return tuple(found)


def known_breaks(table: str) -> dict[Month, str]:
    """Return the months in which a register is known to break, with the reason."""
    return {Month.parse(row["month"]): row["reason"] for row in rows("breaks.csv") if row["table"] == table}


def check(checked: Checked, stock: Stock | None) -> None:
    """Note the jumps that nothing explains."""
    if stock is None:
        return
    checked.note(
        "stock",
        len(stock.jumps),
        unit="month",
        sentence="months whose number of rows jumps without a known reason"
        + (f": {', '.join(str(month) for month in stock.jumps[:6])}" if stock.jumps else ""),
        help="look at the files of these months; explain a true break with `breaks: {2020-01: why}`",
    )
