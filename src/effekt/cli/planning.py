"""The command that judges a study before any data are bought."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effekt.cli.app import app
from effekt.cli.options import Spec, World
from effekt.cli.showing import plain_console, progress
from effekt.errors import FreezeError, Problem

if TYPE_CHECKING:
    from effekt.plan.planning import Plan
    from effekt.plan.telling import Words


@app.command()
def plan(
    spec: Spec,
    world: World = None,
    participants: Annotated[
        str, typer.Option("--participants", help="expected numbers, the first is judged: `500,1000`")
    ] = "",
    lag: Annotated[
        list[str] | None, typer.Option("--lag", metavar="REGISTER=MONTHS", help="until a register holds a month")
    ] = None,
    price: Annotated[int | None, typer.Option("--price", min=0, help="of the whole order, in NOK")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="folder for page, data order and protocol")] = None,
) -> None:
    """Judge a study before data are bought: what could be found, when, with which data; go or do not buy."""
    from effekt.plan.page import PAGE, files_of
    from effekt.plan.planning import Asked
    from effekt.plan.planning import plan as planned
    from effekt.plan.telling import words_of
    from effekt.provenance.folders import refuse_foreign, write_folder

    asked = Asked(participants=_numbers(participants), lags=_lags(lag or []), price=price)
    if out is not None:
        refuse_foreign(out)
    with progress("looking at the world"):
        found = planned(spec, world=world, asked=asked)
    words = words_of(found, found.spec.report.languages[0])
    _show(found, words)
    if out is not None:
        with progress("writing the page"):
            write_folder(out, files_of(found))
        typer.echo(f"wrote {out / PAGE}")


def _show(found: Plan, words: Words) -> None:
    from rich.table import Table as Grid

    from effekt.plan.tables import grid_table
    from effekt.plan.telling import front_page

    console = plain_console()
    console.print(f"{words.say('answer.' + found.verdict.answer).upper()}  {found.spec.study}")
    points = Grid(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head, text in front_page(found, words):
        points.add_row(head, text)
    console.print(points)
    if found.cells:
        table = grid_table(found, words, participants=found.participants)
        grid = Grid(*table.heads, title=table.title, title_justify="left", caption=table.note, caption_justify="left")
        for column in grid.columns:
            column.justify = "right"
        for row in table.rows:
            grid.add_row(*row)
        console.print(grid)


def _numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise _not_understood("--participants", "write whole numbers with commas: `--participants 500,1000`")
    return tuple(int(part) for part in parts)


def _lags(texts: list[str]) -> dict[str, int]:
    from effekt.located.names import did_you_mean
    from effekt.registers.schema import tables

    found = {}
    for text in texts:
        register, equals, months = text.partition("=")
        if register not in tables():
            raise _not_understood("--lag", did_you_mean(register, tables()) or "name a register: `effekt codebook`")
        if not equals or not months.removesuffix("m").isdigit():
            raise _not_understood("--lag", "write `--lag arbeidsforhold=4m`")
        found[register] = int(months.removesuffix("m"))
    return found


def _not_understood(option: str, help_: str) -> FreezeError:
    return FreezeError(Problem(code="E109", sentence=f"`{option}` is not understood", help=help_))
