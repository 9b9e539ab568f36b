"""The forest plot: estimates with their intervals; rank tests with their point and p-value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from effekt.release.contents import contrast_of
from effekt.release.figures.style import (
    INK,
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
from effekt.release.language import Language, display_decimals
from effekt.release.released import Released, seen
from effekt.results import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Mapping[str, Cell]

MOST_ROWS = 20
"""More rows than this are drawn as several figures on one scale: a figure must fit a page."""

_LINE = 0.125
"""Inches per line of a name."""


def draw_forest(
    table: Released,
    language: Language,
    title: str,
    *,
    limits: tuple[float, float] | None = None,
    known: Sequence[Row] = (),
    labels: Mapping[str, str] | None = None,
    called: Callable[[str, str], str] = lambda _, name: name,
    monthly: bool = False,
) -> Picture | None:
    """Return the plot for rows of one unit; None if every value is suppressed.

    limits : ends of the axis, for figures that share a scale. known : rows of the slot ``truth``, drawn below
    the estimates with a mark of their own. labels : outcome -> words, where the rows are about several. called :
    field of an estimate and name -> words. monthly : horizons are months. Rows are named by what tells them apart.
    """
    rows = [r for r in seen(table).rows() if r["value"] is not None]
    if not rows:
        return None
    unit = str(rows[0]["unit"])
    names = _names(rows, language, labels or {}, called, monthly=monthly)
    names += [
        wrapped(language.period(language.text("figure_truth"), r["horizon"], monthly=monthly), 34, 2) for r in known
    ]
    count = len(names)
    line = _LINE * max(name.count("\n") + 1 for name in names) + 0.1
    with canvas(height=line * count + 0.8, title=title) as drawn:
        axes = drawn.axes
        axes.axvline(0, color=SOFT, linewidth=0.8)
        for y, row in enumerate([*rows, *known]):
            _mark(axes, count - 1 - y, row, language, unit)
        row_guides(axes, count)
        axes.set_yticks(range(count), names[::-1])
        axes.set_ylim(-0.6, count - 0.4)
        axes.set_xlabel(_axis(rows, language, unit, monthly=monthly))
        axes.margins(x=0.08)
        if limits is not None:
            axes.set_xlim(*limits)
        write_ticks(axes, language)
    return drawn.picture


def common_limits(rows: Sequence[Row]) -> tuple[float, float]:
    """Return ends of an axis that hold all rows and zero, with a little air."""
    scale = scale_of(str(rows[0]["unit"]))
    ends = [scale * float(r[n] or 0) for r in rows for n in ("value", "ci_low", "ci_high") if r[n] is not None]
    low, high = min(0.0, *ends), max(0.0, *ends)
    air = 0.08 * (high - low or 1)
    return low - air, high + air


def _axis(rows: Sequence[Row], language: Language, unit: str, *, monthly: bool) -> str:
    """Return the unit, with the horizon where all rows share one and no row is named by it."""
    horizons = {r["horizon"] for r in rows}
    words = language.unit(unit)
    if {contrast_of(r) for r in rows} == {"slope"}:
        words = language.text("per_dose", unit=words).strip()
    return wrapped(language.period(words, horizons.pop(), monthly=monthly) if len(horizons) == 1 else words, 70, 1)


def _mark(axes: Axes, y: float, row: Row, language: Language, unit: str) -> None:
    """Draw one row and write its numbers at the right edge."""
    scale = scale_of(unit)
    if "truth" in row:
        values = [scale * float(row[n] or 0) for n in ("truth", "realised") if row[n] is not None]
        axes.plot(values, [y] * len(values), "*", markerfacecolor="white", markeredgecolor=INK, markersize=9)
        text = language.scaled(_float(row["truth"]), unit)
    else:
        value, text = scale * float(row["value"] or 0), said(row, language)
        if row["ci_low"] is not None:
            low, high = (scale * float(row[n] or 0) for n in ("ci_low", "ci_high"))
            axes.plot([low, high], [y, y], color=TREATED)
            axes.plot([low, high], [y, y], "|", color=TREATED, markersize=6)
            axes.plot(value, y, "o", color=TREATED, markersize=6)
        else:
            axes.plot(value, y, "D", markerfacecolor="white", markeredgecolor=INK, markersize=5.5)
    axes.text(1.02, y, text, transform=axes.get_yaxis_transform(), va="center", fontsize=SMALL)


def said(row: Row, language: Language) -> str:
    """Return an estimate's numbers in words: value and interval, or value and p."""
    unit, decimals = str(row["unit"]), display_decimals(row["value"], row["std_error"])
    names = ("value", "ci_low", "ci_high")
    value, low, high = (language.scaled(_float(row[n]), unit, decimals) for n in names)
    if row["ci_low"] is not None:
        return f"{value}  [{low}; {high}]"
    return f"{value}  p = {language.p_value(_float(row['p_value']))}"


def _float(value: Cell) -> float | None:
    return None if value is None else float(value)


def _names(
    rows: Sequence[Row],
    language: Language,
    labels: Mapping[str, str],
    called: Callable[[str, str], str],
    *,
    monthly: bool,
) -> list[str]:
    """Return what tells each row from the others, and its inference below where that differs."""
    several = {name: len({r[name] for r in rows}) > 1 for name in (*_TELLING, "horizon", "inference")}
    several["outcome"] = bool(labels)
    if not any(several[name] for name in (*_TELLING, "horizon")):
        several["analysis"] = True
    names = []
    for row in rows:
        told = [(n, str(row[n])) for n in _TELLING if several[n] and row[n]]
        told = told or [("analysis", str(row["analysis"] or row["method"]))]
        words = ", ".join(labels.get(name, name) if n == "outcome" else called(n, name) for n, name in told)
        if several["horizon"]:
            words = language.period(words, row["horizon"], monthly=monthly)
        names.append(wrapped(words, 34, 2) + (f"\n{row['inference']}" if several["inference"] else ""))
    return names


_TELLING = ("outcome", "analysis", "variant", "method", "arm", "subgroup")
