"""The fifteen counties as tiles of one size: where the programme is, and how each county changed.

A map by area would show Finnmark and hide Oslo; tiles give each county the same say, as the estimate does. The
layout is our own and kept in ``tiles.csv``. Shades run from light to dark, so a grey print keeps their order, and
the treated have a thick frame.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from effekt.release.figures.style import INK, SMALL, SOFT, WIDTH, Picture, canvas, scale_of
from effekt.release.language import Language
from effekt.release.released import Released, seen
from effekt.results import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST_COUNTIES = 8
"""A table with fewer counties is no map."""

_SHADES = ("#f2f5f7", "#d3dfe8", "#a5c0d3", "#6a97b8", "#2f6690")
_DARK = 4
"""From this shade on, letters are white."""

_TILE = 0.7
"""Inches."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One county's place in the layout, in tiles from the upper left."""

    name: str
    column: int
    row: int


@cache
def tiles() -> Mapping[str, Tile]:
    """Return the layout by county number, and by name in lower case."""
    text = (files("effekt.release") / "figures" / "tiles.csv").read_text(encoding="utf-8")
    found: dict[str, Tile] = {}
    for row in csv.DictReader(text.splitlines()):
        tile = Tile(row["name"], int(row["column"]), int(row["row"]))
        found[row["code"]] = found[row["name"].casefold()] = tile
    return MappingProxyType(found)


def tile_of(unit: Cell) -> Tile | None:
    """Return a county's tile by its number or name, in either language of a name such as ``Troms - Romsa``."""
    name = str(unit).split(" - ", maxsplit=1)[0].strip().casefold()
    return tiles().get(name)


def draw_map(table: Released, language: Language, title: str) -> Picture | None:
    """Return the map of a table of changes; None unless its units are counties and some change is shown."""
    placed = [(tile, row) for row in seen(table).rows() if (tile := tile_of(row["unit"])) is not None]
    shown = [float(row["change"]) for _, row in placed if row["change"] is not None]
    if len(placed) < max(LEAST_COUNTIES, len(table)) or not shown or len({t.name for t, _ in placed}) < len(placed):
        return None
    unit = next(c.unit for c in table.columns if c.name == "change")
    with canvas(height=7.3 * _TILE, title=title) as drawn:
        axes = drawn.axes
        axes.axis("off")
        axes.set_xlim(-0.6, WIDTH / _TILE - 0.6)
        axes.set_ylim(6.7, -0.6)
        for tile, row in placed:
            change = language.text("suppressed_mark")
            if row["change"] is not None:
                change = _signed(scale_of(unit) * float(row["change"]), language)
            _tile(axes, tile, row, shade=_shade(row["change"], shown), change=change)
        _key(axes, shown, scale_of(unit), unit, language)
    return drawn.picture


def _shade(change: Cell, shown: list[float]) -> int | None:
    """Return how dark a change is among those shown, from 0 to 4; None if it is suppressed."""
    if change is None:
        return None
    low, high = min(shown), max(shown)
    share = (float(change) - low) / (high - low) if high > low else 0.0
    return min(int(share * len(_SHADES)), len(_SHADES) - 1)


def _tile(axes: Axes, tile: Tile, row: Mapping[str, Cell], *, shade: int | None, change: str) -> None:
    """Draw one county; a change that is suppressed is hatched."""
    from matplotlib.patches import Rectangle

    treated = bool(row["treated"])
    gap = 0.05 if treated else 0.03
    axes.add_patch(
        Rectangle(
            (tile.column - 0.5 + gap, tile.row - 0.5 + gap),
            1 - 2 * gap,
            1 - 2 * gap,
            facecolor="white" if shade is None else _SHADES[shade],
            edgecolor=INK if treated else SOFT,
            linewidth=2.6 if treated else 0.5,
            hatch="////" if shade is None else "",
        )
    )
    colour = "white" if shade is not None and shade >= _DARK else INK
    weight = "bold" if treated else "normal"
    name = tile.name.replace(" og ", " og\n")
    axes.text(tile.column, tile.row - 0.14, name, ha="center", va="center", color=colour, size=7.2, weight=weight)
    axes.text(tile.column, tile.row + 0.24, change, ha="center", va="center", color=colour, size=8, weight=weight)


def _signed(value: float, language: Language) -> str:
    written = language.number(value, 1)
    return f"+{written}" if value > 0 else written


def _key(axes: Axes, shown: list[float], scale: int, unit: str, language: Language) -> None:
    """Draw the five shades with the changes at their ends, and the frame of the treated."""
    from matplotlib.patches import Rectangle

    x0, y0, width = 5.6, 4.0, 0.6
    axes.text(x0, y0 - 0.5, language.text("figure_change_in", unit=language.unit(unit)), va="center", size=SMALL)
    for i, face in enumerate(_SHADES):
        axes.add_patch(Rectangle((x0 + i * width, y0 - 0.2), width, 0.4, facecolor=face, edgecolor=SOFT, linewidth=0.5))
    for x, value, side in ((x0, min(shown), "left"), (x0 + len(_SHADES) * width, max(shown), "right")):
        axes.text(x, y0 + 0.45, _signed(scale * value, language), ha=side, va="center", size=SMALL)
    axes.add_patch(Rectangle((x0 + 0.04, y0 + 0.95), 0.5, 0.4, facecolor="white", edgecolor=INK, linewidth=2.6))
    axes.text(x0 + 0.75, y0 + 1.15, language.text("figure_with_programme"), va="center", size=SMALL)
