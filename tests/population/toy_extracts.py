"""Extracts small enough to read: rows as tuples, written as the canonical parquet and manifest."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from effekt.population.extract.manifest import read_manifest
from effekt.population.extract.opening import Extract, open_extract
from effekt.registers.schema import tables

TYPES = {
    "text": pa.string(),
    "code": pa.string(),
    "int": pa.int32(),
    "float": pa.float64(),
    "date": pa.date32(),
    "bool": pa.bool_(),
}
COVERAGE = ("2000-01", "2029-12")


def date(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def register(name: str, rows: Sequence[Mapping[str, Any]], *, whole: bool = False) -> pa.Table:
    """A canonical table: columns that no row mentions are null, or absent if optional and not ``whole``."""
    columns = {}
    for column in tables()[name].columns.values():
        cells = [row.get(column.name) for row in rows]
        if column.type == "date":
            cells = [date(cell) if isinstance(cell, str) else cell for cell in cells]
        if whole or not column.optional or any(cell is not None for cell in cells):
            columns[column.name] = pa.array(cells, TYPES[column.type])
    return pa.table(columns)


def write(
    folder: Path, registers: Mapping[str, pa.Table], coverage: Mapping[str, tuple[str, str]] | None = None
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    entries = {}
    for name, table in registers.items():
        path = folder / f"{name}.parquet"
        pq.write_table(table, path, compression="zstd")
        entries[name] = {
            "file": path.name,
            "coverage": list((coverage or {}).get(name, COVERAGE)),
            "rows": table.num_rows,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
    manifest = {"format": "effekt-extract/1", "synthetic": True, "world": None, "tables": entries}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def extract(
    folder: Path, registers: Mapping[str, pa.Table], coverage: Mapping[str, tuple[str, str]] | None = None
) -> Extract:
    return open_extract(write(folder, registers, coverage), wanted=registers)


def unchecked(
    folder: Path, registers: Mapping[str, pa.Table], coverage: Mapping[str, tuple[str, str]] | None = None
) -> Extract:
    """The extract without the look at its rows that opening takes, for tests that make hundreds."""
    write(folder, registers, coverage)
    files = {name: entry.file for name, entry in read_manifest(folder).tables.items()}
    return Extract(folder=folder, synthetic=True, world=None, tables=files, digest="unchecked")
