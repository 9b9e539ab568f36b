r"""LaTeX formulas as MathML, which browsers set and print without network, scripts or pictures.

The part of LaTeX that manuals use: letters, numbers and operators; ``\frac``, ``\sqrt``; indices and powers;
accents; upright words; lines parted by ``\\`` and aligned at ``&``. MathML Core: https://www.w3.org/TR/mathml-core/.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|[{}^_&~]|\s+|[^\\{}^_&~\s\d]", re.DOTALL)
_ACCENTS = {"hat": "^", "widehat": "^", "bar": "\u00af", "tilde": "~", "overline": "\u00af", "dot": "\u02d9"}
_UPRIGHT = frozenset({"mathrm", "text", "operatorname", "mathbf", "boldsymbol", "mathcal", "mathbb", "textrm"})
_SKIPPED = frozenset(
    {
        "left",
        "right",
        "big",
        "Big",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "displaystyle",
        "textstyle",
        "limits",
        "nolimits",
        "!",
    }
)
_NAMES = frozenset({"log", "exp", "min", "max", "Pr", "Var", "Cov", "sup", "inf", "arg", "det", "lim", "ln", "tr"})
_SPACES = {"quad": "1em", "qquad": "2em", ",": ".17em", ";": ".28em", ":": ".22em", " ": ".25em", "~": ".25em"}
_BRACKETS = frozenset("()[]|")
"""They grow with what they hold only after ``\\left`` and ``\\right``."""

_STACKED = frozenset({"<mo>∑</mo>", "<mo>∏</mo>"})
"""Operators whose limits stand below and above them."""

_EMPTY = Markup("<mrow></mrow>")


@cache
def _symbols() -> Mapping[str, str]:
    text = (files("effekt.release") / "symbols.csv").read_text(encoding="utf-8")
    return {row["command"]: row["symbol"] for row in csv.DictReader(text.splitlines())}


def readable(formula: str, *, block: bool = False) -> Markup:
    """Return a LaTeX formula as a ``math`` element; a command that is not known keeps its name.

    block : the formula stands by itself, and large.
    """
    lines = [[_set(cell) for cell in line.split("&")] for line in _split_lines(formula.strip())]
    body = lines[0][0] if len(lines) == 1 and len(lines[0]) == 1 else _aligned(lines)
    shown = Markup(' display="block"') if block else ""
    return Markup("<math{}>{}</math>").format(shown, body)


def _split_lines(formula: str) -> list[str]:
    return re.split(r"\\\\", formula)


def _aligned(lines: list[list[Markup]]) -> Markup:
    """Return lines below each other, their columns aligned at the ``&`` signs."""
    rows = (Markup("<mtr>{}</mtr>").format(_join(Markup("<mtd>{}</mtd>").format(c) for c in line)) for line in lines)
    return Markup('<mtable class="aligned">{}</mtable>').format(_join(rows))


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _set(text: str) -> Markup:
    """Return one line without alignment marks."""
    tokens = _TOKEN.findall(text)
    tokens.reverse()
    return _row(tokens, closing=False)


def _row(tokens: list[str], *, closing: bool) -> Markup:
    """Take elements off the end of ``tokens``, which are in reverse, up to the closing brace or the end."""
    parts: list[Markup] = []
    while tokens:
        token = tokens.pop()
        if token == "}":
            if closing:
                break
            continue
        if token in {"^", "_"}:
            parts.append(_raised(parts.pop() if parts else _EMPTY, token, tokens))
        elif not token.isspace():
            parts.append(_element(token, tokens))
    return Markup("<mrow>{}</mrow>").format(_join(parts))


def _element(token: str, tokens: list[str]) -> Markup:
    """Return one element and what it applies to."""
    if token == "{":
        return _row(tokens, closing=True)
    if token.startswith("\\"):
        return _command(token[1:], tokens)
    return _plain(token)


def _plain(token: str) -> Markup:
    if token[0].isdigit():
        return Markup("<mn>{}</mn>").format(token)
    if token.isalpha():
        return Markup("<mi>{}</mi>").format(token)
    if token == "~":
        return _space("~")
    if token in _BRACKETS:
        return Markup('<mo stretchy="false">{}</mo>').format(token)
    return Markup("<mo>{}</mo>").format("\u2212" if token == "-" else token)


def _space(name: str) -> Markup:
    return Markup('<mspace width="{}"></mspace>').format(_SPACES[name])


def _argument(tokens: list[str]) -> Markup:
    """Return what a command or an index applies to: a group or one element."""
    while tokens and tokens[-1].isspace():
        tokens.pop()
    if not tokens or tokens[-1] == "}":
        return _EMPTY
    return _element(tokens.pop(), tokens)


def _raised(base: Markup, mark: str, tokens: list[str]) -> Markup:
    """Return ``base`` with an index or a power, and with the other one if it follows."""
    first = _argument(tokens)
    while tokens and tokens[-1].isspace():
        tokens.pop()
    stacked = base in _STACKED
    sub, sup, both = ("munder", "mover", "munderover") if stacked else ("msub", "msup", "msubsup")
    if tokens and tokens[-1] in {"^", "_"} and tokens[-1] != mark:
        tokens.pop()
        second = _argument(tokens)
        low, high = (first, second) if mark == "_" else (second, first)
        return Markup("<{0}>{1}{2}{3}</{0}>").format(Markup(both), base, low, high)
    return Markup("<{0}>{1}{2}</{0}>").format(Markup(sub if mark == "_" else sup), base, first)


def _command(name: str, tokens: list[str]) -> Markup:
    """Return a command with what it applies to."""
    if name == "frac":
        return Markup("<mfrac>{}{}</mfrac>").format(_argument(tokens), _argument(tokens))
    if name == "sqrt":
        return Markup("<msqrt>{}</msqrt>").format(_argument(tokens))
    if name in _ACCENTS:
        return Markup('<mover accent="true">{}<mo>{}</mo></mover>').format(_argument(tokens), _ACCENTS[name])
    if name in _UPRIGHT:
        return Markup("<mtext>{}</mtext>").format(_letters(tokens))
    return _sign(name, tokens)


def _sign(name: str, tokens: list[str]) -> Markup:
    """Return a command that stands for one sign, a name or a space."""
    if name in {"left", "right"} and tokens and tokens[-1] in _BRACKETS:
        return Markup("<mo>{}</mo>").format(tokens.pop())
    if name in _SKIPPED:
        return Markup("")
    if name in _SPACES:
        return _space(name)
    if name in _NAMES:
        return Markup("<mi>{}</mi>").format(name)
    symbol = _symbols().get(name, name)
    kind = "mi" if symbol[:1].isalpha() else "mo"
    return Markup("<{0}>{1}</{0}>").format(Markup(kind), symbol) if symbol else Markup("")


def _letters(tokens: list[str]) -> Markup:
    """Return a group's characters as they are written, spaces and all."""
    while tokens and tokens[-1].isspace():
        tokens.pop()
    if not tokens:
        return Markup("")
    if tokens[-1] != "{":
        return escape(tokens.pop())
    tokens.pop()
    text, depth = "", 1
    while tokens:
        token = tokens.pop()
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth == 0:
            break
        text += token if token not in {"{", "}"} else ""
    return escape(text)
