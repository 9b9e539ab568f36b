"""The command line application that every command registers with."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="effekt",
    help="Impact evaluation of programmes on register data: one YAML spec from design to a released report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
