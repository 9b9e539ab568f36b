"""Which figures a release has, and what they are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from effekt.release.contents import STUDY_KEY, ReportInput, SideTable, by_period
from effekt.release.figures import balance, deltas
from effekt.release.figures.balance import draw_balance
from effekt.release.figures.deltas import draw_deltas
from effekt.release.figures.event_study import draw_event_study
from effekt.release.figures.flow import draw_flow
from effekt.release.figures.forest import draw_forest
from effekt.release.language import Language
from effekt.results import Cell

_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "å": "a"})


@dataclass(frozen=True, slots=True)
class Drawn:
    """One figure. ``name`` of the file without ending; ``section`` of the report it stands in."""

    name: str
    section: str
    title: str
    svg: bytes


def file_name(*parts: str) -> str:
    """Return a file name of plain letters from names that may hold anything."""
    text = "-".join(p for p in parts if p).casefold().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_-]+", "_", plain).strip("_") or "table"


def unique(name: str, taken: dict[str, int]) -> str:
    """Return ``name``, with a number from the second time on; ``taken`` counts."""
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else f"{name}-{taken[name]}"


def gallery(content: ReportInput, language: Language) -> tuple[Drawn, ...]:
    """Return every figure the tables allow; what is suppressed throughout has none."""
    taken: dict[str, int] = {}
    return tuple(
        Drawn(unique(file_name(*name), taken), section, title, svg)
        for name, section, title, svg in _figures(content, language)
        if svg is not None
    )


def _figures(content: ReportInput, language: Language) -> Iterator[tuple[tuple[str, ...], str, str, bytes | None]]:
    if content.flow is not None:
        yield ("flow",), "flow", language.text("figure_flow"), draw_flow(content.flow, language)
    for side in content.side_tables():
        yield from _side_figure(content, side, language)
    for outcome in dict.fromkeys(content.estimates.data["outcome"]):
        rows = content.estimates.where(lambda r, o=outcome: r["outcome"] == o and not by_period(r))  # type: ignore[misc]
        title = language.text("figure_estimates", outcome=content.label(str(outcome)))
        yield ("estimates", str(outcome)), "estimates", title, draw_forest(rows, language, title)
    for key in dict.fromkeys(_study(r) for r in content.estimates.rows() if by_period(r)):
        rows = content.estimates.where(lambda r, k=key: by_period(r) and _study(r) == k)  # type: ignore[misc]
        title = language.text("figure_event_study", outcome=content.label(key[-1]))
        yield ("event_study", *key), "event_study", title, draw_event_study(rows, language, title)


def _side_figure(
    content: ReportInput, side: SideTable, language: Language
) -> Iterator[tuple[tuple[str, ...], str, str, bytes | None]]:
    """Yield the figure of a side table, if its columns are those of one."""
    names = {c.name for c in side.table.columns}
    if names >= balance.COLUMNS:
        title = language.text("figure_balance")
        limit = next((f.threshold for f in content.findings if f.check == side.source), None)
        svg = draw_balance(side.table, language, limit)
        yield ("balance", side.analysis), "balance", title, svg
    elif names >= deltas.COLUMNS:
        title = language.text("figure_deltas", outcome=content.label(deltas.outcome_of(side.table.name)))
        svg = draw_deltas(side.table, language, title)
        yield (side.table.name, side.analysis), "deltas", title, svg


def _study(row: dict[str, Cell]) -> tuple[str, ...]:
    return tuple(str(row[n] or "") for n in STUDY_KEY)
