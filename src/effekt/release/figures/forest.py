"""The forest plot: estimates with their intervals; rank tests with their point and p-value."""

from __future__ import annotations

from effekt.release.contents import has_variants
from effekt.release.figures.style import FAINT, INK, SOFT, TREATED, canvas, wrapped, write_ticks
from effekt.release.language import Language, display_decimals
from effekt.release.released import Released, seen
from effekt.results import Cell

Row = dict[str, Cell]


def draw_forest(table: Released, language: Language, title: str) -> bytes | None:
    """Return the plot as SVG for the rows of one outcome; None if every value is suppressed."""
    rows = [r for r in seen(table).rows() if r["value"] is not None]
    if not rows:
        return None
    unit = str(rows[0]["unit"])
    scale = 100 if unit == "share" else 1
    names = [_name(r, language, variants=has_variants(table)) for r in reversed(rows)]
    line = 0.12 * max(name.count("\n") + 1 for name in names) + 0.1
    with canvas(height=line * len(rows) + 0.85, title=title) as drawn:
        axes = drawn.axes
        axes.axvline(0, color=SOFT, linewidth=0.8)
        for y, row in enumerate(reversed(rows)):
            value = scale * float(row["value"] or 0)
            if row["ci_low"] is not None:
                low, high = (scale * float(row[n] or 0) for n in ("ci_low", "ci_high"))
                axes.plot([low, high], [y, y], color=TREATED, solid_capstyle="butt")
                axes.plot([low, high], [y, y], "|", color=TREATED, markersize=6)
                axes.plot(value, y, "o", color=TREATED, markersize=6)
            else:
                axes.plot(value, y, "D", markerfacecolor="white", markeredgecolor=INK, markersize=5.5)
            axes.text(1.02, y, said(row, language), transform=axes.get_yaxis_transform(), va="center", fontsize=8)
        axes.hlines(range(len(rows)), 0, 1, transform=axes.get_yaxis_transform(), color=FAINT, lw=0.5, zorder=0)
        axes.set_yticks(range(len(rows)), names)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(wrapped(language.unit(unit), 70, 1))
        axes.margins(x=0.08)
        write_ticks(axes, language)
    return drawn.svg


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


def _name(row: Row, language: Language, *, variants: bool) -> str:
    """Return what tells the row from its neighbours."""
    parts = [row["analysis"] or row["method"], row["variant"] if variants else "", row["arm"], row["subgroup"]]
    names = ", ".join(str(p) for p in parts if p)
    if row["horizon"] is not None:
        names = language.text("horizon", outcome=names, horizon=language.cell(row["horizon"]))
    return f"{wrapped(names, 34, 2)}\n{row['inference']}"
