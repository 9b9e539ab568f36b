"""The measures once more, as slowly and plainly as they can be said: loops over months and days, no SQL.

It shares nothing with the engine but the schema: whoever doubts a number can read it here.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from effekt.registers.schema import Table, tables

Row = dict[str, Any]

CODES_SELECT_IN = {
    "arbeidssoeker": "hovedstatus",
    "bosted": "kommunenr",
    "deltakelse": "form",
    "realkompetansevurdering": "resultat",
    "tiltak": "tiltakskode",
    "utdanningsforloep": "nus2000",
    "utdanningsnivaa": "nus2000",
    "vedtak14a": "innsatsgruppe",
    "ytelse": "ytelse",
}


def month(date: dt.date) -> int:
    return 12 * date.year + date.month - 1


def days(month: int) -> list[dt.date]:
    year, index = divmod(month, 12)
    return [dt.date(year, index + 1, day + 1) for day in range(calendar.monthrange(year, index + 1)[1])]


def as_written(amount: float) -> Fraction:
    """Return an amount as its decimals say: kroner and øre are exact, their binary neighbours are not."""
    return Fraction(repr(float(amount)))


class Naive:
    """One person's rows of one table, measured over months ``first..last`` from month ``m0``."""

    def __init__(
        self,
        table: str,
        rows: Sequence[Row],
        *,
        coverage: tuple[int, int],
        m0: int,
        first: int,
        last: int,
        codes: Sequence[str] | None = None,
        only: tuple[str, str] | None = None,
    ) -> None:
        self.table: Table = tables()[table]
        self.rows = rows
        self.coverage, self.m0, self.codes, self.only = coverage, m0, codes, only
        self.months = list(range(m0 + first, m0 + last + 1))
        self.history = last < 0

    def measure(self, name: str) -> Any:
        if self.table.kind != "fixed":
            low, high = self.coverage
            if any(not low <= m <= high for m in self.months):
                return None
        whole = {
            "active": self.active,
            "any": self.any,
            "any_start": self.any_start,
            "any_completion": self.any_completion,
            "count": self.count,
            "months_active": self.months_active,
        }
        if name in whole:
            return whole[name]()
        kind, _, column = name.partition("_")
        return self.sum(column) if kind == "sum" else self.value(column)

    # -- measures ---------------------------------------------------------------------------------------------

    def active(self) -> Any:
        there = self.there_at_the_end()
        return self.zero_or_unknown() if not there else either(self.matches(row) for row in there)

    def any(self) -> Any:
        there = self.there()
        return self.zero_or_unknown() if not there else either(self.matches(row) for row in there)

    def any_start(self) -> Any:
        if self.table.kind == "event":
            return self.any()
        if not self.there():
            return self.zero_or_unknown()
        return either(self.matches(row) for row in self.rows if month(row["start"]) in self.months)

    def any_completion(self) -> Any:
        if not self.there():
            return self.zero_or_unknown()
        one_day = dt.timedelta(days=1)
        ended = [row for row in self.rows if row["slutt"] and month(row["slutt"] - one_day) in self.months]
        return either(both(self.matches(row), same(row["utfall"], "fullfoert")) for row in ended)

    def count(self) -> Any:
        there = self.there()
        if not there:
            return self.zero_or_unknown()
        matches = [self.matches(row) for row in there]
        return None if None in matches else float(sum(matches))

    def months_active(self) -> Any:
        if not self.there():
            return self.zero_or_unknown()
        total = 0.0
        for m in self.months:
            found = either(self.matches(row) for row in self.rows if self.touches(row, [m]))
            if found is None:
                return None
            total += found
        return total

    def sum(self, column: str) -> Any:
        if self.table.kind == "yearly":
            return self.sum_of_years(column)
        there = self.there()
        if not there:
            return self.zero_or_unknown()
        total = Fraction(0)
        for row in there:
            match = self.matches(row)
            if match is None:
                return None
            if match:
                amount = self.amount(row, column)
                if amount is None:
                    return None
                total += amount
        return float(total)

    def sum_of_years(self, column: str) -> Any:
        if self.months[0] % 12 != 0 or self.months[-1] % 12 != 11:
            return None
        total = Fraction(0)
        for year in {m // 12 for m in self.months}:
            amounts = [row[column] for row in self.rows if row["aar"] == year]
            if not amounts or None in amounts:
                return None
            total += sum(as_written(amount) for amount in amounts)
        return float(total)

    def value(self, column: str) -> Any:
        candidates = [row for row in self.there_at_the_end() if self.matches(row) is not False]
        if not candidates:
            is_number = self.table.columns[column].type not in ("text", "code")
            return self.zero_or_unknown() if is_number else None
        best = min(candidates, key=lambda row: self.place(row, column))
        return best[column] if self.matches(best) else None

    # -- rows -------------------------------------------------------------------------------------------------

    def there(self) -> list[Row]:
        return [row for row in self.rows if self.touches(row, self.months)]

    def touches(self, row: Row, months: Sequence[int]) -> bool:
        if self.table.kind == "spell":
            return any(covers(row, day) for m in months for day in days(m))
        return month(row["maaned" if self.table.kind == "monthly" else "dato"]) in months

    def there_at_the_end(self) -> list[Row]:
        (now,) = self.months if self.table.kind != "fixed" else (None,)
        if self.table.kind == "fixed":
            return list(self.rows)
        if self.table.kind == "yearly":
            # The last year whose December is not after this month.
            over = now // 12 if now % 12 == 11 else now // 12 - 1
            return [row for row in self.rows if row["aar"] == over]
        if self.table.kind == "spell":
            return [row for row in self.rows if covers(row, days(now)[-1])]
        return [row for row in self.rows if month(row["maaned"]) == now]

    def amount(self, row: Row, column: str) -> Fraction | None:
        if row[column] is None:
            return None
        if self.table.kind != "spell":
            return as_written(row[column])
        if row["slutt"] is None or (self.history and row["slutt"] > days(self.m0)[0]):
            return None
        inside = sum(covers(row, day) for m in self.months for day in days(m))
        return as_written(row[column]) * inside / (row["slutt"] - row["start"]).days

    def matches(self, row: Row) -> bool | None:
        match: bool | None = True
        if self.codes is not None:
            code = row[CODES_SELECT_IN[self.table.name]]
            if CODES_SELECT_IN[self.table.name] == "nus2000":
                match = None if code is None else any(code.startswith(wanted) for wanted in self.codes)
            else:
                match = None if code is None else code in self.codes
        if self.only is not None:
            match = both(match, same(row[self.only[0]], self.only[1]))
        return match

    def place(self, row: Row, column: str) -> list[Any]:
        order: list[Any] = []
        if "hovedjobb" in self.table.columns:
            order.append({True: 0, False: 1, None: 2}[row["hovedjobb"]])
        if self.table.kind == "spell":
            order.append(-row["start"].toordinal())
        order += [(row[key] is None, row[key]) for key in self.table.key if key != "person_id"]
        return [*order, (row[column] is None, row[column]), self.matches(row) is True]

    def zero_or_unknown(self) -> Any:
        return 0.0 if self.table.absence_means == "zero" else None


def covers(row: Row, day: dt.date) -> bool:
    return row["start"] <= day and (row["slutt"] is None or day < row["slutt"])


def same(found: Any, wanted: Any) -> bool | None:
    return None if found is None else found == wanted


def both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def either(matches: Iterable[bool | None]) -> float | None:
    found = list(matches)
    if True in found:
        return 1.0
    return None if None in found else 0.0
