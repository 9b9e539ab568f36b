"""A first catalogue, drafted from the metadata of a delivery: what names tell is filled in, the rest says TODO.

Files are put together by their names, a year and a month in them taken out; a table is the one of which most columns
are known by the names that deliveries give them. A word TODO is refused when the catalogue is read, with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from effekt.population.catalogue.loading import TODO
from effekt.population.catalogue.patterns import FilePattern, When
from effekt.population.metadata.scanning import Scanned
from effekt.registers.schema import Table, rows, tables

_TIMES = (
    (r"(?<!\d)(?:19|20)\d\d_m(?:1[0-2]|0?[1-9])(?!\d)", "{year}_m{month}"),
    (r"(?<!\d)(?:19|20)\d\d-(?:1[0-2]|0[1-9])(?!\d)", "{year}-{month}"),
    (r"(?<!\d)(?:19|20)\d\d(?:1[0-2]|0[1-9])(?!\d)", "{year}{month}"),
    (r"(?<!\d)(?:19|20)\d\d(?!\d)", "{year}"),
)
_SSB_KEY = re.compile(r"^(w\d{2}_\d{4}_)?lopenr_person$", re.IGNORECASE)
_KEYS = {"ssb": r"'^(w\d{2}_\d{4}_)?lopenr_person$'", "own": "person_id"}
_FEWEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Files whose names differ in their time only. columns : those of the first; dataset : name of a variable."""

    pattern: str
    files: tuple[Scanned, ...]
    columns: tuple[str, ...]
    dataset: str | None


def draft(scanned: Sequence[Scanned], delivery: str) -> str:
    """Return the text of a catalogue. delivery : what to call it."""
    groups = list(_groups(scanned))
    by_table: dict[str, list[_Group]] = {}
    unused: list[_Group] = []
    for group in groups:
        table = _table_of(group)
        if table is None:
            unused.append(group)
        else:
            by_table.setdefault(table, []).append(group)
    for of_table in by_table.values():
        # A table comes from files of its own or from files of one variable each, never from both.
        if any(group.dataset is None for group in of_table):
            unused += [group for group in of_table if group.dataset is not None]
    return "\n".join([*_about(groups, delivery), *_tables(by_table), *_unused(unused), ""])


def _groups(scanned: Sequence[Scanned]) -> Iterator[_Group]:
    datasets = {row["navn"] for row in rows("deliveries/microdata_variabler.csv")}
    found: dict[str, list[Scanned]] = {}
    for file in scanned:
        # The name of a variable may hold a year that is no time of the file.
        named = _stem(file.name) in datasets and file.kind == "csv"
        found.setdefault(file.name if named else _pattern_of(file.name), []).append(file)
    for pattern, files in found.items():
        dataset = _stem(pattern) if _stem(pattern) in datasets and files[0].kind == "csv" else None
        yield _Group(pattern=pattern, files=tuple(files), columns=tuple(files[0].types), dataset=dataset)


def _stem(name: str) -> str:
    return PurePosixPath(name).name.partition(".")[0]


def _pattern_of(name: str) -> str:
    folder, _, file = name.rpartition("/")
    file = re.sub(r"\.(gz|zip)$", "", file, flags=re.IGNORECASE)
    for expression, place in _TIMES:
        if len(re.findall(expression, file)) == 1:
            file = re.sub(expression, place, file)
            break
    return f"{folder}/{file}" if folder else file


def _table_of(group: _Group) -> str | None:
    """Return the table of which most columns are known, None where too few are."""
    if group.dataset is not None:
        return next((row["table"] for row in _names() if row["dataset"] == group.dataset), None)
    scores = {name: len(_known(table, group)) for name, table in tables().items()}
    for name in scores:
        if name in group.pattern.casefold():
            scores[name] += 1
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= _FEWEST else None


def _known(table: Table, group: _Group) -> dict[str, tuple[str, str]]:
    """Return canonical column -> delivered name and the keys that its form asks for."""
    there = {name.strip().casefold(): name for name in group.columns}
    found: dict[str, tuple[str, str]] = {}
    for row in _names():
        if row["table"] == table.name and row["delivered"] in there and row["column"] not in found:
            found[row["column"]] = there[row["delivered"]], row["keys"]
    for column in table.columns:
        if column in there and column != "person_id":
            found.setdefault(column, (there[column], ""))
    return found


def _names() -> tuple[Mapping[str, str], ...]:
    return rows("deliveries/delivered_names.csv")


def _about(groups: Sequence[_Group], delivery: str) -> Iterator[str]:
    columns = [name.casefold() for group in groups for name in group.columns]
    key = _KEYS["ssb"] if any(_SSB_KEY.match(name) for name in columns) else TODO
    if key == TODO and "person_id" in columns:
        key = _KEYS["own"]
    yield "# Drafted from names and types alone. Every TODO is yours to write; look at the rest, too."
    yield "catalogue:"
    yield f"  delivery: {delivery}"
    yield f"  person_key: {key}"
    yield f"  approval: {TODO}        # number of the decision on the data"
    yield f"  controller: {TODO}      # who decides what the data are for"
    yield "  processor: ''         # who keeps them for the controller, if somebody else does"
    yield f"  retain_until: {TODO}    # such as 2031-12-31; past that day nothing is read"
    if any(file.kind == "csv" for group in groups for file in group.files):
        yield f"csv: {{decimal: {TODO}}}   # ',' or '.'"
    yield "tables:" if any(map(_table_of, groups)) else f"tables: {TODO}"


def _tables(by_table: Mapping[str, Sequence[_Group]]) -> Iterator[str]:
    for name in (name for name in tables() if name in by_table):
        table, groups = tables()[name], by_table[name]
        yield f"  {name}:"
        files = [group for group in groups if group.dataset is None]
        variables = [] if files else list(groups)
        if variables:
            yield from _sources(table, variables)
        elif len(files) == 1:
            yield f"    files: '{files[0].pattern}'"
        else:
            yield "    parts:"
            for group in files:
                const = f", const: {{{table.key[-1]}: {TODO}}}" if table.key[-1] not in _known(table, group) else ""
                yield f"      - {{file: '{group.pattern}'{const}}}"
        yield f"    absence_means: {table.absence_means}"
        yield f"    coverage: {_coverage(files)}"
        if not variables:
            yield from _columns(table, files[0])


def _sources(table: Table, groups: Sequence[_Group]) -> Iterator[str]:
    yield "    sources:"
    made = {"person_id", "start", "slutt", "aar"}
    for group in groups:
        row = next(row for row in _names() if row["dataset"] == group.dataset)
        keys = f", {row['keys']}" if row["keys"] else ""
        file = "" if group.pattern == f"{group.dataset}.csv" else f", file: '{group.pattern}'"
        made.add(row["column"])
        yield f"      {row['column']}: {{dataset: {group.dataset}{file}{keys}}}"
    lacking = [column.name for column in table.columns.values() if not column.optional and column.name not in made]
    if lacking:
        yield "    columns:   # {const: none} where nobody knows"
        yield from (f"      {name}: {{const: {TODO}}}" for name in lacking)


def _columns(table: Table, group: _Group) -> Iterator[str]:
    known = _known(table, group)
    pattern = FilePattern.parse(group.pattern)
    lines = []
    for column in table.columns.values():
        if column.name == "person_id" or (column.name == "maaned" and pattern.asks_month):
            continue
        if column.name == "aar" and pattern.asks_year:
            continue
        if column.name in known:
            delivered, keys = known[column.name]
            if keys or delivered != column.name:
                lines.append(f"      {column.name}: {{from: {delivered}{f', {keys}' if keys else ''}}}")
        elif not column.optional and not column.name.endswith("_versjon"):
            lines.append(f"      {column.name}: {TODO}   # {column.type}{f', {column.note}' if column.note else ''}")
    if lines:
        yield "    columns:   # {const: none} where nobody knows"
        yield from lines


def _coverage(groups: Sequence[_Group]) -> str:
    times = [_time_of(file.name, group.pattern) for group in groups for file in group.files]
    known = [when for when in times if when is not None and when.year is not None]
    if not known or len(known) < len(times):
        return TODO
    first, last = min(known, key=_order), max(known, key=_order)
    return f"[{first.year}-{first.month or 1:02d}, {last.year}-{last.month or 12:02d}]"


def _order(when: When) -> tuple[int, int]:
    return when.year or 0, when.month or 0


def _time_of(name: str, pattern: str) -> When | None:
    return FilePattern.parse(pattern).match(name)


def _unused(groups: Sequence[_Group]) -> Iterator[str]:
    if groups:
        yield "# Not recognised; describe those that a study needs, by hand:"
    for group in groups:
        count = len(group.files)
        yield f"#   {group.pattern} ({count} {'file' if count == 1 else 'files'})"
