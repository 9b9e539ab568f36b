"""The two figures of a plan: the least effect by number of participants, and the calendar."""

from __future__ import annotations

from effekt.literals import Month
from effekt.plan.planning import Plan
from effekt.plan.telling import Words
from effekt.release.figures.style import (
    BAND,
    COMPARISON,
    DASHED,
    DOTTED,
    FAINT,
    INK,
    SOFT,
    TREATED,
    TREATED_LIGHT,
    Picture,
    canvas,
    row_guides,
    say,
    scale_of,
    wrapped,
    write_ticks,
)

_LINES = ((TREATED, "-"), (COMPARISON, DASHED), (SOFT, DOTTED), (INK, "-."))


def draw_detectable(plan: Plan, words: Words) -> Picture | None:
    """Return the least effect over participants, a line for each contamination; None for counties or one number."""
    assumed = plan.assumed
    if assumed is None or len(assumed.participants) < 2:
        return None
    scale, known = scale_of(words.unit), assumed.identified[0]
    with canvas(height=3.2, title=words.say("figure.mde")) as drawn:
        axes = drawn.axes
        for share, (colour, line) in zip(assumed.contamination, _LINES, strict=False):
            cells = [c for c in plan.cells if c.contamination == share and c.identified == known]
            x, y = [c.participants for c in cells], [scale * c.detectable for c in cells]
            axes.plot(x, y, color=colour, linestyle=line, marker="o", markersize=4)
            label = words.say("figure.contaminated", share=words.share(share))
            say(axes, label, (x[-1], y[-1]), colour=colour, dx=8)
        if plan.relevant is not None:
            axes.axhline(scale * plan.relevant, color=INK, linewidth=0.8, linestyle=DASHED)
            at = (assumed.participants[0], scale * plan.relevant)
            say(axes, words.say("figure.relevant"), at, dx=2, dy=-7)
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, 1.32 * assumed.participants[-1])
        axes.set_xticks(assumed.participants)
        axes.set_xlabel(words.say("grid.participants"))
        axes.set_ylabel(words.say("unit.points") if words.unit == "share" else words.unit)
        axes.grid(axis="y", color=FAINT, linewidth=0.5)
        axes.tick_params(axis="y", length=0)
        write_ticks(axes, words.language)
        write_ticks(axes, words.language, which="y")
    return drawn.picture


def draw_calendar(plan: Plan, words: Words) -> Picture | None:
    """Return accrual, follow-up and lag of every outcome and horizon; None for an accrual without an end."""
    accrual = plan.spec.population.accrual
    if accrual.last is None:
        return None
    first, last = accrual.first.ordinal, accrual.last.ordinal + 1
    rows = list(reversed(plan.calendar))
    with canvas(height=1.1 + 0.34 * len(rows), title=words.say("figure.calendar")) as drawn:
        axes = drawn.axes
        for place, row in enumerate(rows):
            axes.barh(place, last - first, left=first, height=0.5, color=TREATED, linewidth=0)
            axes.barh(place, row.horizon, left=last, height=0.5, color=TREATED_LIGHT, linewidth=0)
            end = last + row.horizon
            if row.lag:
                axes.barh(place, row.lag, left=end, height=0.5, color=BAND, edgecolor=SOFT, hatch="////", linewidth=0.5)
                end += row.lag
            say(axes, str(Month.parse(_text(end - 1))), (end, place), dx=5)
        axes.set_yticks(range(len(rows)), [_label(plan, row.outcome, row.horizon, words) for row in rows])
        row_guides(axes, len(rows))
        years = range(first // 12, (max(last + r.horizon + (r.lag or 0) for r in rows)) // 12 + 2)
        axes.set_xticks([12 * year for year in years], [str(year) for year in years])
        axes.set_ylim(-0.6, len(rows) - 0.4 + 0.6)
        top = len(rows) - 0.35
        say(axes, words.say("figure.accrual"), ((first + last) / 2, top), colour=TREATED)
        say(axes, words.say("figure.following"), (last + rows[-1].horizon / 2, top), dx=1)
    return drawn.picture


def _label(plan: Plan, outcome: str, horizon: int, words: Words) -> str:
    name = plan.spec.labels_in(words.language.code).get(outcome, outcome)
    return wrapped(words.language.period(name, horizon, monthly=True), 34, 2)


def _text(ordinal: int) -> str:
    return f"{ordinal // 12:04d}-{ordinal % 12 + 1:02d}"
