"""What an extract says of itself: `manifest.json` beside the tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from effekt.errors import DataError, Problem
from effekt.literals import Month, Refusal

T = TypeVar("T")

FORMAT = "effekt-extract/1"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The synthetic world that an extract was drawn from. digest : of the world's file."""

    name: str
    seed: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFile:
    """One table on disk. coverage : first and last month with data, both included."""

    name: str
    path: Path
    coverage: tuple[Month, Month]
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the manifest says of one table. sha256 : of the bytes of its file."""

    file: RegisterFile
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The whole manifest. tables : by name. retain_until : last day on which they may be read, None = no such day."""

    synthetic: bool
    world: World | None
    tables: Mapping[str, Entry]
    retain_until: date | None = None


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the extract in ``folder``.

    Raises
    ------
    DataError
        E701 if there is no such folder, no manifest in it, or not one of this format.
    """
    path = folder / MANIFEST
    if not folder.is_dir():
        raise DataError(_problem("the folder of the registers does not exist", "check `--registers`"))
    if not path.is_file():
        raise DataError(_problem(f"the folder of the registers has no `{MANIFEST}`", "name the folder that holds it"))
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    manifest = _manifest(folder, content)
    if manifest is None:
        raise DataError(_problem(f"`{MANIFEST}` is not a manifest of the format {FORMAT}", "write the extract again"))
    return manifest


def _manifest(folder: Path, content: Any) -> Manifest | None:
    try:
        if content["format"] != FORMAT:
            return None
        world, until = content["world"], content.get("retain_until")
        return Manifest(
            synthetic=_of(content["synthetic"], bool),
            world=None if world is None else World(**{key: world[key] for key in ("name", "seed", "digest")}),
            tables={name: _entry(folder, name, entry) for name, entry in content["tables"].items()},
            retain_until=None if until is None else date.fromisoformat(until),
        )
    except (KeyError, TypeError, ValueError, AttributeError, Refusal):
        return None


def _entry(folder: Path, name: str, entry: Any) -> Entry:
    first, last = (Month.parse(text) for text in entry["coverage"])
    # A file outside the folder could be another extract's, or anything else.
    if Path(entry["file"]).name != entry["file"] or last < first:
        raise ValueError
    file = RegisterFile(name=name, path=folder / entry["file"], coverage=(first, last), rows=_of(entry["rows"], int))
    return Entry(file=file, sha256=_of(entry["sha256"], str))


def _of(value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError
    return value


def _problem(sentence: str, help_: str) -> Problem:
    return Problem(code="E701", sentence=sentence, help=help_)
