"""One pass over the rows of a table: times that cannot be, and the digest of the content.

The digest is the sum over rows of the two halves of an MD5 of the row's canonical text, so the order of rows
cannot matter and rows that stand twice count twice. Text is written by rules of our own (length before every
cell, floats with 17 digits, dates as ISO), so a new version of DuckDB gives the same digest. It tells extracts
apart; the sha256 in the manifest guards the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from effekt.errors import DataError, Problem
from effekt.population.wording import counted
from effekt.registers.schema import Column, Table

_TIMES = ("start", "maaned", "aar", "dato")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """rows : number of rows. digest : text that is equal where the rows are, in any order."""

    rows: int
    digest: str


def read_content(table: Table, path: Path, columns: Sequence[str], *, threads: int | None = None) -> Content:
    """Check the rows of one table and return what they are.

    columns : canonical columns that stand in the file.

    Raises
    ------
    DataError
        E701 if the file cannot be read to its end; E704 where a row lacks its person or its time; E711 where a
        spell does not start before it ends, or a month is not its first day.
    """
    present = [table.columns[name] for name in table.columns if name in columns]
    rules = list(_rules(table, columns))
    text = " || ".join(_cell(column) for column in present)
    selected = ["count(*)", f"sum(md5_number_lower({text}))", f"sum(md5_number_upper({text}))"]
    selected += [f"count(*) FILTER ({rule.broken})" for rule in rules]
    found = _ask(f"SELECT {', '.join(selected)} FROM read_parquet(?)", path, threads)
    if found is None:
        raise DataError(
            Problem(
                code="E701",
                sentence=f"the file of `{table.name}` cannot be read to its end",
                help="write the extract again: the file is cut off or damaged",
            )
        )
    rows, low, high, *broken = found
    problems = [rule.problem(table.name, count) for rule, count in zip(rules, broken, strict=True) if count]
    if problems:
        raise DataError(problems)
    names = ",".join(f"{column.name}:{column.type}" for column in present)
    return Content(rows=rows, digest=f"{names};{rows};{low or 0};{high or 0}")


def _ask(sql: str, path: Path, threads: int | None) -> tuple[int, ...] | None:
    # The engine's own messages quote paths and cells; only whether it could read travels on.
    with duckdb.connect(":memory:", config={"threads": threads} if threads else {}) as connection:
        try:
            row = connection.execute(sql, [str(path)]).fetchone()
        except duckdb.Error:
            return None
    return row


def _cell(column: Column) -> str:
    """Return SQL for a cell as text: its length, a colon and its characters; `~` for unknown."""
    name = f'"{column.name}"'
    written = {
        "float": f"printf('%.17g', {name})",
        "date": f"strftime({name}, '%Y-%m-%d')",
        "int": f"CAST({name} AS VARCHAR)",
        "bool": f"CASE WHEN {name} THEN '1' ELSE '0' END",
    }.get(column.type, name)
    return f"CASE WHEN {name} IS NULL THEN '~' ELSE strlen({written}) || ':' || {written} END"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    code: str
    broken: str
    sentence: str
    help: str

    def problem(self, table: str, count: int) -> Problem:
        return Problem(code=self.code, sentence=f"`{table}`: {self.sentence} ({counted(count, 'row')})", help=self.help)


def _rules(table: Table, columns: Sequence[str]) -> Iterator[_Rule]:
    for name in ("person_id", *_TIMES):
        if name in table.columns and name in columns and name in table.key:
            yield _Rule(
                code="E704",
                broken=f'"{name}" IS NULL',
                sentence=f"`{name}` is missing",
                help="leave the rows out, or find out who and when",
            )
    if table.kind == "spell":
        yield _Rule(
            code="E711",
            broken="start >= slutt",
            sentence="`start` is not before `slutt`",
            help="spells are half-open: write the first day after the spell as `slutt`, and nothing if it is open",
        )
    if table.kind == "monthly":
        yield _Rule(
            code="E711",
            broken="day(maaned) <> 1",
            sentence="`maaned` is not the first day of a month",
            help="write the month as its first day",
        )
