"""Nav: who registers, what need of assistance is decided, who leaves. One step of a month."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from effekt.synthetic.careers import Careers
from effekt.synthetic.persons import Persons
from effekt.synthetic.schooling import UPPER
from effekt.synthetic.shocks import Floats, Ints
from effekt.synthetic.state import (
    DELVIS,
    GODE,
    LITEN,
    NEDSATT,
    VEILEDNING,
    Flags,
    Now,
    Small,
    State,
    by_age,
    chance,
    logit,
)

_YOUNGEST, _OLDEST = 18, 61
_JUST_LOST = 1.3
"""Log-odds of registering in the first three months without work: the dip before registration."""
_IN_JOB, _IN_COURSE = -3.6, -3.2
_LEAVES_WORKING, _LEAVES_STUDYING, _REDUCED_STAYS = 0.35, 0.30, -1.0
_MORE_NEED, _WORN_DOWN = 0.05, 0.012
"""Monthly rates at which need is found larger: guidance after three months, reduced capacity after six."""
_DISABLED_AFTER = 36


def register(state: State, now: Now, careers: Careers, u: Floats) -> State:
    """Return the state after registrations, new decisions and departures; u : (4, n)."""
    stays = state.registered & (u[0] >= _leaves(state, careers))
    disabled = stays & state.reduced & (state.waited >= _DISABLED_AFTER) & (u[1] < careers.support.worn.value)
    stays = stays & ~disabled & state.here & (now.age <= _OLDEST + 5)
    enters = ~state.registered & _may(state, now) & (u[0] < _enters(state, now, careers))
    decided = _again(state, now.persons, careers, u[2])
    decided[enters] = _need(state.level[enters], now.persons.frailty[enters], careers, u[1:, enters])
    return replace(
        state,
        group=np.where(stays | enters, decided, 0).astype(np.int16),
        waited=np.where(stays, state.waited + 1, 0).astype(np.int16),
        office=np.where(enters, state.place, state.office).astype(np.int16),
        disabled=state.disabled | disabled,
    )


def _may(state: State, now: Now) -> Flags:
    return state.here & (now.age >= _YOUNGEST) & (now.age <= _OLDEST) & ~state.disabled


def _enters(state: State, now: Now, careers: Careers) -> Floats:
    """Return the chance of registering: large just after a job was lost, small in work or at school."""
    odds = logit(careers.nav.register_.value) + 0.3 * careers.frailty * now.persons.frailty
    if careers.nav.age:
        odds = odds + by_age(careers.nav.age, now.age)
    odds = odds + np.where(state.job > 0, _IN_JOB, _JUST_LOST * (state.idle <= 3) - 0.6 * (state.idle > 36))
    return chance(odds + _IN_COURSE * (state.course > 0))


def _leaves(state: State, careers: Careers) -> Floats:
    """Return the chance of leaving: most leave for work or school, some for neither."""
    base = np.full(len(state.job), logit(careers.nav.leave.value))
    odds = np.where(state.job > 0, logit(_LEAVES_WORKING), base)
    odds = np.where(state.course > 0, np.maximum(odds, logit(_LEAVES_STUDYING)), odds)
    if careers.nav.lingers:
        odds = odds + careers.nav.lingers * (state.job > 0)
    return chance(odds + (_REDUCED_STAYS + careers.nav.stays * (state.waited < 12 * careers.nav.years)) * state.reduced)


def _need(level: Small, frailty: Floats, careers: Careers, luck: Floats) -> Ints:
    """Return the first decision, from disadvantage and education; luck : (2 or more, n)."""
    u, v = luck[0], luck[1]
    frail = careers.frailty * frailty
    reduced = u < chance(logit(careers.nav.reduced.value) + frail)
    guidance = chance(logit(careers.nav.guidance.value) + 0.5 * frail - 0.4 * (level >= UPPER))
    able = np.where(v < guidance, VEILEDNING, GODE)
    return np.where(reduced, np.select([v < 0.86, v < 0.95], [NEDSATT, DELVIS], LITEN), able)


def _again(state: State, persons: Persons, careers: Careers, u: Floats) -> Ints:
    """Return the need after a month more: as before, or found larger."""
    worn = _WORN_DOWN * np.exp(0.5 * careers.frailty * persons.frailty)
    larger = (state.group < NEDSATT) & (state.waited >= 6) & (u < worn)
    more = (state.group == GODE) & (state.waited >= 3) & (u > 1 - _MORE_NEED)
    return np.where(larger, NEDSATT, np.where(more, VEILEDNING, state.group))
