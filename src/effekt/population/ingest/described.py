"""What an ingest says of itself: the manifest of the extract, and the integrity report as JSON and as a page.

The report is for whoever keeps the data: its counts are not protected, so it stays where the extract stays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from effekt.population.catalogue.loading import LocatedCatalogue
from effekt.population.catalogue.tables import coverage_of
from effekt.population.extract.manifest import FORMAT, MANIFEST
from effekt.population.ingest.checked import Found
from effekt.population.ingest.delivered import AsDelivered
from effekt.population.ingest.stocks import Stock
from effekt.population.ingest.writing import as_json
from effekt.provenance.digests import file_digest

REPORT, PAGE = "integrity.json", "integrity.html"

_WIDTH, _HEIGHT = 640, 90


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDone:
    """One table as it stands in the extract. files : delivered files and their rows."""

    name: str
    rows: int
    columns: tuple[str, ...]
    files: tuple[tuple[str, str, int], ...]
    found: tuple[Found, ...]
    stock: Stock | None
    notes: tuple[str, ...]
    delivered: AsDelivered
    open_spells: int | None


def describe(located: LocatedCatalogue, done: Sequence[TableDone], extract: Path) -> None:
    """Write the manifest and the report into the folder of an extract."""
    report = integrity(located, done)
    (extract / REPORT).write_text(as_json(report), encoding="utf-8")
    (extract / PAGE).write_text(_page(report), encoding="utf-8")
    (extract / MANIFEST).write_text(as_json(manifest(located, done, extract)), encoding="utf-8")


def manifest(located: LocatedCatalogue, done: Sequence[TableDone], extract: Path) -> dict[str, Any]:
    """Return what the manifest says of an extract whose tables lie in a folder."""
    about = located.catalogue.catalogue
    said = located.catalogue.model_dump(mode="json", by_alias=True)
    return {
        "format": FORMAT,
        "synthetic": about.synthetic,
        "world": None,
        "delivery": about.delivery,
        "retain_until": None if about.retain_until is None else str(about.retain_until),
        "catalogue": hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest(),
        "versions": {name: version(name) for name in ("effekt", "duckdb", "pyarrow", "pandas")},
        "files": [REPORT, PAGE],
        "tables": {table.name: _entry(located, table, extract) for table in done},
    }


def _entry(located: LocatedCatalogue, table: TableDone, extract: Path) -> dict[str, Any]:
    coverage = coverage_of(located.catalogue.tables[table.name])
    assert coverage is not None
    return {
        "file": f"{table.name}.parquet",
        "coverage": [str(month) for month in coverage],
        "rows": table.rows,
        "sha256": file_digest(extract / f"{table.name}.parquet"),
        "sources": [{"name": name, "sha256": digest, "rows": rows} for name, digest, rows in table.files],
    }


def integrity(located: LocatedCatalogue, done: Sequence[TableDone]) -> dict[str, Any]:
    """Return every rule with its count, its policy and the rows the policy touched, table by table."""
    return {
        "delivery": located.catalogue.catalogue.delivery,
        "tables": {
            table.name: {
                "rows": table.rows,
                "files": len(table.files),
                "delivered_rows": sum(rows for _, _, rows in table.files),
                "open_spells": table.open_spells,
                "rules": [
                    {
                        "rule": found.rule,
                        "column": found.column,
                        "what": found.sentence,
                        "count": found.count,
                        "unit": found.unit,
                        "of": found.of,
                        "policy": found.policy,
                        "touched": found.touched,
                    }
                    for found in table.found
                ],
                "delivered": table.delivered.said(),
                "notes": list(table.notes),
                "stock": None if table.stock is None else _series(table.stock),
            }
            for table in done
        },
    }


def _series(stock: Stock) -> dict[str, Any]:
    return {
        "months": [str(month) for month in stock.months],
        "counts": list(stock.counts),
        "jumps": [str(month) for month in stock.jumps],
        "breaks": {str(month): why for month, why in stock.breaks.items()},
    }


def _page(report: dict[str, Any]) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = (files("effekt.population.ingest") / "integrity.html.j2").read_text(encoding="utf-8")
    plots = {name: plot(table["stock"]) for name, table in report["tables"].items() if table["stock"]}
    return environment.from_string(text).render(report=report, plots=plots, width=_WIDTH, height=_HEIGHT)


def plot(series: dict[str, Any]) -> dict[str, Any]:
    """Return a monthly series as points of a drawing, and where its breaks and jumps stand."""
    months, counts = series["months"], series["counts"]
    step, top = _WIDTH / max(len(counts) - 1, 1), max([*counts, 1])
    points = " ".join(f"{n * step:.1f},{_HEIGHT * (1 - count / top):.1f}" for n, count in enumerate(counts))
    place = {month: f"{n * step:.1f}" for n, month in enumerate(months)}
    return {
        "points": points,
        "first": months[0],
        "last": months[-1],
        "top": top,
        "breaks": [(place[month], f"{month}: {why}") for month, why in series["breaks"].items()],
        "jumps": [(place[month], month) for month in series["jumps"]],
    }
