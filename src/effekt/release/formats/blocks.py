"""The report as a row of headings, paragraphs, tables and figures, read from the page itself.

A word processor's file is written from these blocks: whatever the page says, it says, in the same words and digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from effekt.release.figures.gallery import Drawn
from effekt.release.figures.style import inline
from effekt.release.written_formulas import one_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement


@dataclass(frozen=True, slots=True)
class Heading:
    """level : 1 for a page of the report, 2 and 3 for its parts."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """kind : ``question``, ``answer``, ``flag``, ``sentence``, ``lead``, ``note``, ``item``, ``formula``, or "".

    name : what stands before the text in bold, "" for nothing.
    """

    text: str
    kind: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. right : which columns hold numbers. kinds : a cell's classes, which tell a verdict's colour."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[bool, ...]
    kinds: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Illustration:
    """A figure: its picture, its caption, and its words for those who do not see it."""

    caption: str
    png: bytes
    alternative: str


Block = Heading | Paragraph | Grid | Illustration

_HEADINGS = {"h1": 0, "h2": 1, "h3": 2, "h4": 3}
_KINDS = ("question", "answer", "flag", "sentence", "lead", "note", "formula")
_SKIPPED = frozenset({"nav", "script", "style", "input", "label", "summary", "svg"})
_ORNAMENTS = frozenset({"sheet-number"})
"""What a screen is steered and adorned with; a file in pages does not need it."""


def blocks(html: bytes, drawn: tuple[Drawn, ...], code: str) -> tuple[Block, ...]:
    """Return what one language of a report says, in its order. drawn : the figures that stand in it."""
    from lxml.html import document_fromstring

    text = html.decode()
    pictures = _pictures(text, drawn, code)
    plain = re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL).replace("<wbr>", "")
    (article,) = document_fromstring(plain).xpath(f'//article[@id="report-{code}"]')
    return tuple(_walk(article, pictures))


def _pictures(text: str, drawn: tuple[Drawn, ...], code: str) -> Mapping[str, Drawn]:
    """Return the id of a figure on the page -> the figure, found by the very drawing that stands there."""
    by_drawing = {inline(d.svg, f"{code}-{d.name}").strip(): d for d in drawn}
    found = re.findall(r'<figure[^>]*\bid="([^"]+)"[^>]*>.*?(<svg.*?</svg>)', text, re.DOTALL)
    return {name: by_drawing[svg] for name, svg in found if svg in by_drawing}


def _walk(element: HtmlElement, pictures: Mapping[str, Drawn]) -> Iterator[Block]:
    """Yield the blocks of an element, in order."""
    tag = element.tag
    if not isinstance(tag, str) or tag in _SKIPPED or _ORNAMENTS & classes_of(element):
        return
    if tag in _HEADINGS:
        level = _HEADINGS[tag]
        yield Heading(level, words(element)) if level else Paragraph(words(element), "question")
    elif tag == "figure":
        yield from _figure(element, pictures)
    elif tag == "table":
        yield _grid(element)
    elif tag == "li":
        yield from _item(element)
    elif tag in {"dt", "dd"} or _is_text(element):
        yield from _paragraph(element)
    else:
        for child in element:
            yield from _walk(child, pictures)


_CONTAINERS = frozenset(
    {"article", "main", "div", "section", "header", "footer", "nav", "details", "figure", "svg", "table"}
    | {"p", "h1", "h2", "h3", "h4", "ul", "ol", "li", "dl", "dt", "dd"}
)


def _is_text(element: HtmlElement) -> bool:
    """Return True for an element with words of its own and nothing below it but marks within a line."""
    return bool(words(element)) and not any(child.tag in _CONTAINERS for child in element)


def _paragraph(element: HtmlElement) -> Iterator[Paragraph]:
    text = words(element)
    if not text:
        return
    if element.tag == "dd":
        before = element.getprevious()
        yield Paragraph(text, "point", "" if before is None else words(before))
    elif "flag" in classes_of(element):
        named = " ".join(words(b) for b in element.xpath("./b"))
        yield Paragraph(text.removeprefix(named).strip(), "flag", named)
    elif "kicker" in classes_of(element):
        yield Paragraph(" · ".join(map(words, element)), "note")
    elif element.tag != "dt":
        yield Paragraph(text, next((k for k in _KINDS if k in classes_of(element)), ""))


def _item(element: HtmlElement) -> Iterator[Paragraph]:
    """Yield an item of a list: the thirteen answers have a number and a question before them."""
    numbers = element.xpath('./span[@class="n"]')
    if not numbers:
        yield Paragraph(words(element), "item")
        return
    question, *answers = element.xpath("./div/p")
    asked = f"{words(numbers[0])}. {words(question)}"
    yield Paragraph(" ".join(filter(None, map(words, answers))), "numbered", asked)


def _figure(element: HtmlElement, pictures: Mapping[str, Drawn]) -> Iterator[Block]:
    """Yield a figure; one whose drawing is not known is left out with its caption standing."""
    caption = " ".join(words(c) for c in element.iter("figcaption"))
    drawn = pictures.get(element.get("id", ""))
    if drawn is None:
        yield Paragraph(caption, "note")
        return
    label = re.search(rb'aria-label="([^"]*)"', drawn.svg)
    yield Illustration(caption, drawn.png, unescape(label.group(1).decode()) if label else drawn.title)


def _grid(element: HtmlElement) -> Grid:
    heads = element.xpath("./thead/tr/th")
    rows = [row.xpath("./td|./th") for row in element.xpath("./tbody/tr")]
    return Grid(
        caption=" ".join(words(c) for c in element.xpath("./caption")),
        heads=tuple(map(words, heads)),
        rows=tuple(tuple(map(words, row)) for row in rows),
        right=tuple("number" in classes_of(h) for h in heads),
        kinds=tuple(tuple(cell.get("class", "") for cell in row) for row in rows),
    )


def classes_of(element: HtmlElement) -> set[str]:
    """Return the classes of an element."""
    return set(element.get("class", "").split())


def words(element: HtmlElement) -> str:
    """Return the text of an element in one line; a formula is written out."""
    # What no file in XML may hold is a space too.
    return re.sub(r"[\x00-\x20\x7f-\x9f]+", " ", _text(element)).strip()


def _text(element: HtmlElement) -> str:
    if element.tag == "math":
        return one_line(element)
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            # A badge stands apart by its colour; in plain text by a dot.
            apart = "· " if "chip" in classes_of(child) else ""
            parts.append(" " if child.tag == "br" else apart + _text(child))
        parts.append(child.tail or "")
    return "".join(parts)
