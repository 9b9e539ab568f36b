"""The command that puts two studies side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effekt.cli.app import app
from effekt.cli.showing import plain_console
from effekt.errors import Problem, SpecError

if TYPE_CHECKING:
    from effekt.release.comparison import Line
    from effekt.release.sides import Side

_Folder = Annotated[Path, typer.Argument(help="a release, or the work folder of a study")]
_TITLES = {"spec": "spec", "flow": "who is left", "estimate": "estimates"}


@app.command()
def compare(
    a: _Folder,
    b: _Folder,
    out: Annotated[Path | None, typer.Option("--out", help="a CSV file for the comparison")] = None,
) -> None:
    """Compare two releases or work folders: spec, flow and estimates side by side; released numbers only."""
    from effekt.provenance.folders import write_file
    from effekt.release.comparison import compared, comparison_csv
    from effekt.release.sides import open_side

    if a.resolve() == b.resolve():
        raise SpecError(
            Problem(
                code="E109",
                sentence="A and B are the same folder: there is nothing to compare",
                help="name two releases, or the work folders of two studies",
            )
        )
    sides = open_side(a), open_side(b)
    lines = compared(*sides)
    for name, side in zip("AB", sides, strict=True):
        typer.echo(f"{name}  {side.reference}{_lacks(side)}")
    for part, title in _TITLES.items():
        _print(title, [line for line in lines if line.part == part])
    if out is not None:
        write_file(out, comparison_csv(lines, *sides))
        typer.echo(f"wrote {out}")


def _lacks(side: Side) -> str:
    """Return what a side cannot be compared in, and why."""
    if not side.released:
        return "  (nothing is released yet, so there are no numbers: `effekt release SPEC --out DIR`)"
    return "" if side.spec is not None else "  (the release holds no spec)"


def _print(title: str, lines: list[Line]) -> None:
    """Print one part; what is the same on both sides is dim where the terminal can."""
    from rich.table import Table as Grid

    if not lines:
        typer.echo(f"{title}: no difference" if title == "spec" else f"{title}: nothing on either side")
        return
    grid = Grid(title, "A", "B", *(() if title == "spec" else ("B - A",)))
    for column in grid.columns:
        column.overflow = "fold"
    for column in grid.columns[1:]:
        column.justify = "left" if title == "spec" else "right"
    for line in lines:
        cells = [line.what, line.a, line.b, *(() if title == "spec" else (line.difference,))]
        grid.add_row(*cells, style="dim" if line.a == line.b else None)
    plain_console().print(grid)
