"""Misspell every key and every closed-vocabulary scalar of a study, delete every required key."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from effekt.errors import Place, SpecPath
from effekt.located.document import Document
from effekt.located.names import models_at
from effekt.located.tree import Entry, Mapping, Node, Scalar, Sequence
from effekt.registers.schema import tables

REGISTERS = frozenset(tables())
MEASURES = frozenset(("active", "any", "any_start", "any_completion", "months_active", "count", "sum_kontantlonn"))


@dataclass(frozen=True)
class Mutation:
    """One misspelling: what stood there, what stands there now, on which line of which file."""

    original: str
    typo: str
    place: Place

    def __str__(self) -> str:
        return f"{self.place.line}:{self.place.col} {self.original}->{self.typo}"


def typo_of(word: str) -> str:
    """Return the word with two letters in its middle swapped, or its first doubled where they are alike."""
    middle = max(1, len(word) // 2)
    swapped = word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :] if len(word) > 2 else word
    return swapped if swapped != word else word[0] + word


def nodes(node: Node, path: SpecPath = ()) -> Iterator[tuple[SpecPath, Entry | None, Node]]:
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            yield (*path, key), entry, entry.value
            yield from nodes(entry.value, (*path, key))
    elif isinstance(node, Sequence):
        for position, item in enumerate(node.items):
            yield (*path, position), None, item
            yield from nodes(item, (*path, position))


def misspelt(path: Path, document: Document, place: Place, word: str, typo: str) -> str:
    lines = path.read_text(encoding="utf-8").split("\n")
    line = lines[place.line - 1]
    start = place.col - 1
    assert line[start:].lstrip("\"'").startswith(word), (line, word)
    lines[place.line - 1] = line[:start] + line[start:].replace(word, typo, 1)
    return "\n".join(lines)


def vocabulary(model: Any, path: SpecPath) -> set[str]:
    """Every word of the Literal fields that a path of the resolved study may lead to."""
    return {word for annotation in _annotations(model, path) for word in _words(annotation)}


def _annotations(annotation: Any, path: SpecPath) -> Iterator[Any]:
    if not path:
        yield annotation
        return
    head, rest = path[0], path[1:]
    for member in _members(annotation):
        if isinstance(member, type) and issubclass(member, BaseModel):
            for name, field in member.model_fields.items():
                if (field.alias or name) == head:
                    yield from _annotations(field.annotation, rest)
        else:
            args = get_args(member)
            if args and isinstance(head, int):
                yield from _annotations(args[0], rest)
            elif len(args) == 2 and isinstance(head, str):
                yield from _annotations(args[1], rest)


def _members(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        return [part for arg in get_args(annotation) for part in _members(arg)]
    if hasattr(annotation, "__metadata__"):
        return _members(annotation.__origin__)
    return [annotation]


def _words(annotation: Any) -> Iterator[str]:
    for member in _members(annotation):
        if get_origin(member) is Literal:
            yield from (word for word in get_args(member) if isinstance(word, str))


def scalar_mutations(document: Document, model: Any) -> Iterator[Mutation]:
    for path, _, node in nodes(document.root):
        if not isinstance(node, Scalar) or len(node.text) < 3 or not re.fullmatch(r"[A-Za-z_]\w*", node.text):
            continue
        if path[0] == "variants":
            continue
        registers = path[-1] in ("from", "had") and node.text in REGISTERS
        measures = path[-1] == "is" and node.text in MEASURES
        codes = node.text in {value for t in tables().values() for c in t.columns.values() for value in c.values}
        if node.text in vocabulary(model, path) or registers or measures or codes:
            yield Mutation(node.text, typo_of(node.text), node.place)


def key_mutations(document: Document, free: frozenset[str]) -> Iterator[Mutation]:
    """Every key that the grammar fixes; names that people choose (of outcomes, arms ...) are free."""
    for path, entry, _ in nodes(document.root):
        chosen = len(path) >= 2 and str(path[-2]) in free
        if entry is not None and not chosen:
            yield Mutation(entry.key, typo_of(entry.key), entry.place)


def required_paths(document: Document, model: type[BaseModel]) -> Iterator[SpecPath]:
    """Every written key without which its map cannot be read."""
    for path, entry, _ in nodes(document.root):
        if entry is None or path[0] == "variants":
            continue
        siblings = document.node(path[:-1])
        assert isinstance(siblings, Mapping)
        for parent in models_at(model, path[:-1]):
            keys = {field.alias or name: field for name, field in parent.model_fields.items()}
            if keys.keys() >= siblings.entries.keys() and keys[str(path[-1])].is_required():
                if len(siblings.entries) > 1:
                    yield path
                break


def without(document: Document, path: SpecPath) -> str:
    """Return the study without one key, as JSON, which is YAML; what was left empty stays empty."""
    data = document.plain()
    node: Any = data
    for part in path[:-1]:
        node = node[part]
    del node[path[-1]]
    return json.dumps(data, ensure_ascii=False, indent=1).replace(": null", ": ")
