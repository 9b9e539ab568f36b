"""Commands on synthetic worlds: draw one, and walk the whole journey on the smallest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effekt.cli.app import app
from effekt.cli.showing import plain_console, progress, show_truth, verdict_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from effekt.beside import Begin
    from effekt.synthetic.calibration.calibrate import Reached
    from effekt.synthetic.world import World

DEMO_WORLD, DEMO_SPEC = "tiny", "demo.yaml"


_STREAMS = 4
"""Replays of each participant for the truth: their mean is some tenths of a percentage point from the world's own."""


@app.command()
def synth(
    world: Annotated[str, typer.Argument(metavar="WORLD", help="a shipped world by name, or the path of its file")],
    out: Annotated[Path, typer.Option("--out", help="folder for the registers")],
    seed: Annotated[int | None, typer.Option("--seed", help="another draw of the same world")] = None,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, help="at once, for a large world; the registers are the same")
    ] = None,
    as_: Annotated[
        str | None, typer.Option("--as", metavar="KIND", help="as files before ingest, with troubles: ssb-delivery")
    ] = None,
) -> None:
    """Draw synthetic registers of a world with a known effect."""
    from effekt.synthetic.streamed import write_world
    from effekt.synthetic.world import load_world

    loaded = load_world(world)
    if as_ is not None:
        _deliver(loaded, out, seed, as_)
        return
    with _bar() as told:
        rows = write_world(loaded, out, seed=seed, threads=threads, told=told)
    for name, count in rows.items():
        typer.echo(f"{name:18} {count:>12,} rows")
    typer.echo(f"wrote {out}: {loaded.world}, seed {loaded.seed if seed is None else seed}")
    typer.echo(f"Next: effekt design SPEC --registers {out}")


def _deliver(world: World, out: Path, seed: int | None, kind: str) -> None:
    """Write a draw as a delivery, and say what is wrong with it."""
    from effekt.synthetic.deliveries.writing import CATALOGUE, refuse_unknown, write_delivery
    from effekt.synthetic.draw import draw

    refuse_unknown(kind)
    with progress("drawing and writing"):
        delivery = write_delivery(draw(world, seed), out, kind)
    for planted in delivery.counted():
        typer.echo(f"{planted['artefact']:14} {planted['table']:18} {planted['count']:>10,} {planted['unit']}")
    typer.echo(f"wrote {out}: {len(delivery.files)} files of {world.world}; what is planted stands in delivery.json")
    typer.echo(f"Next: effekt ingest {out / CATALOGUE} --out REGISTERS")


@contextmanager
def _bar() -> Iterator[Callable[[int, int], None]]:
    """Show how much of a world is written and the time left, on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("drawing"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("drawing", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@app.command()
def calibrate(
    world: Annotated[str, typer.Argument(metavar="WORLD", help="a shipped world by name, or the path of its file")],
    out: Annotated[Path | None, typer.Option("--out", help="folder for CSV and Markdown")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="another draw of the same world")] = None,
) -> None:
    """Hold a world against published moments: target, band, reached, not claimed and why. Exit 1 if one is off."""
    from effekt.provenance.folders import refuse_foreign, write_folder
    from effekt.synthetic.calibration import calibrate as calibration
    from effekt.synthetic.calibration import tables
    from effekt.synthetic.world import load_world

    loaded = load_world(world)
    if out is not None:
        refuse_foreign(out)
    with progress("living the population"):
        found = calibration.calibrate(loaded, seed)
    _show_moments(found)
    if out is not None:
        write_folder(out, tables.files_of(found))
        typer.echo(f"wrote {out}")
    off = [reached.moment.id for reached in found if reached.within is False]
    typer.echo(f"outside their bands: {', '.join(off)}" if off else "every moment that is tested is within its band")
    raise typer.Exit(1 if off else 0)


def _show_moments(found: Sequence[Reached]) -> None:
    from rich.table import Table as Grid

    from effekt.synthetic.calibration.tables import HEADS, NOT_CLAIMED, rows, summary

    console = plain_console()
    grid = Grid("moment", "of", "target", "band", "reached", "status", "verdict")
    left = Grid("not claimed", "of", "why")
    for row in rows(found):
        said = dict(zip(HEADS, row, strict=True))
        of = f"{said['population']}: {said['statistic']}"
        if said["verdict"] == NOT_CLAIMED:
            left.add_row(said["id"], of, said["note"])
        else:
            band = f"{said['low']} - {said['high']}" if said["low"] else ""
            grid.add_row(said["id"], of, said["target"], band, said["reached"], said["status"], said["verdict"])
    console.print(grid)
    console.print(left)
    console.print(summary(found))


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="folder for the report")] = Path("effekt-demo"),
    work: Annotated[Path | None, typer.Option("--work", help="state that stays in the zone")] = None,
) -> None:
    """Walk a register study from spec to report on a small synthetic world, and show estimate beside truth."""
    from effekt.beside import Beside

    with Beside() as beside:
        _walk(out, work or _own_folder(), beside.begin)


def _own_folder() -> Path:
    """Return the demo's work folder; another version's has its own, since its freeze would be refused."""
    from effekt.provenance.digests import digest, versions
    from effekt.spec.load import load
    from effekt.spec.shipped import shipped_spec

    made_by = {"spec": load(shipped_spec(DEMO_SPEC)).digest, "versions": versions()}
    return Path(".effekt") / f"demo-{digest(made_by)[:8]}"


def _walk(out: Path, work: Path, begin: Begin) -> None:
    """Walk the demo's study; the world's truth and the English figures are made beside it."""
    from effekt.release.figures.style import get_ready
    from effekt.spec.load import check
    from effekt.spec.shipped import shipped_spec
    from effekt.study import Study

    spec = shipped_spec(DEMO_SPEC)
    with progress("1/5 check"):
        problems = check(spec)
        study = Study.open(spec, world=DEMO_WORLD, work=work)
    study.refuse_out(out)
    typer.echo(f"1/5 check    {spec.name}: {len(problems)} problems")
    with progress("2/5 design: only rows before time zero are read"):
        study.begin_truth(begin, streams=_STREAMS)
        begin(get_ready)
        gate = study.design()
    typer.echo(f"2/5 design   {len(study.sample)} records, the gate is {'open' if gate.open else 'closed'}")
    for line in verdict_lines(gate):
        typer.echo(f"             {line}")
    with progress("3/5 freeze"):
        frozen = study.freeze()
    typer.echo(f"3/5 freeze   {study.spec.study}/{frozen.digest[:8]}")
    with progress("4/5 run: outcomes are read now"):
        study.estimates()
        truth = study.truth(streams=_STREAMS)
    typer.echo("4/5 run      estimate beside the truth that the world was made with:")
    show_truth(study, truth)
    with progress("5/5 release"):
        study.release(out, begin=begin)
    typer.echo(f"5/5 release  {out / 'report.html'}")
