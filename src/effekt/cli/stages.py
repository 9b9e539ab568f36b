"""The stages of a study, one command each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from effekt.cli.app import app
from effekt.cli.options import (
    Formats,
    Given,
    Memory,
    Out,
    Override,
    Reason,
    Registers,
    Spec,
    Table,
    TempDir,
    Threads,
    Work,
    World,
    overrides_of,
)
from effekt.cli.showing import progress, show_findings
from effekt.errors import FreezeError, Problem, SpecError
from effekt.population.engine.machine import Machine

if TYPE_CHECKING:
    from effekt.study import Study


@app.command()
def design(
    spec: Spec,
    table: Table = None,
    registers: Registers = None,
    world: World = None,
    work: Work = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
) -> None:
    """Look at the design before any outcome: flow, balance, overlap, pre-trends, clusters, detectable effect."""
    machine = Machine(memory=memory, threads=threads, temp=temp_dir)
    given = Given(spec=spec, table=table, registers=registers, world=world, work=work, machine=machine)
    study = given.open()
    with progress("reading what was known at time zero"):
        gate = study.design()
    given.remember(study)
    show_findings(gate)
    following = given.command("freeze")
    typer.echo(f"Next: {following}" if gate.open else "Next: mend the design; the gate is closed")
    if not gate.open:
        typer.echo(f'or pass over a check: {following} --override CHECK --reason "..."')
    raise typer.Exit(0 if gate.open else 4)


@app.command()
def freeze(
    spec: Spec,
    table: Table = None,
    registers: Registers = None,
    world: World = None,
    work: Work = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    override: Override = None,
    reason: Reason = "",
) -> None:
    """Freeze the design, so that outcomes may be read."""
    machine = Machine(memory=memory, threads=threads, temp=temp_dir)
    given = Given(spec=spec, table=table, registers=registers, world=world, work=work, machine=machine)
    study = given.open()
    with progress("examining the design"):
        frozen = study.freeze(overrides=overrides_of(override, reason))
    given.remember(study)
    typer.echo(f"frozen: {study.spec.study}/{frozen.digest[:8]}")
    typer.echo(f"Next: {given.command('run')}")


@app.command()
def amend(
    spec: Spec,
    reason: Reason,
    table: Table = None,
    registers: Registers = None,
    world: World = None,
    work: Work = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    override: Override = None,
) -> None:
    """Freeze a changed design, with the reason and what changed; exploratory if outcomes had been read."""
    machine = Machine(memory=memory, threads=threads, temp=temp_dir)
    given = Given(spec=spec, table=table, registers=registers, world=world, work=work, machine=machine)
    study = given.open()
    with progress("examining the design"):
        frozen = study.amend(reason, overrides=overrides_of(override, reason))
    given.remember(study)
    last = frozen.amendments[-1]
    for line in last.diff:
        typer.echo(f"  {line}")
    typer.echo(f"amended: {study.spec.study}/{frozen.digest[:8]}")
    if last.outcomes_read:
        typer.echo("outcomes had been read: results will be labelled exploratory")


@app.command()
def run(
    spec: Spec,
    table: Table = None,
    registers: Registers = None,
    world: World = None,
    work: Work = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    out: Out = None,
    all_stages: Annotated[bool, typer.Option("--all-stages", help="design, freeze, run and release in one go")] = False,
    formats: Formats = "html",
    override: Override = None,
    reason: Reason = "",
) -> None:
    """Estimate a frozen study; with --all-stages walk the whole journey, with --out release it too."""
    _refuse_formats(formats)
    if out is None and formats != "html":
        raise SpecError(
            Problem(
                code="E104",
                sentence="`--format` says how a release is written, and nothing says where",
                help="add `--out DIR`, or leave `--format` out",
            )
        )
    machine = Machine(memory=memory, threads=threads, temp=temp_dir)
    given = Given(spec=spec, table=table, registers=registers, world=world, work=work, machine=machine)
    study = given.open()
    if out is not None:
        study.refuse_out(out)
    if all_stages:
        why = _all_stages(study, reason)
        with progress("design, outcome-blind"):
            study.design()
            study.freeze(overrides=overrides_of(override, reason), all_stages_reason=why)
    elif override:
        raise FreezeError(
            Problem(
                code="E605",
                sentence="a check is overridden when the design is frozen, not when it is run",
                help="add `--all-stages`, or use `effekt freeze --override CHECK --reason`",
            )
        )
    with progress("estimating"):
        estimates = study.estimates()
    given.remember(study)
    typer.echo(f"{study.spec.study}: {sum(len(e.rows) for e in estimates.values())} rows estimated")
    if out is not None:
        _release(study, out, formats)
    else:
        typer.echo(f"Next: {given.command('release')} --out DIR")


@app.command()
def release(
    spec: Spec,
    out: Annotated[Path, typer.Option("--out")],
    table: Table = None,
    registers: Registers = None,
    world: World = None,
    work: Work = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
    formats: Formats = "html",
) -> None:
    """Write protected tables, figures, report and manifest; --format also for Word, Excel, LaTeX and print."""
    _refuse_formats(formats)
    machine = Machine(memory=memory, threads=threads, temp=temp_dir)
    given = Given(spec=spec, table=table, registers=registers, world=world, work=work, machine=machine)
    _release(given.open(), out, formats)


@app.command()
def export(
    spec: Spec,
    to: Annotated[Path, typer.Option("--to", help="the file to write: .dta or .parquet; stays in the zone")],
    analysis: Annotated[str, typer.Option("--analysis", help="which analysis; the first by default")] = "",
    table: Table = None,
    registers: Registers = None,
    world: World = None,
    work: Work = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
) -> None:
    """Write the sample for Stata or R, outcomes only after the freeze, with scripts that re-estimate the main row."""
    machine = Machine(memory=memory, threads=threads, temp=temp_dir)
    given = Given(spec=spec, table=table, registers=registers, world=world, work=work, machine=machine)
    with progress("writing"):
        study = given.open()
        files = study.export(to, analysis=analysis)
    for path in files:
        typer.echo(f"wrote {path}")
    if len(files) == 1:
        typer.echo(
            "no outcomes and no scripts: outcomes are sealed until `effekt freeze`"
            if study.frozen is None
            else "no scripts: Stata and R have no one command for this analysis"
        )
    typer.echo("one row per person or unit: keep it in the zone")


@app.command()
def status(
    spec: Spec, table: Table = None, registers: Registers = None, world: World = None, work: Work = None
) -> None:
    """Say what has been done in the work folder and what comes next."""
    study = Given(spec=spec, work=work).open()
    given = Given(spec=spec, table=table, registers=registers, world=world, work=work).recalled(study)
    entries = list(study.ledger.entries())
    for entry in entries:
        typer.echo(f"{entry['at']}  {entry['event']}")
    events = [entry["event"] for entry in entries]
    if "amend" in events:
        # What was read and released before an amendment belongs to another design.
        last = len(events) - 1 - events[::-1].index("amend")
        events = ["design", "freeze", *events[last:]]
    steps = {"design": "design", "freeze": "freeze", "outcomes_read": "run", "release": "release"}
    following = next((command for event, command in steps.items() if event not in events), None)
    ending = " --out DIR" if following == "release" else ""
    if following:
        typer.echo(f"Next: {given.command(following)}{ending}")
        return
    typer.echo("The study is at its end: it is released, and no step is left.")
    typer.echo(f'To change its design: {given.command("amend")} --reason "..."')
    typer.echo("To see two releases side by side: effekt compare A B")


def _refuse_formats(formats: str) -> None:
    """Raise E208 for an unknown format, and E716 for print without a browser, before anything is read."""
    from effekt.release.formats.asked import asked

    if "pdf" in asked(formats):
        from effekt.release.formats.printed import browser

        browser()


def _release(study: Study, out: Path, formats: str) -> None:
    with progress("protecting and drawing"):
        study.release(out, formats=formats)
    for path in sorted(out.glob("report*")) + sorted(out.glob("tables.*")):
        typer.echo(f"wrote {path}")
    typer.echo(f"wrote {out / 'estimates.json'}")


def _all_stages(study: Study, reason: str) -> str:
    """Return the reason to store for walking all stages; public and synthetic data need none.

    Raises
    ------
    FreezeError
        E605 on data that are not public, without a reason.
    """
    if study.spec.disclosure == "open" or study.source.synthetic:
        return ""
    if not reason.strip():
        raise FreezeError(
            Problem(
                code="E605",
                sentence="walking all stages in one go on data that are not public needs a reason",
                help='add `--reason "..."`, or run design, freeze and run one by one',
                note="the results will be labelled exploratory",
                place=study.where("disclosure"),
            )
        )
    return reason
