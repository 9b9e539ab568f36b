"""The commands: parse, call, exit code. Whatever needs pandas is imported by the command that needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from effekt.errors import FreezeError, Problem, SpecError

if TYPE_CHECKING:
    from effekt.checks.gate import Gate
    from effekt.study import Study

app = typer.Typer(
    name="effekt",
    help="Impact evaluation of programmes on register data: one YAML spec from design to a released report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Spec = Annotated[Path, typer.Argument(metavar="SPEC", help="the study, a YAML file")]
Table = Annotated[Path | None, typer.Option("--table", help="the analysis-ready file: .csv, .parquet or .dta")]
Work = Annotated[Path | None, typer.Option("--work", help="state that stays in the zone; default .effekt/<study>")]
Out = Annotated[Path | None, typer.Option("--out", help="folder for protected results")]
Override = Annotated[
    list[str] | None, typer.Option("--override", metavar="CHECK", help="pass over a failed check; needs --reason")
]
Reason = Annotated[str, typer.Option("--reason", help="why, in plain words; stored and printed")]
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="how problems are printed")]


@app.command()
def check(spec: Spec, fmt: Format = "text") -> None:
    """Check a study file: every problem at once, each with its place and what to write instead."""
    from effekt.spec.load import check as problems_of

    problems = problems_of(spec)
    if problems:
        raise SpecError(problems)
    typer.echo("[]" if fmt == "json" else f"{spec}: no problems found")


@app.command()
def show(
    spec: Spec,
    resolved: Annotated[bool, typer.Option("--resolved", help="every value with where it comes from")] = False,
) -> None:
    """Show what a study says; with --resolved every value, default or written, and its origin."""
    from effekt.spec.load import load

    study = load(spec)
    if resolved:
        typer.echo(study.resolved_yaml(), nl=False)
        typer.echo(f"# digest {study.digest}")
    else:
        typer.echo(spec.read_text(encoding="utf-8"), nl=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a study file, for editors that complete and check YAML."""
    import json

    from effekt.spec.kinds import schema as schema_of

    typer.echo(json.dumps(schema_of(), ensure_ascii=False, indent=2))


@app.command()
def explain(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="an estimator, adjustment or check")] = "",
) -> None:
    """Print the manual of a method or check: what it does, when to use it, references; without a name, list them."""
    from effekt.spec.manuals import manuals

    known = manuals()
    if not method:
        for name, text in known.items():
            typer.echo(f"{name:16} {text.splitlines()[0]}")
        return
    if method not in known:
        from effekt.located.names import did_you_mean, listing

        raise SpecError(
            Problem(
                code="E205",
                sentence=f"`{method}` is not a method or check",
                help=did_you_mean(method, known),
                note=listing(known),
            )
        )
    typer.echo(known[method])


@app.command()
def design(spec: Spec, table: Table = None, work: Work = None) -> None:
    """Look at the design before any outcome: flow, balance, overlap, pre-trends, clusters, detectable effect."""
    study = _open(spec, table, work)
    with _progress("reading what was known at time zero"):
        gate = study.design()
    _show_findings(gate)
    following = _command("freeze", spec, table, work)
    typer.echo(f"Next: {following}" if gate.open else "Next: mend the design; the gate is closed")
    if not gate.open:
        typer.echo(f'or pass over a check: {following} --override CHECK --reason "..."')
    raise typer.Exit(0 if gate.open else 4)


@app.command()
def freeze(spec: Spec, table: Table = None, work: Work = None, override: Override = None, reason: Reason = "") -> None:
    """Freeze the design, so that outcomes may be read."""
    study = _open(spec, table, work)
    with _progress("examining the design"):
        frozen = study.freeze(overrides=_overrides(override, reason))
    typer.echo(f"frozen: {study.spec.study}/{frozen.digest[:8]}")
    typer.echo(f"Next: {_command('run', spec, table, work)}")


@app.command()
def amend(spec: Spec, reason: Reason, table: Table = None, work: Work = None, override: Override = None) -> None:
    """Freeze a changed design, with the reason and what changed; exploratory if outcomes had been read."""
    study = _open(spec, table, work)
    with _progress("examining the design"):
        frozen = study.amend(reason, overrides=_overrides(override, reason))
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
    work: Work = None,
    out: Out = None,
    all_stages: Annotated[bool, typer.Option("--all-stages", help="design, freeze, run and release in one go")] = False,
    override: Override = None,
    reason: Reason = "",
) -> None:
    """Estimate a frozen study; with --all-stages walk the whole journey, with --out release it too."""
    study = _open(spec, table, work)
    if out is not None:
        study.refuse_out(out)
    if all_stages:
        why = _all_stages(study, reason)
        with _progress("design, outcome-blind"):
            study.design()
            study.freeze(overrides=_overrides(override, reason), all_stages_reason=why)
    elif override:
        raise FreezeError(
            Problem(
                code="E605",
                sentence="a check is overridden when the design is frozen, not when it is run",
                help="add `--all-stages`, or use `effekt freeze --override CHECK --reason`",
            )
        )
    with _progress("estimating"):
        estimates = study.estimates()
    typer.echo(f"{study.spec.study}: {sum(len(e.rows) for e in estimates.values())} rows estimated")
    if out is not None:
        _release(study, out)
    else:
        typer.echo(f"Next: {_command('release', spec, table, work)} --out DIR")


@app.command()
def release(spec: Spec, out: Annotated[Path, typer.Option("--out")], table: Table = None, work: Work = None) -> None:
    """Write protected tables, figures, report and manifest."""
    _release(_open(spec, table, work), out)


@app.command()
def status(spec: Spec, work: Work = None) -> None:
    """Say what has been done in the work folder and what comes next."""
    study = _open(spec, None, work)
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
    typer.echo(f"Next: {_command(following, spec, None, work)}" if following else "released")


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
    with _progress("computing"):
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


_WIDTH_OF_A_LOG = 160


def _open(spec: Path, table: Path | None, work: Path | None) -> Study:
    """Load a study; pandas is imported here and not before."""
    from effekt.study import Study

    return Study.open(spec, table=table, work=work)


def _release(study: Study, out: Path) -> None:
    with _progress("protecting and drawing"):
        study.release(out)
    for name in ("report.html", "estimates.json"):
        typer.echo(f"wrote {out / name}")


def _command(name: str, spec: Path, table: Path | None, work: Path | None) -> str:
    """Return the command to type next, with the files this one was given."""
    given = [f"--{key} {value}" for key, value in (("table", table), ("work", work)) if value is not None]
    return " ".join(["effekt", name, str(spec), *given])


def _overrides(checks: list[str] | None, reason: str) -> dict[str, str]:
    """Return check -> reason."""
    return dict.fromkeys(checks or (), reason)


def _all_stages(study: Study, reason: str) -> str:
    """Return the reason to store for walking all stages; public data need none.

    Raises
    ------
    FreezeError
        E605 on data that are not public, without a reason.
    """
    if study.spec.disclosure == "open":
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


def _show_findings(gate: Gate) -> None:
    """Print one line per finding: the number, its threshold, and what to do."""
    from rich.console import Console
    from rich.table import Table as Grid

    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH_OF_A_LOG
    grid = Grid("analysis", "check", "about", "number", "threshold", "verdict", "what to do")
    for column in grid.columns:
        column.overflow = "fold"
    for f in gate.findings:
        numbers = ["" if n is None else f"{n:.3g}" for n in (f.value, f.threshold)]
        grid.add_row(f.analysis, f.check, f.subject, *numbers, str(f.verdict), f.advice)
    console.print(grid)


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """Show that something is going on, on a terminal only; a log stays free of control characters."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(f"{what} ..."):
        yield
