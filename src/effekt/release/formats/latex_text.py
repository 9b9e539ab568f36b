"""Any text as LaTeX in plain ASCII, so that a file compiles alike with pdfTeX, XeTeX and LuaTeX.

A character that has no command here is written by its number, in brackets: a file that says so compiles, one that
holds the character itself may not.
"""

from __future__ import annotations

import re
import unicodedata

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    # A line that begins with one of these would be read as an option of the line break before it.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
}
_LETTERS = {
    "æ": r"\ae{}",
    "ø": r"\o{}",
    "å": r"\aa{}",
    "Æ": r"\AE{}",
    "Ø": r"\O{}",
    "Å": r"\AA{}",
    "ß": r"\ss{}",
    "đ": r"\dj{}",
    "Đ": r"\DJ{}",
    "ŋ": r"\ng{}",
    "Ŋ": r"\NG{}",
    "ð": r"\dh{}",
    "þ": r"\th{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
}
_GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "varepsilon",
    "θ": "theta",
    "λ": "lambda",
    "μ": "mu",
    "π": "pi",
    "ρ": "rho",
    "σ": "sigma",
    "τ": "tau",
    "φ": "varphi",
    "χ": "chi",
    "ω": "omega",
}
_SIGNS = {
    "\u00a0": "~",
    "\u202f": r"\,",
    "\u2009": r"\,",
    "\u200b": r"\hspace{0pt}",
    "\u2011": r"\mbox{-}",
    "\u2010": "-",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "−": r"$-$",
    "…": r"\dots{}",
    "«": r"\guillemotleft{}",
    "»": r"\guillemotright{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "·": r"\textperiodcentered{}",
    "•": r"\textbullet{}",
    "§": r"\S{}",
    "°": r"\textdegree{}",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≠": r"$\neq$",
    "≈": r"$\approx$",
    "→": r"$\rightarrow$",
    "Δ": r"$\Delta$",
    "√": r"$\surd$",
    "²": r"\textsuperscript{2}",
    "³": r"\textsuperscript{3}",
    "½": r"\textonehalf{}",
    "€": r"\texteuro{}",
    "£": r"\pounds{}",
    **{letter: f"$\\{name}$" for letter, name in _GREEK.items()},
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
    "\u0328": "k",
}


def escaped(text: str) -> str:
    """Return text as LaTeX: nothing in it is a command, and nothing is outside ASCII."""
    plain = "".join(map(_character, unicodedata.normalize("NFC", text)))
    # Two hyphens in a row would be set as a dash, and three as a longer one.
    return re.sub("-(?=-)", "-{}", plain)


def _character(c: str) -> str:
    known = _SPECIAL.get(c) or _LETTERS.get(c) or _SIGNS.get(c)
    if known is not None:
        return known
    if c.isspace() or not c.isprintable():
        return " "
    return c if c.isascii() else _composed(c)


def _composed(c: str) -> str:
    """Return a letter with an accent, or the number of a character that is not known."""
    base, *marks = list(unicodedata.normalize("NFD", c))
    if len(marks) == 1 and base.isascii() and marks[0] in _ACCENTS:
        # The dot of an i is no part of an accented one.
        letter = {"i": r"\i", "j": r"\j"}.get(base, base)
        return rf"\{_ACCENTS[marks[0]]}{{{letter}}}"
    return f"{{[}}U+{ord(c):04X}{{]}}"
