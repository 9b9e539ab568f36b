"""Two pictures of distributions: what other assignments would have given, and how the groups' scores overlap."""

from __future__ import annotations

from itertools import pairwise

from effekt.release.figures.style import (
    COMPARISON,
    COMPARISON_LIGHT,
    FAINT,
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
from effekt.release.language import Language
from effekt.release.released import Released, seen


def draw_randomisation(table: Released, language: Language, title: str, estimate: float | None) -> Picture | None:
    """Return how often each difference comes up under other assignments, and where the estimate lies.

    estimate : in the outcome's unit, or None where it is suppressed.
    """
    rows = [r for r in seen(table).rows() if r["value"] is not None and r["assignments"] is not None]
    if len(rows) < 2:
        return None
    unit = next(c.unit for c in table.columns if c.name == "value")
    scale = scale_of(unit)
    x = sorted(scale * float(r["value"] or 0) for r in rows)
    height = {scale * float(r["value"] or 0): float(r["assignments"] or 0) for r in rows}
    width = min(b - a for a, b in pairwise(x))
    with canvas(height=2.7, title=title) as drawn:
        axes = drawn.axes
        axes.bar(x, [height[v] for v in x], width, color=FAINT, edgecolor="white", linewidth=0.4)
        axes.axvline(0, color=SOFT, linewidth=0.8)
        if estimate is not None:
            axes.axvline(scale * estimate, color=TREATED, linewidth=1.6)
            right = scale * estimate <= (x[0] + x[-1]) / 2
            axes.annotate(
                language.text("figure_estimate"),
                (scale * estimate, max(height.values())),
                xytext=(5 if right else -5, 0),
                textcoords="offset points",
                ha="left" if right else "right",
                va="top",
                weight="bold",
                color=TREATED,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )
        axes.set_xlabel(wrapped(f"{language.text('figure_difference')}, {language.unit(unit)}".rstrip(", "), 80, 1))
        axes.set_ylabel(language.text("figure_assignments"))
        axes.tick_params(axis="y", length=0)
        write_ticks(axes, language, signed=True)
        write_ticks(axes, language, which="y")
    return drawn.picture


def draw_overlap(table: Released, language: Language) -> Picture | None:
    """Return both groups' scores, the treated upward and the comparisons downward; None if none is shown."""
    rows = [r for r in seen(table).rows() if r["treated"] is not None or r["comparison"] is not None]
    if len(rows) < 2:
        return None
    x = [float(r["score"] or 0) for r in rows]
    width = min(b - a for a, b in pairwise(sorted(x)))
    up = [100 * float(r["treated"] or 0) for r in rows]
    down = [-100 * float(r["comparison"] or 0) for r in rows]
    with canvas(height=2.7, title=language.text("figure_overlap")) as drawn:
        axes = drawn.axes
        axes.bar(x, up, width, facecolor=TREATED_LIGHT, edgecolor=TREATED, linewidth=0.7)
        axes.bar(x, down, width, facecolor=COMPARISON_LIGHT, edgecolor=COMPARISON, linewidth=0.7, hatch="///")
        axes.axhline(0, color=INK, linewidth=0.8)
        for y, va, arm, colour in (
            (0.98, "top", "arm_treated", TREATED),
            (0.02, "bottom", "arm_comparison", COMPARISON),
        ):
            axes.text(
                0.99, y, language.text(arm), transform=axes.transAxes, ha="right", va=va, color=colour, fontsize=SMALL
            )
        axes.margins(y=0.16)
        axes.set_xlabel(language.text("figure_score"))
        axes.set_ylabel(language.text("figure_percent_of_group"))
        axes.yaxis.set_major_formatter(lambda v, _: language.number(abs(v), 0))
        axes.tick_params(axis="y", length=0)
        write_ticks(axes, language)
    return drawn.picture
