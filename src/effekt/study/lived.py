"""What a study's outcomes would have been: its participants' lives replayed, and measured as the study measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from effekt.beside import Begin
from effekt.population.cohort.cohort import Cohort
from effekt.population.outcomes import registers as register_outcomes
from effekt.sample import Array, Sample, Weights
from effekt.spec.registered import RegisterStudy
from effekt.study.truth import Truth, truths
from effekt.synthetic.persons import Persons
from effekt.synthetic.replay import replay
from effekt.synthetic.world import World

_REGIMES: tuple[Literal["natural"], Literal["wait"]] = ("natural", "wait")
"""Now against later: without this start, but later ones allowed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replayed:
    """Registers of the participants' replays. lives : of each regime; the first is the luck that came true."""

    registers: Mapping[str, pa.Table]
    lives: int

    @classmethod
    def begun(
        cls,
        world: World,
        seed: int,
        spec: RegisterStudy,
        streams: int,
        *,
        observed: tuple[Persons, NDArray[np.int64]] | None = None,
        begin: Begin = partial,
    ) -> Callable[[], Self]:
        """Begin to live the participants of a study again, and return what waits for it.

        streams : replays of each, with luck of its own. observed : as :func:`replay` takes it. begin : where it is
        done; only the world travels there.
        """
        tables = {"person", "bosted", *(outcome.table for outcome in spec.outcomes.values())}
        # Who started outside accrual is not in the sample, and need not be lived again.
        accrual, lives = spec.population.accrual, range(streams + 1)
        live = partial(replay, regime=_REGIMES, streams=lives, started=accrual, wanted=tables, observed=observed)
        wait = begin(live, world, seed)
        return lambda: cls(registers=wait(), lives=len(lives))

    def measured(self, cohort: Cohort) -> Lived:
        """Return what a cohort's outcomes are in the replays."""
        values = register_outcomes.on_replays(cohort, self.registers, len(_REGIMES) * self.lives)
        horizons = {name: np.array(outcome.horizons) for name, outcome in cohort.spec.outcomes.items()}
        return Lived(values=values, horizons=horizons, lives=self.lives)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lived:
    """Outcomes of a cohort's treated in the replays.

    values : outcome -> (treated, regimes x lives, H), the regimes one after the other. horizons : outcome -> (H,).
    """

    values: Mapping[str, Array]
    horizons: Mapping[str, Array]
    lives: int

    def truths(
        self, sample: Sample, weights: Weights, *, rows: NDArray[np.int64] | slice = slice(None)
    ) -> tuple[Truth, ...]:
        """Return the truth of every outcome and horizon. rows : places of the sample's treated among the cohort's."""
        return truths(
            sample=sample,
            weights=weights,
            horizons=self.horizons,
            natural={name: values[rows][:, : self.lives] for name, values in self.values.items()},
            without={name: values[rows][:, self.lives :] for name, values in self.values.items()},
        )
