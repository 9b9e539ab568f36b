"""Whether a measure can be taken from a register as it was delivered; what the spec alone could tell, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from effekt.errors import DataError, Problem, SpecPath
from effekt.literals import Refusal
from effekt.located.names import did_you_mean, listing
from effekt.population.engine.asked import Asked
from effekt.population.wording import named
from effekt.registers.measures import check_value, clock_of
from effekt.registers.schema import Table, tables

COLUMN_MEASURES = ("sum", "value")
"""Prefixes of measures of one column."""

Delivered = Mapping[str, tuple[str, ...]]
"""Columns of each table of the extract, as they were delivered."""


def fitted(asked: Asked, delivered: Delivered, *, codes: bool = False, monthly: bool = False) -> Table:
    """Return the table of a measure that can be taken.

    codes : a value is wanted as a code instead of a number. monthly : it is taken month by month.

    Raises
    ------
    DataError
        E201, E202, E206, E208 or E210 at the key of the spec that asks for it.
    """
    problems = list(_problems(asked, delivered, codes=codes, monthly=monthly))
    if problems:
        raise DataError(problems)
    return tables()[asked.table]


def splits(asked: Asked, delivered: Delivered, column: str) -> None:
    """Check that a measure can be split over the values of a column.

    Raises
    ------
    DataError
        E202 for a column that is not there, E210 for one that holds no codes.
    """
    found = tables()[asked.table].columns.get(column)
    if found is None or column not in delivered[asked.table]:
        valid = [name for name in delivered[asked.table] if tables()[asked.table].columns[name].type == "code"]
        sentence = f"unknown column `{column}` in {asked.table}"
        raise DataError(_at(asked, "by", "E202", sentence, did_you_mean(column, valid), note=listing(valid)))
    if found.type != "code":
        raise DataError(_at(asked, "by", "E210", f"`{column}` holds no codes to split by", "split by a code"))


def column_of(measure: str) -> str | None:
    """Return the column that a measure is of, ``None`` for a measure of the table as a whole."""
    prefix, _, column = measure.partition("_")
    return column if prefix in COLUMN_MEASURES else None


def _problems(asked: Asked, delivered: Delivered, *, codes: bool, monthly: bool) -> Iterator[Problem]:
    table = tables().get(asked.table)
    if table is None:
        sentence = f"unknown register `{asked.table}`"
        yield _at(asked, "from", "E201", sentence, did_you_mean(asked.table, tables()), note=listing(tables()))
        return
    if asked.table not in delivered:
        sentence = f"the extract was opened without the table `{asked.table}`"
        note = f"opened: {named(sorted(delivered))}"
        yield _at(asked, "from", "E201", sentence, "add it to the extract, or ask for nothing from it", note=note)
        return
    if "person_id" not in table.columns:
        sentence = f"`{table.name}` does not hold persons, and a measure is of a person"
        yield _at(asked, "from", "E210", sentence, "ask a register of persons")
        return
    try:
        clock_of(asked.measure, table)
    except Refusal as refusal:
        yield _at(asked, "is", refusal.code, refusal.sentence, refusal.help, note=refusal.note)
        return
    yield from _of_column(asked, table, delivered[asked.table], codes=codes)
    yield from _of_years(asked, table, monthly=monthly)
    yield from _of_codes(asked, table)


def _of_column(asked: Asked, table: Table, delivered: tuple[str, ...], *, codes: bool) -> Iterator[Problem]:
    name = column_of(asked.measure)
    if name is None:
        if codes:
            yield _at(asked, "is", "E210", f"`{asked.measure}` has no codes", "ask for the value of a column of codes")
        return
    column = table.columns[name]
    if name not in delivered:
        note = f"delivered: {named(delivered)}"
        yield _at(asked, "is", "E202", f"`{name}` of {table.name} was not delivered", "have it delivered", note=note)
    elif column.type in ("text", "date") or (name in table.key and not codes):
        yield _at(asked, "is", "E210", f"`{name}` of {table.name} says who, which or when", "measure another column")
    elif codes and column.type != "code":
        yield _at(asked, "is", "E210", f"`{name}` holds no codes", "ask for the value of a column of codes")
    elif column.type == "code" and not codes:
        help_ = "ask whether the person is `active`, with `codes`, or split by it"
        yield _at(asked, "is", "E210", f"`{asked.measure}` is a code and no number", help_)


def _of_years(asked: Asked, table: Table, *, monthly: bool) -> Iterator[Problem]:
    if table.kind != "yearly":
        return
    if monthly:
        sentence = f"`{asked.measure}` cannot be taken month by month: {table.name} holds years"
        yield _at(asked, "from", "E210", sentence, "ask a register of months or spells")
    elif asked.measure.startswith("sum_") and (asked.last - asked.first + 1) % 12:
        sentence = f"{table.name} holds whole years, and this window is not of whole years"
        yield _at(asked, "window", "E210", sentence, "write a window of whole years, such as `0..1y`")


def _of_codes(asked: Asked, table: Table) -> Iterator[Problem]:
    if asked.codes is None:
        return
    if not table.codes_in:
        sentence = f"`codes` cannot select in {table.name}, which has no one column of codes"
        note = f"codes select in: {named([name for name, other in tables().items() if other.codes_in])}"
        yield _at(asked, "codes", "E210", sentence, "leave out `codes`", note=note)
        return
    if not asked.codes:
        yield _at(asked, "codes", "E206", "`codes` is an empty list", "write at least one code, or leave it out")
    for code in asked.codes:
        try:
            check_value(table.columns[table.codes_in], code)
        except Refusal as refusal:
            yield _at(asked, "codes", refusal.code, refusal.sentence, refusal.help, note=refusal.note)


def _at(asked: Asked, key: str, code: str, sentence: str, help_: str | None, *, note: str | None = None) -> Problem:
    path: SpecPath | None = None if asked.path is None else (*asked.path, key)
    return Problem(code=code, sentence=sentence, help=help_, note=note, path=path)
