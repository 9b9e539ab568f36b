"""A study against the metadata of a delivery: what is missing is known before anybody enters the zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from effekt.errors import EffektError, Problem
from effekt.population.catalogue.loading import LocatedCatalogue
from effekt.population.catalogue.tables import coverage_of
from effekt.population.cohort.observed import accrual_of
from effekt.population.cohort.observed import registers_of as registers_of_persons
from effekt.population.counties.build import last_entry
from effekt.population.counties.build import registers_of as registers_of_counties
from effekt.population.extract.manifest import RegisterFile
from effekt.population.extract.opening import Extract
from effekt.population.ingest.pieces import find_pieces
from effekt.population.ingest.planning import plan
from effekt.population.metadata.scanning import Scanned
from effekt.spec.registered import CountyStudy, RegisterStudy


def metadata_problems(
    spec: RegisterStudy | CountyStudy, located: LocatedCatalogue, scanned: Sequence[Scanned]
) -> list[Problem]:
    """Return what keeps a study from being run on a delivery, as far as names, types and coverages tell."""
    wanted = registers_of_persons(spec) if isinstance(spec, RegisterStudy) else registers_of_counties(spec)
    problems = [
        Problem(
            code="E201",
            sentence=f"the catalogue has no register `{name}`, which this study needs",
            help=f"describe `{name}` in the catalogue, or take out what asks for it",
            note=f"registers there: {', '.join(located.catalogue.tables)}",
            path=path,
        )
        for name, path in wanted.items()
        if name not in located.catalogue.tables
    ]
    there = [name for name in wanted if name in located.catalogue.tables]
    problems += _of_files(_only(located, there), scanned)
    if len(there) == len(wanted):
        problems += _caught(lambda: _in_time(spec, _promised(located, there)))
    return [spec.located(problem) for problem in problems]


def _only(located: LocatedCatalogue, names: Sequence[str]) -> LocatedCatalogue:
    tables = {name: located.catalogue.tables[name] for name in names}
    return replace(located, catalogue=located.catalogue.model_copy(update={"tables": tables}))


def _of_files(located: LocatedCatalogue, scanned: Sequence[Scanned]) -> Iterator[Problem]:
    """Yield E715 for files and months that are missing, and E202 for columns."""
    by_name = {file.name: file for file in scanned}
    try:
        pieces = find_pieces(located, names=list(by_name))
    except EffektError as error:
        yield from error.problems
        return
    for piece in pieces.files:
        if piece.source is None:
            yield from plan(located, piece, by_name[piece.name].as_delivered())[1]


def _promised(located: LocatedCatalogue, names: Sequence[str]) -> Extract:
    """Return the extract that the catalogue promises: coverages and no rows."""
    tables = {}
    for name in names:
        coverage = coverage_of(located.catalogue.tables[name])
        assert coverage is not None
        tables[name] = RegisterFile(name=name, path=Path(f"{name}.parquet"), coverage=coverage, rows=0)
    synthetic = located.catalogue.catalogue.synthetic
    return Extract(folder=located.folder, synthetic=synthetic, world=None, tables=tables, digest="")


def _in_time(spec: RegisterStudy | CountyStudy, extract: Extract) -> None:
    if isinstance(spec, RegisterStudy):
        accrual_of(spec, extract)
    else:
        last_entry(spec, extract)


def _caught(action: Callable[[], None]) -> tuple[Problem, ...]:
    try:
        action()
    except EffektError as error:
        return error.problems
    return ()
