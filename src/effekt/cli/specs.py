"""Commands about the study file itself: nothing of the data is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from effekt.cli.app import app
from effekt.cli.options import Format, Given, Memory, Registers, Spec, TempDir, Threads, World
from effekt.cli.showing import progress
from effekt.errors import Problem, SpecError
from effekt.population.engine.machine import Machine


@app.command()
def check(
    spec: Spec,
    fmt: Format = "text",
    metadata: Annotated[
        Path | None, typer.Option("--metadata", help="what `effekt scan` printed of a delivery")
    ] = None,
    catalogue: Annotated[Path | None, typer.Option("--catalogue", help="the catalogue of that delivery")] = None,
) -> None:
    """Check a study file: every problem at once; invented persons beside it (assured/SPEC) are run through it.

    With --metadata and --catalogue also whether a delivery has the files, months and columns that the study needs.
    """
    from effekt.spec.assured import assured_beside
    from effekt.spec.load import check as problems_of

    problems = problems_of(spec)
    if problems:
        raise SpecError(problems)
    if metadata is not None or catalogue is not None:
        _delivered(spec, metadata, catalogue)
    beside = assured_beside(spec)
    told = "" if beside is None else _assured(spec, beside)
    typer.echo("[]" if fmt == "json" else f"{spec}: no problems found{told}")
    if fmt == "text":
        _tell_untranslated(spec)


def _tell_untranslated(spec: Path) -> None:
    """Print a note for every label that another language of the report shows in words that are not its own."""
    from effekt.spec.labels import LANGUAGE_NAMES
    from effekt.spec.load import load

    study = load(spec)
    for labelled, language in study.untranslated:
        name = ".".join(map(str, labelled.path))
        place = study.where(labelled.path)
        where = "" if place is None else f"{place.file}:{place.line}: "
        said = f"`{name}` has no words in {LANGUAGE_NAMES[language]}, and that report shows the other language's"
        typer.echo(f"note: {where}{said}; write `{{nb: ..., en: ...}}`")


def _delivered(spec: Path, metadata: Path | None, catalogue: Path | None) -> None:
    """Raise what a delivery lacks, by the names of its files and columns."""
    from datetime import UTC, datetime

    from effekt.population.catalogue.loading import load_catalogue
    from effekt.population.metadata.checking import metadata_problems
    from effekt.population.metadata.scanning import read_scan
    from effekt.spec.load import load
    from effekt.spec.registered import CountyStudy, RegisterStudy

    if metadata is None or catalogue is None:
        given, other = ("--catalogue", "--metadata") if metadata is None else ("--metadata", "--catalogue")
        raise SpecError(
            Problem(
                code="E104",
                sentence=f"`{given}` says nothing without `{other}`",
                help=f"add `{other} {'scan.csv' if metadata is None else 'catalogue.yaml'}`",
                note="`effekt scan DIR` makes the one, `effekt catalogue init DIR` drafts the other",
            )
        )
    study = load(spec)
    if not isinstance(study, RegisterStudy | CountyStudy):
        raise SpecError(
            Problem(
                code="E805", sentence="a study of a prepared table reads no delivery", help="leave out `--metadata`"
            )
        )
    located = load_catalogue(catalogue, today=datetime.now(UTC).astimezone().date())
    lacking = metadata_problems(study, located, read_scan(metadata))
    if lacking:
        raise SpecError(lacking)


def _assured(spec: Path, file: Path) -> str:
    from effekt.spec.load import load
    from effekt.spec.registered import RegisterStudy

    study = load(spec)
    if not isinstance(study, RegisterStudy):
        help_ = f"remove {file.parent.name}/{file.name}: persons are followed in studies of persons only"
        raise SpecError(
            Problem(code="E204", sentence="invented persons of such a study are not in this version", help=help_)
        )
    from effekt.study.assuring import assure

    with progress("running the study on its invented persons"):
        well, problems = assure(study, file)
    if problems:
        raise SpecError(problems)
    return f"; {well} invented persons come out as {file.parent.name}/{file.name} expects"


@app.command()
def show(
    spec: Spec,
    resolved: Annotated[bool, typer.Option("--resolved", help="every value with where it comes from")] = False,
    sql: Annotated[bool, typer.Option("--sql", help="the SQL of every step that makes the sample")] = False,
    registers: Registers = None,
    world: World = None,
    memory: Memory = None,
    threads: Threads = None,
    temp_dir: TempDir = None,
) -> None:
    """Show what a study says: its file; --resolved every value and its origin; --sql how persons are chosen."""
    from effekt.spec.load import load

    if sql:
        machine = Machine(memory=memory, threads=threads, temp=temp_dir)
        with progress("reading what was known at time zero"):
            steps = Given(spec=spec, registers=registers, world=world, machine=machine).open().sql()
        for name, text in steps:
            typer.echo(f"-- {name}\n{text};\n")
        return
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
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="an estimator, adjustment, check, or key of a study")
    ] = "",
) -> None:
    """Print the manual of a method or check, or what a key of a study means; without a name, list the methods."""
    from effekt.spec.manuals import manuals

    known = manuals()
    if not name:
        for method, text in known.items():
            typer.echo(f"{method:16} {text.splitlines()[0]}")
        return
    if name in known:
        from effekt.release.written_formulas import written_manual

        typer.echo(written_manual(known[name]))
    else:
        typer.echo(_keys_named(name))


def _keys_named(name: str) -> str:
    """Return what the keys of that name mean; E205 if a study has none."""
    from effekt.located.names import did_you_mean, listing
    from effekt.spec.keys import keys, keys_named
    from effekt.spec.manuals import manuals

    found = keys_named(name)
    if not found:
        methods = manuals()
        raise SpecError(
            Problem(
                code="E205",
                sentence=f"`{name}` is not a method, a check or a key of a study",
                help=did_you_mean(name, [*methods, *sorted({key.name for key in keys()})]),
                note=f"methods and checks: {listing(methods).removeprefix('valid: ')}",
            )
        )
    return "\n\n".join(key.told() for key in found)
