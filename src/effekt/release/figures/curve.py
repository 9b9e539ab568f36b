"""The lock-in curve: the same difference month by month after time zero, with a band for its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from effekt.release.figures.style import (
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
from effekt.results import Cell


def draw_curve(
    table: Released,
    language: Language,
    title: str,
    *,
    monthly: bool = True,
    known: Sequence[Mapping[str, Cell]] = (),
) -> Picture | None:
    """Return the curve of one analysis and outcome over horizons; None if no value is shown.

    known : rows of the slot ``truth``, drawn as stars.
    """
    from matplotlib.ticker import MaxNLocator, MultipleLocator

    rows = [r for r in seen(table).rows() if r["value"] is not None and r["horizon"] is not None]
    if not rows:
        return None
    rows.sort(key=lambda r: int(r["horizon"] or 0))
    unit = str(rows[0]["unit"])
    scale = scale_of(unit)
    with canvas(height=3.0, title=title) as drawn:
        axes = drawn.axes
        axes.axhline(0, color=SOFT, linewidth=0.8)
        x = [int(r["horizon"] or 0) for r in rows]
        banded = [r for r in rows if r["ci_low"] is not None]
        low, high = ([scale * float(r[n] or 0) for r in banded] for n in ("ci_low", "ci_high"))
        months = [int(r["horizon"] or 0) for r in banded]
        axes.fill_between(months, low, high, color=TREATED_LIGHT, linewidth=0)
        axes.plot(x, [scale * float(r["value"] or 0) for r in rows], color=TREATED, marker="o", markersize=4)
        stars = [(int(r["horizon"]), scale * float(r["truth"] or 0)) for r in known if r["horizon"] is not None]
        if stars:
            axes.plot(*zip(*stars, strict=True), "*", markerfacecolor="white", markeredgecolor=INK, markersize=10)
            axes.annotate(
                language.text("figure_star"),
                stars[-1],
                xytext=(0, 10),
                textcoords="offset points",
                ha="center",
                fontsize=SMALL,
            )
        axes.set_xlabel(language.text("figure_months_from_zero" if monthly else "figure_event_time"))
        axes.set_ylabel(wrapped(language.unit(unit), 30, 1))
        axes.xaxis.set_major_locator(MultipleLocator(_step(x)) if monthly else MaxNLocator(integer=True))
        axes.grid(axis="y", color=FAINT, linewidth=0.5)
        axes.set_axisbelow(True)
        axes.margins(y=0.14)
        axes.tick_params(axis="y", length=0)
        write_ticks(axes, language)
        write_ticks(axes, language, which="y", signed=True)
    return drawn.picture


def _step(months: list[int]) -> int:
    """Return the distance of ticks on a clock of months: a year, or less where there are few months."""
    span = max(months) - min(months)
    return 12 if span > 30 else 6 if span > 14 else 3
