"""One house style for all figures: readable in grey, for the colour-blind, and without a legend to look up.

Treated and comparison differ in colour, in lightness (20 steps of CIELAB L*, so that a grey print keeps them
apart), in marker and in filling. Blue and orange stay apart for every common colour vision (Okabe and Ito 2008).
Files are the same bytes in every run: no dates, no host, fixed ids, and letters as paths, so that they look
alike everywhere.
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

INK, SOFT, FAINT, BAND = "#16202a", "#55606b", "#d9dde1", "#e9edf0"
TREATED, COMPARISON = "#08456b", "#b35c00"
TREATED_LIGHT, COMPARISON_LIGHT = "#b4cbdb", "#f3d9bd"
"""The same two hues for areas that text and marks stand on."""

DOTTED = (0, (1, 2.2))
DASHED = (0, (4, 3))

WIDTH = 7.2
"""Inches; the width of the report's text."""

SMALL = 8.5
"""Points; the size of labels inside a figure."""

PNG_DPI = 160

_FORGET = dict.fromkeys(("Date", "Creator", "Format", "Type"))

_STYLE: dict[str, Any] = {
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.labelsize": SMALL,
    "axes.linewidth": 0.6,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "hatch.linewidth": 0.5,
    "lines.linewidth": 1.4,
    "lines.solid_capstyle": "butt",
    "svg.fonttype": "path",
    "svg.hashsalt": "effekt",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": SOFT,
    "xtick.labelcolor": INK,
    "xtick.labelsize": SMALL,
    "ytick.color": SOFT,
    "ytick.labelcolor": INK,
    "ytick.labelsize": SMALL,
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished figure. svg : for pages and print; png : for slides and word processors, 160 dots per inch."""

    svg: bytes
    png: bytes


@dataclass(slots=True)
class Canvas:
    """A figure under way. ``picture`` is filled when the drawing is done."""

    figure: Figure
    panels: tuple[Axes, ...]
    picture: Picture | None = None

    @property
    def axes(self) -> Axes:
        """The first, often the only, panel."""
        return self.panels[0]


def get_ready() -> None:
    """Load what drawing needs, which takes longer than a figure; a process that will draw may do so while it waits."""
    import matplotlib.backends.backend_agg
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401


@contextmanager
def canvas(*, height: float, title: str, heights: tuple[float, ...] = (1,), width: float = WIDTH) -> Iterator[Canvas]:
    """Yield an empty figure in the house style; afterwards ``picture`` holds the files.

    height, width : inches; a narrow figure has large letters where it is shown as wide as others. heights :
    relative heights of panels, one above the other. The user's own matplotlib settings are set aside, since they
    would change the bytes.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context():
        mpl.rcdefaults()
        for name, value in _STYLE.items():
            mpl.rcParams[name] = value  # type: ignore[index]
        figure = Figure(figsize=(width, height), layout="constrained")
        panels = figure.subplots(len(heights), 1, squeeze=False, gridspec_kw={"height_ratios": heights})
        drawn = Canvas(figure, tuple(panels[:, 0]))
        yield drawn
        svg = _svg(figure, title)
        # Laid out once: the second file has the same places, and takes half the time.
        figure.set_layout_engine("none")
        drawn.picture = Picture(svg, _png(figure))


def _svg(figure: Figure, title: str) -> bytes:
    """Return the file: scalable, with its title for those who do not see it."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.BytesIO()
    # Not `savefig`, which draws everything once more beforehand to lay it out; drawing does that by itself.
    FigureCanvasSVG(figure).print_svg(buffer, metadata=_FORGET)  # type: ignore[no-untyped-call]
    text = buffer.getvalue().decode()
    text = text[text.index("<svg") :]
    head = f'<svg role="img" aria-label="{escape(title, {chr(34): "&quot;"})}" '
    return re.sub(r"^<svg ", lambda _: head, text).encode()


def _png(figure: Figure) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    figure.dpi = PNG_DPI
    FigureCanvasAgg(figure).print_png(buffer, metadata={"Software": None})  # type: ignore[no-untyped-call]
    return buffer.getvalue()


def wrapped(text: object, width: int, lines: int = 3) -> str:
    """Return a label broken into lines, the last cut short if it is too long for the figure."""
    parts = textwrap.wrap(str(text), width) or [""]
    if len(parts) > lines:
        last = parts[lines - 1]
        parts[lines - 1] = (last if len(last) < width else last[: width - 1]).rstrip() + "…"
    return "\n".join(parts[:lines])


def inline(svg: bytes, prefix: str) -> str:
    """Return a figure for use inside a page: its ids made its own, so that two figures do not meet."""
    text = re.sub(r'\bid="', f'id="{prefix}-', svg.decode())
    text = re.sub(r'(xlink:href="#)', rf"\1{prefix}-", text)
    return re.sub(r"url\(#", f"url(#{prefix}-", text)


def write_ticks(axes: Axes, language: Language, *, which: str = "x", signed: bool = False) -> None:
    """Write an axis' numbers as the language does; ``signed`` puts a plus before those above zero."""
    from matplotlib.ticker import Formatter

    class Written(Formatter):
        """All ticks of an axis with the fewest decimals that tell them apart."""

        def __call__(self, x: float, pos: int | None = None) -> str:
            text = language.number(x, self.decimals)
            return f"+{text}" if signed and x > 0 else text

        def set_locs(self, locs: Any) -> None:
            self.decimals = _tick_decimals(locs)

    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(Written())


def _tick_decimals(ticks: Any) -> int:
    """Return the fewest decimals that tell all ticks apart."""
    values = [float(t) for t in ticks]
    return next((d for d in range(7) if all(abs(v - round(v, d)) < 1e-9 * (1 + abs(v)) for v in values)), 7)


def say(
    axes: Axes, text: str, at: tuple[float, float], *, colour: str = INK, dx: float = 0, dy: float = 0, **more: Any
) -> None:
    """Write a direct label, moved by points: to the right of its point, to its left, or centred on it."""
    side = "center" if dx == 0 else "left" if dx > 0 else "right"
    style = {"ha": side, "va": "center", "color": colour, "fontsize": SMALL, **more}
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
    axes.annotate(text, at, xytext=(dx, dy), textcoords="offset points", bbox=box, **style)


def row_guides(axes: Axes, count: int) -> None:
    """Draw a faint line per row, behind everything, and free the rows' axis of its ticks."""
    axes.hlines(range(count), 0, 1, transform=axes.get_yaxis_transform(), color=FAINT, linewidth=0.5, zorder=0)
    axes.tick_params(axis="y", length=0)


def scale_of(unit: str) -> int:
    """Return what a value is multiplied by to be drawn: shares are drawn in points."""
    return 100 if unit == "share" else 1
