"""The love plot: how far the groups differ in each covariate, before and after adjustment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from effekt.release.figures.style import (
    BAND,
    COMPARISON,
    DASHED,
    SMALL,
    SOFT,
    TREATED,
    Picture,
    canvas,
    row_guides,
    wrapped,
    write_ticks,
)
from effekt.release.language import Language
from effekt.release.released import Released, seen
from effekt.results import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMES = ("smd_before", "smd_after")

_MOST_ROWS = 40
"""Covariates that can be read in one plot; the rest, which differ less, stand in the table."""


def draw_balance(
    table: Released, language: Language, threshold: float | None = None, *, called: Callable[[str], str] = str
) -> Picture | None:
    """Return the plot; None if every difference is suppressed.

    threshold : SDs, the band that is close enough. called : covariate -> words. The covariates that differ most,
    before or after, are drawn.
    """
    rows = [r for r in seen(table).rows() if r["smd_before"] is not None or r["smd_after"] is not None]
    if not rows:
        return None
    rows.sort(key=lambda r: (max(abs(_number(r[n])) for n in _NAMES), str(r["covariate"])))
    rows = rows[-_MOST_ROWS:]
    rows.sort(key=lambda r: (abs(_number(r["smd_before"])), str(r["covariate"])))
    with canvas(height=0.25 * len(rows) + 1.0, title=language.text("figure_balance")) as drawn:
        axes = drawn.axes
        if threshold is not None:
            axes.axvspan(-threshold, threshold, color=BAND, zorder=-1)
            for side in (-threshold, threshold):
                axes.axvline(side, color=SOFT, linewidth=0.7, linestyle=DASHED)
        axes.axvline(0, color=SOFT, linewidth=0.8)
        row_guides(axes, len(rows))
        before, after = ([_number(r[n]) if r[n] is not None else None for r in rows] for n in _NAMES)
        for y, (x0, x1) in enumerate(zip(before, after, strict=True)):
            if x0 is not None and x1 is not None:
                axes.plot([x0, x1], [y, y], color=SOFT, linewidth=0.8, zorder=1)
        axes.margins(x=0.12)
        if before != after:
            axes.plot(*_points(before), "s", markerfacecolor="white", markeredgecolor=COMPARISON, markersize=6)
            _name_directly(axes, before[-1], after[-1], len(rows) - 1, language)
        axes.plot(*_points(after), "o", color=TREATED, markersize=6)
        axes.set_yticks(range(len(rows)), [wrapped(called(str(r["covariate"])), 30, 1) for r in rows])
        axes.set_ylim(-0.6, len(rows) + 0.15)
        axes.set_xlabel(language.text("figure_smd"))
        write_ticks(axes, language)
    return drawn.picture


def _number(value: Cell) -> float:
    return float(value or 0)


def _points(values: list[float | None]) -> tuple[list[float], list[int]]:
    """Return x and y of the values that are shown."""
    shown = [(v, y) for y, v in enumerate(values) if v is not None]
    return [v for v, _ in shown], [y for _, y in shown]


def _name_directly(axes: Axes, before: float | None, after: float | None, y: int, language: Language) -> None:
    """Write what the two markers mean above the uppermost covariate, the outer one outward."""
    before_right = (before or 0) >= (after or 0)
    for x, key, colour, right in (
        (before, "figure_before", COMPARISON, before_right),
        (after, "figure_after", TREATED, not before_right),
    ):
        if x is not None:
            axes.annotate(
                language.text(key),
                (x, y),
                xytext=(-3 if right else 3, 8),
                textcoords="offset points",
                ha="left" if right else "right",
                color=colour,
                fontsize=SMALL,
            )
