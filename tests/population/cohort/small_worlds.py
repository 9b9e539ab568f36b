"""Registers small enough to read: ASCII tables of what happened, and the cohort that a study makes of them.

A dot is unknown or open. Whoever a world mentions is a resident of Stavanger (1103, Rogaland) born in June 2000,
unless it says otherwise.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from effekt.population.cohort.build import build_cohort
from effekt.population.cohort.cohort import Cohort
from effekt.population.cohort.observed import registers_of
from effekt.population.engine.connection import Engine
from effekt.population.engine.machine import Machine
from effekt.population.extract.opening import open_extract
from effekt.registers.schema import tables
from effekt.sample import Sample
from effekt.spec.load import load
from effekt.spec.registered import RegisterStudy

TYPES = {
    "text": pa.string(),
    "code": pa.string(),
    "int": pa.int32(),
    "float": pa.float64(),
    "date": pa.date32(),
    "bool": pa.bool_(),
}
COVERAGE = ("2015-01", "2030-12")

STUDY = {
    "effekt": 1,
    "study": "small",
    "question": "Does it help?",
    "population": {"from": "vedtak14a", "accrual": "2024-01..2024-12"},
    "treatment": {"from": "deltakelse", "take": "first"},
    "comparison": {"candidates": "all", "cells": {"fylke": "exact"}},
    "outcomes": {"i_jobb": {"from": "arbeidsforhold", "is": "active", "at": ["1y"]}},
    "primary": {"outcome": "i_jobb", "at": "1y"},
    "analyses": {"main": {"estimate": {"method": "difference"}}},
    "disclosure": "open",
}

Rows = list[dict[str, Any]]


def rows(text: str) -> Rows:
    """Read an ASCII table: a header, then a row per line, cells between blanks."""
    header, *lines = [line.split() for line in text.strip().splitlines() if line.strip()]
    assert all(len(line) == len(header) for line in lines), text
    return [{name: None if cell == "." else cell for name, cell in zip(header, line, strict=True)} for line in lines]


def register(name: str, held: Rows) -> pa.Table:
    """A canonical table: columns that no row mentions are null if required and absent if optional."""
    columns = {}
    for column in tables()[name].columns.values():
        cells = [_cell(row.get(column.name), column.type) for row in held]
        if not column.optional or any(cell is not None for cell in cells):
            columns[column.name] = pa.array(cells, TYPES[column.type])
    return pa.table(columns)


def _cell(cell: Any, kind: str) -> Any:
    if not isinstance(cell, str):
        return cell
    read = {"date": dt.date.fromisoformat, "int": int, "float": float, "bool": lambda text: text == "1"}
    return read.get(kind, str)(cell)


@dataclass
class World:
    """Registers as rows, and how far they reach."""

    held: dict[str, Rows]
    coverage: dict[str, tuple[str, str]]

    def write(self, folder: Path, *, shuffled: int | None = None, without: tuple[str, ...] = ()) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        entries = {}
        for name, held in self.held.items():
            if name in without:
                continue
            table = register(name, held)
            if shuffled is not None:
                table = table.take(pa.array(np.random.default_rng(shuffled).permutation(table.num_rows)))
            path = folder / f"{name}.parquet"
            pq.write_table(table, path, compression="zstd")
            entries[name] = {
                "file": path.name,
                "coverage": list(self.coverage.get(name, COVERAGE)),
                "rows": table.num_rows,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
        manifest = {"format": "effekt-extract/1", "synthetic": True, "world": None, "tables": entries}
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return folder


def world(coverage: Mapping[str, tuple[str, str]] | None = None, **texts: str | Rows) -> World:
    """Return a world of ASCII tables; persons nobody describes get a birth and a home."""
    held = {name: rows(text) if isinstance(text, str) else list(text) for name, text in texts.items()}
    everyone = sorted({row["person_id"] for table in held.values() for row in table if "person_id" in row})
    born = {row["person_id"] for row in held.setdefault("person", [])}
    held["person"] += [
        {"person_id": p, "foedselsaar": 2000, "foedselsmaaned": 6, "kjoenn": "1", "innvkat": "A"}
        for p in everyone
        if p not in born
    ]
    housed = {row["person_id"] for row in held.setdefault("bosted", [])}
    held["bosted"] += [
        {"person_id": p, "start": "2015-01-01", "kommunenr": "1103", "status": "bosatt"}
        for p in everyone
        if p not in housed
    ]
    for name, table in tables().items():
        if "person_id" in table.columns:
            held.setdefault(name, [])
    for row in held["vedtak14a"]:
        row.setdefault("innsatsgruppe", "TRENGER_VEILEDNING")
        row.setdefault("nav_kontor", "1103")
    for row in held["deltakelse"]:
        row.setdefault("form", "individuell")
    return World(held, dict(coverage or {}))


def study(folder: Path, **changes: Any) -> RegisterStudy:
    """Return the smallest study with some keys changed; a map replaces keys of a map, None takes a key away."""
    written = {key: _changed(value, changes.pop(key)) if key in changes else value for key, value in STUDY.items()}
    written |= changes
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "study.yaml"
    written = {key: value for key, value in written.items() if value is not None}
    path.write_text(json.dumps(written, ensure_ascii=False, indent=2), "utf-8")
    spec = load(path)
    assert isinstance(spec, RegisterStudy)
    return spec


def _changed(before: Any, after: Any) -> Any:
    if isinstance(before, dict) and isinstance(after, dict) and set(before) != {"i_jobb"}:
        return {k: v for k, v in {**before, **after}.items() if v is not None}
    return after


@contextmanager
def opened(folder: Path, world: World, *, shuffled: int | None = None, **changes: Any) -> Iterator[Cohort]:
    """Build the cohort of a world, with its engine open."""
    spec = study(folder, **changes)
    registers = world.write(folder / "registers", shuffled=shuffled)
    extract = open_extract(registers, wanted=registers_of(spec))
    with Engine.open(extract, Machine(threads=1)) as engine:
        yield build_cohort(engine, spec, extract)


def cohort(folder: Path, world: World, **changes: Any) -> Cohort:
    """Build the cohort of a world; nothing more can be read from it."""
    with opened(folder, world, **changes) as built:
        return built


def who(cohort: Cohort, group: str = "within") -> pd.DataFrame:
    """Return person, day, treated, arm and weight of every record, sorted: who is compared with whom."""
    members = getattr(cohort, group)
    units = members.sample.units
    people = cohort_ids(cohort)
    return (
        pd.DataFrame(
            {
                "person": [people[pid] for pid in members.pid.tolist()],
                "day": members.day.astype("datetime64[D]").astype(str),
                "treated": units["treated"],
                "arm": units["arm"],
                "weight": units["sampling_weight"],
            }
        )
        .sort_values(["day", "treated", "person"], ascending=[True, False, True])
        .reset_index(drop=True)
    )


def cohort_ids(cohort: Cohort) -> dict[int, str]:
    pids = np.unique(np.concatenate([g.pid for g in (cohort.within, cohort.between) if g is not None]))
    return dict(zip(pids.tolist(), cohort.engine.person_ids(pids).tolist(), strict=True))


def compared(cohort: Cohort, group: str = "within") -> dict[str, str]:
    """Return `treated day` -> comparisons, as text: `{"A 2024-03-05": "B C"}`."""
    table = who(cohort, group)
    treated = table[table.treated == 1]
    return {
        f"{row.person} {row.day}": " ".join(table[(table.treated == 0) & (table.day == row.day)].person)
        for row in treated.itertuples()
    }


def reasons(sample: Sample) -> dict[str, int]:
    """Return how many of the treated are lost at each step that loses anybody."""
    steps = sample.attrition.steps
    return {b.reason: a.units - b.units for a, b in pairwise(steps) if a.units > b.units}
