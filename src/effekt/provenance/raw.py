"""Raw estimates between ``run`` and ``release``: unprotected, in the work folder only, never in ``--out``.

JSON keeps every float exactly (shortest round-trip form). Influence values stay in memory: they are one row
per unit and no later stage reads them from disk.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from effekt.errors import FreezeError, Problem
from effekt.provenance.digests import digest
from effekt.provenance.folders import write_file
from effekt.results import Column, Estimate, Estimates, Table

FILE = "estimates.json"


def write_estimates(work: Path, *, freeze_digest: str, estimates: Mapping[str, Estimates]) -> None:
    """Store the estimates of every analysis and variant, bound to the freeze that opened their outcomes."""
    body = {"freeze": freeze_digest, "estimates": {key: _to_json(e) for key, e in estimates.items()}}
    text = json.dumps({"digest": digest(body), **body}, ensure_ascii=False, indent=1)
    write_file(work / FILE, text.encode())


def has_estimates(work: Path) -> bool:
    """Return whether outcomes were estimated here, under any freeze: a ledger cut short does not say so any more."""
    return (work / FILE).exists()


def read_estimates(work: Path, *, freeze_digest: str) -> dict[str, Estimates] | None:
    """Return what ``run`` stored under this freeze; None if it has not run since.

    Raises
    ------
    FreezeError
        E606 if the file was changed or is not readable.
    """
    path = work / FILE
    if not path.exists():
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        claimed = stored.pop("digest")
        if digest(stored) != claimed:
            raise ValueError("digest")
        if stored["freeze"] != freeze_digest:
            return None
        return {key: _from_json(e) for key, e in stored["estimates"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FreezeError(
            Problem(
                code="E606",
                sentence=f"`{FILE}` in the work folder was changed after it was written, or cannot be read",
                help="run `effekt run` again: the same freeze gives the same estimates",
            )
        ) from error


def _to_json(estimates: Estimates) -> dict[str, Any]:
    return {
        "rows": [asdict(row) for row in estimates.rows],
        "support": list(estimates.support),
        "lattices": list(estimates.lattices),
        "parts": [list(part) for part in estimates.parts],
        "details": {name: _table_to_json(table) for name, table in estimates.details.items()},
    }


def _from_json(stored: Mapping[str, Any]) -> Estimates:
    return Estimates(
        rows=tuple(Estimate(**row) for row in stored["rows"]),
        support=tuple(stored["support"]),
        lattices=tuple(stored["lattices"]),
        parts=tuple((treated, comparison) for treated, comparison in stored["parts"]),
        details={name: _table_from_json(table) for name, table in stored["details"].items()},
    )


def _table_to_json(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": table.title,
        "columns": [asdict(column) for column in table.columns],
        "data": {name: list(values) for name, values in table.data.items()},
        "margins": table.margins,
        "chain": table.chain,
    }


def _table_from_json(stored: Mapping[str, Any]) -> Table:
    return Table(
        name=stored["name"],
        title=stored["title"],
        columns=tuple(Column(**column) for column in stored["columns"]),
        data={name: tuple(values) for name, values in stored["data"].items()},
        margins=stored["margins"],
        chain=stored["chain"],
    )
