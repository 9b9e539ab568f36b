"""What a catalogue says of single columns: known names, keys that fit together, codes that exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from effekt.errors import Problem, SpecPath
from effekt.literals import Refusal
from effekt.located.names import did_you_mean
from effekt.population.catalogue.model import Column, Source
from effekt.population.wording import named
from effekt.registers import schema
from effekt.registers.codes import refuse_unselectable
from effekt.registers.schema import Table

UNKNOWN = "none"
"""The constant of a column that is not known for any row."""

VERSION = "_versjon"
_TEXTS = ("text", "code")


def problems_of_columns(table: Table, columns: Mapping[str, Column], path: SpecPath, folder: Path) -> Iterator[Problem]:
    """Yield what is wrong with the columns of a table, each with its path."""
    for name, column in columns.items():
        where = (*path, name)
        if name not in table.columns:
            yield _unknown(table, name, where)
        elif name == "person_id":
            yield Problem(
                code="E105",
                sentence="the column of persons is found by `catalogue.person_key`, in every file",
                help="remove `person_id` here",
                path=where,
            )
        else:
            yield from _column(table, table.columns[name], column, where, folder)


def problems_of_constants(table: Table, constants: Mapping[str, str], path: SpecPath) -> Iterator[Problem]:
    """Yield what is wrong with values that hold for every row of a file."""
    for name, value in constants.items():
        where = (*path, name)
        if name not in table.columns:
            yield _unknown(table, name, where)
        elif value != UNKNOWN:
            yield from _codes(table.columns[name], [value], lambda _, where=where: where)


def problems_of_source(table: Table, name: str, source: Source, path: SpecPath) -> Iterator[Problem]:
    """Yield what is wrong with one variable that has a file of its own."""
    if name not in table.columns:
        yield _unknown(table, name, path)
        return
    column = table.columns[name]
    if name in table.key:
        yield Problem(
            code="E105",
            sentence=f"`{name}` stands in every file of one variable, and is no variable of its own",
            help=f"remove `{name}`",
            path=path,
        )
    if source.temporality not in (None, column.temporality):
        yield Problem(
            code="E210",
            sentence=f"`{table.name}.{name}` is {column.temporality}",
            help=f"write `temporality: {column.temporality}`",
            path=(*path, "temporality"),
        )
    if source.pad is not None and column.type not in _TEXTS:
        yield _no_pad(column, (*path, "pad"))
    yield from _codes(column, source.map.values(), lambda value: (*path, "map", _key_of(source.map, value)))


def _column(table: Table, known: schema.Column, said: Column, path: SpecPath, folder: Path) -> Iterator[Problem]:
    for one, other in (("from", "const"), ("map", "crosswalk"), ("map", "derive"), ("crosswalk", "derive")):
        if _set(said, one) and _set(said, other):
            yield Problem(
                code="E109",
                sentence=f"`{one}` and `{other}` exclude each other",
                help=f"remove `{one}` or `{other}`",
                path=(*path, other),
            )
    if said.pad is not None and known.type not in _TEXTS:
        yield _no_pad(known, (*path, "pad"))
    if said.format is not None and known.type != "date":
        yield Problem(
            code="E105", sentence=f"`{known.name}` is no date", help="remove `format`", path=(*path, "format")
        )
    if said.version is not None and known.name + VERSION not in table.columns:
        yield Problem(
            code="E105",
            sentence=f"`{table.name}` keeps no version of `{known.name}`",
            help="remove `version`",
            path=(*path, "version"),
        )
    if said.crosswalk is not None and not (folder / f"{said.crosswalk}.csv").is_file():
        yield Problem(
            code="E108",
            sentence=f"there is no file `{said.crosswalk}.csv` beside the catalogue",
            help="put it there: two columns, `from` and `to`",
            path=(*path, "crosswalk"),
        )
    if said.const not in (None, UNKNOWN):
        yield from _codes(known, [str(said.const)], lambda _: (*path, "const"))
    yield from _codes(known, said.map.values(), lambda value: (*path, "map", _key_of(said.map, value)))


def _set(said: Column, key: str) -> bool:
    return ("source" if key == "from" else key) in said.model_fields_set


def _key_of(mapped: Mapping[str, str], value: str) -> str:
    return next(key for key, to in mapped.items() if to == value)


def _no_pad(column: schema.Column, path: SpecPath) -> Problem:
    return Problem(
        code="E105",
        sentence=f"`{column.name}` is {column.type}, and only codes have leading zeros",
        help="remove `pad`",
        path=path,
    )


def _unknown(table: Table, name: str, path: SpecPath) -> Problem:
    return Problem(
        code="E202",
        sentence=f"`{table.name}` has no column `{name}`",
        help=did_you_mean(name, table.columns) or f"remove `{name}`",
        note=f"columns: {named(list(table.columns))}",
        path=path,
    )


def _codes(column: schema.Column, values: Iterable[str], where: object) -> Iterator[Problem]:
    """Yield E206 or E105 for values of the catalogue itself that the column cannot hold."""
    assert callable(where)
    for value in dict.fromkeys(values):
        if value == UNKNOWN:
            continue
        if column.type in ("int", "float") and not _is_number(value):
            yield Problem(
                code="E103", sentence=f"`{column.name}` is a number", help="write a number", path=where(value)
            )
        elif column.values and value not in column.values:
            yield Problem(
                code="E206",
                sentence=f"`{value}` is not a code of {column.name}",
                help=did_you_mean(value, column.values) or f"write `{column.values[0]}`",
                note=f"valid: {', '.join(column.values)}",
                path=where(value),
            )
        elif column.classification and not column.values:
            try:
                refuse_unselectable(column.classification, column.match, value, column.name)
            except Refusal as refusal:
                yield Problem(
                    code=refusal.code,
                    sentence=refusal.sentence,
                    help=refusal.help or "write a code of the classification",
                    note=refusal.note,
                    path=where(value),
                )


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
