"""A file and what it includes, as one tree in which every path has a place and an origin."""

from __future__ import annotations

import os
import os.path
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from effekt.errors import Place, Problem, SpecPath
from effekt.located.includes import Reader
from effekt.located.tree import Entry, Mapping, Node, Scalar, Sequence, plain


@dataclass(frozen=True, slots=True)
class Document:
    """A merged tree.

    file : the file as the user named it. folder : where it lies, which relative names start from.
    problems : duplicate keys, person numbers, contradicting includes; found while reading, reported by `bind`.
    """

    root: Mapping
    file: str
    folder: Path
    problems: tuple[Problem, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return the tree as dicts, lists and text."""
        return {key: plain(entry.value) for key, entry in self.root.entries.items()}

    def has(self, path: SpecPath) -> bool:
        """Whether the file itself sets this path."""
        return len(self.trail(path)) == len(path)

    def place(self, path: SpecPath, *, key: bool = False) -> Place:
        """Return where a path stands, or its nearest parent that is written down.

        With ``key`` the place of the key itself instead of its value's.
        """
        trail = self.trail(path)
        if not trail:
            return self.root.place
        entry, node = trail[-1]
        whole = len(trail) == len(path)
        if entry is not None and (key or not whole or not isinstance(node, Scalar) or node.empty):
            return entry.place
        return node.place

    def origin(self, path: SpecPath) -> str:
        """Return `study.yaml:7`, relative to the study's folder, or `default` where no file sets the path."""
        if not self.has(path):
            return "default"
        place = self.place(path, key=True)
        here = os.path.dirname(self.file)  # noqa: PTH120 - the name as the user wrote it, not the file system's
        return f"{os.path.relpath(place.file, here or '.')}:{place.line}"

    def node(self, path: SpecPath) -> Node | None:
        """Return the node at a path, None where no file sets it."""
        trail = self.trail(path)
        if len(trail) != len(path):
            return None
        return trail[-1][1] if trail else self.root

    def without(self, paths: Iterable[SpecPath]) -> Document:
        """Return the document with some keys taken out, to see what else is wrong."""
        root = self.root
        for path in paths:
            root = _without(root, path)
        return replace(self, root=root)

    def trail(self, path: SpecPath) -> list[tuple[Entry | None, Node]]:
        """Return the steps of a path as far as they are written down: the entry (in a map) and the node.

        A list may be asked by the name of an item, since a list of names is short for a map.
        """
        steps: list[tuple[Entry | None, Node]] = []
        node: Node = self.root
        for part in path:
            step = _step(node, part)
            if step is None:
                break
            steps.append(step)
            node = step[1]
        return steps


def _step(node: Node, part: str | int) -> tuple[Entry | None, Node] | None:
    if isinstance(node, Mapping):
        entry = node.entries.get(str(part))
        return None if entry is None else (entry, entry.value)
    if not isinstance(node, Sequence):
        return None
    if isinstance(part, int):
        return (None, node.items[part]) if 0 <= part < len(node.items) else None
    for item in node.items:
        if isinstance(item, Scalar) and item.text == part:
            return None, item
        if isinstance(item, Mapping) and part in item.entries:
            entry = item.entries[part]
            return entry, entry.value
    return None


def _without(root: Mapping, path: SpecPath) -> Mapping:
    entry = root.entries.get(str(path[0]))
    if entry is None:
        return root
    rest = {key: other for key, other in root.entries.items() if key != entry.key}
    if len(path) == 1:
        return Mapping(rest, root.place)
    if not isinstance(entry.value, Mapping):
        return root
    changed = Entry(entry.key, entry.place, _without(entry.value, path[1:]))
    return Mapping({key: changed if key == entry.key else other for key, other in root.entries.items()}, root.place)


def read(path: str | os.PathLike[str]) -> Document:
    """Read a file and what it includes.

    Raises
    ------
    SpecError
        E101 or E108 if a file cannot be read as YAML at all, E106 if includes form a circle. Everything else
        is kept in ``problems`` and reported together with what the model finds.
    """
    reader = Reader()
    file = os.fspath(path)
    root = reader.read(Path(path), file)
    return Document(root=root, file=file, folder=Path(path).parent, problems=tuple(reader.problems))
