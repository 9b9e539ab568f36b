"""A rehearsal at several settings of spec or world, or of several specs on one world: curves, and designs compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from effekt.errors import Problem, SpecError
from effekt.located.names import listing
from effekt.located.overrides import listed
from effekt.located.tree import Node, Scalar
from effekt.rehearsal.run import Rehearsal, rehearse, study_of
from effekt.synthetic.world import World, load_world

SHORT: Mapping[str, str] = {
    "persons": "world.persons.number",
    "motivation": "world.programme.motivation.participation",
    "contamination": "world.programme.contamination",
    "effect": "world.programme.effect",
    "candidates": "comparison.candidates",
}
"""Words for paths that are varied often."""

_WORLD = "world."


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One rehearsal among several. named : what it is known by, such as a varied path and its value."""

    named: Mapping[str, str]
    rehearsal: Rehearsal


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a varied path. text : as it was typed."""

    path: str
    text: str
    node: Node


def values_of(asked: Sequence[str]) -> list[tuple[Value, ...]]:
    """Return every combination of the values asked for, the last path fastest; asked : `path=value,value`.

    Raises
    ------
    SpecError
        E105 for what is not of that form; E109 for a path that is varied twice.
    """
    varied: dict[str, list[Value]] = {}
    for text in asked:
        path, equals, given = text.partition("=")
        if not equals or not path.strip():
            help_ = f"write `--vary path=value,value`; words for often used paths: {listing(SHORT)}"
            raise SpecError(Problem(code="E105", sentence=f"`{text}` is not understood", help=help_))
        if path in varied:
            raise SpecError(Problem(code="E109", sentence=f"`{path}` is varied twice", help="give its values in one"))
        nodes = listed(given, f"--vary {path}")
        varied[path] = [Value(SHORT.get(path, path), _text(node, given), node) for node in nodes]
    return [tuple(combination) for combination in product(*varied.values())]


def rehearse_each(path: str | Path, *, world: str, vary: Sequence[str] = (), **options: Any) -> tuple[Setting, ...]:
    """Rehearse a study at every combination of values; options : as of ``rehearse``.

    world : a shipped world by name, or its file. vary : `path=value,value`; paths that begin with `world.` are of the
    world, others of the spec. Every setting is read before the first is drawn.

    Raises
    ------
    SpecError
        What is wrong with a path or a value, as it stands in `--vary`; and as ``rehearse``.
    """
    ready: list[tuple[dict[str, str], World, dict[str, Node]]] = []
    for values in values_of(vary):
        of_world = {v.path.removeprefix(_WORLD): v.node for v in values if v.path.startswith(_WORLD)}
        of_spec = {v.path: v.node for v in values if not v.path.startswith(_WORLD)}
        study_of(path, of_spec)
        ready.append(({v.path: v.text for v in values}, load_world(world, overrides=of_world), of_spec))
    return tuple(
        Setting(named=named, rehearsal=rehearse(path, world=drawn, overrides=of_spec, **options))
        for named, drawn, of_spec in ready
    )


def compare(paths: Sequence[str | Path], *, world: str, **options: Any) -> tuple[Setting, ...]:
    """Rehearse several studies on the same draws of a world; options : as of ``rehearse``, without ``work``."""
    loaded = load_world(world)
    for path in paths:
        study_of(path)
    return tuple(
        Setting(named={"spec": str(path)}, rehearsal=rehearse(path, world=loaded, **options)) for path in paths
    )


def _text(node: Node, given: str) -> str:
    return node.text if isinstance(node, Scalar) else given
