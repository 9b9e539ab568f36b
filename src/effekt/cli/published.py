"""The command that reproduces published numbers."""

from __future__ import annotations

import typer

from effekt.cli.app import app
from effekt.cli.showing import progress


@app.command()
def verify() -> None:
    """Reproduce published numbers on this machine: published, ours, difference, source."""
    from rich.console import Console
    from rich.table import Table as Grid

    from effekt.verify import rows

    grid = Grid("number", "published", "ours", "difference", "", "source")
    sources: dict[str, int] = {}
    notes: dict[str, None] = {}
    off = 0
    with progress("computing"):
        for row in rows():
            off += not row.ok
            if row.note:
                notes.setdefault(f"{row.what}: {row.note}")
            source = sources.setdefault(row.source, len(sources) + 1)
            verdict = "ok" if row.ok else "OFF"
            grid.add_row(row.what, row.expected, f"{row.ours:.17g}", f"{row.difference:.1e}", verdict, f"[{source}]")
    # Markup would read "[1]" as a style.
    console = Console(markup=False)
    console.print(grid)
    for text, number in sources.items():
        console.print(f"[{number}] {text}", highlight=False)
    for note in notes:
        console.print(f"note: {note}", highlight=False)
    typer.echo("every number agrees" if not off else f"{off} numbers are off")
    raise typer.Exit(1 if off else 0)
