"""A draw on disk: one parquet file per register and a manifest, complete or not there, the same bytes every time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from effekt.errors import DataError, Problem
from effekt.registers.parquet import PARQUET
from effekt.synthetic.draw import Draw
from effekt.synthetic.world import World

FORMAT = "effekt-extract/1"
MANIFEST = "manifest.json"


def write_extract(drawn: Draw, folder: Path) -> None:
    """Write a draw as the whole content of a folder; an earlier extract there is replaced in one move.

    Raises
    ------
    DataError
        E710 if the folder holds anything else or cannot be written; it is then as it was.
    """
    with in_one_move(folder) as fresh:
        for name, table in drawn.tables.items():
            _write(table, fresh / f"{name}.parquet")
        rows = {name: table.num_rows for name, table in drawn.tables.items()}
        write_manifest(drawn.world, drawn.seed, rows, fresh)


def _files_of(manifest: Any) -> list[str]:
    return [table["file"] for table in manifest["tables"].values()]


@contextlib.contextmanager
def in_one_move(
    folder: Path, *, about: str = MANIFEST, listed: Callable[[Any], Iterable[str]] = _files_of
) -> Iterator[Path]:
    """Give a new folder to write an extract into, which takes the place of ``folder`` at the end, or leaves nothing.

    about : the file in which an earlier content says of itself what it is. listed : the files that it names.

    Raises
    ------
    DataError
        E710 if the folder holds anything else or cannot be written; it is then as it was.
    """
    _refuse_foreign(folder, about, listed)
    place = folder.resolve()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}."))
    except OSError as error:
        raise _unwritable(folder, "it cannot be written") from error
    try:
        yield fresh
        fresh.chmod(0o755)
        _swap(fresh, place)
    except OSError as error:
        raise _unwritable(folder, "it cannot be written") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_manifest(world: World, seed: int, rows: Mapping[str, int], folder: Path) -> None:
    """Write what an extract says of itself beside its files. rows : of every table, in the order of the manifest."""
    ends = [str(world.coverage.first), str(world.coverage.last)]
    tables: dict[str, Any] = {}
    for name, count in rows.items():
        with (folder / f"{name}.parquet").open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        tables[name] = {"file": f"{name}.parquet", "coverage": ends, "rows": count, "sha256": digest}
    drawn = {"name": world.world, "seed": seed, "digest": world.digest}
    said = {"format": FORMAT, "synthetic": True, "world": drawn, "tables": tables}
    (folder / MANIFEST).write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write(table: pa.Table, path: Path) -> None:
    """Write with every setting fixed, so that the bytes are a function of the content."""
    pq.write_table(
        table,
        path,
        compression_level=12,
        row_group_size=1 << 20,
        write_statistics=True,
        **PARQUET,
    )


def _refuse_foreign(folder: Path, about: str, listed: Callable[[Any], Iterable[str]]) -> None:
    """Raise E710 unless a folder is absent, empty, or holds ``about`` and the files that it lists, and nothing else."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise _unwritable(folder, "it is a file")
    known: set[str] = set()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        known = {about, *listed(json.loads((folder / about).read_text(encoding="utf-8")))}
    if {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()} - known:
        raise _unwritable(folder, "it holds files that effekt did not write")


def _swap(fresh: Path, place: Path) -> None:
    """Move the new folder in place; what stood there comes back if the move fails."""
    if not place.exists():
        fresh.rename(place)
        return
    aside = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}.")) / "old"
    place.rename(aside)
    try:
        fresh.rename(place)
    except BaseException:
        aside.rename(place)
        raise
    finally:
        shutil.rmtree(aside.parent, ignore_errors=True)


def _unwritable(folder: Path, why: str) -> DataError:
    return DataError(
        Problem(
            code="E710",
            sentence=f"`{folder}` cannot be used for output: {why}",
            help="name a new or empty folder",
        )
    )
