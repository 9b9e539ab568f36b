"""What a study was given to run on, and the source that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from effekt.errors import FreezeError, Problem
from effekt.population.engine.machine import LOCAL, Machine
from effekt.spec.kinds import Study
from effekt.spec.prepared import PreparedStudy
from effekt.study.sources import PreparedSource, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An analysis-ready table, a folder of registers, or the name of a synthetic world. work : the work folder.

    machine : what registers are read on.
    """

    table: str | Path | None = None
    registers: str | Path | None = None
    world: str | Path | None = None
    work: Path
    machine: Machine = LOCAL


def source_of(spec: Study, given: Given) -> Source:
    """Return the source of a study.

    Raises
    ------
    FreezeError
        E109 for data of a kind that the study does not take.
    SpecError
        E108 and others for a world that cannot be read.
    """
    prepared = isinstance(spec, PreparedStudy)
    wrong = ("registers", "world") if prepared else ("table",)
    named = [key for key in ("table", "registers", "world") if getattr(given, key) is not None]
    refused = [key for key in named if key in wrong]
    if refused:
        raise _refused(refused[0], prepared=prepared)
    if len(named) > 1:
        raise both()
    if isinstance(spec, PreparedStudy):
        return PreparedSource(spec, None if given.table is None else Path(given.table))
    from effekt.study.registers import RegisterSource
    from effekt.study.worlds import extract_of

    if given.world is not None:
        return RegisterSource(spec, extract_of(given.world, work=given.work), given.machine)
    return RegisterSource(spec, None if given.registers is None else Path(given.registers), given.machine)


def _refused(key: str, *, prepared: bool) -> FreezeError:
    needs = "its table" if prepared else "registers, or a world"
    return FreezeError(
        Problem(
            code="E109",
            sentence=f"`--{key}` does not fit: this study runs on {needs}",
            help="name `--table FILE`" if prepared else "name one of `--registers DIR` and `--world NAME`",
            path=("prepared",) if prepared else ("population",),
        )
    )


def both() -> FreezeError:
    """Return the refusal of two sets of data."""
    return FreezeError(
        Problem(
            code="E109",
            sentence="`--registers` and `--world` name two sets of data: a study runs on one",
            help="leave one of the two out",
            path=("population",),
        )
    )
