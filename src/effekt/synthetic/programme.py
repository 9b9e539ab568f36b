"""Guidance: who takes part, in which form, and what it does. The effect is known because it is put in here.

Taking part depends on what the registers show by the end of the month before, and, if the world says so, on
motivation. The day of the first session must be a registered day, as a study will ask for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from effekt.synthetic.offered import Anticipation
from effekt.synthetic.parts import FORMS
from effekt.synthetic.places import Places
from effekt.synthetic.planned import NO_END, UNSEEN, Guidance, Target
from effekt.synthetic.schooling import HIGHER, UPPER
from effekt.synthetic.shocks import Floats, Ints, Module, Shocks
from effekt.synthetic.state import Flags, Now, State, by_age, chance
from effekt.synthetic.world import World

Regime = Literal["natural", "wait", "off"]
"""As it went; without the start a person made, later starts allowed; never from then on."""

_MIDDLE_AGE, _MIDDLE_WORKED = 24.0, 10.0
_DAYS = 28


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setting:
    """What is the same in every month of every life. together : (T, k) the counties' shocks, log-odds."""

    world: World
    where: Places
    plan: Guidance
    shocks: Shocks
    together: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turn:
    """Whose turn it is this month: (n,) each. start : month of the start that a regime is about. stream : of luck."""

    regime: NDArray[np.str_]
    start: Ints
    stream: Ints


def take_up(state: State, offered: Chances, now: Now, setting: Setting, turn: Turn) -> State:
    """Return the state after guidance has begun for some of those to whom it is offered."""
    month, programme, plan = now.month, setting.world.programme, setting.plan
    if not len(offered.rows):
        return state
    rows, county = offered.rows, offered.county
    u = setting.shocks.uniforms(Module.PROGRAMME, now.persons.number[rows], month, turn.stream[rows])
    chosen = u[0] < offered.chance
    allowed = _allowed(turn, month, rows)
    comes, invited = _invited(state, programme.anticipation, chosen, allowed, month=month, rows=rows)
    would = comes & _on_a_registered_day(state, now, rows, turn.stream[rows], setting.shocks)
    starts = would & allowed
    leaks = ~would & (state.hidden[rows] < 0) & (u[3] < 1 - (1 - programme.contamination.value) ** (1 / 12))
    of_project = (u[1] < offered.project).astype(np.int64)
    form = 1 + len(FORMS) * of_project + (u[2][:, None] > plan.forms[of_project, county][:, :-1]).sum(axis=1)
    seen = starts & _is_shown(setting, now, rows, county, turn)
    unseen = starts & ~seen
    return replace(
        state,
        started=_put(state.started, rows[seen], month),
        form=_put(state.form, rows[seen], form[seen]),
        hidden=_put(state.hidden, rows[leaks | unseen], month),
        # Guidance that no register shows works as the individual form does; of a start that none shows, as its own.
        hidden_form=_put(_put(state.hidden_form, rows[leaks], 1), rows[unseen], UNSEEN + form[unseen]),
        invited=invited,
    )


def _put(old: NDArray[Any], rows: Ints, value: Any) -> NDArray[Any]:
    """Return a copy with a value at some rows."""
    new = old.copy()
    new[rows] = value
    return new


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chances:
    """Who may start this month, (r,) each: rows, county, the chance of it, and how likely it is the project's start."""

    rows: Ints
    county: Ints
    chance: Floats
    project: Floats


def chances(state: State, before: State, now: Now, setting: Setting) -> Chances:
    """Return the chances of starting this month; before : the state at the end of last month."""
    county = setting.where.county[before.place]
    target = setting.world.programme.target
    may = state.here & (state.started < 0) & (state.hidden_form <= UNSEEN)
    may &= (now.age >= (target.low or 0)) & (now.age <= (target.high or NO_END))
    reached = may & (_most(setting, state, now.month, county) > 0)
    rows = np.flatnonzero(reached)
    ordinary, ours = _rates(state, before, now, setting, rows)
    some = ordinary + ours > 0
    rows, ours, rate = rows[some], ours[some], (ordinary + ours)[some]
    odds = np.log(rate / (1 - rate)) + setting.plan.office[state.office[rows]]
    odds = odds + _selection(state, before, now, setting, rows)
    return Chances(rows=rows, county=county[rows], chance=chance(odds), project=ours / rate)


def _most(setting: Setting, state: State, month: int, county: Ints) -> Floats:
    """(n,) the rate of somebody for whom the county's project is."""
    plan, t = setting.plan, month - setting.plan.first
    registered = (plan.ordinary[t] + plan.project[t])[county]
    return np.asarray(np.where(state.registered, registered, plan.others[t, county]), dtype=np.float64)


def _rates(state: State, before: State, now: Now, setting: Setting, rows: Ints) -> tuple[Floats, Floats]:
    """(r,) monthly rates of the ordinary service and of the project."""
    plan, t, county = setting.plan, now.month - setting.plan.first, setting.where.county[before.place[rows]]
    registered, women = state.registered[rows], setting.world.programme.ordinary.women
    ordinary = np.where(registered, plan.ordinary[t, county], plan.others[t, county])
    if women != 1:
        ordinary = np.where(now.persons.woman[rows], women, 1.0) * ordinary
    ours = np.where(registered, plan.project[t, county], 0.0)
    for where, target in plan.targets.items():
        ours = np.where((county == where) & ~_targeted(target, state, before, now, rows), 0.0, ours)
    return ordinary, ours


def _targeted(target: Target, state: State, before: State, now: Now, rows: Ints) -> Flags:
    found: Flags = (now.age[rows] >= target.low) & (now.age[rows] <= target.high)
    if target.without_upper_secondary:
        found = found & (before.level[rows] < UPPER)
    if now.month <= target.pilot:
        found = found & target.offices[state.office[rows]]
    return found


def _invited(
    state: State, ahead: Anticipation | None, chosen: Flags, allowed: Flags, *, month: int, rows: Ints
) -> tuple[Flags, Ints]:
    """Return who comes this month, (r,), and for everybody the month they are told to come; at once if none foresee."""
    if ahead is None:
        return chosen, state.invited
    told = state.invited[rows]
    return told == month, _put(state.invited, rows[chosen & allowed & (told < month)], month + ahead.months)


def _is_shown(setting: Setting, now: Now, rows: Ints, county: Ints, turn: Turn) -> Flags:
    """Whether a register shows a start of this month."""
    if setting.world.programme.identified is None:
        return np.ones(len(rows), dtype=bool)
    u = setting.shocks.uniforms(Module.IDENTIFIED, now.persons.number[rows], now.month, turn.stream[rows])[0]
    return np.asarray(u < setting.plan.shown[now.month - setting.plan.first, county], dtype=bool)


def _allowed(turn: Turn, month: int, rows: Ints) -> Flags:
    start, regime = turn.start[rows], turn.regime[rows]
    allowed: Flags = (regime == "natural") | ((regime == "wait") & (start != month)) | (start > month)
    return allowed


def wake(state: State, setting: Setting, number: Ints, month: int, stream: Ints) -> State:
    """Return the state after some have changed their mind."""
    awakening = setting.world.programme.awakening
    if awakening is None:
        return state
    wakes = setting.shocks.uniforms(Module.AWAKENING, number, month, stream)[0] < awakening.monthly.value
    return replace(state, woke=np.where(wakes, month, state.woke))


def _selection(state: State, before: State, now: Now, setting: Setting, rows: Ints) -> Floats:
    """(r,) log-odds of taking part: registers by the end of last month; motivation and drift if the world says so."""
    programme, persons = setting.world.programme, now.persons
    by = programme.selection
    odds = by.age * (now.age[rows] - _MIDDLE_AGE) / 10 + by.woman * persons.woman[rows]
    odds = odds + by.upper_secondary * (before.level[rows] >= UPPER) + by.in_education * (before.course[rows] > 0)
    odds = odds + by.employed * (before.job[rows] > 0) + by.tiltak * (before.in_tiltak[rows] > 0)
    odds = odds + by.months_employed * (before.worked[rows] - _MIDDLE_WORKED) / 12
    odds = odds + by.nedsatt * before.reduced[rows]
    odds = odds + by.newly * (state.waited[rows] <= 2) + by.long * (state.waited[rows] >= 12)
    if by.higher or by.ages:
        odds = odds + by.higher * (before.level[rows] >= HIGHER) + by_age(by.ages, now.age[rows])
    if programme.awakening is not None:
        odds = odds + programme.awakening.participation * (state.woke[rows] == now.month)
    if by.drift:
        odds = odds + by.drift * persons.drift[rows]
    return np.asarray(odds + programme.motivation.participation * persons.motivation[rows])


def first_day(shocks: Shocks, number: Ints, month: Ints | int, stream: Ints | int) -> Ints:
    """Return the day, 1-28, on which something begins at Nav."""
    return _day(shocks.uniforms(Module.SPELL_DAYS, number, month, stream)[0])


def session_day(shocks: Shocks, number: Ints, month: Ints | int, stream: Ints | int) -> Ints:
    """Return the day, 1-28, of the first session."""
    return _day(shocks.uniforms(Module.SESSIONS, number, month, stream)[0])


def _day(u: Floats) -> Ints:
    return np.asarray(u * _DAYS, dtype=np.int64) + 1


def _on_a_registered_day(state: State, now: Now, rows: Ints, stream: Ints, shocks: Shocks) -> Flags:
    """Whether the session falls on a day on which the person is registered; only the first month can miss."""
    found = np.ones(len(rows), dtype=bool)
    new = np.flatnonzero(state.waited[rows] == 0)
    number = now.persons.number[rows[new]]
    day = session_day(shocks, number, now.month, stream[new])
    found[new] = day >= first_day(shocks, number, now.month, stream[new])
    return found
