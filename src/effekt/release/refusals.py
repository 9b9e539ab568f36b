"""Tables that cannot be protected in this version are refused, rather than half protected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from effekt.errors import PrivacyError, Problem
from effekt.release.rules import Rules
from effekt.results import Cell, Column, Table

_TOTAL = frozenset({"total", "totalt", "sum", "i alt", "ialt", "alle", "all", "samlet", "overall"})
_EXTREME = frozenset({"min", "max", "minimum", "maximum", "p0", "p1", "p01", "p99", "p100", "q0", "q1", "q100"})
_MAX_COUNT_COLUMNS = 10
"""Above this many count columns sums are looked for in pairs only, since every subset would take too long."""


def refuse_unprotectable(table: Table, rules: Rules) -> None:
    """Raise if the table holds what this version cannot protect under a threshold.

    Raises
    ------
    PrivacyError
        E502 margins, declared or found; E503 unknown persons; E505 sums of money; E506 extreme values. All
        problems of the table in one go.
    """
    problems = (
        *_unknown_persons(table, rules),
        *_margins(table),
        *_money(table),
        *_extremes(table),
    )
    if problems:
        raise PrivacyError(problems)


def _public(table: Table, *kinds: str) -> list[Column]:
    return [c for c in table.columns if c.kind in kinds and not c.internal]


def _unknown_persons(table: Table, rules: Rules) -> Iterator[Problem]:
    """Yield a problem per count column that is not known where something released stands on it."""
    for count in (c for c in table.columns if c.kind == "count"):
        standing = [c for c in table.columns if not c.internal and count.name in {c.name, c.of, c.numerator}]
        for i, persons in enumerate(table.data[count.name]):
            needed = any(c.kind == "count" or table.data[c.name][i] is not None for c in standing)
            if persons is None and needed:
                yield Problem(
                    code="E503",
                    sentence=f"table `{table.name}`: `{count.name}` is not known in every row, so the"
                    f" threshold of {rules.threshold} persons cannot be held",
                    help="name the column that counts the persons behind each row under `persons`, or declare"
                    " `disclosure: open` if the data are public",
                    note="a threshold counts persons, never counties or offices",
                    path=("disclosure",),
                )
                break


def _margins(table: Table) -> Iterator[Problem]:
    """Yield a problem if the table holds totals of its own rows or columns, declared or not."""
    counts = [c.name for c in _public(table, "count")]
    if table.margins:
        yield _margin_problem(table, "declares totals of its own rows")
    elif (row := _row_total(table, counts)) is not None:
        yield _margin_problem(table, f"row {row + 1} is the sum of other rows")
    elif (name := _column_total(table, counts)) is not None:
        yield _margin_problem(table, f"column `{name}` is the sum of other columns")


def _margin_problem(table: Table, what: str) -> Problem:
    return Problem(
        code="E502",
        sentence=f"table `{table.name}` {what}",
        help="release the table without its totals, or the totals without the parts",
        note="a hidden part could be found by subtraction; complementary suppression is not in this version",
        path=("disclosure",),
    )


def _row_total(table: Table, counts: list[str]) -> int | None:
    """Return a row whose counts are the sums of other rows'; None if there is none.

    A row that calls itself a total is compared, count by count, with all rows that do not and with the blocks
    next to it; any other row with all the rest, in all counts at once, since one count alone may add up by
    chance. A chain holds running totals by nature and is protected as such.
    """
    if not counts or table.chain is not None or len(table) < 3:
        return None
    rows = list(zip(*(table.data[n] for n in counts), strict=True))
    named = {i for i in range(len(rows)) if _calls_itself_total(table, i)}
    for i, row in enumerate(rows):
        if _adds_up(row, [r for j, r in enumerate(rows) if j != i]):
            return i
        if i in named and any(_named_total(table.data[n], i, named) for n in counts):
            return i
    return None


def _named_total(values: tuple[Cell, ...], i: int, named: set[int]) -> bool:
    """Return True if value ``i`` is the sum of all rows that are no totals, or of a block beside it."""
    rows = [(v,) for v in values]
    rest = [r for j, r in enumerate(rows) if j not in named]
    return any(_adds_up(rows[i], parts) for parts in (rest, *_blocks_beside(rows, i)))


def _blocks_beside(rows: list[tuple[Cell]], i: int) -> Iterator[list[tuple[Cell]]]:
    """Yield the blocks of two rows or more that end just above row ``i`` or begin just below it."""
    for size in range(2, len(rows)):
        if i >= size:
            yield rows[i - size : i]
        if i + size < len(rows):
            yield rows[i + 1 : i + 1 + size]


def _adds_up(total: tuple[Cell, ...], parts: Sequence[tuple[Cell, ...]]) -> bool:
    """Return True if ``parts``, two or more that are not all zero, sum to ``total`` in every count."""
    parts = [p for p in parts if any(p)]
    sums = tuple(sum(int(v or 0) for v in column) for column in zip(*parts, strict=True))
    return len(parts) > 1 and sums == total


def _calls_itself_total(table: Table, i: int) -> bool:
    cells = (table.data[c.name][i] for c in _public(table, "key", "label"))
    return any(isinstance(v, str) and v.strip().casefold() in _TOTAL for v in cells)


def _column_total(table: Table, counts: list[str]) -> str | None:
    """Return a count column that is the sum of two or more others in every row; None if there is none.

    Two parts of one whole are protected if both are declared as its numerators, since each is then hidden
    when the other is small.
    """
    columns = {n: table.data[n] for n in counts if any(table.data[n])}
    shares = {(c.numerator, c.of) for c in table.columns if c.kind == "share"}
    most = len(columns) - 1 if len(columns) <= _MAX_COUNT_COLUMNS else 2
    for total, values in columns.items():
        for size in range(2, most + 1):
            for parts in combinations([n for n in columns if n != total], size):
                declared = size == 2 and all((p, total) in shares for p in parts)
                if not declared and _adds_up(values, [columns[p] for p in parts]):
                    return total
    return None


def _money(table: Table) -> Iterator[Problem]:
    for column in _public(table, "money"):
        yield Problem(
            code="E505",
            sentence=f"table `{table.name}`: `{column.name}` is a sum of money whose largest contributors are"
            " not known",
            help="release a mean with its person count instead",
            note="dominance, NK(2, 90 %) and p %, needs the two largest contributions, which a table cannot"
            " carry in this version",
            path=("disclosure",),
        )


def _extremes(table: Table) -> Iterator[Problem]:
    """Yield a problem per column or row that calls itself a minimum, a maximum or an extreme quantile."""
    computed = _public(table, "statistic")
    names = [c.name for c in computed if _EXTREME & set(re.split(r"[\W_]+", c.name.casefold()))]
    if computed:
        cells = (v for c in _public(table, "key", "label") for v in table.data[c.name])
        names += [v for v in cells if isinstance(v, str) and v.strip().casefold() in _EXTREME]
    for name in dict.fromkeys(names):
        yield Problem(
            code="E506",
            sentence=f"table `{table.name}`: `{name}` would show the value of one person",
            help="release quantiles with 10 persons or more on each side; a range of estimates is called"
            " `low` and `high`",
            path=("disclosure",),
        )
