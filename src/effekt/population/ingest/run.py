"""The journey of an ingest: find, open, plan, convert, check, write, move in. Nothing of it shows before the last."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from effekt.errors import DataError, EffektError, PrivacyError, Problem
from effekt.population.catalogue.loading import LocatedCatalogue, load_catalogue
from effekt.population.catalogue.tables import coverage_of
from effekt.population.deliveries.opening import open_delivered
from effekt.population.identity.guard import name_problems
from effekt.population.ingest import stocks
from effekt.population.ingest.assembled import assembled, closed_lines, files_as_relation
from effekt.population.ingest.checked import Checked, Found
from effekt.population.ingest.database import Database, database
from effekt.population.ingest.described import TableDone, describe
from effekt.population.ingest.integrity import check
from effekt.population.ingest.parts import Converted, convert, parts_folder, sweep
from effekt.population.ingest.pieces import Piece, find_pieces
from effekt.population.ingest.planning import UNIT_HEADER, Plan, common_columns, plan
from effekt.population.ingest.writing import fresh_folder, move_in, no_room, refuse_foreign, write_table
from effekt.population.wording import counted, named
from effekt.registers.schema import Table, tables

Tell = Callable[[str, int], None]
"""Called with what is being done, and how many rows more are done."""

_CODES = {
    "keys": "E704",
    "duplicates": "E705",
    "unique": "E705",
    "order": "E711",
    "codes": "E206",
    "types": "E703",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What an ingest made."""

    out: Path
    tables: tuple[TableDone, ...]


@dataclass(slots=True)
class _Run:
    """An ingest on its way."""

    located: LocatedCatalogue
    parts: Path
    tell: Tell
    problems: list[Problem] = field(default_factory=list)
    private: bool = False
    outside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def ingest(
    catalogue: str | os.PathLike[str],
    out: Path,
    *,
    today: date,
    memory: str | None = None,
    threads: int | None = None,
    temp: Path | None = None,
    tell: Tell = lambda what, rows: None,
) -> Ingested:
    """Make the canonical registers of a delivery the whole content of ``out``.

    memory, threads, temp : for the database that sorts; what does not fit in memory goes to a private folder in
    ``temp``, or beside ``out``. An earlier extract in ``out`` is as it was unless this returns.

    Raises
    ------
    SpecError
        Everything that is wrong with the catalogue itself.
    DataError
        Everything that is wrong with the files: E701, E702, E715 and what the rules of the registers say.
    PrivacyError
        E501 if a person number stands anywhere.
    """
    located = load_catalogue(catalogue, today=today)
    refuse_foreign(out)
    place = out.resolve()
    try:
        with fresh_folder(place) as folder:
            run = _Run(located, parts_folder(place), tell)
            try:
                done = _made(run, folder, memory=memory, threads=threads, temp=temp)
                move_in(folder / "extract", place)
                shutil.rmtree(run.parts, ignore_errors=True)
            finally:
                # What was unpacked is gone whatever happens; whole parts wait for the next run.
                sweep(run.parts)
                with suppress(OSError):
                    run.parts.rmdir()
    except OSError:
        raise no_room(out) from None
    return Ingested(out=out, tables=tuple(done))


def _made(run: _Run, folder: Path, *, memory: str | None, threads: int | None, temp: Path | None) -> list[TableDone]:
    plans = _planned(run)
    converted = _converted(run, plans)
    extract = folder / "extract"
    extract.mkdir(mode=0o700)
    with (
        TemporaryDirectory(prefix="effekt-", dir=temp or folder) as spill,
        database(Path(spill), memory=memory, threads=threads) as db,
    ):
        done = [_table(run, db, plans[name], converted[name], extract) for name in _in_order(plans)]
    _refuse(run)
    describe(run.located, done, extract)
    if run.located.catalogue.catalogue.synthetic:
        extract.chmod(0o755)
    return done


def _planned(run: _Run) -> dict[str, list[Plan]]:
    """Return the plans of every file, by table; everything that the headers show to be wrong comes at once."""
    plans: dict[str, list[Plan]] = {}
    pieces = find_pieces(run.located)
    run.outside = pieces.outside
    for piece in pieces.files:
        made = _plan_of(run, piece)
        if made is not None:
            plans.setdefault(piece.table, []).append(made)
    _refuse(run)
    return plans


def _plan_of(run: _Run, piece: Piece) -> Plan | None:
    csv = run.located.catalogue.csv_of(piece.table)
    header = UNIT_HEADER if piece.source is not None else None
    try:
        file = open_delivered(piece.path, csv=csv, folder=run.parts, header=header)
    except DataError as error:
        run.problems += [_in_file(run, piece, problem) for problem in error.problems]
        return None
    private = name_problems(piece.name, file.header)
    if private:
        run.private = True
        run.problems += [_in_file(run, piece, problem) for problem in private]
        return None
    made, problems = plan(run.located, piece, file)
    run.problems += problems
    return made


def _in_file(run: _Run, piece: Piece, problem: Problem) -> Problem:
    """Return a problem of a file at the place that names it."""
    return run.located.problem(
        problem.code, f"`{piece.name}`: {problem.sentence}", piece.said, help=problem.help, note=problem.note
    )


def _converted(run: _Run, plans: dict[str, list[Plan]]) -> dict[str, list[Converted]]:
    converted: dict[str, list[Converted]] = {}
    for name, of_table in plans.items():
        for one in of_table:
            columns = [rule.column.name for rule in one.rules] if one.piece.source else common_columns(of_table)
            try:
                done = convert(one, columns, run.parts, partial(run.tell, f"reading {name}"))
            except DataError as error:
                run.problems += [_in_file(run, one.piece, problem) for problem in error.problems]
                continue
            run.private |= bool(done.problems)
            run.problems += [_in_file(run, one.piece, problem) for problem in done.problems]
            run.problems += _unfit(run, one, done)
            converted.setdefault(name, []).append(done)
    _refuse(run)
    return converted


def _unfit(run: _Run, one: Plan, done: Converted) -> Iterator[Problem]:
    policies = run.located.catalogue.policies_of(one.piece.table)
    rules = {rule.column.name: rule for rule in one.rules}
    for unfit in done.unfit:
        rule = rules[unfit.column]
        walked = rule.crosswalk is not None
        if (policies.codes if walked else policies.types) == "missing":
            continue
        kind = rule.column.type
        what = "without a counterpart in the crosswalk" if walked else f"that cannot be read as {_KINDS[kind]}"
        yield run.located.problem(
            "E206" if walked else "E703" if kind in ("int", "float") else "E105",
            f"`{one.piece.name}`: column `{unfit.delivered}` holds {counted(unfit.cells, 'cell')} {what} "
            f"(first rows: {', '.join(map(str, unfit.first))})",
            ("tables", one.piece.table, "columns", unfit.column),
            help=_help_for(rule.style, kind, run, one, walked=walked),
        )


_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "date": "a date",
    "bool": "yes or no",
    "code": "a code",
    "text": "text",
}


def _help_for(style: str, kind: str, run: _Run, one: Plan, *, walked: bool) -> str:
    if walked:
        return "add the codes to the crosswalk, or write `policies: {codes: missing}`"
    if kind == "date":
        return f"say how they are written with `format` (here: {style}), or what means not known with `missing`"
    if kind == "bool":
        return "write `map: {delivered: 1, other: 0}`"
    mark = run.located.catalogue.csv_of(one.piece.table).decimal
    return f"say what means not known with `missing`, or the decimal mark with `csv: {{decimal: ...}}` (here `{mark}`)"


def _in_order(plans: dict[str, list[Plan]]) -> list[str]:
    """Return the tables with those first that the others are held against."""
    first = [name for name in ("person", "bosted") if name in plans]
    return [*first, *(name for name in plans if name not in first)]


def _table(run: _Run, db: Database, plans: Sequence[Plan], converted: Sequence[Converted], extract: Path) -> TableDone:
    name = plans[0].piece.table
    entry, table = run.located.catalogue.tables[name], tables()[name]
    coverage = coverage_of(entry)
    assert coverage is not None
    checked = Checked(
        database=db,
        table=table,
        columns=[],
        coverage=coverage,
        policies=run.located.catalogue.policies_of(name),
        relation="",
        found=[],
    )
    _begin(run, checked, plans, converted)
    run.tell(f"checking {name}", 0)
    there = {path.stem: f"read_parquet('{_quoted(path)}')" for path in extract.glob("*.parquet")}
    check(checked, known_persons=there.get("person"), residence=there.get("bosted"))
    stock = stocks.stock_of(checked, entry.breaks)
    stocks.check(checked, stock)
    stopping = [found for found in checked.found if found.stops]
    run.problems += [_broken(run, name, found) for found in stopping]
    run.tell(f"sorting {name}", 0)
    rows = write_table(checked, extract / f"{name}.parquet")
    return TableDone(
        name=name,
        rows=rows,
        columns=tuple(checked.columns),
        files=tuple((p.piece.name, p.file.digest, c.rows) for p, c in zip(plans, converted, strict=True)),
        found=(*_types(run, name, converted), *checked.found),
        stock=stock,
        notes=tuple(_notes(run, plans, converted)),
        drift=tuple(_drift(converted)),
        open_spells=checked.count("slutt is null") if table.kind == "spell" else None,
    )


def _notes(run: _Run, plans: Sequence[Plan], converted: Sequence[Converted]) -> Iterator[str]:
    """Yield what somebody should think about: keys like hashes, files that lie outside the coverage."""
    for one, done in zip(plans, converted, strict=True):
        yield from (f"{one.piece.name}: {note}" for note in done.notes)
    passed = [name for name in run.outside.get(plans[0].piece.table, ()) if not name_problems(name, ())]
    if passed:
        yield f"{counted(len(passed), 'file')} outside the coverage, not read: {named(passed)}"


def _begin(run: _Run, checked: Checked, plans: Sequence[Plan], converted: Sequence[Converted]) -> None:
    """Make the first relation of a table out of its converted files."""
    entry, table = run.located.catalogue.tables[checked.table.name], checked.table
    paths = [done.path for done in converted if done.path is not None]
    if entry.sources:
        by_variable: dict[str, list[Path]] = {}
        for one, path in zip(plans, paths, strict=True):
            by_variable.setdefault(one.piece.variable or "", []).append(path)
        constants = _constants(run, table, by_variable)
        made = {"person_id", "start" if table.kind == "spell" else "", "slutt" if table.kind == "spell" else ""}
        made |= {"aar"} if table.kind == "yearly" else set()
        checked.columns = [name for name in table.columns if name in {*made, *by_variable, *constants}]
        checked.becomes(assembled(table, by_variable, constants))
        return
    checked.columns = common_columns(plans)
    checked.relation = files_as_relation(paths)
    checked.becomes(f"select * from {checked.relation}")
    if entry.spell is not None and entry.spell.layout == "open_close_lines":
        checked.becomes(closed_lines(checked.relation, _group(run, checked, plans)))


def _constants(run: _Run, table: Table, there: dict[str, list[Path]]) -> dict[str, str | None]:
    """Return what the catalogue says holds for every row, and `None` for nothing; refuse a required column left out."""
    said = run.located.catalogue.tables[table.name].columns
    constants: dict[str, str | None] = {name: c.const for name, c in said.items() if c.const is not None}
    given = {"person_id", "start", "slutt", "aar", *there, *constants}
    lacking = [column.name for column in table.columns.values() if not column.optional and column.name not in given]
    run.problems += [
        run.located.problem(
            "E202",
            f"no source of `{table.name}` makes its column `{name}`",
            ("tables", table.name, "sources"),
            help=f"add a source for it, or `columns: {{{name}: {{const: none}}}}` if it is not known",
            key=True,
        )
        for name in lacking
    ]
    _refuse(run)
    return constants


def _group(run: _Run, checked: Checked, plans: Sequence[Plan]) -> list[str]:
    """Return the canonical columns by which lines belong together: the key, and what the catalogue adds."""
    spell = run.located.catalogue.tables[checked.table.name].spell
    assert spell is not None
    made = {rule.delivered: rule.column.name for one in plans for rule in one.rules if rule.delivered}
    added = [made.get(name, name) for name in spell.group if name != "person_id" and name not in spell.start]
    unknown = [name for name in added if name not in checked.columns]
    run.problems += [
        run.located.problem(
            "E202",
            f"`group` names `{name}`, of which no column is made",
            ("tables", checked.table.name, "spell", "group"),
            help="name the column under `columns`, or leave it out of `group`",
        )
        for name in unknown
    ]
    _refuse(run)
    return list(dict.fromkeys([*(name for name in checked.table.key if name in checked.columns), *added]))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _broken(run: _Run, name: str, found: Found) -> Problem:
    path = ("tables", name) if found.column is None else ("tables", name, "columns", found.column)
    return run.located.problem(
        _CODES.get(found.rule, "E713"),
        f"`{name}`: {found.sentence} ({counted(found.count, found.unit)})",
        path,
        help=found.help,
        key=True,
    )


def _types(run: _Run, name: str, converted: Sequence[Converted]) -> Iterator[Found]:
    """Yield what the cast found: cells that the policy made missing."""
    policy = run.located.catalogue.policies_of(name).types
    cells: dict[str, int] = {}
    for done in converted:
        for unfit in done.unfit:
            cells[unfit.column] = cells.get(unfit.column, 0) + unfit.cells
    yield Found(
        rule="types",
        policy=policy,
        count=sum(cells.values()),
        unit="cell",
        touched=sum(cells.values()),
        of=sum(done.rows for done in converted),
        sentence="cells that are not of the type of their column"
        + (f": {named([f'{column} {n}' for column, n in cells.items()])}" if cells else ""),
        help="say what means not known with `missing`",
    )


def _drift(converted: Sequence[Converted]) -> Iterator[str]:
    """Yield the delivered columns that come in more than one type, with the types."""
    kinds: dict[str, set[str]] = {}
    for done in converted:
        for column, kind in done.types.items():
            kinds.setdefault(column.casefold(), set()).add("text" if "string" in kind else kind)
    for column, found in sorted(kinds.items()):
        if len(found) > 1:
            yield f"{column}: {', '.join(sorted(found))}"


def _refuse(run: _Run) -> None:
    if run.problems:
        error: type[EffektError] = PrivacyError if run.private else DataError
        raise error(run.problems)
