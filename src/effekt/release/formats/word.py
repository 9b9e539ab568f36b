"""The report as a word processor's file: its text, its tables, its figures as pictures with words for the blind."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from effekt.release.contents import ReportInput
from effekt.release.figures.style import COMPARISON, FAINT, INK, SOFT, TREATED
from effekt.release.formats.blocks import Block, Grid, Heading, Illustration, Paragraph
from effekt.release.formats.zipped import EPOCH, settled

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph as Line

_WIDTH = 17.0
"""Centimetres of text on an A4 page with margins of two."""

_HEIGHT = 23.0
"""Centimetres of a picture at most, so that its caption stands on the same page."""

_SIZES = {"question": 20, "answer": 13, "flag": 9, "note": 8.5, "numbered": 10, "sentence": 11}
_COLOURS = {"flag": COMPARISON, "note": SOFT, "lead": SOFT}
_VERDICTS = {"verdict-FAIL": COMPARISON, "verdict-WARN": COMPARISON, "verdict-PASS": TREATED}
_CELL = 8.0
_LETTER, _GAP = 0.15, 0.4
"""Centimetres of a letter of that size, and of what stands left and right of a cell's text."""
_LONG = 34
"""Longer texts break over lines."""
_LOCALES = {"nb": "nb-NO", "en": "en-GB"}


def word_file(content: ReportInput, said: Iterable[Block], code: str) -> bytes:
    """Return one language of the report as .docx. said : what the page says."""
    import docx

    document = docx.Document()
    _settle(document, content, code)
    for block in said:
        if isinstance(block, Heading):
            # Every page of the report begins on a new sheet of paper.
            document.add_heading(block.text, block.level).paragraph_format.page_break_before = block.level == 1
        elif isinstance(block, Paragraph):
            _paragraph(document, block)
        elif isinstance(block, Grid):
            _grid(document, block)
        else:
            _illustration(document, block)
    buffer = io.BytesIO()
    document.save(buffer)
    return settled(buffer.getvalue())


def _settle(document: Document, content: ReportInput, code: str) -> None:
    """Set paper, letters, language, and what the file says about itself; no true date and no person's name."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2)
    page.footer.paragraphs[0].text = content.reference
    styles: Any = document.styles
    styles["Normal"].font.name, styles["Normal"].font.size = "Calibri", Pt(10)
    styles["Normal"].font.color.rgb = RGBColor.from_string(INK[1:].upper())
    for level, size in ((1, 18), (2, 14), (3, 11)):
        style = styles[f"Heading {level}"]
        style.font.name, style.font.size = "Calibri", Pt(size)
        style.font.color.rgb = RGBColor.from_string(TREATED[1:].upper())
        fonts = style.element.rPr.rFonts
        for name in list(fonts.attrib):
            if "Theme" in name:
                del fonts.attrib[name]
        fonts.set(qn("w:hAnsi"), "Calibri")
    styles["Caption"].font.size = Pt(9)
    styles["Caption"].font.color.rgb = RGBColor.from_string(INK[1:].upper())
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), _LOCALES[code])
    styles["Normal"].element.get_or_add_rPr().append(language)
    facts = document.core_properties
    facts.title, facts.subject, facts.language = content.title, content.reference, _LOCALES[code]
    facts.author = facts.last_modified_by = "effekt"
    facts.comments, facts.keywords, facts.revision = "", "", 1
    facts.created = facts.modified = facts.last_printed = EPOCH


def _paragraph(document: Document, block: Paragraph) -> None:
    from docx.shared import Pt

    style = "List Bullet" if block.kind == "item" else "Title" if block.kind == "question" else None
    line = document.add_paragraph(style=style)
    if block.name:
        _write(line, f"{block.name}  ", block.kind, bold=True)
    _write(line, block.text, block.kind, italic=block.kind == "formula")
    line.paragraph_format.space_after = Pt(3 if block.kind in {"note", "item", "point"} else 6)


def _write(line: Line, text: str, kind: str, *, bold: bool = False, italic: bool = False) -> None:
    from docx.shared import Pt, RGBColor

    run = line.add_run(text)
    run.bold, run.italic = bold or None, italic or None
    if kind in _SIZES:
        run.font.size = Pt(_SIZES[kind])
    if kind in _COLOURS:
        run.font.color.rgb = RGBColor.from_string(_COLOURS[kind][1:].upper())


def _grid(document: Document, block: Grid) -> None:
    """Write a table: its caption above it, its heads again on every page, numbers to the right."""
    from docx.shared import Cm, Pt

    caption = document.add_paragraph(block.caption, style="Caption")
    caption.paragraph_format.keep_with_next = True
    table = document.add_table(rows=0, cols=len(block.heads))
    widths = column_widths(block)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    _rules(table)
    # Kept as a list: asking a table for its cells counts them all again.
    cells = [table.add_row().cells for _ in range(len(block.rows) + 1)]
    for texts, row, kinds in zip((block.heads, *block.rows), cells, ((), *block.kinds), strict=True):
        for i, (text, cell) in enumerate(zip(texts, row, strict=True)):
            cell.width = Cm(widths[i])
            _cell(cell, text, right=block.right[i], head=not kinds, kind=kinds[i] if kinds else "")
    _repeat(table.rows[0])
    document.add_paragraph().paragraph_format.space_after = Pt(2)


def column_widths(block: Grid) -> tuple[float, ...]:
    """Return widths in centimetres that add up to the page: by the longest text, within what a column may take.

    No column is narrower than its longest word, as far as the page goes, so that a number is not cut in two.
    """
    columns = list(zip(block.heads, *block.rows, strict=True))
    words = [max((len(word) for text in column for word in text.split(" ")), default=1) for column in columns]
    wanted = [max(word, min(max(map(len, column)), _LONG)) for column, word in zip(columns, words, strict=True)]
    scale = _WIDTH / sum(wanted)
    least = [min(word * _LETTER + _GAP, _WIDTH / len(columns) * 2) for word in words]
    widths = [max(w * scale, low) for w, low in zip(wanted, least, strict=True)]
    return tuple(w * _WIDTH / sum(widths) for w in widths)


def _cell(cell: _Cell, text: str, *, right: bool, head: bool, kind: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt, RGBColor

    line = cell.paragraphs[0]
    line.paragraph_format.space_after = line.paragraph_format.space_before = Pt(1.5)
    if right:
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = line.add_run(text)
    run.font.size = Pt(_CELL)
    colour = next((c for name, c in _VERDICTS.items() if name in kind.split()), None)
    run.bold = head or (colour is not None) or None
    if colour is not None:
        run.font.color.rgb = RGBColor.from_string(colour[1:].upper())


def _rules(table: Table) -> None:
    """Draw a line above and below the table and a faint one between rows; none from top to bottom."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders = OxmlElement("w:tblBorders")
    for side, size, colour in (("top", 8, INK), ("bottom", 8, INK), ("insideH", 4, FAINT)):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", str(size)), ("space", "0"), ("color", colour[1:].upper())):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    properties = table._tbl.tblPr
    properties.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")


def _repeat(row: Any) -> None:
    """Let the heads stand at the top of every page the table reaches, and no row be cut in two."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = row._tr.get_or_add_trPr()
    head = OxmlElement("w:tblHeader")
    head.set(qn("w:val"), "true")
    properties.append(head)


def _illustration(document: Document, block: Illustration) -> None:
    from docx.shared import Cm

    line = document.add_paragraph()
    line.paragraph_format.keep_with_next = True
    shape = line.add_run().add_picture(io.BytesIO(block.png), width=Cm(_WIDTH))
    if shape.height > Cm(_HEIGHT):
        # A picture that is taller than the page would be cut off at its foot.
        shape.width, shape.height = Cm(_WIDTH * Cm(_HEIGHT) / shape.height), Cm(_HEIGHT)
    shape._inline.docPr.set("descr", block.alternative)
    document.add_paragraph(block.caption, style="Caption")
