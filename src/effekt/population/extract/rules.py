"""What every row of a canonical table must keep to, with a count of the rows that do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from effekt.errors import Problem
from effekt.population.wording import counted
from effekt.registers.schema import Table

_TIMES = ("start", "maaned", "aar", "dato")
_LARGEST = 1e14
"""Amounts are summed exactly with four decimals in 18 digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """broken : rows -> (n,) bool, null = kept."""

    code: str
    sentence: str
    help: str
    broken: Callable[[pa.RecordBatch], Any]

    def count(self, rows: pa.RecordBatch) -> int:
        """Return how many rows break it."""
        return int(pc.sum(self.broken(rows)).as_py() or 0)

    def problem(self, table: str, count: int) -> Problem:
        """Return what is wrong, in words without a value."""
        sentence = f"`{table}`: {self.sentence} ({counted(count, 'row')})"
        return Problem(code=self.code, sentence=sentence, help=self.help)


def rules(table: Table, columns: Sequence[str]) -> Iterator[Rule]:
    """Yield the rules of a table. columns : those that were delivered."""
    for name in columns:
        if name in table.key and name in ("person_id", *_TIMES):
            yield _known(name)
        if name in table.columns and table.columns[name].type == "float":
            yield _number(name)
    if table.kind == "spell":
        yield Rule(
            code="E711",
            sentence="`start` is not before `slutt`",
            help="spells are half-open: write the first day after the spell as `slutt`, and nothing if it is open",
            broken=lambda rows: pc.greater_equal(rows.column("start"), rows.column("slutt")),
        )
    if table.kind == "monthly":
        yield Rule(
            code="E711",
            sentence="`maaned` is not the first day of a month",
            help="write the month as its first day",
            broken=lambda rows: pc.not_equal(pc.day(rows.column("maaned")), 1),
        )


def _known(name: str) -> Rule:
    return Rule(
        code="E704",
        sentence=f"`{name}` is missing",
        help="leave the rows out, or find out who and when",
        broken=lambda rows: pc.is_null(rows.column(name)),
    )


def _number(name: str) -> Rule:
    return Rule(
        code="E711",
        sentence=f"`{name}` is no number, or too large to be one",
        help="write what is unknown as missing, not as NaN, infinity or a code such as 9999...",
        broken=lambda rows: pc.invert(pc.less(pc.abs(rows.column(name)), _LARGEST)),
    )
