"""A study on canonical registers, delivered or synthetic: a cohort of persons, or of counties, is built from them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import cached_property, partial
from pathlib import Path

from effekt.beside import Begin
from effekt.population.cohort.build import build_cohort
from effekt.population.cohort.cohort import Cohort
from effekt.population.cohort.observed import registers_of
from effekt.population.counties.build import CountyCohort, build_counties
from effekt.population.counties.build import registers_of as county_registers_of
from effekt.population.engine.connection import Engine, Statement
from effekt.population.engine.machine import LOCAL, Machine
from effekt.population.extract.opening import Extract, open_extract
from effekt.population.outcomes import counties as county_outcomes
from effekt.population.outcomes import registers as register_outcomes
from effekt.sample import Outcomes, Sample, Weights
from effekt.spec.kinds import Study
from effekt.spec.registered import CountyStudy, RegisterStudy
from effekt.study.lived import Replayed
from effekt.study.sources import Source, missing_data, sample_key
from effekt.study.truth import Truth
from effekt.study.worlds import world_of


class RegisterSource(Source):
    """Registers in a folder.

    Engines hold rows of persons in memory and in temporary files; they are closed when the study goes, at the latest
    when the process ends.
    """

    what = "the registers"
    path = ("population",)
    outcomes_path = ("outcomes",)

    def __init__(self, spec: RegisterStudy | CountyStudy, folder: Path | None, machine: Machine = LOCAL) -> None:
        self._spec, self._folder, self._machine = spec, folder, machine
        self._cohorts: dict[str, Cohort | CountyCohort] = {}
        self._statements: dict[str, tuple[Statement, ...]] = {}
        self._begun: dict[tuple[str, int], Callable[[], Replayed]] = {}
        self._engines = ExitStack()
        weakref.finalize(self, self._engines.close)

    @cached_property
    def extract(self) -> Extract:
        """The registers that the study and its variants ask for, checked from end to end."""
        if self._folder is None:
            raise missing_data("registers", "--registers DIR` or `--world NAME", "registers=...", self.path)
        return open_extract(self._folder, wanted=wanted_registers(self._spec))

    @property
    def digest(self) -> str:
        """sha256 of the content of the tables, whatever the order of their rows."""
        return self.extract.digest

    @property
    def synthetic(self) -> bool:
        """Whether the registers are declared synthetic."""
        return self.extract.synthetic

    def sql(self, spec: Study) -> tuple[tuple[str, str], ...]:
        """Return the SQL of every query that built the cohort: steps by their name, rows that were read by number."""
        self.cohort(spec)
        return tuple((statement.name, statement.sql) for statement in self._statements[sample_key(spec)])

    def truth(self, spec: Study, weights: Weights, streams: int) -> tuple[Truth, ...]:
        """Measure the study's outcomes on the world's replays, with and without each start."""
        cohort = self.cohort(spec)
        lives = self._begun.pop((sample_key(spec), streams), None) or self._lives(spec, streams)
        if lives is None or not isinstance(cohort, Cohort):
            return ()
        return lives().measured(cohort).truths(cohort.sample, weights)

    def begin_truth(self, spec: Study, streams: int, begin: Begin) -> None:
        """Begin to live the participants' lives again; they do not depend on who is compared with whom."""
        lives = self._lives(spec, streams, begin)
        if lives is not None:
            self._begun[sample_key(spec), streams] = lives

    def _lives(self, spec: Study, streams: int, begin: Begin = partial) -> Callable[[], Replayed] | None:
        """Return what lives the participants' lives again; None where no world that effekt knows was drawn."""
        drawn = self.extract.world
        world = None if drawn is None else world_of(drawn.name, drawn.digest)
        if drawn is None or world is None or not isinstance(spec, RegisterStudy):
            return None
        return Replayed.begun(world, drawn.seed, spec, streams, begin=begin)

    def sample(self, spec: Study) -> Sample:
        """Return the cohort as it was at time zero."""
        return self.cohort(spec).sample

    def between(self, spec: Study) -> Sample | None:
        """Return the treated with comparisons from counties without a project."""
        cohort = self.cohort(spec)
        return None if isinstance(cohort, CountyCohort) or cohort.between is None else cohort.between.sample

    def outcomes(self, spec: Study, freeze_digest: str, *, between: bool = False) -> Outcomes:
        """Read what came after time zero."""
        cohort = self.cohort(spec)
        if isinstance(cohort, CountyCohort):
            return county_outcomes.read(cohort, freeze_digest)
        return register_outcomes.read(cohort, freeze_digest, group=cohort.between if between else None)

    def cohort(self, spec: Study) -> Cohort | CountyCohort:
        """Return the cohort of a spec, of persons or of counties, built once."""
        key = sample_key(spec)
        if key not in self._cohorts:
            engine = self._engines.enter_context(Engine.open(self.extract, self._machine))
            if isinstance(spec, CountyStudy):
                self._cohorts[key] = build_counties(engine, spec, self.extract)
            elif isinstance(spec, RegisterStudy):
                self._cohorts[key] = build_cohort(engine, spec, self.extract)
            else:
                raise TypeError("a cohort belongs to a study on registers")
            # Outcomes are read on the same engine later, and are no part of the cohort.
            self._statements[key] = engine.statements
        return self._cohorts[key]


def wanted_registers(spec: Study) -> list[str]:
    """Return the registers that a study and its variants ask for."""
    return sorted(
        {table for each in (spec, *(spec.variant(name) for name in spec.variants)) for table in tables_of(each)}
    )


def tables_of(spec: Study) -> Iterable[str]:
    """Return the registers that a study asks for; none for one on a table of its own."""
    if isinstance(spec, CountyStudy):
        return county_registers_of(spec)
    return registers_of(spec) if isinstance(spec, RegisterStudy) else ()
