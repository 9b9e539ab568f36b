"""The same estimate told in other ways: with one unit left out, or within and between counties."""

from __future__ import annotations

from collections.abc import Mapping

from effekt.release.figures.style import (
    BAND,
    COMPARISON,
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


def draw_leave_one_out(table: Released, language: Language, title: str, estimate: float | None) -> Picture | None:
    """Return the estimate without each unit, sorted, around the full one; None if nothing is shown."""
    rows = [r for r in seen(table).rows() if r["value"] is not None]
    if not rows:
        return None
    unit = next(c.unit for c in table.columns if c.name == "value")
    scale = scale_of(unit)
    rows.sort(key=lambda r: (float(r["value"] or 0), str(r["left_out"])))
    values = [scale * float(r["value"] or 0) for r in rows]
    with canvas(height=0.23 * len(rows) + 1.0, title=title) as drawn:
        axes = drawn.axes
        axes.axvspan(values[0], values[-1], color=BAND, zorder=-1)
        axes.axvline(0, color=SOFT, linewidth=0.8)
        row_guides(axes, len(rows))
        for y, (row, value) in enumerate(zip(rows, values, strict=True)):
            if row.get("ci_low") is not None:
                ends = [scale * float(row[n] or 0) for n in ("ci_low", "ci_high")]
                axes.plot(ends, [y, y], color=TREATED, linewidth=0.8)
            axes.plot(value, y, "o", color=TREATED, markersize=5)
        if estimate is not None:
            axes.axvline(scale * estimate, color=TREATED, linewidth=1.2)
            axes.annotate(
                language.text("figure_all_units"),
                (scale * estimate, len(rows) - 0.15),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=SMALL,
                color=TREATED,
            )
        names = [language.text("figure_without", unit=wrapped(r["left_out"], 26, 1)) for r in rows]
        axes.set_yticks(range(len(rows)), names)
        axes.set_ylim(-0.6, len(rows) + 0.3)
        axes.margins(x=0.12)
        axes.set_xlabel(wrapped(language.unit(unit), 70, 1))
        write_ticks(axes, language, signed=True)
    return drawn.picture


def draw_between(
    table: Released, language: Language, title: str, *, labels: Mapping[str, str], monthly: bool = False
) -> Picture | None:
    """Return the WITHIN and BETWEEN estimates of every outcome and horizon side by side; None if none is shown."""
    rows = [r for r in seen(table).rows() if r["value"] is not None]
    if not rows:
        return None
    unit = next(c.unit for c in table.columns if c.name == "value") or str(rows[0].get("unit") or "")
    scale = scale_of(unit)
    with canvas(height=0.36 * len(rows) + 0.85, title=title) as drawn:
        axes = drawn.axes
        axes.axvline(0, color=SOFT, linewidth=0.8)
        row_guides(axes, len(rows))
        for y, row in enumerate(reversed(rows)):
            within = str(row["contrast"]).upper() == "WITHIN"
            colour, marker, face = (TREATED, "o", TREATED) if within else (COMPARISON, "s", "white")
            if row["ci_low"] is not None and row["ci_high"] is not None:
                axes.plot([scale * float(row[n] or 0) for n in ("ci_low", "ci_high")], [y, y], color=colour)
            axes.plot(
                scale * float(row["value"] or 0),
                y,
                marker,
                markerfacecolor=face,
                markeredgecolor=colour,
                markersize=6,
            )
        names = [_name(r, language, labels, monthly=monthly) for r in reversed(rows)]
        axes.set_yticks(range(len(rows)), names)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_xlabel(wrapped(language.unit(unit), 70, 1))
        axes.margins(x=0.08)
        write_ticks(axes, language, signed=True)
    return drawn.picture


def _name(row: Mapping[str, Cell], language: Language, labels: Mapping[str, str], *, monthly: bool) -> str:
    words = language.period(labels.get(str(row["outcome"]), str(row["outcome"])), row.get("horizon"), monthly=monthly)
    return f"{wrapped(words, 34, 1)}\n{row['contrast']}"
