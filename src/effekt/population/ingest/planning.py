"""How every canonical column of a table is made from one delivered file, by its header; what cannot be is refused."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from effekt.errors import Problem, SpecPath
from effekt.located.names import did_you_mean
from effekt.population.catalogue import model
from effekt.population.catalogue.columns import VERSION
from effekt.population.catalogue.loading import LocatedCatalogue
from effekt.population.deliveries.opening import DeliveredFile
from effekt.population.ingest.pieces import Piece
from effekt.population.ingest.reading import Rule
from effekt.population.wording import named
from effekt.registers import schema
from effekt.registers.schema import Table, tables

UNIT_HEADER = ("unit_id", "value", "start_date", "stop_date", "attributes")
"""Names for the columns of a file of one variable, which has no header."""

START, STOP = "start", "slutt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """rules : one per column that is made, in order. key : the delivered column of persons."""

    piece: Piece
    file: DeliveredFile
    rules: tuple[Rule, ...]
    key: str | None


def plan(located: LocatedCatalogue, piece: Piece, file: DeliveredFile) -> tuple[Plan, list[Problem]]:
    """Return the plan of a file and what keeps it from being carried out."""
    planner = _Planner(located, piece, file, tables()[piece.table])
    rules = tuple(planner.variable() if piece.source is not None else planner.table())
    return Plan(piece=piece, file=file, rules=rules, key=planner.key), planner.problems


def common_columns(plans: Sequence[Plan]) -> list[str]:
    """Return the columns that every file of a table makes, in the order of the schema."""
    made = [{rule.column.name for rule in one.rules} for one in plans]
    shared = set.intersection(*made)
    return [name for name in tables()[plans[0].piece.table].columns if name in shared]


class _Planner:
    """Makes the rules of one file, and notes what is wrong on the way."""

    def __init__(self, located: LocatedCatalogue, piece: Piece, file: DeliveredFile, table: Table) -> None:
        self.located, self.piece, self.file, self.known = located, piece, file, table
        self.entry = located.catalogue.tables[piece.table]
        self.csv = located.catalogue.csv_of(piece.table)
        self.problems: list[Problem] = []
        self.key = self._key() if "person_id" in table.columns and piece.source is None else None
        self._by_fold: dict[str, list[str]] = {}
        for name in file.header:
            self._by_fold.setdefault(name.strip().casefold(), []).append(name)

    def table(self) -> Iterator[Rule]:
        """Yield the rules of a file with the columns of a table."""
        for column in self.known.columns.values():
            rule = self._rule(column)
            if rule is not None:
                yield rule

    def variable(self) -> Iterator[Rule]:
        """Yield the rules of a file of one variable."""
        source = self.piece.source
        assert source is not None and self.piece.variable is not None
        self.key = UNIT_HEADER[0]
        pad = self.located.catalogue.catalogue.key_pad
        date = schema.Column(name=START, type="date", temporality="STATUS")
        column = self.known.columns[self.piece.variable]
        yield Rule(
            column=schema.Column(name="person_id", type="text", temporality="FIXED"), delivered=self.key, pad=pad
        )
        yield Rule(column=date, delivered="start_date")
        yield Rule(column=replace(date, name=STOP), delivered="stop_date", stop_inclusive=True)
        yield Rule(
            column=column,
            delivered="value",
            missing=source.missing,
            pad=source.pad,
            map=source.map,
            derive=source.derive,
            decimal=self.csv.decimal,
        )

    def _rule(self, column: schema.Column) -> Rule | None:
        if column.name == "person_id":
            pad = self.located.catalogue.catalogue.key_pad
            return Rule(column=column, delivered=self.key, pad=pad) if self.key is not None else None
        part = self.piece.part
        if part is not None and column.name in part.const:
            return Rule(column=column, const=part.const[column.name])
        spell = self.entry.spell
        if spell is not None and column.name in (START, STOP):
            return self._end_of_spell(column, spell)
        if part is not None and column.name in part.columns:
            said = (*self.piece.said[:-1], "columns", column.name)
            return self._said(column, part.columns[column.name], said)
        if column.name in self.entry.columns:
            return self._said(
                column, self.entry.columns[column.name], ("tables", self.known.name, "columns", column.name)
            )
        return self._unsaid(column)

    def _end_of_spell(self, column: schema.Column, spell: model.Spell) -> Rule | None:
        key = "start" if column.name == START else "stop"
        names = spell.start if column.name == START else spell.stop
        delivered = self._delivered(names, ("tables", self.known.name, "spell", key))
        last = column.name == STOP
        if delivered is None:
            return None
        return Rule(
            column=column,
            delivered=delivered,
            style=spell.stop_unit or spell.unit if last else spell.unit,
            missing=spell.stop_missing if last else (),
            stop_inclusive=last and spell.stop_inclusive,
        )

    def _said(self, column: schema.Column, said: model.Column, path: SpecPath) -> Rule | None:
        if said.const is not None:
            return Rule(column=column, const=said.const)
        delivered = self._delivered(said.source or (column.name,), (*path, "from") if said.source else path)
        if delivered is None:
            return None
        return Rule(
            column=column,
            delivered=delivered,
            missing=said.missing,
            pad=said.pad,
            map=said.map,
            crosswalk=None if said.crosswalk is None else self._crosswalk(said.crosswalk, (*path, "crosswalk")),
            derive=said.derive,
            style=said.format or "YYYY-MM-DD",
            decimal=self.csv.decimal,
        )

    def _unsaid(self, column: schema.Column) -> Rule | None:
        """Return the rule of a column that the catalogue does not name: its version, its time, or its own name."""
        whole = self.entry.columns.get(column.name.removesuffix(VERSION))
        if column.name.endswith(VERSION) and whole is not None and whole.version is not None:
            return Rule(column=column, const=whole.version)
        when = self.piece.when
        if column.name == "maaned" and when.month is not None:
            return Rule(column=column, const=f"{when}-01")
        if column.name == "aar" and self.known.kind == "yearly" and when.year is not None:
            return Rule(column=column, const=str(when.year))
        if column.optional and column.name.casefold() not in self._by_fold:
            return None
        delivered = self._delivered((column.name,), ("tables", self.known.name), unsaid=column.name)
        return None if delivered is None else Rule(column=column, delivered=delivered, decimal=self.csv.decimal)

    def _delivered(self, names: Sequence[str], path: SpecPath, *, unsaid: str | None = None) -> str | None:
        """Return the one column of the file that has one of the names; upper and lower case are one."""
        found = [there for name in names for there in self._by_fold.get(name.strip().casefold(), ())]
        exact = [name for name in names if name in self.file.header]
        if len(exact) == 1 or len(found) == 1:
            return (exact or found)[0]
        if not found and not exact:
            one = names[0]
            sentence = f"`{self.piece.name}` has no column `{one}`"
            if unsaid is not None:
                help_ = f"say where it comes from: `columns: {{{unsaid}: {{from: ...}}}}`, or `{{const: none}}`"
            else:
                help_ = did_you_mean(one, self.file.header) or "write the name that the file has"
            self._wrong("E202", sentence, path, help=help_)
        else:
            self._wrong(
                "E202",
                f"`{self.piece.name}` has more than one of the columns {named([f'`{n}`' for n in found])}",
                path,
                help="name the one that is meant",
            )
        return None

    def _key(self) -> str | None:
        pattern = self.located.catalogue.catalogue.person_key
        found = pattern.among(self.file.header)
        if len(found) == 1:
            return found[0]
        what = "no column" if not found else f"{len(found)} columns"
        self._wrong(
            "E202",
            f"`{self.piece.name}` has {what} of persons by this name",
            ("catalogue", "person_key"),
            help="change the expression so that it fits one column of every file",
        )
        return None

    def _crosswalk(self, name: str, path: SpecPath) -> Mapping[str, str]:
        try:
            return read_crosswalk(self.located.folder / f"{name}.csv")
        except (OSError, ValueError, csv.Error):
            self._wrong(
                "E105", f"`{name}.csv` is not a table of codes", path, help="write two columns, `from` and `to`"
            )
            return {}

    def _wrong(self, code: str, sentence: str, path: SpecPath, *, help: str) -> None:
        note = f"columns: {named(list(self.file.header))}" if code == "E202" else None
        self.problems.append(self.located.problem(code, sentence, path, help=help, note=note))


def read_crosswalk(path: Path) -> Mapping[str, str]:
    """Return delivered code -> canonical code; raises ValueError for a file that says a code twice."""
    text = path.read_text(encoding="utf-8-sig")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    rows = list(csv.DictReader(text.splitlines(), delimiter=delimiter))
    if rows and not {"from", "to"} <= set(rows[0]):
        raise ValueError
    walked = {row["from"].strip(): row["to"].strip() for row in rows}
    if len(walked) < len(rows):
        raise ValueError
    return walked
