"""Outcome paths: both groups month by month around time zero, or each county and office by period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from effekt.release.figures.style import (
    BAND,
    COMPARISON,
    DASHED,
    FAINT,
    INK,
    SMALL,
    SOFT,
    TREATED,
    Picture,
    canvas,
    scale_of,
    wrapped,
    write_ticks,
)
from effekt.release.language import Language
from effekt.release.released import Released, seen
from effekt.results import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = Mapping[str, Cell]
Line = list[tuple[float, float]]

_ARMS = ("treated", "comparison")
_DASHES = ("-", DASHED, (0, (1, 1.5)), (0, (6, 2, 1, 2)))


def draw_paths(table: Released, outcome: str, language: Language, title: str) -> Picture | None:
    """Return both groups' mean by month; None if nothing of them is shown. Month 0 belongs to neither side."""
    from matplotlib.ticker import MultipleLocator

    rows = [r for r in seen(table).rows() if r["outcome"] == outcome and r["mean"] is not None]
    if not rows:
        return None
    unit = _unit(table, "mean")
    with canvas(height=3.2, title=title) as drawn:
        axes = drawn.axes
        axes.axvspan(-0.5, 0.5, color=BAND, zorder=-1)
        ends = []
        for i, arm in enumerate(_arms(rows)):
            colour = COMPARISON if arm == "comparison" else TREATED
            dash = DASHED if arm == "comparison" else _DASHES[i % len(_DASHES)]
            points = sorted(_points((r for r in rows if r["arm"] == arm), "month", unit))
            for side in ([p for p in points if p[0] < 0], [p for p in points if p[0] > 0]):
                axes.plot(*zip(*side, strict=True), color=colour, linestyle=dash) if side else None
            ends.append((points[-1], _arm_name(arm, language), colour))
        _name_ends(axes, ends)
        top = axes.get_ylim()[1]
        axes.text(0, top, language.text("figure_index_month"), ha="center", va="bottom", fontsize=SMALL, color=SOFT)
        _finish(axes, language, unit, language.text("figure_months_from_zero"))
        months = [int(r["month"] or 0) for r in rows]
        axes.xaxis.set_major_locator(MultipleLocator(12 if max(months) - min(months) > 30 else 3))
    return drawn.picture


def draw_unit_paths(table: Released, language: Language, title: str) -> Picture | None:
    """Return every unit's mean by period, the treated strong and named, the others faint; None if none is shown."""
    rows = [r for r in seen(table).rows() if r["mean"] is not None]
    if not rows:
        return None
    unit = _unit(table, "mean")
    with canvas(height=3.8, title=title) as drawn:
        axes, ends = drawn.axes, []
        for name in dict.fromkeys(r["unit"] for r in sorted(rows, key=lambda r: bool(r["treated"]))):
            own = [r for r in rows if r["unit"] == name]
            points = sorted(_points(own, "time", unit))
            if any(r["treated"] for r in own):
                axes.plot(*zip(*points, strict=True), color=TREATED, linewidth=1.5)
                ends.append((points[-1], wrapped(name, 24, 1), TREATED))
            else:
                axes.plot(*zip(*points, strict=True), color=SOFT, linewidth=0.6, alpha=0.55)
        others = _means([r for r in rows if not r["treated"]], unit)
        if others:
            axes.plot(*zip(*others, strict=True), color=COMPARISON, linewidth=2, linestyle=DASHED)
            ends.append((others[-1], language.text("figure_comparison_mean"), COMPARISON))
        for start in sorted({float(r["start"] or 0) for r in rows if r.get("start") is not None}):
            axes.axvline(start - 0.5, color=INK, linewidth=0.8, linestyle=DASHED, zorder=0)
        _name_ends(axes, ends)
        _finish(axes, language, unit, "")
        axes.xaxis.set_major_formatter(lambda v, _: f"{v:.0f}" if float(v).is_integer() else "")
    return drawn.picture


def _arms(rows: Sequence[Row]) -> list[Cell]:
    """Return the arms, the two usual ones first."""
    there = list(dict.fromkeys(r["arm"] for r in rows))
    return [a for a in _ARMS if a in there] + [a for a in there if a not in _ARMS]


def _arm_name(arm: Cell, language: Language) -> str:
    return language.text(f"arm_{arm}") if arm in _ARMS else wrapped(arm, 24, 1)


def _unit(table: Released, name: str) -> str:
    return next(c.unit for c in table.columns if c.name == name)


def _points(rows: Iterable[Row], clock: str, unit: str) -> Line:
    return [(float(r[clock] or 0), scale_of(unit) * float(r["mean"] or 0)) for r in rows]


def _means(rows: Sequence[Row], unit: str) -> Line:
    """Return the mean over units by period, of the values that are shown."""
    by_time: dict[float, list[float]] = {}
    for time, value in _points(rows, "time", unit):
        by_time.setdefault(time, []).append(value)
    return [(time, sum(values) / len(values)) for time, values in sorted(by_time.items())]


def _name_ends(axes: Axes, ends: list[tuple[tuple[float, float], str, str]]) -> None:
    """Write each line's name beside its end, with a thin line to it where names had to move apart."""
    axes.margins(x=0.02, y=0.08)
    low, high = axes.get_ylim()
    left, right = axes.get_xlim()
    ends = sorted(ends, key=lambda e: e[0][1])
    places = spread([y for (_, y), _, _ in ends], 0.06 * (high - low))
    for ((x, y), name, colour), place in zip(ends, places, strict=True):
        to = x + 0.035 * (right - left)
        axes.plot([x, to], [y, place], color=colour, linewidth=0.6, clip_on=False)
        style: dict[str, Any] = {"textcoords": "offset points", "va": "center", "color": colour, "fontsize": SMALL}
        axes.annotate(name, (to, place), xytext=(3, 0), annotation_clip=False, **style)
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)


def spread(wanted: list[float], least: float) -> list[float]:
    """Return places at least ``least`` apart, as near the wanted ones as may be; ``wanted`` is sorted.

    Neighbours that are too close form a block around the mean of what they want.
    """
    blocks: list[list[float]] = []
    for value in wanted:
        blocks.append([value])
        while len(blocks) > 1 and _bottom(blocks[-1], least) - _top(blocks[-2], least) < least:
            last = blocks.pop()
            blocks[-1] += last
    return [_bottom(block, least) + least * i for block in blocks for i in range(len(block))]


def _bottom(block: list[float], least: float) -> float:
    return sum(block) / len(block) - least * (len(block) - 1) / 2


def _top(block: list[float], least: float) -> float:
    return sum(block) / len(block) + least * (len(block) - 1) / 2


def _finish(axes: Axes, language: Language, unit: str, label: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_ylabel(wrapped("%" if unit == "share" else language.unit(unit), 30, 1))
    axes.set_xlabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    write_ticks(axes, language)
    write_ticks(axes, language, which="y")
