"""Arguments and options that several commands share, and what they mean together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from effekt.study import Study

Spec = Annotated[Path, typer.Argument(metavar="SPEC", help="the study, a YAML file")]
Table = Annotated[Path | None, typer.Option("--table", help="the analysis-ready file: .csv, .parquet or .dta")]
Registers = Annotated[Path | None, typer.Option("--registers", help="folder of canonical registers (parquet)")]
World = Annotated[str | None, typer.Option("--world", help="a synthetic world instead of registers: its name or file")]
Work = Annotated[Path | None, typer.Option("--work", help="state that stays in the zone; default .effekt/<study>")]
Out = Annotated[Path | None, typer.Option("--out", help="folder for protected results")]
Override = Annotated[
    list[str] | None, typer.Option("--override", metavar="CHECK", help="pass over a failed check; needs --reason")
]
Reason = Annotated[str, typer.Option("--reason", help="why, in plain words; stored and printed")]
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="how problems are printed")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A study and what it was given to run on."""

    spec: Path
    table: Path | None = None
    registers: Path | None = None
    world: str | None = None
    work: Path | None = None

    def open(self) -> Study:
        """Load the study; pandas is imported here and not before."""
        from effekt.study import Study

        return Study.open(self.spec, table=self.table, registers=self.registers, world=self.world, work=self.work)

    def command(self, name: str) -> str:
        """Return the command to type next, with the files this one was given."""
        options = ("table", "registers", "world", "work")
        given = [f"--{key} {value}" for key in options if (value := getattr(self, key)) is not None]
        return " ".join(["effekt", name, str(self.spec), *given])


def overrides_of(checks: list[str] | None, reason: str) -> dict[str, str]:
    """Return check -> reason."""
    return dict.fromkeys(checks or (), reason)
