"""One house style for all figures: readable in grey, for the colour-blind, and without a legend to look up.

Treated and comparison differ in colour (Okabe and Ito 2008), in marker and in filling. Files are the same
bytes in every run: no dates, no host, fixed ids, and letters as paths, so that they look alike everywhere.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

from effekt.release.language import Language

INK, SOFT, FAINT = "#1a1a1a", "#5c5c5c", "#d9d9d9"
TREATED, COMPARISON = "#0072b2", "#d55e00"
WIDTH = 7.2
"""Inches; the width of the report's text."""

_FORGET = dict.fromkeys(("Date", "Creator", "Format", "Type"))

_STYLE: dict[str, Any] = {
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.6,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "lines.linewidth": 1.3,
    "svg.fonttype": "path",
    "svg.hashsalt": "effekt",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": SOFT,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.color": SOFT,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8.5,
}


@dataclass(slots=True)
class Canvas:
    """A figure under way. ``svg`` is filled when the drawing is done."""

    figure: Figure
    axes: Axes
    svg: bytes = b""


@contextmanager
def canvas(*, height: float, title: str) -> Iterator[Canvas]:
    """Yield an empty figure in the house style; afterwards ``svg`` holds the file.

    The user's own matplotlib settings are set aside, since they would change the bytes.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()
        for name, value in _STYLE.items():
            mpl.rcParams[name] = value  # type: ignore[index]
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        drawn = Canvas(figure, figure.add_subplot())
        yield drawn
        drawn.svg = _svg(figure, title)


def _svg(figure: Figure, title: str) -> bytes:
    """Return the file: scalable, with its title for those who do not see it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata=_FORGET)
    text = buffer.getvalue().decode()
    text = text[text.index("<svg") :]
    head = f'<svg role="img" aria-label="{escape(title, {chr(34): "&quot;"})}" '
    return re.sub(r"^<svg ", lambda _: head, text).encode()


def wrapped(text: object, width: int, lines: int = 3) -> str:
    """Return a label broken into lines, the last cut short if it is too long for the figure."""
    parts = textwrap.wrap(str(text), width) or [""]
    return "\n".join(parts[:lines]) + ("…" if len(parts) > lines else "")


def inline(svg: bytes, prefix: str) -> str:
    """Return a figure for use inside a page: its ids made its own, so that two figures do not meet."""
    text = re.sub(r'\bid="', f'id="{prefix}-', svg.decode())
    text = re.sub(r'(xlink:href="#)', rf"\1{prefix}-", text)
    return re.sub(r"url\(#", f"url(#{prefix}-", text)


def write_ticks(axes: Axes, language: Language, *, which: str = "x") -> None:
    """Write an axis' numbers as the language does."""
    from matplotlib.ticker import FuncFormatter

    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda v, _: language.number(v, _tick_decimals(axis.get_ticklocs()))))


def _tick_decimals(ticks: object) -> int:
    """Return the fewest decimals that tell all ticks apart."""
    values = [float(t) for t in ticks]  # type: ignore[attr-defined]
    return next((d for d in range(7) if all(abs(v - round(v, d)) < 1e-9 * (1 + abs(v)) for v in values)), 7)
