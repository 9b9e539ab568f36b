"""A world held against what is published: every moment with target, reached and band, or why it is not claimed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from effekt.errors import Problem, SpecError
from effekt.synthetic.calibration.block import Block
from effekt.synthetic.calibration.measures import MEASURES
from effekt.synthetic.calibration.moments import Moment, moments
from effekt.synthetic.calibration.planted import planted
from effekt.synthetic.world import World

_AT_A_TIME = 10_000
"""Persons lived at once, so that a country fits in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """One moment in a world. value : in the moment's unit; None where the world does not claim it or has none of it."""

    moment: Moment
    value: float | None

    @property
    def claimed(self) -> bool:
        """Whether the world says anything about the moment."""
        return bool(self.moment.measure)

    @property
    def within(self) -> bool | None:
        """Whether it is within its band; None where nothing is tested."""
        band = self.moment.band
        if band is None or not self.claimed:
            return None
        return self.value is not None and bool(band[0] <= self.value <= band[1])


def calibrate(
    world: World, seed: int | None = None, *, told: Callable[[int], None] = lambda _: None
) -> tuple[Reached, ...]:
    """Return every moment and what the world reaches. told : called with the number of persons lived so far.

    Participants are counted in the country, not as many times as the world has enlarged its projects.

    Raises
    ------
    SpecError
        E109 for a world that stands for no country: nothing is published about it.
    """
    if world.persons.stands_for is None:
        raise _of_no_country(world)
    luck = world.seed if seed is None else seed
    own_size = world.model_copy(update={"programme": world.programme.model_copy(update={"enlarged": 1.0})})
    sums = {moment.id: np.zeros(2) for moment in moments() if moment.measure in MEASURES}
    for block in _blocks(own_size, luck, told):
        for moment in moments():
            if moment.id in sums:
                sums[moment.id] += MEASURES[moment.measure](block, moment.arguments)
        weight = block.weight
    put_in = planted(world, luck)
    measured = {id_: _value(float(both[0]), float(both[1]), weight) for id_, both in sums.items()}
    return tuple(Reached(moment=m, value=measured.get(m.id, put_in.get(m.measure))) for m in moments())


def _blocks(world: World, seed: int, told: Callable[[int], None]) -> Iterator[Block]:
    everybody = world.persons.number
    for first in range(0, everybody, _AT_A_TIME):
        yield Block(world, seed, np.arange(first, min(first + _AT_A_TIME, everybody)))
        told(min(first + _AT_A_TIME, everybody))


def _value(part: float, whole: float, weight: float) -> float | None:
    """Return a count in people, or a share in percent."""
    return 100 * part / whole if whole else part * weight


def _of_no_country(world: World) -> SpecError:
    return SpecError(
        Problem(
            code="E109",
            sentence=f"the world `{world.world}` stands for no country, so nothing published can be held against it",
            help="calibrate a world with `persons.stands_for`, such as `karriereveiledning`",
        )
    )
