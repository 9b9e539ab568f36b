"""LaTeX formulas as text: Greek letters, fractions and indices as a browser shows them without help."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}^_&~]|\s+|[^\\{}^_&~\s]", re.DOTALL)
_FRACTION = Markup('<span class="fraction"><span>{}</span><span class="slash">/</span><span>{}</span></span>')
_UPRIGHT = ("mathrm", "text", "operatorname", "mathbf", "boldsymbol", "mathcal", "mathbb")
_AROUND = {
    "hat": Markup("{}\u0302"),
    "widehat": Markup("{}\u0302"),
    "bar": Markup("{}\u0304"),
    "tilde": Markup("{}\u0303"),
    "overline": Markup('<span class="over">{}</span>'),
    "sqrt": Markup("√({})"),
    **dict.fromkeys(_UPRIGHT, Markup("{}")),
}
_PLAIN = {"&": "", "}": "", "~": " ", "-": "−"}
_RAISED = {"^": "sup", "_": "sub"}


@cache
def _symbols() -> Mapping[str, str]:
    text = (files("effekt.release") / "symbols.csv").read_text(encoding="utf-8")
    return {row["command"]: row["symbol"] for row in csv.DictReader(text.splitlines())}


def readable(formula: str) -> Markup:
    """Return a LaTeX formula as HTML text; a command that is not known keeps its name."""
    tokens = _TOKEN.findall(formula.strip())
    tokens.reverse()
    parts = Markup("")
    while tokens:
        parts += _next(tokens)
    return parts


def _next(tokens: list[str]) -> Markup:
    """Take one element off the end of ``tokens``, which are in reverse, and return it as text."""
    token = tokens.pop()
    if token == "{":
        return _group(tokens)
    if token in _RAISED:
        return Markup("<{0}>{1}</{0}>").format(Markup(_RAISED[token]), _argument(tokens))
    if token.startswith("\\"):
        return _command(token[1:], tokens)
    return escape(_PLAIN.get(token, token))


def _group(tokens: list[str]) -> Markup:
    parts = Markup("")
    while tokens and tokens[-1] != "}":
        parts += _next(tokens)
    if tokens:
        tokens.pop()
    return parts


def _argument(tokens: list[str]) -> Markup:
    """Return what a command or an index applies to: a group or one element."""
    while tokens and tokens[-1].isspace():
        tokens.pop()
    return _next(tokens) if tokens else Markup("")


def _command(name: str, tokens: list[str]) -> Markup:
    """Return a command with what it applies to."""
    if name == "frac":
        return _FRACTION.format(_argument(tokens), _argument(tokens))
    if name in _AROUND:
        return _AROUND[name].format(_argument(tokens))
    if name.isalpha():
        return escape(_symbols().get(name, name))
    return Markup("<br>") if name == "\\" else escape(" " if name in ",;:! " else name)
