"""Commands on deliveries: from a folder of files and its catalogue to canonical registers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from effekt.cli.app import app

Catalogue = Annotated[Path, typer.Argument(metavar="CATALOGUE", help="what the delivery holds, a YAML file")]


@app.command()
def ingest(
    catalogue: Catalogue,
    out: Annotated[Path, typer.Option("--out", help="folder for the registers; an earlier ingest is replaced")],
    memory: Annotated[str | None, typer.Option("--memory", help="most memory for sorting, such as 8GB")] = None,
    threads: Annotated[int | None, typer.Option("--threads", help="most threads", min=1)] = None,
    temp_dir: Annotated[Path | None, typer.Option("--temp-dir", help="where what memory cannot hold goes")] = None,
) -> None:
    """Make canonical registers of a delivery: cast as declared, checked rule by rule, whole or not at all."""
    from effekt.population.ingest.run import ingest as run

    today = datetime.now(UTC).astimezone().date()
    with _counting() as tell, _telling_of_parts(out):
        made = run(catalogue, out, today=today, memory=memory, threads=threads, temp=temp_dir, tell=tell)
    for table in made.tables:
        broken = sum(found.count > 0 for found in table.found)
        told = f"  {broken} rules broken, see integrity.html" if broken else ""
        typer.echo(f"{table.name:18} {table.rows:>12,} rows{told}")
    typer.echo(f"wrote {out}")
    typer.echo(f"Next: effekt design SPEC --registers {out}")


catalogues = typer.Typer(help="The catalogue of a delivery.", no_args_is_help=True)
app.add_typer(catalogues, name="catalogue")


@catalogues.command("init")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="the folder of the delivery")],
    delivery: Annotated[str, typer.Option("--delivery", help="what to call it; the folder's name by default")] = "",
) -> None:
    """Draft DIR/catalogue.yaml from names and types; what they do not tell says TODO. No cell is shown."""
    from effekt.errors import DataError, Problem
    from effekt.population.metadata.drafting import draft
    from effekt.population.metadata.scanning import CATALOGUE, scan
    from effekt.provenance.folders import write_file

    target = folder / CATALOGUE
    if target.exists():
        raise DataError(
            Problem(code="E710", sentence=f"`{target}` is there already", help="edit it, or move it away first")
        )
    text = draft(list(scan(folder)), delivery or _plain(folder.resolve().name))
    write_file(target, text.encode())
    typer.echo(f"wrote {target}: {text.count(': TODO')} words TODO are yours to write")
    typer.echo(f"Next: edit it, then effekt ingest {target} --out DIR")


@app.command()
def scan(folder: Annotated[Path, typer.Argument(metavar="DIR", help="the folder of the delivery")]) -> None:
    """Print file, columns, types and numbers of rows of a delivery as CSV: no value, so it may leave the zone."""
    from effekt.population.metadata.scanning import as_csv
    from effekt.population.metadata.scanning import scan as files_of

    typer.echo(as_csv(files_of(folder)), nl=False)


@contextmanager
def _telling_of_parts(out: Path) -> Iterator[None]:
    """Say what a stopped ingest leaves behind: rows of persons, for the next run."""
    from effekt.population.ingest.parts import parts_beside

    try:
        yield
    except BaseException:
        parts = parts_beside(out)
        if parts.is_dir():
            said = f"converted files are kept in {parts} for the next run; delete the folder if there will be none"
            typer.echo(said, err=True)
        raise


def _plain(name: str) -> str:
    """Return a folder's name as the name of a delivery."""
    import re

    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_.-") or "delivery"


@contextmanager
def _counting() -> Iterator[Callable[[str, int], None]]:
    """Show on a terminal what is being done and how many rows are; a log stays free of control characters."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda what, rows: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:,.0f} rows"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        tasks: dict[str, int] = {}

        def tell(what: str, rows: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=None)
            bar.advance(bar.tasks[tasks[what]].id, rows)

        yield tell
