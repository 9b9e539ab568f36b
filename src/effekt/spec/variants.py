"""`variants:` are named overrides of paths, declared in advance: the multiverse of a study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from effekt.errors import Problem, SpecPath
from effekt.located.document import Document
from effekt.located.names import did_you_mean
from effekt.located.tree import Entry, Node, Scalar, Sequence
from effekt.located.tree import Mapping as MappingNode
from effekt.spec.base import Spec

_FIXED = ("effekt", "study", "variants")
"""What makes the variants belong together; no variant can change it."""


def overlay(spec: Spec, document: Document, name: str) -> tuple[Document, list[Problem]]:
    """Return the resolved study as a document with a variant's overrides in it, each at its own place.

    The problems are an E209 for every path that the study does not have.
    """
    resolved = {key: value for key, value in spec.resolved.items() if key != "variants"}
    valid = {".".join(path): path for path in _paths(resolved) if path[0] not in _FIXED}
    root = _mapping(resolved, (), document)
    problems = []
    for dotted in spec.variants[name]:
        node = document.node(("variants", name, dotted))
        if dotted not in valid:
            problems.append(_unknown_path(dotted, valid, ("variants", name, dotted)))
        elif node is not None:
            root = _replaced(root, valid[dotted], node)
    return replace(document, root=root, problems=()), problems


def _paths(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every path of a resolved study, parents before children; items of lists are not addressed."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield (*path, key)
            yield from _paths(part, (*path, key))


def _node(value: Any, path: SpecPath, document: Document) -> Node:
    """Return resolved data as nodes that stand where their path stands in the file."""
    place = document.place(path)
    if isinstance(value, Mapping):
        return _mapping(value, path, document)
    if isinstance(value, list):
        return Sequence(tuple(_node(item, (*path, n), document) for n, item in enumerate(value)), place)
    text = {None: "", True: "true", False: "false"}.get(value) if value is None or isinstance(value, bool) else value
    return Scalar(str(text), place)


def _mapping(value: Mapping[str, Any], path: SpecPath, document: Document) -> MappingNode:
    entries = {
        key: Entry(key, document.place((*path, key), key=True), _node(part, (*path, key), document))
        for key, part in value.items()
    }
    return MappingNode(entries, document.place(path))


def _replaced(root: MappingNode, path: tuple[str, ...], node: Node) -> MappingNode:
    entry = root.entries[path[0]]
    below = entry.value
    if len(path) == 1:
        changed = Entry(entry.key, node.place, node)
    elif isinstance(below, MappingNode):
        changed = Entry(entry.key, entry.place, _replaced(below, path[1:], node))
    else:
        return root
    return MappingNode({**root.entries, entry.key: changed}, root.place)


def _unknown_path(dotted: str, valid: Mapping[str, tuple[str, ...]], path: SpecPath) -> Problem:
    return Problem(
        code="E209",
        sentence=f"`{dotted}` is not a path of this study",
        help=did_you_mean(dotted, valid) or "see the paths with `effekt show --resolved`",
        path=path,
    )
