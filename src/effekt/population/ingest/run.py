"""The journey of an ingest: find, open, plan, convert, check, write, move in. Nothing of it shows before the last."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from effekt.errors import DataError, Problem
from effekt.population.catalogue.loading import load_catalogue
from effekt.population.deliveries.opening import open_delivered
from effekt.population.identity.guard import name_problems
from effekt.population.ingest.database import database
from effekt.population.ingest.described import TableDone, describe
from effekt.population.ingest.making import make_table
from effekt.population.ingest.misfits import unfit_problems
from effekt.population.ingest.parts import Converted, convert, parts_folder, sweep
from effekt.population.ingest.pieces import Piece, find_pieces
from effekt.population.ingest.planning import UNIT_HEADER, Plan, common_columns, plan
from effekt.population.ingest.under_way import Run, Tell
from effekt.population.ingest.writing import fresh_folder, no_room, refuse_foreign
from effekt.provenance.folders import move_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What an ingest made."""

    out: Path
    tables: tuple[TableDone, ...]


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
            run = Run(located, parts_folder(place), tell)
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


def _made(run: Run, folder: Path, *, memory: str | None, threads: int | None, temp: Path | None) -> list[TableDone]:
    plans = _planned(run)
    converted = _converted(run, plans)
    extract = folder / "extract"
    extract.mkdir(mode=0o700)
    with (
        TemporaryDirectory(prefix="effekt-", dir=temp or folder) as spill,
        database(Path(spill), memory=memory, threads=threads) as db,
    ):
        done = [make_table(run, db, plans[name], converted[name], extract) for name in _in_order(plans)]
    run.refuse()
    describe(run.located, done, extract)
    if run.located.catalogue.catalogue.synthetic:
        extract.chmod(0o755)
    return done


def _planned(run: Run) -> dict[str, list[Plan]]:
    """Return the plans of every file, by table; everything that the headers show to be wrong comes at once."""
    plans: dict[str, list[Plan]] = {}
    pieces = find_pieces(run.located)
    run.outside = pieces.outside
    for piece in pieces.files:
        made = _plan_of(run, piece)
        if made is not None:
            plans.setdefault(piece.table, []).append(made)
    run.refuse()
    return plans


def _plan_of(run: Run, piece: Piece) -> Plan | None:
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


def _in_file(run: Run, piece: Piece, problem: Problem) -> Problem:
    """Return a problem of a file at the place that names it."""
    return run.located.problem(
        problem.code, f"`{piece.name}`: {problem.sentence}", piece.said, help=problem.help, note=problem.note
    )


def _converted(run: Run, plans: dict[str, list[Plan]]) -> dict[str, list[Converted]]:
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
            run.problems += unfit_problems(run.located, one, done)
            converted.setdefault(name, []).append(done)
    run.refuse()
    return converted


def _in_order(plans: dict[str, list[Plan]]) -> list[str]:
    """Return the tables with those first that the others are held against."""
    first = [name for name in ("person", "bosted") if name in plans]
    return [*first, *(name for name in plans if name not in first)]
