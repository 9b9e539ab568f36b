"""Page two, for the analyst, in the order of the study: when, who, how alike, what was found, for whom, where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from markupsafe import Markup

from effekt.release.contents import ReportInput, SideTable, by_period, narrowed
from effekt.release.figures.gallery import Drawn
from effekt.release.figures.plans import quoted
from effekt.release.figures.style import inline
from effekt.release.language import Language
from effekt.release.numbering import Numbering
from effekt.release.slots import SLOTS, slot_of, subject_of
from effekt.release.views import TableView, estimates_table, released_table
from effekt.results import Cell

ORDER = (
    "timeline",
    "flow",
    "balance",
    "overlap",
    "estimates",
    "paths",
    "event_study",
    "lock_in",
    "subgroups",
    "unit_paths",
    "deltas",
    "leave_one_out",
    "randomisation",
    "robustness",
)
_NOTED = frozenset(
    {
        "timeline",
        "flow",
        "balance",
        "overlap",
        "estimates",
        "paths",
        "event_study",
        "lock_in",
        "subgroups",
        "deltas",
        "leave_one_out",
        "randomisation",
        "robustness",
        "between",
        "bounds",
    }
)
_SEQUENCES = frozenset({"flow", "flow_comparison", "later", "robustness"})
"""Tables whose order means something."""

_MOST_ROWS = 24
"""A longer table of the numbers behind a figure is folded: they stand in a file too."""


@dataclass(frozen=True, slots=True)
class FigureView:
    """A figure ready to print. place : the line of the spec that asks for it, "" if it shows several analyses."""

    number: int
    title: str
    svg: Markup
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the report: its notes, its figures, then its tables; long ones folded."""

    name: str
    title: str
    notes: tuple[str, ...] = ()
    figures: tuple[FigureView, ...] = ()
    tables: tuple[TableView, ...] = ()
    folded: tuple[TableView, ...] = ()


def sections(
    content: ReportInput, language: Language, drawn: tuple[Drawn, ...], numbering: Numbering
) -> Iterator[Section]:
    """Yield the sections that have something to show."""
    for name in ORDER:
        section = section_view(content, name, language, drawn, numbering)
        if section is not None:
            yield section


def section_view(
    content: ReportInput, name: str, language: Language, drawn: tuple[Drawn, ...], numbering: Numbering
) -> Section | None:
    """Return one section; None if there is nothing in it."""
    figures = tuple(figure_view(content, d, numbering, language) for d in drawn if d.section == name)
    tables = tuple(_tables(content, name, numbering, language))
    if not figures and not tables:
        return None
    notes = (language.text(f"{name}_note"),) if name in _NOTED else ()
    folded = tuple(t for t in tables if name in SLOTS and figures and len(t.rows) > _MOST_ROWS)
    return Section(
        name=name,
        title=language.text(name),
        notes=notes,
        figures=figures,
        tables=tuple(t for t in tables if t not in folded),
        folded=folded,
    )


def figure_view(content: ReportInput, drawn: Drawn, numbering: Numbering, language: Language) -> FigureView:
    """Return a figure as markup: matplotlib has escaped what it holds, and letters are paths."""
    name, _, variant = drawn.about.partition("/")
    svg = Markup(inline(drawn.svg, f"{language.code}-{drawn.name}"))
    return FigureView(numbering.figure(drawn.section), drawn.title, svg, content.place(name, variant))


def _tables(content: ReportInput, name: str, numbering: Numbering, language: Language) -> Iterator[TableView]:
    """Yield the tables of one section."""
    if name in {"estimates", "subgroups", "event_study"}:
        yield from _estimates(content, name, numbering, language)
    for slot in SLOTS.values():
        if slot.section == name and slot.name != "truth":
            for side in content.in_slot(slot.name):
                yield side_view(content, side, slot.name, numbering.table(name), language)


def _estimates(content: ReportInput, name: str, numbering: Numbering, language: Language) -> Iterator[TableView]:
    """Yield the rows that a section of estimates is about."""
    rows = content.estimates.where(lambda row: kind_of(row) == name)
    if not len(rows):
        return
    known = [] if name != "estimates" else [r for side in content.in_slot("truth") for r in side.table.rows()]
    table = estimates_table(content, rows, language.text(name), numbering.table(name), language, known=known)
    if known:
        table = replace(table, notes=(*table.notes, language.text("truth_note")))
    yield table


def kind_of(row: dict[str, Cell]) -> str:
    """Return the section that prints a row of the estimates."""
    return "event_study" if by_period(row) else "subgroups" if narrowed(row) else "estimates"


def side_view(content: ReportInput, side: SideTable, slot: str, number: int, language: Language) -> TableView:
    """Return a side table with its title and the analysis it belongs to."""
    name, _, variant = side.analysis.partition("/")
    return released_table(
        content,
        side.table,
        side_title(content, side, slot, language),
        number,
        language,
        place=content.place(name, variant),
        ordered=slot in _SEQUENCES,
    )


def side_title(content: ReportInput, side: SideTable, slot: str, language: Language) -> str:
    """Return what a table is called: its slot's words, or its own, and the analysis it belongs to."""
    if not slot:
        title = language.text("quoted", words=language.phrase(side.table.title))
    else:
        outcome = subject_of(side.table, slot) or content.primary.outcome
        title = language.text(f"table_{content.words_of(slot)}", outcome=quoted(content, outcome, language))
    analysis = content.analysis_words(side.analysis)
    return f"{title} ({language.text('quoted', words=analysis)})" if side.analysis else title


def other_tables(content: ReportInput) -> Iterator[SideTable]:
    """Yield the side tables that fit no slot."""
    return (side for side in content.side_tables() if not slot_of(side.table))
