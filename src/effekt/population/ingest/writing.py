"""The extract on disk: sorted by person, the same bytes for the same rows, moved into place whole."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from effekt.errors import DataError, Problem
from effekt.population.extract.columns import TYPES
from effekt.population.extract.manifest import MANIFEST
from effekt.population.ingest.checked import Checked
from effekt.population.ingest.database import names
from effekt.registers.parquet import PARQUET

_GROUP = 1 << 18
_UNFINISHED = "ingest-"


def write_table(checked: Checked, path: Path) -> int:
    """Write the rows of a table, ordered by key and then by everything else; return how many there are."""
    schema = pa.schema([(name, TYPES[checked.table.columns[name].type]) for name in checked.columns])
    key = [name for name in checked.table.key if name in checked.columns]
    order = names([*key, *(name for name in checked.columns if name not in key)])
    rows = 0
    with pq.ParquetWriter(
        path,
        schema,
        compression_level=6,
        write_statistics=True,
        **PARQUET,
    ) as writer:
        select = f"select {names(checked.columns)} from {checked.relation} order by {order}"
        for group in _groups(checked.database.batches(select), schema):
            writer.write_table(group, row_group_size=_GROUP)
            rows += group.num_rows
    return rows


def _groups(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield row groups of one size, so that how rows were read does not show in the bytes."""
    waiting: list[pa.Table] = []
    held = 0
    for batch in batches:
        waiting.append(pa.Table.from_batches([batch]).cast(schema))
        held += batch.num_rows
        while held >= _GROUP:
            whole = pa.concat_tables(waiting)
            yield whole.slice(0, _GROUP).combine_chunks()
            waiting, held = [whole.slice(_GROUP)], held - _GROUP
    if held:
        yield pa.concat_tables(waiting).combine_chunks()


def refuse_foreign(out: Path) -> None:
    """Raise E710 unless a folder is absent, empty, or an extract with nothing beside it."""
    if not out.exists():
        return
    if not out.is_dir():
        raise _unwritable(out, "it is a file")
    if Path.cwd().is_relative_to(out.resolve()):
        raise _unwritable(out, "it is replaced as a whole, and the current folder stands in it")
    known: set[str] = set()
    with suppress(OSError, ValueError, KeyError, TypeError):
        said = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        known = {MANIFEST, *(table["file"] for table in said["tables"].values()), *said.get("files", ())}
    if {path.relative_to(out).as_posix() for path in out.rglob("*")} - known:
        raise _unwritable(out, "it holds files that effekt did not write")


@contextmanager
def fresh_folder(out: Path) -> Iterator[Path]:
    """Give a private folder beside ``out``, gone afterwards; what a killed run left there is swept first."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for leftover in out.parent.glob(f".{out.name}.{_UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}.{_UNFINISHED}"))
    except OSError:
        raise _unwritable(out, "it cannot be written") from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def as_json(content: Any) -> str:
    """Return JSON with one spelling."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _unwritable(out: Path, why: str) -> DataError:
    return DataError(
        Problem(code="E710", sentence=f"`{out}` cannot be used for output: {why}", help="name a new or empty folder")
    )


def no_room(out: Path) -> DataError:
    """Return E710 for a disk that is full or went away."""
    return _unwritable(out, "the disk is full, or the folder went away")
