"""What a world has put in rather than what comes of it: its effect on participants, and selection on motivation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from effekt.synthetic.life import Lives, live, regimes_of
from effekt.synthetic.persons import draw_persons
from effekt.synthetic.programme import Regime
from effekt.synthetic.schooling import UPPER
from effekt.synthetic.shocks import Ints
from effekt.synthetic.state import Months
from effekt.synthetic.world import World

_PERSONS = 20_000
"""How many persons of the world are looked through for participants."""
_STREAMS = 8
_REGIMES: tuple[Regime, Regime] = ("natural", "off")
_AFTER = 12
"""Months after the start: work in that month, school begun until then."""


PLANTED = ("effect_on_job", "effect_on_education", "motivation")
"""By the names that ``moments_claimed.csv`` uses."""


def planted(world: World, seed: int) -> Mapping[str, float | None]:
    """Return what a world has put in, by name.

    Effects are points by which guidance moves participants a year on, against never, None if nobody takes part;
    motivation is log-odds of taking part by a standard deviation of it.
    """
    persons = draw_persons(world, seed, np.arange(min(_PERSONS, world.persons.number)))
    started = live(world, seed, Lives.observed(persons)).started
    took = np.flatnonzero((started >= world.months[0]) & (started + _AFTER <= world.months[1]))
    found: dict[str, float | None] = dict.fromkeys(PLANTED)
    if len(took):
        rows = np.repeat(took, _STREAMS)
        natural, off = (_again(world, seed, regime, rows, started) for regime in _REGIMES)
        for name, outcome in (("effect_on_job", _works), ("effect_on_education", _studies)):
            found[name] = 100 * (outcome(natural, started[rows]) - outcome(off, started[rows]))
    return {**found, "motivation": world.programme.motivation.participation}


def _again(world: World, seed: int, regime: Regime, rows: Ints, started: Ints) -> Months:
    lives = Lives(
        persons=draw_persons(world, seed, rows),
        regime=regimes_of((regime,), len(rows)),
        start=started[rows],
        stream=1 + np.arange(len(rows)) % _STREAMS,
    )
    return live(world, seed, lives)


def _works(months: Months, start: Ints) -> float:
    return float((months["job"][np.arange(len(start)), start - months.first + _AFTER] > 0).mean())


def _studies(months: Months, start: Ints) -> float:
    at = start[:, None] - months.first + np.arange(_AFTER + 1)
    course = months["course"][np.arange(len(start))[:, None], at]
    return float(((course[:, 1:] == UPPER) & (course[:, :-1] != UPPER)).any(axis=1).mean())
