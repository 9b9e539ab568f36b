"""What a catalogue says of its tables against the canonical ones: names, times, spells; every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from effekt.errors import Problem, SpecPath
from effekt.literals import Month
from effekt.located.names import did_you_mean, listing
from effekt.population.catalogue.columns import problems_of_columns, problems_of_constants, problems_of_source
from effekt.population.catalogue.model import Catalogue, Coverage, Entry, FilePart
from effekt.population.catalogue.patterns import FilePattern
from effekt.registers.schema import Table, tables

SOURCES_MAKE = ("fixed", "yearly", "spell")
"""Kinds of tables that can be put together from files of one variable each."""

_TIMES = {"monthly": ("maaned", "{month}"), "yearly": ("aar", "{year}")}


def coverage_of(entry: Entry) -> Coverage | None:
    """Return the months in which the whole table is there: those that it and all its parts cover.

    Parts that hold the same kind of rows at different times follow each other and cover their months together.
    """
    said = [entry.coverage, *(_together(parts) for parts in _alike(entry))]
    known = [months for months in said if months is not None]
    if not known or (entry.coverage is None and not all(part.coverage for part in entry.parts)):
        return None
    return max(first for first, _ in known), min(last for _, last in known)


def _alike(entry: Entry) -> list[list[FilePart]]:
    """Return the parts by the constants of their rows: those of one group are about the same thing."""
    groups: dict[tuple[tuple[str, str], ...], list[FilePart]] = {}
    for part in entry.parts:
        groups.setdefault(tuple(sorted(part.const.items())), []).append(part)
    return list(groups.values())


def _together(parts: Sequence[FilePart]) -> Coverage | None:
    """Return the months of parts alike: of those that follow each other all, of those side by side the shared ones."""
    known = sorted(part.coverage for part in parts if part.coverage is not None)
    if not known:
        return None
    if len(known) == len(parts) and all(before[1] < after[0] for before, after in pairwise(known)):
        return known[0][0], known[-1][1]
    return max(first for first, _ in known), min(last for _, last in known)


def problems_of_tables(catalogue: Catalogue, folder: Path) -> Iterator[Problem]:
    """Yield what is wrong with the tables, each with its path. folder : of the catalogue, where crosswalks lie."""
    for name, entry in catalogue.tables.items():
        path: SpecPath = ("tables", name)
        table = tables().get(name)
        if table is None:
            yield Problem(
                code="E201",
                sentence=f"unknown register `{name}`",
                help=did_you_mean(name, tables()) or "write one of the registers below",
                note=listing(tables()),
                path=path,
            )
            continue
        yield from _files(table, entry, path)
        yield from _coverage(entry, path)
        yield from _spell(table, entry, path)
        yield from _absence(table, entry, path)
        yield from problems_of_columns(table, entry.columns, (*path, "columns"), folder)
        for position, part in enumerate(entry.parts):
            below = (*path, "parts", position)
            yield from problems_of_columns(table, part.columns, (*below, "columns"), folder)
            yield from problems_of_constants(table, part.const, (*below, "const"))
        for column, source in entry.sources.items():
            yield from problems_of_source(table, column, source, (*path, "sources", column))


def _files(table: Table, entry: Entry, path: SpecPath) -> Iterator[Problem]:
    said = [key for key in ("files", "parts", "sources") if getattr(entry, key)]
    if not said:
        yield Problem(
            code="E104",
            sentence=f"`{table.name}` names no file",
            help=f"add `files: '{table.name}/*.csv'`, or `parts` or `sources`",
            path=path,
        )
    for other in said[1:]:
        yield Problem(
            code="E109",
            sentence=f"`{said[0]}` and `{other}` exclude each other",
            help=f"remove `{said[0]}` or `{other}`",
            path=(*path, other),
        )
    if "sources" in said and table.kind not in SOURCES_MAKE:
        yield Problem(
            code="E805",
            sentence=f"`{table.name}` cannot be put together from files of one variable each",
            help="name its files with `files`",
            note=f"tables that can: {', '.join(t.name for t in tables().values() if t.kind in SOURCES_MAKE)}",
            path=(*path, "sources"),
        )
    if entry.files is not None:
        yield from _time(table, entry, None, entry.files, (*path, "files"))
    for position, part in enumerate(entry.parts):
        yield from _time(table, entry, part, part.file, (*path, "parts", position, "file"))


def _time(table: Table, entry: Entry, part: FilePart | None, pattern: FilePattern, path: SpecPath) -> Iterator[Problem]:
    """Yield E104 where neither a column nor the name of the file says which month or year a row is about."""
    if table.kind not in _TIMES:
        return
    column, place = _TIMES[table.kind]
    said = column in entry.columns or (part is not None and (column in part.columns or column in part.const))
    if not said and not (pattern.asks_month if table.kind == "monthly" else pattern.asks_year):
        yield Problem(
            code="E104",
            sentence=f"nothing says which {'month' if table.kind == 'monthly' else 'year'} a row is about",
            help=f"write `{place}` in the name of the file, or name the column under `columns: {{{column}: ...}}`",
            path=path,
        )


def _coverage(entry: Entry, path: SpecPath) -> Iterator[Problem]:
    places = [(entry.coverage, (*path, "coverage"))]
    places += [(part.coverage, (*path, "parts", n, "coverage")) for n, part in enumerate(entry.parts)]
    reversed_ = [place for months, place in places if months is not None and months[1] < months[0]]
    for place in reversed_:
        yield Problem(
            code="E302", sentence="the coverage is reversed", help="write the first month before the last", path=place
        )
    if reversed_:
        return
    yield from _gaps(entry, path)
    whole = coverage_of(entry)
    if whole is None:
        yield Problem(
            code="E104",
            sentence=f"`{path[-1]}` has no `coverage`",
            help="add `coverage: [2015-01, 2026-03]`, the first and the last month with data",
            note="what lies outside the coverage is never taken for zero",
            path=path,
        )
    elif whole[1] < whole[0]:
        yield Problem(
            code="E302",
            sentence="there is no month that all parts of the table cover",
            help="give a part a wider coverage, or leave it out",
            path=(*path, "parts"),
        )


def _gaps(entry: Entry, path: SpecPath) -> Iterator[Problem]:
    """Yield E302 for months between parts that follow each other: a register with a hole would be taken for whole."""
    for parts in _alike(entry):
        placed = sorted((part.coverage, entry.parts.index(part)) for part in parts if part.coverage is not None)
        if len(placed) < len(parts) or any(before[1] >= after[0] for (before, _), (after, _) in pairwise(placed)):
            continue
        for (before, _), (after, position) in pairwise(placed):
            if before[1].plus(1) < after[0]:
                yield Problem(
                    code="E302",
                    sentence=f"no part covers {_months(before[1].plus(1), after[0].plus(-1))}",
                    help="add the part that brings them, or write one `coverage` that ends before",
                    note="parts whose rows say the same `const` follow each other in time",
                    path=(*path, "parts", position, "coverage"),
                )


def _months(first: Month, last: Month) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _absence(table: Table, entry: Entry, path: SpecPath) -> Iterator[Problem]:
    if entry.absence_means not in (None, table.absence_means):
        yield Problem(
            code="E105",
            sentence=f"no record in `{table.name}` means {table.absence_means}",
            help=f"write `absence_means: {table.absence_means}`",
            path=(*path, "absence_means"),
        )


def _spell(table: Table, entry: Entry, path: SpecPath) -> Iterator[Problem]:
    spell = entry.spell
    if spell is None:
        return
    where = (*path, "spell")
    if table.kind != "spell" or entry.sources:
        why = "its files say start and stop" if entry.sources else f"its rows are {table.kind}"
        yield Problem(
            code="E105", sentence=f"`{table.name}` takes no `spell`: {why}", help="remove `spell`", path=where
        )
        return
    for column in ("start", "slutt"):
        if column in entry.columns:
            yield Problem(
                code="E109",
                sentence=f"`spell` and `columns.{column}` exclude each other",
                help=f"remove `{column}` from `columns`",
                path=(*path, "columns", column),
            )
    if spell.group and spell.layout == "rows":
        yield Problem(
            code="E109",
            sentence="`group` says which lines belong together, and this layout has one row per spell",
            help="write `layout: open_close_lines`, or remove `group`",
            path=(*where, "group"),
        )
    lacking = [name for name in ("person_id", spell.start[0]) if spell.group and name not in spell.group]
    if lacking and spell.layout == "open_close_lines":
        yield Problem(
            code="E105",
            sentence=f"lines of a spell belong together by person and start, and `group` has no `{lacking[0]}`",
            help=f"write `group: [person_id, {spell.start[0]}]`",
            note="grouped by person alone, an open spell of somebody with an earlier closed one would be lost",
            path=(*where, "group"),
        )


def months_of(coverage: Coverage) -> list[Month]:
    """Return every month of a coverage."""
    first, last = coverage
    return [first.plus(n) for n in range(last.ordinal - first.ordinal + 1)]
