"""A delivery by its metadata: one row per file and column, no value, so that it may leave the zone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from effekt.errors import DataError, PrivacyError, Problem
from effekt.population.catalogue.model import Csv
from effekt.population.deliveries.opening import KINDS, DeliveredFile, Kind, open_delivered
from effekt.population.deliveries.packed import kind_of
from effekt.population.files.dialect import look_at_bytes
from effekt.population.identity.guard import name_problems

FIELDS = ("file", "kind", "rows", "column", "type")
CATALOGUE = "catalogue.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """One file. name : relative to the folder; types : column -> type as the file holds it, in its order.

    rows : None where they were not counted. why : what kept the file from being read.
    """

    name: str
    kind: Kind
    rows: int | None
    types: dict[str, str]
    why: str | None = None

    def as_delivered(self) -> DeliveredFile:
        """Return the file as an ingest plans with it, without its rows."""
        return DeliveredFile(path=Path(self.name), kind=self.kind, digest="", header=tuple(self.types), dialect=None)


def scan(folder: Path) -> Iterator[Scanned]:
    """Yield every file of a delivery, by name; what cannot be read is told and passed over.

    Raises
    ------
    DataError
        E701 if there is no such folder.
    PrivacyError
        E501 if the name of a file or a column holds a person number.
    """
    if not folder.is_dir():
        raise DataError(Problem(code="E701", sentence="the folder does not exist", help="check its name"))
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and kind_of(path) in KINDS)
    found = [(path, path.relative_to(folder).as_posix()) for path in paths]
    private = [problem for _, name in found for problem in name_problems(name, ())]
    if private:
        raise PrivacyError(private)
    with TemporaryDirectory(prefix="effekt-") as unpacked:
        for path, name in found:
            yield _scanned(path, name, Path(unpacked))


def _scanned(path: Path, name: str, unpacked: Path) -> Scanned:
    kind = KINDS[kind_of(path)]
    try:
        file = open_delivered(path, csv=Csv(), folder=unpacked)
    except DataError as error:
        return Scanned(name=name, kind=kind, rows=None, types={}, why=error.problems[0].sentence)
    private = name_problems(name, file.header)
    if private:
        raise PrivacyError(private)
    try:
        return Scanned(name=name, kind=kind, rows=_rows(file), types=_types(file))
    finally:
        if file.path.parent == unpacked:
            file.path.unlink(missing_ok=True)


def _types(file: DeliveredFile) -> dict[str, str]:
    if file.kind == "csv":
        return dict.fromkeys(file.header, "text")
    with suppress(DataError):
        first: pa.RecordBatch | None = next(file.chunks(), None)
        if first is not None:
            return {name: str(kind) for name, kind in zip(first.schema.names, first.schema.types, strict=True)}
    return dict.fromkeys(file.header, "")


def _rows(file: DeliveredFile) -> int | None:
    """Return the rows where that costs no reading of cells."""
    if file.kind == "csv":
        facts = look_at_bytes(file.path)
        return None if facts.quotes else facts.lines - 1
    if file.kind == "parquet":
        import pyarrow.parquet as pq

        return int(pq.read_metadata(file.path).num_rows)
    return None


def as_csv(found: Iterable[Scanned]) -> str:
    """Return a scan as CSV; a file that could not be read has one row, with the reason as its type."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(FIELDS)
    for file in found:
        counted = "" if file.rows is None else file.rows
        if not file.types:
            rows.writerow([file.name, file.kind, counted, "", f"not read: {file.why or 'no columns'}"])
        for column, kind in file.types.items():
            rows.writerow([file.name, file.kind, counted, column, kind])
    return text.getvalue()


def read_scan(path: Path) -> Sequence[Scanned]:
    """Read what :func:`as_csv` wrote.

    Raises
    ------
    DataError
        E701 if it is not a scan.
    """
    with suppress(OSError, UnicodeDecodeError, csv.Error, ValueError, KeyError):
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        found: dict[str, Scanned] = {}
        for row in rows:
            if row["kind"] not in set(KINDS.values()):
                raise ValueError
            known = found.setdefault(
                row["file"],
                Scanned(
                    name=row["file"],
                    kind=row["kind"],
                    rows=int(row["rows"]) if row["rows"] else None,
                    types={},
                ),
            )
            if row["column"]:
                known.types[row["column"]] = row["type"]
        if rows:
            return list(found.values())
    raise DataError(
        Problem(
            code="E701",
            sentence=f"`{path.name}` is not a scan of a delivery",
            help="make one where the data are: `effekt scan DIR > scan.csv`",
        )
    )
