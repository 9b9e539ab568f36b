"""Method manuals as readable pages: paragraphs, lists, code, and formulas as MathML.

A manual is the docstring of a method's file. The few marks used there are understood: ``.. math::`` blocks,
inline ``:math:``, backquotes, emphasis and lists.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from markupsafe import Markup, escape

from effekt.release.formulas import readable

_MATH = re.compile(r"\.\. math::")
_BULLET = re.compile(r"\s*[-*] ")
_INLINE = re.compile(r":math:`([^`]+)`|``([^`]+)``|`([^`]+)`|\*([^*\s][^*]*)\*")


def readable_manual(text: str) -> Markup:
    """Return a manual as HTML; whatever it holds is escaped."""
    return Markup("\n").join(_elements(textwrap.dedent(text).strip()))


def _elements(text: str) -> Iterator[Markup]:
    """Yield one element per block between blank lines."""
    for block in re.split(r"\n\s*\n", text):
        if _MATH.match(block):
            yield Markup('<div class="formula">{}</div>').format(readable(_MATH.sub("", block, count=1), block=True))
        elif _BULLET.match(block):
            items = (Markup("<li>{}</li>").format(_inline(item)) for item in re.split(r"(?m)^\s*[-*] ", block)[1:])
            yield Markup("<ul>{}</ul>").format(Markup("").join(items))
        else:
            yield Markup("<p>{}</p>").format(_inline(block))


def _inline(text: str) -> Markup:
    """Return running text with its marks."""
    parts, end = Markup(""), 0
    for match in _INLINE.finditer(text):
        formula, code, name, stressed = match.groups()
        parts += escape(text[end : match.start()])
        if formula is not None:
            parts += readable(formula)
        elif stressed is not None:
            parts += Markup("<em>{}</em>").format(stressed)
        else:
            parts += Markup("<code>{}</code>").format(code or name)
        end = match.end()
    return parts + escape(text[end:])
