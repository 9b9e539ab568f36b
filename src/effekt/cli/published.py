"""Commands about effekt itself: published numbers reproduced, and a bundle for zones without network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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


@app.command()
def bundle(
    out: Annotated[Path, typer.Option("--out", help="a new folder, to be carried into the zone")],
    python: Annotated[str, typer.Option("--python", help="Python in the zone: 3.11, 3.12 or 3.13")] = "",
    platform: Annotated[str, typer.Option("--platform", help="pip's platform tag, such as win_amd64")] = "",
    extra: Annotated[list[str] | None, typer.Option("--extra", help="an extra, such as published")] = None,
) -> None:
    """Make a folder that installs effekt where there is no network: wheels with hashes, and a script."""
    import sys

    from effekt.bundle import Target, make_bundle

    version = python or f"{sys.version_info.major}.{sys.version_info.minor}"
    with progress("fetching wheels"):
        names = make_bundle(out, Target(python=version, platform=platform, extras=tuple(extra or ())))
    typer.echo(f"wrote {out}: {len(names)} wheels for Python {version} {platform}".rstrip())
    typer.echo(f"Next: carry {out} into the zone and run install.sh (Windows: install.bat)")
