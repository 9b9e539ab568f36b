"""Open an extract: every table that is wanted is there, whole, of the right types and free of person numbers."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from effekt.errors import DataError, EffektError, PrivacyError, Problem
from effekt.located.names import did_you_mean
from effekt.population.extract.columns import column_problems
from effekt.population.extract.content import content_digest
from effekt.population.extract.manifest import Entry, RegisterFile, World, read_manifest
from effekt.population.extract.rules import Rule, rules
from effekt.population.files.tables import TableFile, open_file
from effekt.population.identity.watch import Watch
from effekt.population.wording import named
from effekt.registers.schema import Table, tables
from effekt.spec.prepared import Csv


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """The registers of a study, opened and checked.

    tables : those that were wanted, by name. digest : sha256 of their content, whatever the order of rows.
    world : what a synthetic extract was drawn from.
    """

    folder: Path
    synthetic: bool
    world: World | None
    tables: Mapping[str, RegisterFile]
    digest: str


_AT_ONCE = 1 << 18
_SEEN: dict[tuple[str, str, str], str] = {}
"""Tables that were looked through in this process, by name, file name and sha256: bytes that were clean stay clean."""


def open_extract(folder: Path, *, wanted: Iterable[str], today: date | None = None) -> Extract:
    """Return the extract in ``folder``, of which the tables ``wanted`` are read once from end to end.

    today : registers are not read after the date that their delivery may be kept; this very day by default.

    Raises
    ------
    DataError
        E714 if they may not be read any more; E701 for a missing folder, manifest or file, or a file that is not the
        manifest's; E201 for a table that is not there; E202 and E103 for its columns; E704 and E711 for its times.
        Every table is looked at first.
    PrivacyError
        E501 if a column, a column name or a file name holds person numbers, with the other problems.
    """
    manifest = read_manifest(folder)
    _refuse_after(manifest.retain_until, today or datetime.now(UTC).astimezone().date())
    names = sorted(set(wanted))
    problems = [_no_table(name, manifest.tables) for name in names if name not in manifest.tables]
    if problems:
        raise DataError(problems)
    contents: dict[str, str] = {}
    private = False
    for name in names:
        try:
            contents[name] = _opened(tables()[name], manifest.tables[name])
        except EffektError as error:
            private |= isinstance(error, PrivacyError)
            problems += error.problems
    if problems:
        raise (PrivacyError if private else DataError)(problems)
    files = {name: manifest.tables[name].file for name in names}
    return Extract(
        folder=folder,
        synthetic=manifest.synthetic,
        world=manifest.world,
        tables=files,
        digest=_digest(files, contents),
    )


def _refuse_after(until: date | None, today: date) -> None:
    if until is not None and today > until:
        raise DataError(
            Problem(
                code="E714",
                sentence=f"the registers may be kept until {until}, and that day has passed",
                help="delete them, or ingest once more with the new date if the approval has been prolonged",
            )
        )


def _no_table(name: str, there: Iterable[str]) -> Problem:
    if name not in tables():
        return Problem(code="E201", sentence=f"unknown register `{name}`", help=did_you_mean(name, tables()))
    return Problem(
        code="E201",
        sentence=f"the extract has no table `{name}`",
        help=f"add `{name}.parquet` to the extract, or ask for nothing from it",
        note=f"tables there: {named(sorted(there)) or 'none'}",
    )


def _opened(table: Table, entry: Entry) -> str:
    """Return the digest of a table's content, after everything that is asked of it."""
    file = _file(table.name, entry)
    seen = (table.name, file.path.name, file.digest)
    if seen not in _SEEN:
        _SEEN[seen] = _looked_through(table, file, entry)
    return _SEEN[seen]


def _looked_through(table: Table, file: TableFile, entry: Entry) -> str:
    """Return the digest of a table's content after one pass over its rows, some at a time, however many there are."""
    schema = _schema(table.name, file)
    wrong = list(column_problems(table, schema))
    watch = Watch(name=file.path.name, header=schema.names, key="person_id")
    batches = _guarded(_batches(table.name, file, schema), watch)
    if wrong:
        deque(batches, maxlen=0)
        _refuse(table.name, watch, wrong)
    held = list(rules(table, schema.names))
    broken = [0] * len(held)
    columns = [column for column in table.columns.values() if column.name in schema.names]
    rows, digest = content_digest(columns, _watched(batches, held, broken))
    problems = [rule.problem(table.name, count) for rule, count in zip(held, broken, strict=True) if count]
    if rows != entry.file.rows:
        problems.append(_not_the_manifests(table.name))
    _refuse(table.name, watch, problems)
    return digest


def _refuse(name: str, watch: Watch, problems: Sequence[Problem]) -> None:
    """Raise what a table is refused for, if anything: person numbers before all else."""
    private = [_of_table(name, problem) for problem in watch.problems()]
    if private:
        raise PrivacyError(private)
    if problems:
        raise DataError(problems)


def _guarded(batches: Iterable[pa.RecordBatch], watch: Watch) -> Iterator[pa.RecordBatch]:
    """Pass rows on, and look at every cell on the way for person numbers."""
    for batch in batches:
        watch.look(batch)
        yield batch


def _watched(batches: Iterable[pa.RecordBatch], held: Sequence[Rule], broken: list[int]) -> Iterator[pa.RecordBatch]:
    """Pass rows on, and count on the way those that break a rule."""
    for batch in batches:
        for place, rule in enumerate(held):
            broken[place] += rule.count(batch)
        yield batch


def _batches(name: str, file: TableFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield every column, text as positions in a list of names: names are few and rows are many."""
    text = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    with suppress(pa.ArrowException, OSError), pq.ParquetFile(file.path, read_dictionary=text) as opened:
        yield from opened.iter_batches(batch_size=_AT_ONCE)
        return
    raise DataError(_cut_off(name))


def _file(name: str, entry: Entry) -> TableFile:
    try:
        file = open_file(entry.file.path, wanted=(), csv=Csv())
    except DataError as error:
        raise DataError([_of_table(name, problem) for problem in error.problems]) from None
    if file.digest != entry.sha256:
        raise DataError(_not_the_manifests(name))
    return file


def _schema(name: str, file: TableFile) -> pa.Schema:
    with suppress(pa.ArrowException, OSError), pq.ParquetFile(file.path) as opened:
        return opened.schema_arrow
    raise DataError(
        Problem(code="E701", sentence=f"`{name}` cannot be read as parquet", help="write the extract again")
    )


def _of_table(name: str, problem: Problem) -> Problem:
    return Problem(code=problem.code, sentence=f"`{name}`: {problem.sentence}", help=problem.help, note=problem.note)


def _cut_off(name: str) -> Problem:
    return Problem(
        code="E701",
        sentence=f"the file of `{name}` cannot be read to its end as parquet",
        help="write the extract again: the file is cut off or damaged",
    )


def _not_the_manifests(name: str) -> Problem:
    return Problem(
        code="E701",
        sentence=f"the file of `{name}` is not the one that the manifest describes",
        help="write the extract again, file and manifest together",
    )


def _digest(files: Mapping[str, RegisterFile], contents: Mapping[str, str]) -> str:
    lines = {name: [contents[name], *(str(month) for month in file.coverage)] for name, file in files.items()}
    return hashlib.sha256(json.dumps(lines, sort_keys=True).encode()).hexdigest()
