"""One side of a comparison of two studies: what was released, read back from its files.

A release folder holds all of it. A work folder holds a copy of the protected part of its last release; what else stands
there was never protected, and is not read.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from effekt.errors import FreezeError, Problem
from effekt.provenance.folders import MANIFEST, write_folder
from effekt.provenance.freeze import Freeze
from effekt.results import ESTIMATE_FIELDS, Cell

SPEC, ESTIMATES = "spec.json", "estimates.json"
FLOWS = ("flow", "flow_comparison")
KEPT = "released"
"""The folder in the work folder that holds the protected part of the last release."""

Row = Mapping[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one study released. spec : resolved, None if the release is older than its copy. flows : name -> steps.

    released : False for a design that is frozen and has released nothing yet: it has a spec and no numbers.
    """

    reference: str
    spec: Mapping[str, Any] | None
    estimates: tuple[Row, ...] = ()
    flows: Mapping[str, tuple[Row, ...]]
    released: bool = True


def keep(work: Path, files: Mapping[str, bytes]) -> None:
    """Copy the protected part of a release into the work folder."""
    wanted = {MANIFEST, SPEC, ESTIMATES, *(f"tables/{name}.csv" for name in FLOWS)}
    write_folder(work / KEPT, {name: content for name, content in files.items() if name in wanted})


def open_side(folder: Path) -> Side:
    """Return what a release folder, or the last release of a work folder, says.

    Raises
    ------
    FreezeError
        E108 for what is no such folder, E603 for a work folder in which nothing is frozen, E606 for files that were
        changed by hand.
    """
    if (folder / KEPT / MANIFEST).is_file():
        return _read(folder / KEPT)
    freeze = Freeze.read(folder)
    if freeze is not None:
        return Side(reference=f"{freeze.study}/{freeze.digest[:8]}", spec=freeze.spec, flows={}, released=False)
    if (folder / "ledger.jsonl").is_file():
        raise _refused("E603", f"nothing is frozen in the work folder `{folder}`", "freeze it: `effekt freeze SPEC`")
    if not (folder / MANIFEST).is_file():
        raise _refused(
            "E108",
            f"`{folder}` is neither a release nor a work folder",
            "name a folder that `effekt release --out` wrote, or the `--work` folder of a study",
        )
    return _read(folder)


def _read(folder: Path) -> Side:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        rows = json.loads((folder / ESTIMATES).read_text(encoding="utf-8"))
        spec = json.loads((folder / SPEC).read_text(encoding="utf-8")) if (folder / SPEC).is_file() else None
        if any(set(row) != set(ESTIMATE_FIELDS) for row in rows):
            raise ValueError("fields of an estimate")
        flows = {name: steps for name in FLOWS if (steps := _flow(folder / "tables" / f"{name}.csv"))}
        return Side(reference=str(manifest["reference"]), spec=spec, estimates=tuple(rows), flows=flows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _refused(
            "E606",
            f"the release in `{folder}` was changed after it was written, or cannot be read",
            "release the study again: the same study gives the same files",
        ) from error


def _flow(path: Path) -> tuple[Row, ...]:
    """Return the steps of a flow chart; a suppressed count is None."""
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    return tuple(
        {"step": row["step"], **{n: int(row[n]) if row[n] else None for n in ("units", "persons")}} for row in rows
    )


def _refused(code: str, sentence: str, help_: str) -> FreezeError:
    return FreezeError(Problem(code=code, sentence=sentence, help=help_))
