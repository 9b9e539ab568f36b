"""Finding and losing work: one step of a month."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from effekt.synthetic.careers import Job
from effekt.synthetic.schooling import HIGHER, UPPER
from effekt.synthetic.shocks import Floats, Ints
from effekt.synthetic.state import LONG_AGO, Flags, Now, State, by_age, chance, logit
from effekt.synthetic.world import World

_SPURRED = 6
_YOUNGEST, _OLDEST = 16, 66
_SEASON = np.array([0, -0.2, -0.1, 0, 0.1, 0.15, 0.3, 0.1, 0.1, 0, 0, -0.1, -0.2])
"""Log-odds of finding work by month of the year, 1-12."""


def work(state: State, now: Now, world: World, u: Floats) -> State:
    """Return the state after jobs have begun and ended; u : (4, n)."""
    able: Flags = state.here & (now.age >= _YOUNGEST) & (now.age <= _OLDEST)
    employed = state.job > 0
    loses = employed & (~able | (u[0] < _lose(state, now, world)))
    finds = able & ~employed & (u[1] < _find(state, now, world))
    keeps = employed & ~loses
    jobs = state.jobs + finds
    idle = np.where(keeps | finds, 0, np.minimum(state.idle + 1, LONG_AGO))
    return replace(
        state,
        job=np.where(finds, jobs, np.where(keeps, state.job, 0)).astype(np.int16),
        jobs=jobs.astype(np.int16),
        tenure=np.where(keeps, state.tenure + 1, 0).astype(np.int16),
        idle=idle.astype(np.int16),
    )


def _find(state: State, now: Now, world: World) -> Floats:
    careers, persons = world.careers, now.persons
    odds = logit(careers.job.find.value) + now.on_work + now.county_shock + _SEASON[now.calendar]
    odds = odds - careers.frailty * persons.frailty + world.programme.motivation.work * persons.motivation
    odds = odds + 0.35 * (state.level >= UPPER) + 0.3 * (state.level >= HIGHER)
    odds = odds - 0.5 * (now.age < 18) - 0.4 * (state.course > 0) - 0.3 * (state.tiltak > 0)
    odds = odds + _besides(state, now, careers.job)
    if careers.support.spurred:
        odds = odds + careers.support.spurred * ((state.ran_out > 0) & (state.ran_out <= _SPURRED))
    odds = odds - 0.35 * (state.idle > 12) - 0.35 * (state.idle > 24)
    return chance(odds - 0.9 * state.reduced - 2.5 * state.disabled)


def _besides(state: State, now: Now, job: Job) -> Floats | float:
    """Return log-odds of finding work, and against losing it: of age, immigrants, reduced capacity and school."""
    found: Floats | float = by_age(job.age, now.age) if job.age else 0.0
    if job.immigrants:
        found = found + by_age(job.immigrants, now.age) * (now.persons.origin == "B")
    if job.reduced or job.student:
        found = found + job.reduced * state.reduced + job.student * (state.course > 0)
    return found


def _lose(state: State, now: Now, world: World) -> Floats:
    careers, persons = world.careers, now.persons
    odds = logit(careers.job.lose.value) - now.county_shock - now.on_keeping + 0.6 * careers.frailty * persons.frailty
    odds = odds - 0.3 * (state.level >= UPPER) + 0.7 * (state.tenure < 4) - 0.7 * (state.tenure >= 24)
    odds = odds - _besides(state, now, careers.job)
    return chance(odds + 0.4 * (state.course > 0) + 0.7 * state.reduced + 0.3 * (now.age < 20))


def employed_at_first(state: State, age: Ints, u: Floats) -> State:
    """Return a first state in which some of the grown-up are in work."""
    share = np.where(age >= 20, 0.5 + 0.15 * (state.level >= UPPER), np.where(age >= _YOUNGEST, 0.2, 0.0))
    employed = state.here & (age <= _OLDEST) & (u < share)
    return replace(
        state,
        job=employed.astype(np.int16),
        jobs=employed.astype(np.int16),
        tenure=np.where(employed, 12, 0).astype(np.int16),
        idle=np.where(employed, 0, LONG_AGO).astype(np.int16),
    )
