"""The resolved study: its digest, and its text with the origin of every value."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from effekt.errors import SpecPath
from effekt.located.document import Document
from effekt.located.tree import Scalar
from effekt.spec.codes import CodeList


def digest_of(resolved: Mapping[str, Any], code_lists: Mapping[str, CodeList]) -> str:
    """Return sha256 of the canonical JSON, with code lists named by their content."""
    contents = {reference: found.digest for reference, found in code_lists.items()}
    canonical = json.dumps(_by_content(resolved, contents), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _by_content(value: Any, contents: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _by_content(part, contents) for key, part in value.items()}
    if isinstance(value, list):
        return [_by_content(part, contents) for part in value]
    return {"codes": contents[value]} if isinstance(value, str) and value in contents else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """What is written beside a value, as comments. document : the file, None without one.

    default : path of a value that no file sets -> where it comes from. stands_for : path and value -> lines that
    say what it is short for.
    """

    document: Document | None
    default: Callable[[SpecPath], str]
    stands_for: Callable[[SpecPath, Any], Iterable[str]]


def to_yaml(resolved: Mapping[str, Any], origins: Origins) -> str:
    """Return block YAML in which every value carries its origin as a comment; it reads back as the same study."""
    return "\n".join(_lines(resolved, (), 0, origins)) + "\n"


def _lines(value: Any, path: SpecPath, depth: int, origins: Origins) -> Iterator[str]:
    """Yield the lines of a map or list that holds something."""
    indent = "  " * depth
    for key, part in value.items() if isinstance(value, Mapping) else enumerate(value):
        head = f"{indent}- " if isinstance(key, int) else f"{indent}{_scalar(key)}: "
        below = (*path, key)
        if _in_one_line(part, below, origins.document):
            yield f"{head}{_flow(part)}  # {_origin(below, part, origins)}"
        elif isinstance(key, int):
            first, *rest = _lines(part, below, depth + 1, origins)
            yield f"{head}{first.lstrip()}"
            yield from rest
        else:
            yield head.rstrip()
            yield from _lines(part, below, depth + 1, origins)
        yield from (f"{indent}  # {line}" for line in _meant(part, below, origins))


def _meant(value: Any, path: SpecPath, origins: Origins) -> Iterator[str]:
    """Yield what a value is short for, and what the items of a list in one line are."""
    yield from origins.stands_for(path, value)
    if isinstance(value, list) and _in_one_line(value, path, origins.document):
        for position, item in enumerate(value):
            yield from origins.stands_for((*path, position), item)


def _in_one_line(value: Any, path: SpecPath, document: Document | None) -> bool:
    """Scalars, empty maps and lists, and lists of scalars that come from one place."""
    if isinstance(value, Mapping):
        return not value
    if not isinstance(value, list):
        return True
    if any(isinstance(item, dict | list) for item in value):
        return False
    return document is None or len({document.origin((*path, n)) for n in range(len(value))}) <= 1


def _origin(path: SpecPath, value: Any, origins: Origins) -> str:
    document = origins.document
    if document is None:
        return "given"
    if document.has(path):
        return document.origin(path)
    trail = document.trail(path)
    short = trail[-1][1] if trail else None
    if isinstance(short, Scalar) and short.text in (value, *(value if isinstance(value, list) else ())):
        return document.origin(path[: len(trail)])
    return origins.default(path)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list):
        return f"[{', '.join(_scalar(item) for item in value)}]"
    return _scalar(value)


_PLAIN = re.compile(r"[A-Za-zæøåÆØÅ0-9_.][A-Za-zæøåÆØÅ0-9_ .%@/+-]*")


def _scalar(value: Any) -> str:
    """Return a scalar that reads back as the same text; quotes only where plain text would be misread."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    plain = _PLAIN.fullmatch(text) is not None and text == text.strip() and text != "none"
    return text if plain else json.dumps(text, ensure_ascii=False)
