"""Values given beside a file, such as on the command line, put into its tree at a dotted path."""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import replace

from effekt.errors import Problem, SpecError
from effekt.located.document import Document
from effekt.located.tree import Entry, Mapping, Node, Sequence, compose


def overridden(document: Document, values: Map[str, Node]) -> Document:
    """Return a document with values at dotted paths, each at the place where it was given.

    A path that the file leaves out is made; one that the model does not know is reported when it is read.

    Raises
    ------
    SpecError
        E209 for a path that goes through a value or a list.
    """
    root = document.root
    for dotted, node in values.items():
        root = _placed(root, dotted.split("."), node, dotted)
    return replace(document, root=root)


def listed(text: str, origin: str) -> tuple[Node, ...]:
    """Return comma-separated values as nodes; origin : what stands for the file where they are reported.

    Raises
    ------
    SpecError
        E101 for what is no YAML; E105 where nothing is given.
    """
    node, problems = compose(f"[{text}]", origin)
    if problems:
        raise SpecError(problems)
    items = node.items if isinstance(node, Sequence) else ()
    if not items or any(getattr(item, "empty", False) for item in items):
        problem = Problem(code="E105", sentence=f"`{origin}` names no value", help="write `path=value,value`")
        raise SpecError(problem)
    return items


def _placed(root: Mapping, path: list[str], node: Node, dotted: str) -> Mapping:
    key, rest = path[0], path[1:]
    entry = root.entries.get(key)
    if not rest:
        fresh = Entry(key, node.place, node)
    else:
        below = Mapping({}, node.place) if entry is None else entry.value
        if not isinstance(below, Mapping):
            raise SpecError(
                Problem(
                    code="E209",
                    sentence=f"`{dotted}` goes through `{key}`, which is no map in the file",
                    help="name a path of `effekt show --resolved` that is written as a map",
                    place=node.place,
                )
            )
        fresh = Entry(key, node.place if entry is None else entry.place, _placed(below, rest, node, dotted))
    return Mapping({**root.entries, key: fresh}, root.place)
