"""The command that walks a study through many draws of a world: does its design find the truth?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effekt.cli.app import app
from effekt.cli.options import Spec, Work
from effekt.cli.showing import plain_console

if TYPE_CHECKING:
    from effekt.numerics.monte_carlo import Measure
    from effekt.rehearsal.run import Progress
    from effekt.rehearsal.summary import Line
    from effekt.rehearsal.varied import Setting


Draws = Annotated[int, typer.Option("--draws", help="how many; the seeds are 1, 2, ...")]
World = Annotated[str, typer.Option("--world", help="a synthetic world: its name or file")]
Workers = Annotated[int, typer.Option("--workers", help="draws at a time; no result depends on it")]
Backend = Annotated[str, typer.Option("--backend", help="processes, threads, or dask or ray where they are installed")]
Streams = Annotated[int, typer.Option("--streams", help="replays of each participant, for the truth")]
Tables = Annotated[Path | None, typer.Option("--out", help="folder for page, CSV and JSON")]


@app.command()
def rehearse(
    spec: Spec,
    draws: Draws,
    world: World = "tiny",
    vary: Annotated[
        list[str] | None,
        typer.Option("--vary", metavar="PATH=V1,V2", help="at each value of a path of the spec, or of `world.`"),
    ] = None,
    workers: Workers = 1,
    backend: Backend = "processes",
    streams: Streams = 2,
    work: Work = None,
    out: Tables = None,
) -> None:
    """Walk a study through many draws of a world whose truth is known: bias, coverage, power, and what it would say."""
    from effekt.rehearsal.varied import rehearse_each

    _refuse_out(out, work)
    with _bar() as told:
        options = {"draws": draws, "workers": workers, "backend": backend, "streams": streams, "work": work}
        found = rehearse_each(spec, world=world, vary=vary or (), told=told, **options)
    _show(found)
    _write(found, out)


@app.command("compare-designs")
def compare_designs(
    specs: Annotated[list[Path], typer.Argument(metavar="SPEC...", help="studies of the same question")],
    draws: Draws,
    world: World = "tiny",
    workers: Workers = 1,
    backend: Backend = "processes",
    streams: Streams = 2,
    work: Work = None,
    out: Tables = None,
) -> None:
    """Rehearse several designs on the same draws of a world, side by side."""
    from effekt.rehearsal.varied import compare

    _refuse_out(out, work)
    with _bar() as told:
        options = {"draws": draws, "workers": workers, "backend": backend, "streams": streams, "work": work}
        found = compare(specs, world=world, told=told, **options)
    _show(found)
    _write(found, out)


def _refuse_out(out: Path | None, work: Path | None) -> None:
    from effekt.provenance.folders import refuse_foreign

    if out is not None:
        refuse_foreign(out, holding=work)


def _write(found: Sequence[Setting], out: Path | None) -> None:
    from effekt.provenance.folders import write_folder
    from effekt.rehearsal.page import PAGE
    from effekt.rehearsal.tables import files_of

    if out is not None:
        write_folder(out, files_of(found))
        typer.echo(f"wrote {out / PAGE}")


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

        def told(progress: Progress) -> None:
            if progress.done == progress.kept:
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


def _show(found: Sequence[Setting]) -> None:
    from rich.table import Table as Grid

    console = plain_console()
    named = list(dict.fromkeys(name for setting in found for name in setting.named))
    heads = (*named, "row", "truth", "estimate", "bias", "RMSE", "coverage", "p < 0.05", "type S", "type M", '"effect"')
    grid = Grid(*heads, caption="Monte Carlo errors in brackets", caption_justify="left")
    for column in list(grid.columns)[len(named) + 1 :]:
        column.justify = "right"
    for setting in found:
        for line in setting.rehearsal.summary.lines:
            grid.add_row(*(setting.named[name] for name in named), _name(line), *_cells(line))
    console.print(grid)
    for setting in found:
        for text in _stops(setting):
            console.print(text)


def _stops(setting: Setting) -> Iterator[str]:
    """Yield how many draws a rehearsal had, what kept a study from its report, and what warned."""
    rehearsal = setting.rehearsal
    summary = rehearsal.summary
    at = "".join(f", {name}={value}" for name, value in setting.named.items() if name != "spec")
    yield (
        f"{rehearsal.study} on `{rehearsal.world.world}`{at}: {summary.draws} draws with {summary.treated.value:.0f} "
        f"treated; stopped by the gate {_share(summary.stopped)}, warned {_share(summary.warned)}, "
        f"refused {_share(summary.refused)}"
    )
    for (analysis, check), measure in summary.stops.items():
        yield f"  {analysis}: {check} stops {_share(measure)}"
    for (analysis, check), measure in summary.warnings.items():
        yield f"  {analysis}: {check} warns {_share(measure)}"
    for code, measure in summary.refusals.items():
        yield f"  {code} ends {_share(measure)}"


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
