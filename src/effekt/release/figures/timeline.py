"""The design in one picture: what is read before and after time zero, and what the registers cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from effekt.release.figures.style import (
    BAND,
    COMPARISON,
    COMPARISON_LIGHT,
    DASHED,
    FAINT,
    INK,
    SMALL,
    SOFT,
    TREATED,
    TREATED_LIGHT,
    Picture,
    canvas,
    row_guides,
    wrapped,
)
from effekt.release.language import Language
from effekt.release.timeline import Timeline, month_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BAR = 0.52
_ROW = 0.27


def draw_timeline(timeline: Timeline, language: Language) -> Picture:
    """Return the picture: above, months around each person's time zero; below, the calendar."""
    above, below = len(timeline.windows) + 1 + bool(timeline.wash_out), len(timeline.coverage) + 1
    heights = (above * _ROW + 0.75, below * _ROW + 0.75)
    with canvas(height=sum(heights), title=language.text("figure_timeline"), heights=heights) as drawn:
        _event_clock(drawn.panels[0], timeline, language)
        _calendar(drawn.panels[1], timeline, language)
    return drawn.picture  # type: ignore[return-value]


def _told(name: str, language: Language) -> str:
    """Return a window's name with the spec's duration behind its last comma in words."""
    label, comma, duration = name.rpartition(", ")
    return f"{label}{comma}{language.spelt(duration)}"


def _event_clock(axes: Axes, timeline: Timeline, language: Language) -> None:
    """Draw history, wash-out and windows in months from time zero; the index month is in none of them."""
    rows: list[tuple[str, int, int, str, str, str]] = []
    if timeline.history:
        name = language.text("figure_history")
        rows.append((name, -timeline.history, -1, COMPARISON_LIGHT, COMPARISON, ""))
    if timeline.wash_out:
        rows.append((language.text("figure_wash_out"), -timeline.wash_out, -1, "white", SOFT, "////"))
    rows += [(_told(name, language), a, b, TREATED_LIGHT, TREATED, "") for name, (a, b) in timeline.windows.items()]
    axes.axvspan(-0.5, 0.5, color=BAND, zorder=-1)
    for y, (_, first, last, face, edge, hatch) in enumerate(reversed(rows)):
        left, width = first - 0.5, last - first + 1
        axes.barh(y, width, _BAR, left=left, facecolor=face, edgecolor=edge, hatch=hatch, linewidth=0.8)
        text = language.text("figure_months", first=language.number(first), last=language.number(last))
        if first == last:
            text = language.text("figure_month", month=language.number(first))
        # To the right of the bar, and of the index month: there the row is empty.
        style: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": SMALL, "color": SOFT}
        axes.annotate(text, (max(last, 0) + 0.5, y), xytext=(5, 0), **style)
    row_guides(axes, len(rows))
    axes.set_yticks(range(len(rows)), [wrapped(r[0], 34, 1) for r in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) + 0.1)
    span = max(timeline.history, timeline.wash_out) + timeline.last_window + 1
    axes.set_xlim(-max(timeline.history, timeline.wash_out) - 0.04 * span, timeline.last_window + 0.26 * span)
    axes.set_xticks(_month_ticks(timeline))
    axes.xaxis.set_major_formatter(lambda v, _: language.number(v, 0))
    axes.text(0, len(rows) - 0.25, language.text("figure_index_month"), ha="center", va="center", fontsize=SMALL)
    axes.set_xlabel(language.text("figure_months_from_zero"))


def _month_ticks(timeline: Timeline) -> list[int]:
    """Return every twelfth month, or every third where the windows are short."""
    before, after = max(timeline.history, timeline.wash_out), timeline.last_window
    step = 12 if before + after > 30 else 3
    return [m for m in range(-before // step * step, after + step, step) if -before <= m <= after]


def _calendar(axes: Axes, timeline: Timeline, language: Language) -> None:
    """Draw accrual and what each register covers, against what must be covered for everyone to be observed."""
    need = timeline.needed
    periods = {language.text("figure_accrual"): timeline.accrual, **timeline.coverage}
    rows = [(name, month_number(a), month_number(b), i == 0) for i, (name, (a, b)) in enumerate(periods.items())]
    for edge in (need[0], need[1] + 1):
        axes.axvline(edge, color=SOFT, linewidth=0.8, linestyle=DASHED, zorder=1)
    for y, (_, first, last, accrual) in enumerate(reversed(rows)):
        face = TREATED if accrual else FAINT
        axes.barh(y, last + 1 - first, _BAR, left=first, facecolor=face, edgecolor=SOFT, linewidth=0.6)
        if not accrual:
            _gaps(axes, y, (first, last), need)
    axes.set_yticks(range(len(rows)), [wrapped(r[0], 34, 1) for r in reversed(rows)])
    row_guides(axes, len(rows))
    axes.set_ylim(-0.6, len(rows) + 0.1)
    first, last = min(need[0], *(r[1] for r in rows)), max(need[1], *(r[2] for r in rows)) + 1
    axes.set_xlim(first - 2, last + 2)
    middle = (need[0] + need[1] + 1) / 2
    axes.text(middle, len(rows) - 0.25, language.text("figure_needed"), ha="center", va="center", fontsize=SMALL)
    years = range(-(-first // 12), last // 12 + 1)
    step = max(1, len(years) // 8)
    axes.set_xticks([12 * y for y in years if y % step == 0], [str(y) for y in years if y % step == 0])


def _gaps(axes: Axes, y: int, covered: tuple[int, int], need: tuple[int, int]) -> None:
    """Hatch the months that are needed and not covered: whoever's window falls there is not observed."""
    for start, stop in ((need[0], min(covered[0], need[1] + 1)), (max(covered[1] + 1, need[0]), need[1] + 1)):
        if stop > start:
            axes.barh(y, stop - start, _BAR, left=start, facecolor="white", edgecolor=INK, hatch="xxxx", linewidth=0.6)
