"""A short study on registers, a small draw of the tiny world, and what may be done to an extract."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[2]
PERSONS = 1200
"""The tiny world has 10 000; its rules are the same with fewer, and a test must not take a minute."""

SPEC = """\
effekt: 1
study: liten-reise
title: Veiledning nå eller senere
question: Kommer flere Nav-brukere i jobb med veiledning nå enn senere?
population:
  from: vedtak14a
  include: [{age: 19..30}]
  accrual: 2022-05..2026-12
treatment: {from: deltakelse, take: first}
comparison: {candidates: 5}
outcomes:
  i_jobb: {label: Lønnstaker, from: arbeidsforhold, is: active, at: [1y]}
  startet_vgo: {label: Startet videregående, from: utdanningsforloep, is: any_start, window: 0..1y}
primary: {outcome: i_jobb, at: 1y}
covariates:
  - {from: arbeidsforhold, is: months_active, window: 12m before}
  - {from: ytelse, is: months_active, window: 12m before}
analyses:
  hoved: {adjust: {method: nearest, ratio: 3, replace: true}, estimate: {method: difference}}
checks: {balance: {max_smd: 0.25}}       # so few persons are never as alike as the standard asks
disclosure: terskel10
"""


def write_world(path: Path) -> Path:
    """Write the tiny world with fewer persons, under a name of its own."""
    text = (ROOT / "synthetic" / "worlds" / "tiny.yaml").read_text(encoding="utf-8")
    for old, new in (("world: tiny", "world: reise"), ("number: 10000", f"number: {PERSONS}")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def changed_extract(source: Path, to: Path, change: Callable[[str, pa.Table], pa.Table]) -> Path:
    """Copy an extract with every table changed, and a manifest that is right about the new files."""
    shutil.copytree(source, to)
    manifest = json.loads((to / "manifest.json").read_text(encoding="utf-8"))
    for name, said in manifest["tables"].items():
        path = to / said["file"]
        table = change(name, pq.read_table(path))
        pq.write_table(table, path, compression="zstd")
        said |= {"rows": table.num_rows, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    (to / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return to


def shuffled(name: str, table: pa.Table) -> pa.Table:
    """Return the rows in another order."""
    return table.take(np.random.default_rng(len(name)).permutation(table.num_rows))


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
