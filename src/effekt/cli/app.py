"""The command line application that every command registers with."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

IN_ORDER = (
    *("demo", "init", "check", "show", "explain", "schema"),
    *("plan", "rehearse", "compare-designs", "synth", "calibrate"),
    *("scan", "catalogue", "ingest", "codebook"),
    *("describe", "design", "freeze", "amend", "run", "release", "status", "export", "compare"),
    *("verify", "bundle"),
)
"""Commands as a study meets them: write it, judge it, get the data, walk the stages, check effekt itself."""


class InOrder(TyperGroup):
    """The commands in the order in which a study meets them; one that is not in it comes last."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands."""
        names = super().list_commands(ctx)
        place = {name: position for position, name in enumerate(IN_ORDER)}
        return sorted(names, key=lambda name: place.get(name, len(place)))


app = typer.Typer(
    name="effekt",
    cls=InOrder,
    help="Impact evaluation of programmes on register data: one YAML spec from design to a released report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 120},
)
