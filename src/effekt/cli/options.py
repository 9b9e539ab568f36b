"""Arguments and options that several commands share, and what they mean together."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from effekt.population.engine.machine import LOCAL, Machine

if TYPE_CHECKING:
    from effekt.study import Study

Spec = Annotated[Path, typer.Argument(metavar="SPEC", help="the study, a YAML file")]
Table = Annotated[Path | None, typer.Option("--table", help="the analysis-ready file: .csv, .parquet or .dta")]
Registers = Annotated[Path | None, typer.Option("--registers", help="folder of canonical registers (parquet)")]
World = Annotated[str | None, typer.Option("--world", help="a synthetic world instead of registers: its name or file")]
Work = Annotated[Path | None, typer.Option("--work", help="state that stays in the zone; default .effekt/<study>")]
Memory = Annotated[str | None, typer.Option("--memory", help="most memory for the engine, such as 8GB")]
Threads = Annotated[int | None, typer.Option("--threads", help="most threads for the engine", min=1)]
TempDir = Annotated[Path | None, typer.Option("--temp-dir", help="where what memory cannot hold goes")]
Out = Annotated[Path | None, typer.Option("--out", help="folder for protected results")]
Override = Annotated[
    list[str] | None, typer.Option("--override", metavar="CHECK", help="pass over a failed check; needs --reason")
]
Reason = Annotated[str, typer.Option("--reason", help="why, in plain words; stored and printed")]
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="how problems are printed")]
Formats = Annotated[str, typer.Option("--format", help="of the report, with commas: html,docx,xlsx,tex,pdf")]

GIVEN = "given.json"
_DATA = ("table", "registers", "world")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A study and what it was given to run on."""

    spec: Path
    table: Path | None = None
    registers: Path | None = None
    world: str | None = None
    work: Path | None = None
    machine: Machine = LOCAL

    def open(self) -> Study:
        """Load the study; pandas is imported here and not before."""
        from effekt.study import Study

        return Study.open(
            self.spec,
            table=self.table,
            registers=self.registers,
            world=self.world,
            work=self.work,
            machine=self.machine,
        )

    def remember(self, study: Study) -> None:
        """Keep in the work folder which data were given, so that `status` can say the next command in full.

        No result depends on it; a study may be moved to other data by naming them.
        """
        import json

        from effekt.provenance.folders import write_file

        given = {key: str(value) for key in _DATA if (value := getattr(self, key)) is not None}
        if given:
            write_file(study.work / GIVEN, (json.dumps(given, ensure_ascii=False, sort_keys=True) + "\n").encode())

    def recalled(self, study: Study) -> Given:
        """Return the same with the data that were given last, unless this command names some itself."""
        import json

        if any(getattr(self, key) is not None for key in _DATA):
            return self
        known: dict[str, str] = {}
        with suppress(OSError, ValueError):
            known = {k: v for k, v in json.loads((study.work / GIVEN).read_text("utf-8")).items() if k in _DATA}
        table, registers = (Path(known[key]) if key in known else None for key in ("table", "registers"))
        return replace(self, table=table, registers=registers, world=known.get("world"))

    def command(self, name: str) -> str:
        """Return the command to type next, with the files this one was given."""
        given = [f"--{key} {value}" for key in (*_DATA, "work") if (value := getattr(self, key)) is not None]
        return " ".join(["effekt", name, str(self.spec), *given, *_repeated(self.machine)])


def _repeated(machine: Machine) -> list[str]:
    """Return the options of a machine."""
    given = {"memory": machine.memory, "threads": machine.threads, "temp-dir": machine.temp}
    return [f"--{key} {value}" for key, value in given.items() if value is not None]


def overrides_of(checks: list[str] | None, reason: str) -> dict[str, str]:
    """Return check -> reason."""
    return dict.fromkeys(checks or (), reason)
