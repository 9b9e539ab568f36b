"""The figure of page one: one estimate, its interval as a bar, and the line where there is no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from effekt.release.figures.style import (
    BAND,
    DASHED,
    INK,
    SMALL,
    SOFT,
    TREATED,
    TREATED_LIGHT,
    Picture,
    canvas,
    scale_of,
    wrapped,
    write_ticks,
)
from effekt.release.language import Language, display_decimals
from effekt.release.released import Released, seen
from effekt.results import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_WIDTH = 5.4
"""Inches; the figure of page one must be readable on a telephone."""


def draw_answer(
    table: Released, language: Language, title: str, *, unseen: float | None = None, relevant: float | None = None
) -> Picture | None:
    """Return the plot of one result; None if it is suppressed.

    table : the result's rows, one per test; the one with an interval is drawn. unseen : minimal detectable
    difference in the outcome's unit; smaller ones are shaded as what the design could not see. relevant : the
    smallest difference that matters, drawn as two lines.
    """
    rows = [r for r in seen(table).rows() if r["value"] is not None]
    if not rows:
        return None
    row = next((r for r in rows if r["ci_low"] is not None), rows[0])
    scale, unit = scale_of(str(row["unit"])), str(row["unit"])
    with canvas(height=1.9, title=title, width=_WIDTH) as drawn:
        axes = drawn.axes
        low, high = _limits(row, scale, unseen, relevant)
        axes.set_xlim(low, high)
        axes.set_ylim(-1.15, 1.35)
        axes.set_yticks([])
        if unseen is not None:
            axes.axvspan(-scale * unseen, scale * unseen, color=BAND, zorder=-2)
            axes.text(0, -0.98, language.text("figure_unseen"), ha="center", va="center", fontsize=SMALL, color=SOFT)
        for side in (-1, 1) if relevant is not None else ():
            axes.axvline(
                side * scale * (relevant or 0), ymin=0.14, ymax=0.82, color=SOFT, linewidth=0.8, linestyle=DASHED
            )
        axes.axvline(0, ymin=0.14, ymax=0.82, color=INK, linewidth=1)
        axes.text(0, 1.16, language.text("figure_no_difference"), ha="center", va="center", fontsize=SMALL)
        _estimate(axes, row, scale, language)
        axes.set_xlabel(_axis(language, unit, relevant))
        write_ticks(axes, language, signed=True)
    return drawn.picture


def _limits(row: dict[str, Cell], scale: int, unseen: float | None, relevant: float | None) -> tuple[float, float]:
    """Return ends of the axis that hold zero, the interval and both bands, and room for the words at their ends."""
    ends = [0.0, *(scale * float(row[n] or 0) for n in ("value", "ci_low", "ci_high") if row[n] is not None)]
    ends += [side * scale * v for v in (unseen, relevant) if v is not None for side in (-1, 1)]
    air = 0.14 * (max(ends) - min(ends) or 1)
    return min(ends) - air, max(ends) + air


def _estimate(axes: Axes, row: dict[str, Cell], scale: int, language: Language) -> None:
    """Draw the interval with its two ends in numbers, and the estimate above it."""
    decimals = display_decimals(row["value"], row["std_error"])
    value = scale * float(row["value"] or 0)

    def written(name: str) -> str:
        return language.scaled(float(row[name] or 0), str(row["unit"]), decimals)

    from matplotlib.patheffects import withStroke

    if row["ci_low"] is not None:
        low, high = (scale * float(row[n] or 0) for n in ("ci_low", "ci_high"))
        axes.plot([low, high], [0, 0], color=TREATED_LIGHT, linewidth=13, zorder=1)
        for x, name, side, move in ((low, "ci_low", "right", -5), (high, "ci_high", "left", 5)):
            axes.annotate(
                written(name), (x, 0), xytext=(move, 0), textcoords="offset points", ha=side, va="center", zorder=3
            ).set_path_effects([withStroke(linewidth=3, foreground="white")])
        axes.plot(value, 0, "o", color=TREATED, markersize=10, zorder=2)
    else:
        axes.plot(value, 0, "D", markerfacecolor="white", markeredgecolor=TREATED, markersize=9, zorder=2)
    above = axes.text(
        value, 0.52, written("value"), ha="center", va="center", fontsize=13, weight="bold", color=TREATED
    )
    # The line at zero may run right through the number.
    above.set_path_effects([withStroke(linewidth=3, foreground="white")])


def _axis(language: Language, unit: str, relevant: float | None) -> str:
    """Return the axis' words, and what the dashed lines mean."""
    words = language.text("figure_difference")
    label = wrapped(f"{words}, {language.unit(unit)}" if unit else words, 80, 1)
    return label if relevant is None else f"{label}\n{language.text('figure_relevant')}"
