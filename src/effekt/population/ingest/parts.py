"""One delivered file, converted: a parquet file that is there whole or not at all, and found again by its digest.

The folder of parts lies beside the extract and stays until an ingest succeeds, so that one that was stopped goes on
where it was; only its owner can read it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from effekt.errors import Problem
from effekt.population.deliveries.opening import DeliveredFile
from effekt.population.deliveries.packed import UNPACKED
from effekt.population.extract.columns import TYPES
from effekt.population.identity.watch import Watch
from effekt.population.ingest.casting import ENCODED, Cast, cast, constant
from effekt.population.ingest.planning import Plan

VERSION = "effekt-part/2"
"""Changes whenever the same file would be converted to something else."""

_POSITIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """Cells of one column that are not of its type. first : positions of the first rows, counted from 1."""

    column: str
    delivered: str
    cells: int
    first: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A converted file. types : delivered column -> how the file holds it. problems : of the identity guard.

    marked : canonical column -> cells whose code says that they are not known. walked : cells whose code the
    crosswalk changed.
    """

    path: Path | None
    rows: int
    unfit: tuple[Unfit, ...]
    types: dict[str, str]
    notes: tuple[str, ...]
    marked: dict[str, int] = field(default_factory=dict)
    walked: dict[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def convert(plan: Plan, columns: list[str], folder: Path, tell: Callable[[int], None]) -> Converted:
    """Convert a file, or find what it was converted to before. tell : called with the rows that are done.

    Raises
    ------
    DataError
        E701 if the file cannot be read to its end.
    """
    name = _digest(plan, columns)
    path, facts = folder / f"{name}.parquet", folder / f"{name}.json"
    known = _known(path, facts)
    if known is not None:
        tell(known.rows)
        return known
    unfinished = folder / f"{name}.unfinished"
    watch = Watch(name=plan.piece.name, header=plan.file.header, key=plan.key)
    try:
        tally, types = _write(plan, columns, unfinished, watch, tell)
        problems = tuple(watch.problems())
        done = Converted(
            path=None if problems else path,
            rows=watch.rows,
            unfit=tally.unfit(),
            types=types,
            notes=tuple(watch.notes),
            marked=tally.marked,
            walked=tally.walked,
            problems=problems,
        )
        if not problems:
            facts.write_text(json.dumps(_said(done)), encoding="utf-8")
            unfinished.replace(path)
        return done
    finally:
        unfinished.unlink(missing_ok=True)
        if plan.file.path.parent == folder:
            plan.file.path.unlink(missing_ok=True)


@dataclass(slots=True)
class _Tally:
    """What became of the cells of a file, by canonical column. cells, first : of those that do not fit."""

    delivered: dict[str, str]
    cells: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[int]] = field(default_factory=dict)
    marked: dict[str, int] = field(default_factory=dict)
    walked: dict[str, int] = field(default_factory=dict)

    def add(self, column: str, read: Cast, before: int) -> None:
        """Count a stretch. before : rows of the file before it."""
        for counted, flags in ((self.cells, read.unfit), (self.marked, read.marked), (self.walked, read.walked)):
            if flags.any():
                counted[column] = counted.get(column, 0) + int(flags.sum())
        held = self.first.setdefault(column, [])
        held += (np.flatnonzero(read.unfit)[: _POSITIONS - len(held)] + before + 1).tolist()

    def unfit(self) -> tuple[Unfit, ...]:
        """Return the columns with cells that do not fit, in the order of the table."""
        return tuple(
            Unfit(column=name, delivered=delivered, cells=self.cells[name], first=tuple(self.first[name]))
            for name, delivered in self.delivered.items()
            if name in self.cells
        )


def _write(
    plan: Plan, columns: list[str], path: Path, watch: Watch, tell: Callable[[int], None]
) -> tuple[_Tally, dict[str, str]]:
    rules = {rule.column.name: rule for rule in plan.rules}
    made = [rules[name] for name in columns]
    kinds = [TYPES[rule.column.type] for rule in made]
    schema = pa.schema([(r.column.name, ENCODED if k == pa.string() else k) for r, k in zip(made, kinds, strict=True)])
    tally = _Tally({rule.column.name: rule.delivered or "" for rule in made})
    types: dict[str, str] = {}
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for chunk in plan.file.chunks():
            watch.look(chunk)
            types |= {name: str(kind) for name, kind in zip(chunk.schema.names, chunk.schema.types, strict=True)}
            cells = []
            for rule in made:
                if rule.delivered is None:
                    cells.append(constant(rule, chunk.num_rows))
                    continue
                read = cast(chunk.column(rule.delivered), rule)
                cells.append(read.cells)
                tally.add(rule.column.name, read, watch.rows - chunk.num_rows)
            writer.write_batch(pa.record_batch(cells, schema=schema))
            tell(chunk.num_rows)
    return tally, {name: kind for name, kind in types.items() if name in {rule.delivered for rule in made}}


def _digest(plan: Plan, columns: list[str]) -> str:
    """Return what tells one conversion from another: the bytes of the file, and everything that is done with them."""
    rules = [repr(rule) for rule in plan.rules if rule.column.name in columns]
    said = [VERSION, plan.file.digest, _reading(plan.file), plan.piece.name, plan.key, columns, rules]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def _reading(file: DeliveredFile) -> Any:
    dialect = file.dialect
    return file.kind if dialect is None else [dialect.delimiter, dialect.encoding, list(dialect.header)]


def _said(done: Converted) -> dict[str, Any]:
    said = {name: getattr(done, name) for name in ("rows", "types", "notes", "marked", "walked")}
    return {**said, "unfit": [asdict(unfit) for unfit in done.unfit]}


def _known(path: Path, facts: Path) -> Converted | None:
    """Return what a file was converted to before, if all of it is there."""
    if not path.is_file():
        return None
    with suppress(OSError, ValueError, KeyError, TypeError):
        said = json.loads(facts.read_text(encoding="utf-8"))
        unfit = tuple(Unfit(**{**one, "first": tuple(one["first"])}) for one in said["unfit"])
        return Converted(
            path=path,
            rows=said["rows"],
            unfit=unfit,
            types=dict(said["types"]),
            notes=tuple(said["notes"]),
            marked=dict(said["marked"]),
            walked=dict(said["walked"]),
        )
    return None


def parts_folder(out: Path) -> Path:
    """Return the folder of parts beside an extract, made for its owner alone; what was left unfinished is swept."""
    folder = parts_beside(out)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    sweep(folder)
    return folder


def parts_beside(out: Path) -> Path:
    """Return where the parts of an extract lie, if there are any."""
    return out.parent / f".{out.name}.parts"


def sweep(folder: Path) -> None:
    """Remove what is neither a whole part nor what is known of one."""
    for leftover in (*folder.glob("*.unfinished"), *folder.glob(f"{UNPACKED}*")):
        with suppress(OSError):
            leftover.unlink()
