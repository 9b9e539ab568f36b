"""The parts of the report in the order of the study: who, how alike, which checks, what was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from markupsafe import Markup

from effekt.release.contents import ReportInput, SideTable, by_period
from effekt.release.figures import balance, deltas
from effekt.release.figures.gallery import Drawn
from effekt.release.figures.style import inline
from effekt.release.language import Language
from effekt.release.views import TableView, estimates_table, findings_table, released_table

ORDER = ("flow", "balance", "findings", "estimates", "event_study", "deltas", "details")
_NOTED = frozenset({"findings", "estimates", "event_study"})


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure ready to print."""

    number: int
    title: str
    svg: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the report: its notes, its figures, then its tables."""

    name: str
    title: str
    notes: tuple[str, ...]
    figures: tuple[FigureView, ...]
    tables: tuple[TableView, ...]


def sections(
    content: ReportInput, language: Language, drawn: tuple[Drawn, ...], numbers: Iterator[int]
) -> Iterator[Section]:
    """Yield the sections that have something to show; ``numbers`` counts the tables."""
    figure_numbers = count(1)
    for name in ORDER:
        figures = tuple(FigureView(next(figure_numbers), d.title, _drawing(d)) for d in drawn if d.section == name)
        tables = tuple(_tables(content, name, numbers, language))
        if figures or tables:
            notes = (language.text(f"{name}_note"),) if name in _NOTED else ()
            yield Section(name=name, title=language.text(name), notes=notes, figures=figures, tables=tables)


def _drawing(drawn: Drawn) -> Markup:
    """Return a figure as markup: matplotlib has escaped what it holds, and letters are paths."""
    return Markup(inline(drawn.svg, drawn.name))


def _tables(content: ReportInput, name: str, numbers: Iterator[int], language: Language) -> Iterator[TableView]:
    """Yield the tables of one section."""
    if name == "flow" and content.flow is not None:
        title = language.text("figure_flow")
        yield released_table(content, content.flow, title, next(numbers), language)
    elif name == "findings" and content.findings:
        yield findings_table(content, content.findings, next(numbers), language)
    elif name in {"estimates", "event_study"}:
        rows = content.estimates.where(lambda row: by_period(row) is (name == "event_study"))
        if len(rows):
            yield estimates_table(content, rows, language.text(name), next(numbers), language)
    for side in content.side_tables():
        if section_of(side) == name:
            yield released_table(content, side.table, _title(content, side, language), next(numbers), language)


def section_of(side: SideTable) -> str:
    """Return the section a side table belongs to, by its columns."""
    columns = {c.name for c in side.table.columns}
    known = {"balance": balance.COLUMNS, "deltas": deltas.COLUMNS}
    return next((name for name, names in known.items() if columns >= names), "details")


def _title(content: ReportInput, side: SideTable, language: Language) -> str:
    """Return the table's title with the analysis it belongs to."""
    title = {"balance": language.text("balance"), "deltas": _delta_title(content, side, language)}.get(
        section_of(side), side.table.title
    )
    return f"{title} ({side.analysis})" if side.analysis else title


def _delta_title(content: ReportInput, side: SideTable, language: Language) -> str:
    outcome = deltas.outcome_of(side.table.name)
    return language.text("figure_deltas", outcome=content.label(outcome))
