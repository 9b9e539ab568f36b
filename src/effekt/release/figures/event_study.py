"""The event study: estimates by period since the start, before and after, and the gap at time zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from effekt.release.figures.style import (
    COMPARISON,
    DASHED,
    DOTTED,
    FAINT,
    INK,
    SOFT,
    TREATED,
    Picture,
    canvas,
    say,
    scale_of,
    wrapped,
    write_ticks,
)
from effekt.release.language import Language
from effekt.release.released import Released, seen
from effekt.results import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ZERO = -0.5
"""Time zero lies between the last period before the start and the first after it."""


def reference_period(horizons: list[int]) -> int | None:
    """Return the period all others are measured against: the last one before the start that has no row."""
    earlier = [h for h in range(min(horizons, default=0) - 1, 0) if h not in horizons]
    return max(earlier, default=None)


def draw_event_study(table: Released, language: Language, title: str) -> Picture | None:
    """Return the plot for one analysis and outcome; None if every value is suppressed."""
    from matplotlib.ticker import MaxNLocator

    rows = [r for r in seen(table).rows() if r["value"] is not None and r["horizon"] is not None]
    if not rows:
        return None
    unit = str(rows[0]["unit"])
    horizons = sorted(int(v) for v in table.data["horizon"] if v is not None)
    with canvas(height=3.3, title=title) as drawn:
        axes = drawn.axes
        axes.axhline(0, color=SOFT, linewidth=0.8)
        axes.axvline(_ZERO, color=SOFT, linewidth=0.8, linestyle=DASHED)
        for after, colour, marker, face in ((False, COMPARISON, "s", "white"), (True, TREATED, "o", TREATED)):
            part = sorted((r for r in rows if (int(r["horizon"] or 0) >= 0) is after), key=_horizon)
            _draw_part(axes, part, scale_of(unit), colour=colour, marker=marker, face=face)
        reference = reference_period(horizons)
        axes.margins(y=0.14)
        if reference is not None:
            axes.plot(reference, 0, "D", markerfacecolor="white", markeredgecolor=INK, markersize=6, zorder=4)
            say(axes, language.text("figure_reference"), (reference, 0), dx=-8, dy=-13)
        top = axes.get_ylim()[1]
        say(axes, language.text("figure_pre"), (_ZERO, top), colour=COMPARISON, dx=-6)
        say(axes, language.text("figure_post"), (_ZERO, top), colour=TREATED, dx=6)
        axes.set_xlabel(language.text("figure_event_time"))
        axes.set_ylabel(wrapped(language.unit(unit), 30, 1))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(axis="y", color=FAINT, linewidth=0.5)
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", length=0)
        write_ticks(axes, language)
        write_ticks(axes, language, which="y", signed=True)
    return drawn.picture


def _horizon(row: dict[str, Cell]) -> int:
    return int(row["horizon"] or 0)


def _draw_part(axes: Axes, rows: list[dict[str, Cell]], scale: float, *, colour: str, marker: str, face: str) -> None:
    """Draw one side of time zero. The two sides are not joined: nothing is estimated between them."""
    x = [_horizon(r) for r in rows]
    y = [scale * float(r["value"] or 0) for r in rows]
    axes.plot(x, y, color=colour, linewidth=0.9, linestyle="-" if face == colour else DOTTED, zorder=2)
    for h, row in zip(x, rows, strict=True):
        if row["ci_low"] is not None:
            ends = [scale * float(row[n] or 0) for n in ("ci_low", "ci_high")]
            axes.plot([h, h], ends, color=colour, linewidth=1.2, zorder=2)
    axes.plot(x, y, marker, markerfacecolor=face, markeredgecolor=colour, markersize=5.5, zorder=3)
