"""What a world has put in rather than what comes of it: its effect on participants, and selection on motivation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np

from effekt.synthetic.life import Lives, live, regimes_of
from effekt.synthetic.persons import draw_persons
from effekt.synthetic.schooling import UPPER
from effekt.synthetic.shocks import Ints
from effekt.synthetic.state import Months
from effekt.synthetic.world import World

_PERSONS = 20_000
"""How many persons of the world are looked through for participants."""
_STREAMS = 8
_AFTER = 12
"""Months after the start: work in that month, school begun until then."""


def effect(world: World, seed: int, asked: Mapping[str, str]) -> float | None:
    """Return points by which guidance moves participants a year on, against never; None if nobody takes part."""
    persons = draw_persons(world, seed, np.arange(min(_PERSONS, world.persons.number)))
    started = live(world, seed, Lives.observed(persons)).started
    took = np.flatnonzero((started >= world.months[0]) & (started + _AFTER <= world.months[1]))
    if not len(took):
        return None
    rows = np.repeat(took, _STREAMS)
    found = [_outcome(world, seed, regime, rows, started, on=asked["on"]) for regime in ("natural", "off")]
    return 100 * (found[0] - found[1])


def _outcome(
    world: World, seed: int, regime: Literal["natural", "off"], rows: Ints, started: Ints, *, on: str
) -> float:
    lives = Lives(
        persons=draw_persons(world, seed, rows),
        regime=regimes_of((regime,), len(rows)),
        start=started[rows],
        stream=1 + np.arange(len(rows)) % _STREAMS,
    )
    months = live(world, seed, lives)
    return _works(months, started[rows]) if on == "job" else _studies(months, started[rows])


def _works(months: Months, start: Ints) -> float:
    return float((months["job"][np.arange(len(start)), start - months.first + _AFTER] > 0).mean())


def _studies(months: Months, start: Ints) -> float:
    at = start[:, None] - months.first + np.arange(_AFTER + 1)
    course = months["course"][np.arange(len(start))[:, None], at]
    return float(((course[:, 1:] == UPPER) & (course[:, :-1] != UPPER)).any(axis=1).mean())


def motivation(world: World, _: int, asked: Mapping[str, str]) -> float | None:
    """Return log-odds of taking part by a standard deviation of motivation."""
    del asked
    return world.programme.motivation.participation


PLANTED: Mapping[str, Callable[[World, int, Mapping[str, str]], float | None]] = {
    "effect": effect,
    "motivation": motivation,
}
