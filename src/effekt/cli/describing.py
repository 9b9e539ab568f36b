"""The command that prints Table 1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effekt.cli.app import app
from effekt.cli.options import Given, Registers, Spec, Table, Work, World
from effekt.cli.showing import WIDTH_OF_A_LOG, progress

if TYPE_CHECKING:
    from effekt.release.released import Released
    from effekt.results import Cell


@app.command()
def describe(
    spec: Spec,
    table: Table = None,
    registers: Registers = None,
    world: World = None,
    work: Work = None,
    out: Annotated[Path | None, typer.Option("--out", help="a CSV file for the protected table")] = None,
) -> None:
    """Describe the sample at time zero: treated and comparisons, before and after weighting; no outcome is read."""
    study = Given(spec=spec, table=table, registers=registers, world=world, work=work).open()
    with progress("reading what was known at time zero"):
        described = study.describe(out)
    _print(described)
    if described.any_suppressed:
        typer.echo(": = not shown: too few persons stand behind the number")
    if out is not None:
        typer.echo(f"wrote {out}")


_HEADS = {
    "covariate": "known at time zero",
    "mean_treated": "treated",
    "mean_comparison": "comparisons",
    "smd_before": "SMD before",
    "smd_after": "SMD after",
    "variance_ratio": "variance ratio",
}


def _print(table: Released) -> None:
    from rich.console import Console
    from rich.table import Table as Grid

    # Markup would read a covariate's brackets as a style.
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_OF_A_LOG
    grid = Grid(*(_HEADS.get(column.name, column.name) for column in table.columns))
    for column in grid.columns[1:]:
        column.justify = "right"
    for i, row in enumerate(table.rows()):
        hidden = table.suppressed(i)
        grid.add_row(*(":" if name in hidden else _told(value) for name, value in row.items()))
    console.print(grid)


def _told(value: Cell) -> str:
    return "" if value is None else str(value)
