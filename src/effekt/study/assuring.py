"""Run a study on invented persons and hold every one of them against what its author expects."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from effekt.errors import Problem, SpecPath
from effekt.located.binding import bind
from effekt.located.document import Document, read
from effekt.population.cohort.build import build_cohort
from effekt.population.cohort.cohort import Cohort
from effekt.population.cohort.observed import registers_of
from effekt.population.engine.connection import Engine
from effekt.population.engine.machine import Machine
from effekt.population.extract.columns import TYPES
from effekt.population.extract.opening import open_extract
from effekt.population.outcomes import registers as register_outcomes
from effekt.registers.schema import tables
from effekt.sample import Outcomes
from effekt.spec.assured import KEY, Assured, Expected
from effekt.spec.registered import RegisterStudy

_NEAR = 1e-9


def assure(spec: RegisterStudy, file: Path) -> tuple[int, list[Problem]]:
    """Return how many persons came out as expected, and a located problem for each that did not.

    Raises
    ------
    SpecError
        What is wrong with the file.
    DataError
        Where the study cannot be run on its persons: nobody is treated, rows that break a rule of the registers.
    """
    document = read(file)
    assured = bind(Assured, document)
    with tempfile.TemporaryDirectory(prefix="effekt-assure-") as folder:
        _write(assured, tuple(registers_of(spec)), Path(folder))
        extract = open_extract(Path(folder), wanted=registers_of(spec))
        with Engine.open(extract, Machine(threads=1)) as engine:
            cohort = build_cohort(engine, spec, extract)
            outcomes = register_outcomes.read(cohort, "assured")
            found = _rows(cohort, outcomes)
    wrong = [problem for name in assured.persons for problem in _compared(name, assured, found.get(name, []), document)]
    names = {problem.path[1] for problem in wrong if problem.path}
    return len(assured.persons) - len(names), wrong


def _write(assured: Assured, registers: tuple[str, ...], folder: Path) -> None:
    """Write the persons as an extract; a register nobody has a row in is there and empty."""
    entries = {}
    for register in registers:
        columns = tables()[register].columns.values()
        rows = [{KEY: name, **row} for name in assured.persons for row in assured.rows_of(name, register)]
        held = {c.name: pa.array([row.get(c.name) for row in rows], TYPES[c.type]) for c in columns}
        path = folder / f"{register}.parquet"
        pq.write_table(pa.table(held), path)
        entries[register] = {
            "file": path.name,
            "coverage": [str(assured.covered.first), str(assured.covered.last)],
            "rows": len(rows),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
    manifest = {"format": "effekt-extract/1", "synthetic": True, "world": None, "tables": entries}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


Row = tuple[dt.date, bool, dict[tuple[str, int], float]]


def _rows(cohort: Cohort, outcomes: Outcomes) -> dict[str, list[Row]]:
    """Return the rows of each person by time zero: day, treated, outcome and horizon -> value."""
    group = cohort.within
    names = cohort.engine.person_ids(group.pid)
    found: dict[str, list[Row]] = {}
    for row in np.lexsort((group.day, group.pid)):
        values = {
            (name, int(month)): float(series.values[row, column])
            for name, series in outcomes.series.items()
            for column, month in enumerate(series.time)
        }
        day = np.datetime64(int(group.day[row]), "D").astype(dt.date)
        found.setdefault(str(names[row]), []).append((day, bool(cohort.sample.treated[row]), values))
    return found


def _compared(name: str, assured: Assured, rows: list[Row], document: Document) -> Iterator[Problem]:
    wanted = assured.expected[name]
    place: SpecPath = ("expected", name)
    if [(e.time_zero, e.treated) for e in wanted] != [(day, treated) for day, treated, _ in rows]:
        told = ", ".join(f"{day} {'treated' if treated else 'comparison'}" for day, treated, _ in rows)
        yield _otherwise(f"`{name}` became {told or 'no row'}", place, document)
        return
    for position, (expected, row) in enumerate(zip(wanted, rows, strict=True)):
        yield from _outcomes(name, expected, row, (*place, position), document)


def _outcomes(name: str, expected: Expected, row: Row, path: SpecPath, document: Document) -> Iterator[Problem]:
    for outcome, by_month in expected.outcomes.items():
        for month, value in by_month.items():
            at = (*path, "outcomes", outcome, month)
            if (outcome, month) not in row[2]:
                yield _otherwise(f"`{outcome}` is not read at month {month}", at, document)
                continue
            found = row[2][outcome, month]
            same = math.isnan(found) if value == "missing" else abs(found - value) <= _NEAR
            if not same:
                told = "missing" if math.isnan(found) else f"{found:g}"
                yield _otherwise(f"`{outcome}` of `{name}` is {told} at month {month}", at, document)


def _otherwise(sentence: str, path: SpecPath, document: Document) -> Problem:
    # A single row may be written without its list.
    written = path if document.has(path) else tuple(part for part in path if part != 0)
    return Problem(
        code="E311",
        sentence=sentence,
        help="mend the study if this is not what it means, or else what is expected",
        note="the persons are invented; `effekt show --sql` shows how the study chooses",
        path=path,
        place=document.place(written),
    )
