"""Problems as text for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from effekt.errors import CODES, Place, Problem
from effekt.located.text import mask


def sorted_problems(problems: Iterable[Problem], first_file: str | None = None) -> list[Problem]:
    """Return the problems by position, each once; the user's own file comes before what it includes."""

    def key(problem: Problem) -> tuple[bool, str, int, int, str, str]:
        place = problem.place or Place(file="", line=0, col=0)
        return place.file != first_file, place.file, place.line, place.col, problem.code, problem.sentence

    return sorted(dict.fromkeys(problems), key=key)


def render_text(problems: Iterable[Problem]) -> str:
    """Return every problem with its source line, a caret, help and note; blocks parted by an empty line."""
    return mask("\n\n".join(_block(problem) for problem in problems))


def render_json(problems: Iterable[Problem]) -> str:
    """Return the problems as a JSON list, with the same facts as the text."""
    return mask(json.dumps([_as_dict(problem) for problem in problems], ensure_ascii=False, indent=2))


def _block(problem: Problem) -> str:
    where = f" {_spot(problem.place)}" if problem.place else ""
    lines = [f"{problem.code}{where}: {problem.sentence}"]
    shown = [place for place in (problem.place, problem.related) if place and place.source]
    gutter = " " * (max((len(str(place.line)) for place in shown), default=1) + 2)
    if problem.place:
        lines += _excerpt(problem.place, gutter)
    if problem.related:
        lines += [f"{gutter}= see: {_spot(problem.related)}", *_excerpt(problem.related, gutter)]
    for name, text in (("help", problem.help), ("note", problem.note)):
        if text:
            lines.append(f"{gutter}= {name}: {text}")
    return "\n".join(lines)


def _spot(place: Place) -> str:
    return f"{place.file}:{place.line}:{place.col}"


def _excerpt(place: Place, gutter: str) -> list[str]:
    """Return the source line and its caret; tabs become one space so that the caret stands right."""
    if not place.source:
        return []
    source = place.source.replace("\t", " ")
    number = str(place.line).rjust(len(gutter) - 1)
    return [f"{number} | {source}", f"{gutter}| {' ' * (place.col - 1)}{'^' * place.width}"]


def _as_dict(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "title": CODES[problem.code],
        "sentence": problem.sentence,
        "help": problem.help,
        "note": problem.note,
        "path": None if problem.path is None else list(problem.path),
        "place": _place_dict(problem.place),
        "related": _place_dict(problem.related),
    }


def _place_dict(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {
        "file": place.file,
        "line": place.line,
        "col": place.col,
        "width": place.width,
        "source": place.source,
    }
