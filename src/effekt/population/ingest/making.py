"""One table: put together from its converted files, held against every rule, written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from effekt.errors import Problem
from effekt.population.catalogue.tables import coverage_of
from effekt.population.identity.guard import name_problems
from effekt.population.ingest import stocks
from effekt.population.ingest.assembled import assembled, closed_lines, files_as_relation
from effekt.population.ingest.checked import Checked, Found
from effekt.population.ingest.database import Database
from effekt.population.ingest.delivered import as_delivered
from effekt.population.ingest.described import TableDone
from effekt.population.ingest.integrity import check
from effekt.population.ingest.parts import Converted
from effekt.population.ingest.planning import Plan, common_columns
from effekt.population.ingest.under_way import Run
from effekt.population.ingest.writing import write_table
from effekt.population.wording import counted, named
from effekt.registers.schema import Table, tables

_CODES = {
    "keys": "E704",
    "duplicates": "E705",
    "unique": "E705",
    "order": "E711",
    "codes": "E206",
    "types": "E703",
}


def make_table(
    run: Run, db: Database, plans: Sequence[Plan], converted: Sequence[Converted], extract: Path
) -> TableDone:
    """Make one table and write it into ``extract``, where those it is held against lie already.

    What breaks a rule whose policy is `error` is noted in ``run``; it refuses once every table has been looked at.
    """
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
    opening_lines = _begin(run, checked, plans, converted)
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
        delivered=as_delivered(run, db, plans, converted, opening_lines=opening_lines),
        open_spells=checked.count("slutt is null") if table.kind == "spell" else None,
    )


def _notes(run: Run, plans: Sequence[Plan], converted: Sequence[Converted]) -> Iterator[str]:
    """Yield what somebody should think about: keys like hashes, files that lie outside the coverage."""
    for one, done in zip(plans, converted, strict=True):
        yield from (f"{one.piece.name}: {note}" for note in done.notes)
    passed = [name for name in run.outside.get(plans[0].piece.table, ()) if not name_problems(name, ())]
    if passed:
        yield f"{counted(len(passed), 'file')} outside the coverage, not read: {named(passed)}"


def _begin(run: Run, checked: Checked, plans: Sequence[Plan], converted: Sequence[Converted]) -> int | None:
    """Make the first relation of a table out of its converted files.

    Returns the opening lines that were left out since the same spell has a closing one; None where there are no lines.
    """
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
        return None
    checked.columns = common_columns(plans)
    checked.relation = files_as_relation(paths)
    checked.becomes(f"select * from {checked.relation}")
    if entry.spell is None or entry.spell.layout == "rows":
        return None
    lines = checked.rows
    checked.becomes(closed_lines(checked.relation, _group(run, checked, plans)))
    return lines - checked.rows


def _constants(run: Run, table: Table, there: dict[str, list[Path]]) -> dict[str, str | None]:
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
    run.refuse()
    return constants


def _group(run: Run, checked: Checked, plans: Sequence[Plan]) -> list[str]:
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
    run.refuse()
    return list(dict.fromkeys([*(name for name in checked.table.key if name in checked.columns), *added]))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _broken(run: Run, name: str, found: Found) -> Problem:
    path = ("tables", name) if found.column is None else ("tables", name, "columns", found.column)
    return run.located.problem(
        _CODES.get(found.rule, "E713"),
        f"`{name}`: {found.sentence} ({counted(found.count, found.unit)})",
        path,
        help=found.help,
        key=True,
    )


def _types(run: Run, name: str, converted: Sequence[Converted]) -> Iterator[Found]:
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
