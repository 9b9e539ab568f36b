"""The flow chart: who was there at the start, who left at each step and why, who is analysed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from effekt.release.figures.style import FAINT, INK, SMALL, SOFT, TREATED, WIDTH, Picture, canvas, wrapped
from effekt.release.language import Language
from effekt.release.released import Released, seen
from effekt.results import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STEP = 0.78
"""Inches between two boxes."""

_BOX = 0.34
_MIDDLE = 1.58


def draw_flow(table: Released, language: Language, title: str = "") -> Picture:
    """Return the flow chart, from columns step, units and persons."""
    rows = list(seen(table).rows())
    with canvas(height=_STEP * (len(rows) - 1) + 0.56, title=title or language.text("figure_flow")) as drawn:
        axes = drawn.axes
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(-_STEP * (len(rows) - 1) - 0.28, 0.28)
        axes.axis("off")
        for i, row in enumerate(rows):
            y = -_STEP * i
            _box(axes, y, _left(table, i, language), last=i == len(rows) - 1)
            if i == 0:
                axes.text(3.35, y, wrapped(language.phrase(str(row["step"])), 52, 3), va="center", color=SOFT)
            else:
                _arrow(axes, y, wrapped(language.phrase(str(row["step"])), 56, 3), _dropped(rows[i - 1], row, language))
    return drawn.picture  # type: ignore[return-value]


def _left(table: Released, i: int, language: Language) -> str:
    """Return who is left, in words: units where they are something else than persons, and persons if known."""
    row = {name: table.data[name][i] for name in ("units", "persons")}
    names = ["persons"] if row["units"] == row["persons"] else ["units", "persons"]
    known = [n for n in names if row[n] is not None or table.hidden[n][i]]
    return ", ".join(f"{_counted(row[n], language)} {language.text(f'figure_{n}')}" for n in known)


def _counted(count: Cell, language: Language) -> str:
    return language.text("suppressed_mark") if count is None else language.cell(count)


def _dropped(before: dict[str, Cell], after: dict[str, Cell], language: Language) -> str:
    """Return how many left, from the counts that are shown; "" where they cannot be told."""
    for name, noun in (("persons", "figure_persons"), ("units", "figure_units")):
        was, left = before[name], after[name]
        if isinstance(was, int) and isinstance(left, int):
            return f"{language.number(left - was)} {language.text(noun)}"
    return ""


def _box(axes: Axes, y: float, text: str, *, last: bool) -> None:
    from matplotlib.patches import FancyBboxPatch

    face, edge, colour = (TREATED, TREATED, "white") if last else ("white", SOFT, INK)
    box = FancyBboxPatch(
        (0.08, y - _BOX / 2),
        2 * (_MIDDLE - 0.08),
        _BOX,
        boxstyle="round,pad=0.02,rounding_size=0.05",
        facecolor=face,
        edgecolor=edge,
        linewidth=0.9,
    )
    axes.add_patch(box)
    axes.text(_MIDDLE, y, text, ha="center", va="center", weight="bold" if last else "normal", color=colour)


def _arrow(axes: Axes, y: float, reason: str, dropped: str) -> None:
    """Draw the arrow into the box at ``y``, and beside it who left and why."""
    top, bottom = y + _STEP - _BOX / 2 - 0.03, y + _BOX / 2 + 0.03
    style = {"arrowstyle": "-|>", "color": SOFT, "lw": 0.9}
    axes.annotate("", xy=(_MIDDLE, bottom), xytext=(_MIDDLE, top), arrowprops=style)
    middle = (top + bottom) / 2
    axes.plot([_MIDDLE, 3.2], [middle, middle], color=FAINT, linewidth=0.9, zorder=0)
    axes.text(3.35, middle, "\n".join(filter(None, (dropped, reason))), va="center", fontsize=SMALL, color=SOFT)
