"""Changes by county or office, sorted: treated against others, and the means of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from effekt.release.figures.style import (
    COMPARISON,
    DASHED,
    SMALL,
    SOFT,
    TREATED,
    Picture,
    canvas,
    row_guides,
    scale_of,
    wrapped,
    write_ticks,
)
from effekt.release.language import Language
from effekt.release.released import Released, seen
from effekt.results import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_deltas(table: Released, language: Language, title: str) -> Picture | None:
    """Return the plot; None if every change is suppressed. Suppressed units are named, not drawn."""
    rows = [r for r in seen(table).rows() if r["change"] is not None]
    if not rows:
        return None
    missing = [str(r["unit"]) for r in table.rows() if r["change"] is None]
    unit = next(c.unit for c in table.columns if c.name == "change")
    scale = scale_of(unit)
    rows.sort(key=lambda r: (float(r["change"] or 0), str(r["unit"])))
    with canvas(height=0.23 * len(rows) + 1.2, title=title) as drawn:
        axes = drawn.axes
        axes.axvline(0, color=SOFT, linewidth=0.8)
        row_guides(axes, len(rows))
        for y, row in enumerate(rows):
            face, edge, marker = (TREATED, TREATED, "o") if row["treated"] else ("white", COMPARISON, "s")
            value = scale * float(row["change"] or 0)
            axes.plot(value, y, marker, markerfacecolor=face, markeredgecolor=edge, markersize=6)
        _means(axes, rows, scale, language)
        axes.set_yticks(range(len(rows)), [wrapped(r["unit"], 30, 1) for r in rows])
        for label, row in zip(axes.get_yticklabels(), rows, strict=True):
            label.set_fontweight("bold" if row["treated"] else "normal")
        axes.set_ylim(-0.6, len(rows) + 0.9)
        axes.set_xlabel(_axis_label(language, unit, missing))
        axes.margins(x=0.1)
        write_ticks(axes, language, signed=True)
    return drawn.picture


def _means(axes: Axes, rows: list[dict[str, Cell]], scale: float, language: Language) -> None:
    """Draw each group's mean of the changes shown, named above the plot, the larger to its right."""
    groups = [(True, TREATED, "-", "figure_treated_mean"), (False, COMPARISON, DASHED, "figure_comparison_mean")]
    means = {}
    for treated, *_ in groups:
        values = [scale * float(r["change"] or 0) for r in rows if bool(r["treated"]) is treated]
        if values:
            means[treated] = sum(values) / len(values)
    for treated, colour, dash, key in groups:
        if treated in means:
            right = means[treated] >= max(means.values())
            axes.axvline(means[treated], color=colour, linewidth=1.2, linestyle=dash, zorder=1)
            axes.annotate(
                language.text(key),
                (means[treated], len(rows) + 0.35),
                xytext=(4 if right else -4, 0),
                textcoords="offset points",
                ha="left" if right else "right",
                color=colour,
                fontsize=SMALL,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
            )


def _axis_label(language: Language, unit: str, missing: list[str]) -> str:
    label = wrapped(f"{language.text('figure_change')}, {language.unit(unit)}".rstrip(", "), 70, 1)
    if missing:
        label += "\n" + wrapped(f"{language.text('figure_suppressed')}: {', '.join(missing)}", 70, 20)
    return label
