"""Every released table as a sheet: numbers as numbers, printed with the digits the report prints and no others.

A cell holds the number as the report shows it, not a longer one behind it: what is copied out is what was released
and read. The whole digits of public data are in the tables' CSV files.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from effekt.release.contents import ReportInput, SideTable
from effekt.release.figures.style import SOFT, TREATED
from effekt.release.files import named_tables
from effekt.release.formats.zipped import EPOCH, settled
from effekt.release.language import Language
from effekt.release.released import Released, seen
from effekt.release.report import rule_notes
from effekt.release.sections import side_title
from effekt.release.slots import slot_of
from effekt.release.views import column_name, estimate_text, findings_table, side_cell, table_notes
from effekt.results import Column

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_LONGEST_NAME = 31
_WIDEST = 60
_HEAD_ROW = 3
"""Title, reference, an empty line, then the heads, which stay in sight."""
_LEAST_P = 0.001


@dataclass(frozen=True, slots=True)
class Shown:
    """What a cell shows: a number with its format, or text. text : what the report prints."""

    text: str
    number: float | None = None
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet, ready to write. right : columns of numbers."""

    name: str
    title: str
    heads: tuple[str, ...]
    right: tuple[bool, ...]
    rows: tuple[tuple[Shown, ...], ...]
    notes: tuple[str, ...]


def workbook(content: ReportInput, language: Language) -> bytes:
    """Return one language of the tables as .xlsx; the first sheet says what the others are."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": content.title, "subject": content.reference, "author": "effekt", "created": EPOCH})
    made = tuple(sheets(content, language))
    names = _sheet_names([language.text("about_numbers"), *(s.name for s in made)])
    _contents(book, names, made, content, language)
    for name, sheet in zip(names[1:], made, strict=True):
        _write(book, book.add_worksheet(name), sheet, content.reference)
    book.close()
    return settled(buffer.getvalue())


def sheets(content: ReportInput, language: Language) -> Iterator[Sheet]:
    """Yield the tables in the order of their files, then the checks."""
    for name, side in named_tables(content):
        yield _sheet(content, name, side, language)
    if content.findings:
        view = findings_table(content, content.findings, 0, language)
        yield Sheet(
            name="findings",
            title=view.title,
            heads=tuple(h.text for h in view.heads),
            right=tuple(h.number for h in view.heads),
            rows=tuple(tuple(Shown(cell.text) for cell in row) for row in view.rows),
            notes=view.notes,
        )


def _sheet(content: ReportInput, name: str, side: SideTable, language: Language) -> Sheet:
    table = seen(side.table)
    of_estimates = table is content.estimates
    columns = tuple(
        c for c in table.columns if not of_estimates or any(v not in (None, "") for v in table.data[c.name])
    )
    rows = tuple(
        tuple(_shown(content, table, i, c, language, of_estimates=of_estimates) for c in columns)
        for i in range(len(table))
    )
    return Sheet(
        name=name,
        title=language.text("estimates") if of_estimates else side_title(content, side, slot_of(table), language),
        heads=tuple(column_name(c.name, language) for c in columns),
        right=tuple(any(row[k].number is not None for row in rows) for k in range(len(columns))),
        rows=rows,
        notes=table_notes(table, content.rules.threshold, language),
    )


def _shown(
    content: ReportInput,
    table: Released,
    i: int,
    column: Column,
    language: Language,
    *,
    of_estimates: bool,
) -> Shown:
    """Return a cell as the report prints it; a number is the printed one."""
    value = table.data[column.name][i]
    if of_estimates and column.name == "unit":
        return Shown(language.unit(str(value)))
    if of_estimates and column.unit == "value":
        text = estimate_text(table, i, column.name, language)
    else:
        text = side_cell(content, table, i, column, language).text
    if value is None or isinstance(value, str | bool):
        return Shown(text)
    if column.name == "p_value" and value < _LEAST_P:
        return Shown(text, float(value), f'[<{_LEAST_P}]"{text}";0.000')
    return number_of(text, language)


_NUMBER = re.compile(r"-?\d+(?:\.(\d+))?")


def number_of(text: str, language: Language) -> Shown:
    """Return the number that a printed text is, with the format that prints it so; text stays text."""
    plain = text.replace("\N{MINUS SIGN}", "-")
    grouped = "\u202f" in plain or ("," in plain and language.code == "en")
    if language.code == "nb":
        plain = plain.replace("\u202f", "").replace(",", ".")
    found = _NUMBER.fullmatch(plain.replace(",", ""))
    if found is None:
        return Shown(text)
    decimals = len(found[1] or "")
    whole = "#,##0" if grouped else "0"
    return Shown(text, float(found[0]), f"{whole}.{'0' * decimals}" if decimals else whole)


def _sheet_names(wanted: list[str]) -> list[str]:
    """Return names a workbook accepts: 31 characters at most, each once whatever its case."""
    taken: dict[str, int] = {}
    names = []
    for name in wanted:
        plain = re.sub(r"[\[\]:*?/\\']", " ", name)[:_LONGEST_NAME].strip() or "table"
        while plain.casefold() in taken:
            taken[plain.casefold()] += 1
            tail = f"-{taken[plain.casefold()]}"
            plain = plain[: _LONGEST_NAME - len(tail)] + tail
        taken[plain.casefold()] = 1
        names.append(plain)
    return names


def _contents(
    book: Workbook, names: list[str], made: tuple[Sheet, ...], content: ReportInput, language: Language
) -> None:
    """Write the first sheet: what was asked, under which rules, and a link to every table."""
    page = book.add_worksheet(names[0])
    page.hide_gridlines(2)
    bold, soft, head = _formats(book)
    page.write_string(0, 0, content.title, bold)
    page.write_string(1, 0, content.reference, soft)
    statement = f"{language.text('disclosure_statement')} ({content.rules.name})."
    lines = [content.question, statement, *rule_notes(content, language)]
    for i, text in enumerate(lines):
        page.write_string(_HEAD_ROW + i, 0, text)
    at = _HEAD_ROW + len(lines) + 1
    page.write_string(at, 0, language.text("table"), head)
    page.write_string(at, 1, "", head)
    for i, (name, sheet) in enumerate(zip(names[1:], made, strict=True), start=1):
        page.write_url(at + i, 0, f"internal:'{name}'!A1", string=name)
        page.write_string(at + i, 1, sheet.title)
    page.set_column(0, 0, _LONGEST_NAME)
    page.set_column(1, 1, _WIDEST)


def _formats(book: Workbook) -> tuple[Format, Format, Format]:
    """Return the letters of a title, of what is said in passing, and of heads."""
    return (
        book.add_format({"bold": True, "font_size": 14, "font_color": TREATED}),
        book.add_format({"font_color": SOFT, "font_size": 9}),
        book.add_format({"bold": True, "bottom": 1, "top": 1, "text_wrap": True, "valign": "vcenter"}),
    )


def _write(book: Workbook, page: Worksheet, sheet: Sheet, reference: str) -> None:
    title, soft, _ = _formats(book)
    left, right = (
        book.add_format({"bold": True, "bottom": 1, "top": 1, "text_wrap": True, "valign": "vcenter", "align": side})
        for side in ("left", "right")
    )
    numbers: dict[str, Format] = {}
    words = book.add_format({"text_wrap": True, "valign": "top"})
    marks = book.add_format({"align": "right", "valign": "top"})
    page.hide_gridlines(2)
    page.write_string(0, 0, sheet.title, title)
    page.write_string(1, 0, reference, soft)
    for k, head in enumerate(sheet.heads):
        page.write_string(_HEAD_ROW, k, head, right if sheet.right[k] else left)
        page.set_column(k, k, _width(sheet, k))
    for i, row in enumerate(sheet.rows, start=_HEAD_ROW + 1):
        for k, cell in enumerate(row):
            if cell.number is None:
                page.write_string(i, k, cell.text, marks if sheet.right[k] else words)
                continue
            if cell.pattern not in numbers:
                numbers[cell.pattern] = book.add_format({"num_format": cell.pattern, "valign": "top"})
            page.write_number(i, k, cell.number, numbers[cell.pattern])
    page.freeze_panes(_HEAD_ROW + 1, 1)
    page.repeat_rows(_HEAD_ROW)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    for i, note in enumerate(sheet.notes, start=_HEAD_ROW + len(sheet.rows) + 2):
        page.write_string(i, 0, note, soft)


def _width(sheet: Sheet, k: int) -> float:
    """Return a width that shows the longest cell, and breaks long words over lines."""
    cells = max((len(row[k].text) for row in sheet.rows), default=0)
    head = max((len(word) for word in sheet.heads[k].split()), default=0)
    return float(min(max(cells, head, 6) + 2, _WIDEST))
