"""The command that walks a study through many draws of a world: does its design find the truth?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effekt.cli.app import app
from effekt.cli.options import Spec, Work
from effekt.cli.showing import WIDTH_OF_A_LOG

if TYPE_CHECKING:
    from effekt.numerics.monte_carlo import Measure
    from effekt.rehearsal.run import Progress, Rehearsal
    from effekt.rehearsal.summary import Line


@app.command()
def rehearse(
    spec: Spec,
    draws: Annotated[int, typer.Option("--draws", help="how many; the seeds are 1, 2, ...")],
    world: Annotated[str, typer.Option("--world", help="a synthetic world: its name or file")] = "tiny",
    workers: Annotated[int, typer.Option("--workers", help="draws at a time; no result depends on it")] = 1,
    backend: Annotated[
        str, typer.Option("--backend", help="processes, threads, or dask or ray where they are installed")
    ] = "processes",
    streams: Annotated[int, typer.Option("--streams", help="replays of each participant, for the truth")] = 2,
    work: Work = None,
    out: Annotated[Path | None, typer.Option("--out", help="folder for rehearsal.json and rehearsal.csv")] = None,
) -> None:
    """Walk a study through many draws of a world whose truth is known: bias, coverage, power, and what it would say."""
    from effekt.provenance.folders import refuse_foreign, write_folder
    from effekt.rehearsal.run import rehearse as rehearsed
    from effekt.rehearsal.tables import files_of
    from effekt.synthetic.world import load_world

    if out is not None:
        refuse_foreign(out, holding=work)
    with _bar() as told:
        found = rehearsed(
            spec,
            world=load_world(world),
            draws=draws,
            work=work,
            workers=workers,
            backend=backend,
            streams=streams,
            told=told,
        )
    _show(found)
    if out is not None:
        write_folder(out, files_of(found))
        typer.echo(f"wrote {out / 'rehearsal.csv'}")


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    """Show how many draws are done and the time left, on a terminal; say what was kept and what was damaged anyhow."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn("draws"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("draws", total=None)
        said = False

        def told(progress: Progress) -> None:
            nonlocal said
            if not said:
                said = True
                for line in _found(progress):
                    typer.echo(line, err=True)
                # What was finished before says nothing about the speed of the rest.
                bar.reset(task, total=progress.draws, completed=progress.kept)
            bar.update(task, completed=progress.done)

        yield told


def _found(progress: Progress) -> Iterator[str]:
    if progress.kept:
        yield f"{progress.kept} of {progress.draws} draws were finished before"
    if progress.damaged:
        yield f"{progress.damaged} draws on disk are damaged or of something else, and are made anew"


def _show(found: Rehearsal) -> None:
    from rich.console import Console
    from rich.table import Table as Grid

    summary = found.summary
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_OF_A_LOG
    heads = ("row", "truth", "estimate", "bias", "RMSE", "coverage", "p < 0.05", "type S", "type M", '"effect"')
    grid = Grid(*heads, caption="Monte Carlo errors in brackets", caption_justify="left")
    for column in list(grid.columns)[1:]:
        column.justify = "right"
    for line in summary.lines:
        grid.add_row(_name(line), *_cells(line))
    console.print(grid)
    console.print(
        f"{found.study} on `{found.world.world}`: {summary.draws} draws with {summary.treated.value:.0f} treated; "
        f"stopped by the gate {_share(summary.stopped)}, refused {_share(summary.refused)}"
    )
    for (analysis, check), measure in summary.stops.items():
        console.print(f"  {analysis}: {check} stops {_share(measure)}")
    for code, measure in summary.refusals.items():
        console.print(f"  {code} ends {_share(measure)}")


def _name(line: Line) -> str:
    analysis, variant, _, _, arm, subgroup, outcome, horizon, first, time, inference = line.key
    whose = "" if variant in {"", "base"} else f"/{variant}"
    cut = f"[{arm or subgroup}]" if arm or subgroup else ""
    when = "".join(f" {value}" for value in (horizon, first, time) if value is not None)
    by = "" if line.everywhere.std_error.n else f" ({inference})"
    return f"{analysis}{whose}{cut} {outcome}{when}{by}"


def _cells(line: Line) -> Iterator[str]:
    size = _points if line.unit == "share" else _amount
    all_draws = line.everywhere
    yield from (size(m) for m in (all_draws.truth, all_draws.estimate, all_draws.bias, all_draws.rmse))
    yield from (_share(m) for m in (all_draws.coverage, all_draws.rejected, all_draws.type_s))
    yield _amount(all_draws.type_m)
    yield _share(line.claimed)


def _points(measure: Measure) -> str:
    return _with_error(measure, lambda value: f"{100 * value:.1f}")


def _share(measure: Measure) -> str:
    return _with_error(measure, lambda value: f"{100 * value:.0f}%")


def _amount(measure: Measure) -> str:
    return _with_error(measure, lambda value: f"{value:,.3g}")


def _with_error(measure: Measure, shown: Callable[[float], str]) -> str:
    """Return a number with its error, `-` for what is not known."""
    value, error = ("-" if math.isnan(number) else shown(number) for number in (measure.value, measure.error))
    return value if value == "-" else f"{value} ({error})"
