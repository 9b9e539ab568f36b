"""The command that drafts a new study."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from effekt.cli.app import app
from effekt.errors import DataError, Problem


@app.command()
def init(
    name: Annotated[str, typer.Argument(metavar="NAME", help="of the study; the file is NAME.yaml")],
    kind: Annotated[
        Literal["persons", "counties", "table"], typer.Option("--kind", help="who is followed, or a table of your own")
    ] = "persons",
    question: Annotated[str | None, typer.Option("--question", help="what is asked, in a sentence")] = None,
    age: Annotated[str | None, typer.Option("--age", help="ages at time zero: `19..30`")] = None,
    accrual: Annotated[str | None, typer.Option("--accrual", help="months of time zero: `2022-05..2026-12`")] = None,
    treatment: Annotated[str, typer.Option("--treatment", help="the register that says who is treated")] = "deltakelse",
    outcome: Annotated[
        list[str] | None, typer.Option("--outcome", help="i_jobb, loenn, i_utdanning, i_tiltak; the first is primary")
    ] = None,
    start: Annotated[
        list[str] | None, typer.Option("--start", metavar="COUNTY=MONTH", help="for counties: `11=2022-05`")
    ] = None,
) -> None:
    """Draft a new study from a few answers: a file that passes `check` and runs on the world tiny at once."""
    from effekt.spec.starting.draft import ACCRUAL, Answers, draft

    into = Path(f"{name}.yaml")
    if into.exists():
        raise DataError(Problem(code="E710", sentence=f"{into} is there already", help="choose another name"))
    # Only a person can be asked; a script gets the defaults.
    asks = sys.stdin.isatty() and kind != "table"
    blank = Answers(name=name)
    text = draft(
        Answers(
            name=name,
            kind=kind,
            question=_answer(question, blank.question, "what is asked", asks=asks),
            age=_answer(age, blank.age, "ages", asks=asks),
            accrual=_answer(accrual, ACCRUAL[kind], "months that time zero may fall in", asks=asks),
            treatment=treatment,
            outcomes=tuple(outcome or blank.outcomes),
            starts=_starts(start) if start else blank.starts,
        )
    )
    into.write_text(text, encoding="utf-8")
    typer.echo(f"wrote {into}")
    for line in _next(kind, into):
        typer.echo(line)


def _answer(given: str | None, default: str, words: str, *, asks: bool) -> str:
    if given is not None:
        return given
    return str(typer.prompt(words, default=default)) if asks else default


def _starts(texts: list[str]) -> tuple[tuple[str, str], ...]:
    pairs = [text.partition("=") for text in texts]
    if not all(equals for _, equals, _ in pairs):
        problem = Problem(code="E105", sentence="`--start` is not understood", help="write `--start 11=2022-05`")
        raise DataError(problem)
    return tuple((county, month) for county, _, month in pairs)


def _next(kind: str, path: Path) -> list[str]:
    if kind == "table":
        return [f"Next: write the names of your columns into it, then effekt design {path} --table FILE"]
    return [
        f"Next: effekt plan {path} --world tiny",
        f"      effekt design {path} --world tiny",
    ]
