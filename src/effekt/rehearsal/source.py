"""The registers of one draw: only those the study asks for, made here and now, and gone with the draw."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from effekt.errors import DataError, Problem
from effekt.population.extract.manifest import RegisterFile
from effekt.population.extract.manifest import World as DrawnFrom
from effekt.population.extract.opening import Extract
from effekt.provenance.digests import digest
from effekt.spec.registered import CountyStudy, RegisterStudy
from effekt.study.registers import RegisterSource, wanted_registers
from effekt.synthetic.draw import refuse_others, registers
from effekt.synthetic.life import Lives, live
from effekt.synthetic.persons import Persons, draw_persons
from effekt.synthetic.world import World


class DrawnSource(RegisterSource):
    """A draw as the data of a study. They are of nobody, so they are not looked through as a delivery is."""

    def __init__(self, spec: RegisterStudy | CountyStudy, world: World, seed: int, folder: Path) -> None:
        super().__init__(spec, folder)
        self.spec, self.world, self.seed = spec, world, seed
        self._into = folder
        self.observed: tuple[Persons, NDArray[np.int64]] | None = None
        """Everybody and the month each started in, as soon as they have lived."""

    @cached_property
    def extract(self) -> Extract:
        """The registers of the study and its variants.

        Raises
        ------
        DataError
            E201 if the world has no such register.
        SpecError
            E204 for a world that is not drawn in memory.
        """
        refuse_others(self.world)
        last = self.world.coverage.last
        assert last is not None
        coverage = self.world.coverage.first, last
        wanted = wanted_registers(self.spec)
        lives = Lives.observed(draw_persons(self.world, self.seed))
        months = live(self.world, self.seed, lives)
        self.observed = lives.persons, months.started
        made = registers(self.world, self.seed, lives, lives.persons.ids(), wanted=wanted, months=months)
        files = {}
        for name in wanted:
            if name not in made:
                raise _no_register(name, self.world, self.spec)
            path = self._into / f"{name}.parquet"
            pq.write_table(made[name], path, compression="none")
            files[name] = RegisterFile(name=name, path=path, coverage=coverage, rows=made[name].num_rows)
        return Extract(
            folder=self._into,
            synthetic=True,
            world=DrawnFrom(name=self.world.world, seed=self.seed, digest=self.world.digest),
            tables=files,
            digest=digest([self.world.digest, self.seed, wanted]),
        )


def _no_register(name: str, world: World, spec: RegisterStudy | CountyStudy) -> DataError:
    asked = next((outcome for outcome, said in spec.outcomes.items() if said.table == name), None)
    return DataError(
        Problem(
            code="E201",
            sentence=f"the world `{world.world}` draws no `{name}`",
            help="ask for nothing from that register, or rehearse on another world",
            place=None if asked is None else spec.where(("outcomes", asked, "from")),
        )
    )
