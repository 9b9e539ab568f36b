"""Finished draws on disk: one small file each, complete or not there, read again only if it is what was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from effekt.provenance.digests import canonical_json, digest, versions
from effekt.provenance.folders import work_folder, write_file
from effekt.rehearsal.drawn import Drawn

FORMAT = "effekt-rehearsal/1"


@dataclass(frozen=True, slots=True)
class Store:
    """The draws of one study on one world. folder : of the work folder; key : what they depend on but the seed."""

    folder: Path
    key: Mapping[str, Any]

    @classmethod
    def of(cls, work: Path, *, spec: str, world: str, streams: int) -> Store:
        """Return the store of a study and a world, by their digests; draws of another version are not mixed in."""
        key = {"format": FORMAT, "spec": spec, "world": world, "streams": streams}
        key |= {"versions": versions(), "code": code_digest()}
        return cls(work / "rehearsal" / digest(key)[:16], key)

    def read(self, seed: int) -> Drawn | None:
        """Return a finished draw; None if there is none, or what lies there is damaged or of something else."""
        try:
            said = json.loads(self._path(seed).read_text(encoding="utf-8"))
            drawn = Drawn.from_json(said["draw"])
            own = said["key"] == self.key and drawn.seed == seed and said["sha256"] == digest(said["draw"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return drawn if own else None

    def holds(self, seed: int) -> bool:
        """Whether anything lies where a draw would."""
        return self._path(seed).exists()

    def write(self, drawn: Drawn) -> None:
        """Keep a finished draw; DataError E710 if it cannot be written."""
        said = drawn.to_json()
        work_folder(self.folder)
        write_file(self._path(drawn.seed), canonical_json({"key": self.key, "draw": said, "sha256": digest(said)}))

    def _path(self, seed: int) -> Path:
        return self.folder / f"{seed}.json"


@cache
def code_digest() -> str:
    """Return sha256 of effekt's own files, so that draws of a changed method are made anew."""
    return digest(sorted((name, digest(text)) for name, text in _sources(files("effekt"), "")))


def _sources(folder: Traversable, path: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        name = f"{path}/{entry.name}"
        if entry.is_dir() and entry.name not in {"__pycache__", "specs", "worlds"}:
            found += _sources(entry, name)
        elif entry.name.endswith((".py", ".csv")):
            found.append((name, entry.read_text(encoding="utf-8")))
    return found
