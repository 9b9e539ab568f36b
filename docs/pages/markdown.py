"""Markdown as GitHub reads it: tables, anchors, and the line that says where a page comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def opening(title: str, source: str) -> list[str]:
    """Return the first lines of a page."""
    return [f"# {title}", "", f"<!-- Written by `python docs/build.py` from {source}. Do not edit. -->", ""]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table, with an empty one after it; `|` inside a cell is kept as text."""
    lines = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines), ""]


def code(text: str) -> str:
    """Return text set as code, nothing for no text."""
    return f"`{text}`" if text else ""


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    text = re.sub(r"[`*]", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def fenced(text: str, language: str = "") -> list[str]:
    """Return a block of code."""
    return [f"```{language}", *text.rstrip("\n").split("\n"), "```", ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
