"""`include:` merges files: the local file wins, lists are replaced, `{add: [...]}` / `{drop: [...]}` edit one.

Two includes that set one key differently are an error unless the local file settles it: which of them came last
must never decide what a study does.
"""

from __future__ import annotations

import os.path
from collections.abc import Sequence as ReadOnlyList
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from effekt.errors import Place, Problem, SpecError, SpecPath
from effekt.located.text import mask, read_text
from effekt.located.tree import Entry, Mapping, Node, Scalar, Sequence, compose, plain

DIRECTIVE = "include"
_EDITS = frozenset({"add", "drop"})


@dataclass(slots=True)
class Reader:
    """Reads one file and what it includes; ``problems`` are those that do not stop the reading."""

    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def read(self, path: Path, file: str, *, asked: Place | None = None) -> Mapping:
        """Return the merged tree of a file; raises :class:`SpecError` if it cannot be read at all."""
        return self._read(path, file, asked, ())

    def _read(self, path: Path, file: str, asked: Place | None, chain: tuple[tuple[Path, str], ...]) -> Mapping:
        text, numbers = read_text(path, file, asked=asked)
        real = path.resolve()
        if any(real == above for above, _ in chain):
            raise SpecError(_circle(file, asked, [name for _, name in chain]))
        tree, problems = compose(text, file)
        if mask(file) not in self.files:
            self.files.append(mask(file))
            self.problems += [*numbers, *problems]
        if not isinstance(tree, Mapping):
            raise SpecError(
                Problem(
                    code="E103", sentence="the file must hold a map", help="write `key: value` lines", place=tree.place
                )
            )
        return self._with_includes(tree, path, file, (*chain, (real, file)))

    def _with_includes(self, tree: Mapping, path: Path, file: str, chain: tuple[tuple[Path, str], ...]) -> Mapping:
        directive = tree.entries.get(DIRECTIVE)
        local = Mapping({k: e for k, e in tree.entries.items() if k != DIRECTIVE}, tree.place)
        if directive is None:
            return local
        base: Mapping | None = None
        conflicts: list[_Conflict] = []
        for item in self._names(directive):
            name = os.path.join(os.path.dirname(file), item.text)  # noqa: PTH118, PTH120 - as the user wrote it
            part = self._read(path.parent / item.text, name, item.place, chain)
            base = part if base is None else _join(base, part, (), conflicts)
        if base is None:
            return local
        merged = self._override(base, local, ())
        self.problems += [conflict.problem() for conflict in conflicts if not _settled(local, conflict.path)]
        return merged

    def _names(self, directive: Entry) -> list[Scalar]:
        node = directive.value
        if isinstance(node, Sequence):
            names = [item for item in node.items if isinstance(item, Scalar) and item.text]
            if len(names) == len(node.items):
                return names
        self.problems.append(
            Problem(
                code="E103",
                sentence="`include` must be a list of files",
                help="write `include: [common/nav.yaml]`",
                place=directive.place,
            )
        )
        return []

    def _override(self, base: Mapping, local: Mapping, path: SpecPath) -> Mapping:
        """Return base with local on top of it."""
        entries = dict(base.entries)
        for key, entry in local.entries.items():
            below = base.entries.get(key)
            if below is None:
                entries[key] = entry
                continue
            entries[key] = Entry(key, entry.place, self._override_value(below.value, entry, (*path, key)))
        return Mapping(entries, local.place)

    def _override_value(self, below: Node, entry: Entry, path: SpecPath) -> Node:
        local = entry.value
        if isinstance(below, Mapping) and isinstance(local, Mapping):
            return self._override(below, local, path)
        if isinstance(below, Sequence) and isinstance(local, Mapping) and local.entries.keys() <= _EDITS:
            return self._edited(below, local, path)
        return local

    def _edited(self, below: Sequence, edit: Mapping, path: SpecPath) -> Sequence:
        """Return the list with what `drop` names taken out and what `add` names put at its end."""
        items = list(below.items)
        for dropped in self._edit_items(edit, "drop"):
            kept = [item for item in items if plain(item) != plain(dropped)]
            if len(kept) == len(items):
                self.problems.append(_nothing_to_drop(dropped, below, path))
            items = kept
        return Sequence((*items, *self._edit_items(edit, "add")), edit.place)

    def _edit_items(self, edit: Mapping, name: str) -> ReadOnlyList[Node]:
        entry = edit.entries.get(name)
        if entry is None:
            return ()
        if isinstance(entry.value, Sequence):
            return entry.value.items
        problem = Problem(
            code="E103", sentence=f"`{name}` must be a list", help=f"write `{name}: [...]`", place=entry.place
        )
        self.problems.append(problem)
        return ()


@dataclass(frozen=True, slots=True)
class _Conflict:
    path: SpecPath
    first: Entry
    second: Entry

    def problem(self) -> Problem:
        key = ".".join(str(part) for part in self.path)
        return Problem(
            code="E107",
            sentence=f"two includes set `{key}` differently",
            help=f"set `{key}` in the study itself, or take one of the includes out",
            path=self.path,
            place=self.second.place,
            related=self.first.place,
        )


def _join(first: Mapping, second: Mapping, path: SpecPath, conflicts: list[_Conflict]) -> Mapping:
    """Return both includes as one map, noting what they set differently."""
    entries = dict(first.entries)
    for key, entry in second.entries.items():
        known = entries.get(key)
        if known is None:
            entries[key] = entry
        elif isinstance(known.value, Mapping) and isinstance(entry.value, Mapping):
            joined = _join(known.value, entry.value, (*path, key), conflicts)
            entries[key] = Entry(key, known.place, joined)
        elif plain(known.value) != plain(entry.value):
            conflicts.append(_Conflict((*path, key), known, entry))
    return Mapping(entries, first.place)


def _settled(local: Mapping, path: SpecPath) -> bool:
    """Whether the local file itself sets the key, or replaces a map above it."""
    node: Node = local
    for part in path:
        if not isinstance(node, Mapping):
            return True
        entry = node.entries.get(str(part))
        if entry is None:
            return False
        node = entry.value
    return not (isinstance(node, Mapping) and node.entries.keys() <= _EDITS)


def _circle(file: str, asked: Place | None, chain: list[str]) -> Problem:
    return Problem(
        code="E106",
        sentence="includes form a circle",
        help="take one of these includes out",
        note=mask(" -> ".join([*chain, file])),
        place=asked,
    )


def _nothing_to_drop(dropped: Node, below: Sequence, path: SpecPath) -> Problem:
    names = [item.text for item in below.items if isinstance(item, Scalar)]
    text = dropped.text if isinstance(dropped, Scalar) else "this item"
    near = get_close_matches(text, names, n=1)
    return Problem(
        code="E208",
        sentence=f"`{text}` is not in the list that `{path[-1]}` includes",
        help=f"did you mean `{near[0]}`?" if near else "remove it from `drop`",
        note=f"the list holds: {', '.join(names)}" if names else None,
        path=path,
        place=dropped.place,
    )
