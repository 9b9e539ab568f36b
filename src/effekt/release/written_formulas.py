"""Formulas written out in one line of plain text, for terminals and word processors; and manuals with them."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

from effekt.release.formulas import readable

_PATTERNS = {
    "msqrt": "√({0})",
    "msub": "{0}_{1}",
    "msup": "{0}^{1}",
    "msubsup": "{0}_{1}^{2}",
    "munder": "{0}_{1}",
    "munderover": "{0}_{1}^{2}",
}
_ABOVE = {"^": "\u0302", "\u00af": "\u0304", "~": "\u0303", "\u02d9": "\u0307"}
"""Accents as signs that stand over the letter before them."""

_APART = frozenset("=≤≥≡∈≈→±∼<>")
"""Signs with a space on both sides."""

_BLOCK = re.compile(r"\.\. math:: (.*?)(?=\n\s*\n|\Z)", re.DOTALL)
_INLINE = re.compile(r":math:`([^`]+)`", re.DOTALL)


def written_manual(text: str) -> str:
    """Return a manual as it is read on a terminal: without the marks of LaTeX."""
    text = _BLOCK.sub(lambda found: f"    {written(found[1])}", text)
    return _INLINE.sub(lambda found: written(found[1]), text)


def written(formula: str) -> str:
    """Return a LaTeX formula in one line: indices after ``_`` and ``^``, fractions with a stroke."""
    # It is our own markup, made a moment ago.
    return one_line(ElementTree.fromstring(str(readable(formula))))


def one_line(math: Any) -> str:
    """Return a ``math`` element in one line."""
    return re.sub(r"\s+", " ", _element(math)).strip()


def _element(element: Any) -> str:
    inner = [_element(child) for child in element if isinstance(child.tag, str)]
    if element.tag == "mfrac":
        return "/".join(part if part.isalnum() else f"({part})" for part in inner)
    pattern = _PATTERNS.get(element.tag)
    if pattern is not None and len(inner) >= pattern.count("{"):
        simple = [part if len(part) == 1 or pattern.startswith("√") else f"{{{part}}}" for part in inner[1:]]
        return pattern.format(inner[0], *simple)
    if element.tag == "mover" and len(inner) == 2:
        return inner[0] + _ABOVE.get(inner[1], inner[1])
    text = (element.text or "").strip()
    if element.tag == "mspace" or (element.tag == "mo" and text in _APART):
        return f" {text} "
    return text + ("; " if element.tag == "mtable" else "").join(inner)
