"""YAML text -> a tree of nodes with positions, where every scalar is the text that was typed.

YAML's own typing is never applied: `0301`, `NO`, `84.10` and `22:15` would become 193, False, 84.1 and 1335.
A plain empty scalar (`key:`) is the one exception: it means that nothing was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from effekt.errors import Place, Problem, SpecError
from effekt.located.text import mask, split_lines

_DEEPEST = 60
"""Levels of nesting; a study needs about eight, and beyond this a file is an attack or an accident."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as typed. ``quoted`` tells `"none"` from `none` and `""` from nothing."""

    text: str
    place: Place
    quoted: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing was given."""
        return not self.text and not self.quoted


@dataclass(frozen=True, slots=True)
class Sequence:
    """An ordered list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a map, where the key stands, and its value."""

    key: str
    place: Place
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """A map; keys are text and unique."""

    entries: dict[str, Entry]
    place: Place


Node = Scalar | Sequence | Mapping


def _whole_characters(text: str) -> str:
    """Join surrogate pairs, as JSON escapes write them, and replace those that have lost their other half."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def plain(node: Node) -> Any:
    """Return the node as dicts, lists and strings; None where nothing was given."""
    if isinstance(node, Mapping):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return None if node.empty else node.text


def compose(text: str, file: str) -> tuple[Node, list[Problem]]:
    """Read one YAML document; the problems are duplicate keys and the like, which do not stop the reading.

    Raises
    ------
    SpecError
        E101 with the position, if the text is not YAML or uses anchors, tags or several documents.
    """
    builder = _Builder(file=mask(file), lines=split_lines(text))
    try:
        return builder.document(text), builder.problems
    except yaml.MarkedYAMLError as error:
        raise SpecError(builder.syntax_problem(error)) from None
    except yaml.reader.ReaderError as error:
        line = len(split_lines(text[: error.position]))
        raise SpecError(builder.refused("a character that is not printable text", "remove it", line - 1, 0)) from None


@dataclass(slots=True)
class _Builder:
    """Turns the parser's events into nodes; ``lines`` are the masked source lines."""

    file: str
    lines: list[str]
    problems: list[Problem] = field(default_factory=list)

    def document(self, text: str) -> Node:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        node: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and node is not None:
                raise SpecError(self._refused_at(event, "a second document in one file", "remove the `---`"))
            if isinstance(event, yaml.NodeEvent):
                node = self._node(event, events, 0)
        if node is None:
            place = Place(file=self.file, line=1, col=1)
            raise SpecError(Problem(code="E108", sentence=f"`{self.file}` holds nothing", place=place))
        return node

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        self._refuse_what_is_not_ours(event, depth)
        place = self._place(event)
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(text=_whole_characters(event.value), place=place, quoted=event.style is not None)
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(tuple(self._items(events, yaml.SequenceEndEvent, depth)), place)
        return self._mapping(place, events, depth)

    def _items(self, events: Iterator[yaml.Event], end: type, depth: int) -> Iterator[Node]:
        for event in events:
            if isinstance(event, end):
                return
            yield self._node(event, events, depth + 1)

    def _mapping(self, place: Place, events: Iterator[yaml.Event], depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        for key in (nodes := self._items(events, yaml.MappingEndEvent, depth)):
            value = next(nodes)
            if not isinstance(key, Scalar):
                self.problems.append(Problem(code="E103", sentence="a key must be text", place=key.place))
            elif key.text in entries:
                self.problems.append(
                    Problem(
                        code="E102",
                        sentence=f"key `{key.text}` is set twice",
                        help="keep one of the two",
                        place=key.place,
                        related=entries[key.text].place,
                    )
                )
            else:
                entries[key.text] = Entry(key.text, key.place, value)
        return Mapping(entries, place)

    def _refuse_what_is_not_ours(self, event: yaml.Event, depth: int) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            help_ = "write the value out, or put shared parts in a file and `include` it"
            raise SpecError(self._refused_at(event, "anchors (`&name`, `*name`) are not used here", help_))
        if getattr(event, "tag", None):
            raise SpecError(self._refused_at(event, "tags (`!name`) are not used here", "remove the tag"))
        if depth > _DEEPEST:
            raise SpecError(self._refused_at(event, f"more than {_DEEPEST} levels of nesting", None))

    def _refused_at(self, event: yaml.Event, sentence: str, help: str | None) -> Problem:
        return Problem(code="E101", sentence=sentence, help=help, place=self._place(event))

    def _place(self, event: yaml.Event) -> Place:
        start, end = event.start_mark, event.end_mark
        if start is None or end is None:
            return Place(file=self.file, line=1, col=1)
        scalar = isinstance(event, yaml.ScalarEvent)
        source = self._source(start.line)
        same_line = scalar and end.line == start.line
        width = end.column - start.column if same_line else len(source) - start.column if scalar else 1
        return Place(file=self.file, line=start.line + 1, col=start.column + 1, source=source, width=max(1, width))

    def _source(self, line: int) -> str:
        return self.lines[line].rstrip() if line < len(self.lines) else ""

    def refused(self, sentence: str, help: str | None, line: int, col: int) -> Problem:
        """Return an E101 at a position counted from 0."""
        place = Place(file=self.file, line=line + 1, col=col + 1, source=self._source(line))
        return Problem(code="E101", sentence=sentence, help=help, place=place)

    def syntax_problem(self, error: yaml.MarkedYAMLError) -> Problem:
        """Say what the YAML parser stumbled over, and what to write instead."""
        opened = any(word in f"{error.context}" for word in ("flow mapping", "flow sequence", "quoted scalar"))
        if opened and error.context_mark and error.problem_mark and error.context_mark.line < error.problem_mark.line:
            # Whatever comes next is innocent: the reader must look at what was opened and never closed.
            return self.refused(*_unclosed(error), error.context_mark.line, error.context_mark.column)
        mark = error.problem_mark or error.context_mark
        line, col = (mark.line, mark.column) if mark is not None else (0, 0)
        if line >= len(self.lines) or not self._source(line):
            # The parser gives up at the end of the file; the last line with text is what the reader can look at.
            line = max((n for n, source in enumerate(self.lines[: line + 1]) if source.strip()), default=0)
            col = len(self._source(line))
        for explain in _EXPLANATIONS:
            found = explain(error, self._source(line), col)
            if found is not None:
                return self.refused(*found, line, col)
        return self.refused(f"not readable as YAML: {mask(error.problem or 'unfinished')}", None, line, col)


_Explanation = Callable[[yaml.MarkedYAMLError, str, int], tuple[str, str] | None]


def _colon_in_text(error: yaml.MarkedYAMLError, source: str, col: int) -> tuple[str, str] | None:
    block = "mapping values are not allowed" in (error.problem or "")
    if not block and source[col : col + 1] != ":":
        return None
    found = re.match(r"^\s*(?:- )?([^:{\[]+): (.+)$", source)
    if not block or found is None or ": " not in found[2] + " ":
        return "`: ` inside plain text", 'put the text in quotes: `key: "one: two"`'
    text = found[2].replace('"', "'")
    return "`: ` inside plain text", f'put the text in quotes: `{found[1]}: "{text}"`'


def _tab(error: yaml.MarkedYAMLError, source: str, col: int) -> tuple[str, str] | None:
    if source[col : col + 1] != "\t" and not source.lstrip(" ").startswith("\t"):
        return None
    return "a tab used as indentation", "indent with spaces"


def _unclosed(error: yaml.MarkedYAMLError) -> tuple[str, str]:
    words = str(error.context)
    if "quoted scalar" in words:
        return "a quoted text is not closed", "add the closing quote"
    bracket = "}" if "flow mapping" in words else "]"
    return f"a `{bracket}` or a comma is missing", f"close the bracket with `{bracket}`"


def _open_on_this_line(error: yaml.MarkedYAMLError, source: str, col: int) -> tuple[str, str] | None:
    words = str(error.context)
    if source[col : col + 1] == "?" and "flow" in words:
        return "`?` inside plain text between brackets", "put the text in quotes"
    return _unclosed(error) if "flow" in words or "quoted scalar" in words else None


def _reserved(error: yaml.MarkedYAMLError, source: str, col: int) -> tuple[str, str] | None:
    if "cannot start any token" not in (error.problem or ""):
        return None
    return f"plain text cannot start with `{source[col : col + 1]}`", "put the text in quotes"


def _indentation(error: yaml.MarkedYAMLError, source: str, col: int) -> tuple[str, str] | None:
    if "expected <block end>" not in (error.problem or "") and "could not find expected ':'" not in (
        error.problem or ""
    ):
        return None
    return "this line does not fit the lines around it", "check its indentation, and that its key ends in `:`"


_EXPLANATIONS: tuple[_Explanation, ...] = (
    _tab,
    _colon_in_text,
    _open_on_this_line,
    _reserved,
    _indentation,
)
