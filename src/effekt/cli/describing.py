"""The commands that look before anything is estimated: Table 1, and the codebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from effekt.cli.app import app
from effekt.cli.options import Given, Memory, Registers, Spec, Table, TempDir, Threads, Work, World
from effekt.cli.showing import plain_console, progress
from effekt.errors import DataError, Problem
from effekt.population.engine.machine import Machine

if TYPE_CHECKING:
    from effekt.release.codebook import Codebook
    from effekt.release.released import Released
    from effekt.results import Cell


@app.command()
def describe(
    spec: Spec,
    table: Table = None,
    registers: Registers = None,
    world: World = None,
    work: Work = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    out: Annotated[Path | None, typer.Option("--out", help="a CSV file for the protected table")] = None,
) -> None:
    """Describe the sample at time zero: treated and comparisons, before and after weighting; no outcome is read."""
    machine = Machine(memory=memory, threads=threads, temp=temp_dir)
    study = Given(spec=spec, table=table, registers=registers, world=world, work=work, machine=machine).open()
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
    from rich.table import Table as Grid

    grid = Grid(*(_HEADS.get(column.name, column.name) for column in table.columns))
    for column in grid.columns[1:]:
        column.justify = "right"
    for i, row in enumerate(table.rows()):
        hidden = table.suppressed(i)
        grid.add_row(*(":" if name in hidden else _told(value) for name, value in row.items()))
    plain_console().print(grid)


def _told(value: Cell) -> str:
    return "" if value is None else str(value)


@app.command()
def codebook(
    spec: Annotated[
        Path | None, typer.Argument(metavar="[SPEC]", help="only the registers that a study asks for")
    ] = None,
    registers: Registers = None,
    world: World = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    out: Annotated[Path | None, typer.Option("--out", help="a file for it: .csv or .html")] = None,
    language: Annotated[Literal["nb", "en"], typer.Option("--language", help="of the names in a .csv")] = "nb",
) -> None:
    """Describe every variable of the registers: type, coverage, missing share, categories, protection."""
    from effekt.provenance.folders import write_file
    from effekt.release.codebook import codebook_csv, codebook_html
    from effekt.release.language import Language
    from effekt.study.codebook import codebook as made

    writers = {".csv": lambda book: codebook_csv(book, Language(language)), ".html": codebook_html}
    if out is not None and out.suffix not in writers:
        raise DataError(
            Problem(code="E103", sentence=f"`{out.name}` is not a file this can write", help="name it .csv or .html")
        )
    machine = Machine(memory=memory, threads=threads, temp=temp_dir)
    with progress("counting persons"):
        book = made(spec, registers=registers, world=world, work=Path(".effekt") / "codebook", machine=machine)
    if out is None:
        _print_codebook(book)
        return
    write_file(out, writers[out.suffix](book))
    typer.echo(f"wrote {out}")


def _print_codebook(book: Codebook) -> None:
    from rich.table import Table as Grid

    from effekt.release.codebook import summary
    from effekt.release.language import Language

    english = Language("en")
    heads = ("register", "variable", "type", "kind", "unit", "covers", "missing", "protection", "categories")
    grid = Grid(*heads)
    grid.columns[6].justify = "right"
    for v in book.variables:
        named = ", ".join(code for code, _ in v.categories(english))
        missing = "absent" if v.delivered is False else book.share(v.key, english)
        covers = "..".join(filter(None, v.coverage))
        few = named if len(named) <= _CODES_IN_A_LINE else summary(v, english)
        grid.add_row(v.register, v.name, v.type, v.temporality, v.unit, covers, missing, v.protected, few)
    plain_console().print(grid)
    if book.missing is None:
        typer.echo("missing shares need data: add `--registers DIR` or `--world tiny`")
    elif book.rules.protects:
        typer.echo(english.text("suppressed_note", threshold=book.rules.threshold))


_CODES_IN_A_LINE = 40
"""Longer lists are told by their number; the files hold all codes with their names."""
