"""Guidance: who takes part, in which form, and what it does. The effect is known because it is put in here.

Taking part depends on what the registers show by the end of the month before, and, if the world says so, on
motivation. The day of the first session must be a registered day, as a study will ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from effekt.literals import Window
from effekt.synthetic.places import Places
from effekt.synthetic.schooling import UPPER
from effekt.synthetic.shocks import Floats, Ints, Module, Shocks
from effekt.synthetic.state import Flags, Now, State, chance
from effekt.synthetic.world import FORMS, Effect, Form, Ordinary, World

Regime = Literal["natural", "wait", "off"]
"""As it went; without the start a person made, later starts allowed; never from then on."""

_ORDINARY_FORMS: Mapping[Form, float] = {"individuell": 0.8, "gruppe": 0.2}
_MIDDLE_AGE, _MIDDLE_WORKED = 24.0, 10.0
_DAYS = 28


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guidance:
    """A world's programme in arrays; k counties, f forms, T months.

    rate : (T, k) monthly rate for somebody whose log-odds of selection are zero; first : its first month.
    project : (T, k) share of those starts that are the project's. forms : (2, k, f) cumulative shares, ordinary and
    project. job, education : (2f + 1, H) log-odds by a state's ``form`` and months since the start. office : (m,)
    log-odds of each Nav office.
    """

    first: int
    rate: Floats
    project: Floats
    forms: Floats
    job: Floats
    education: Floats
    office: Floats


def guidance(world: World, seed: int, where: Places, first: int) -> Guidance:
    """Return the programme of a world from its month ``first`` on."""
    months = np.arange(first, world.months[1] + 1)
    ordinary = _ordinary(world.programme.ordinary, seed, where, np.maximum(months - world.months[0], 0) / 12)
    project = np.zeros_like(ordinary)
    forms = np.tile(_cumulative(_ORDINARY_FORMS), (2, len(where.county_codes), 1))
    for code, ours in world.programme.projects.items():
        county = int(np.flatnonzero(where.county_codes == code)[0])
        grown = np.clip((months - ours.start.ordinal + 1) / ours.ramp, 0, 1)
        project[:, county] = ours.monthly.value * grown
        forms[1, county] = _cumulative({form: share.value for form, share in ours.forms.items()})
    # Before the coverage nobody could see a start, and who has started cannot start again.
    rate = np.where(months[:, None] < world.months[0], 0.0, ordinary + project)
    offices = Shocks(seed).normals(Module.OFFICES, np.arange(len(where.office)))[0]
    return Guidance(
        first=first,
        rate=rate,
        project=np.divide(project, rate, out=np.zeros_like(rate), where=rate > 0),
        forms=forms,
        job=_effects(world.programme.effect, "job"),
        education=_effects(world.programme.effect, "education"),
        office=world.programme.selection.office * offices,
    )


def _ordinary(ordinary: Ordinary, seed: int, where: Places, years: Floats) -> Floats:
    """(T, k): the ordinary service grows in every county, in some of them fast."""
    low, high = ordinary.growth.low.value, ordinary.growth.high.value
    u = Shocks(seed).uniforms(Module.COUNTY, np.arange(len(where.county_codes)), block=1)[0]
    return np.asarray(ordinary.monthly.value + years[:, None] * (low + (high - low) * u), dtype=np.float64)


def _cumulative(shares: Mapping[Form, float]) -> Floats:
    return np.asarray(np.cumsum([shares.get(form, 0.0) for form in FORMS]), dtype=np.float64)


def _effects(effect: Mapping[Form, Effect] | None, on: Literal["job", "education"]) -> Floats:
    by_form: dict[Form, Mapping[Window, float]] = {form: getattr(said, on) for form, said in (effect or {}).items()}
    longest = max((window.months[1] for said in by_form.values() for window in said), default=0)
    found = np.zeros((len(FORMS), longest + 2))
    for row, form in enumerate(FORMS):
        for window, log_odds in by_form.get(form, {}).items():
            first, last = window.months
            found[row, first : last + 1] += log_odds
    return np.vstack([np.zeros((1, longest + 2)), found, found])


def felt(table: Floats, state: State, month: int) -> Floats:
    """(n,) log-odds that guidance begun before this month adds; what lies beyond the table is zero."""
    recorded = state.started >= 0
    began = np.where(recorded, state.started, state.hidden)
    since = np.where(began >= 0, month - began, 0)
    # Guidance that no register shows works as the individual form does.
    form = np.where(recorded, state.form, state.hidden >= 0)
    return np.asarray(table[form, np.minimum(since, table.shape[1] - 1)], dtype=np.float64)


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


def take_up(state: State, before: State, now: Now, setting: Setting, turn: Turn) -> State:
    """Return the state after guidance has begun for some; before : the state at the end of last month."""
    month, programme = now.month, setting.world.programme
    rate, project = (part[month - setting.plan.first] for part in (setting.plan.rate, setting.plan.project))
    county_of_all = setting.where.county[before.place]
    low, high = programme.target.low or 0, programme.target.high or 200
    may = state.registered & (state.started < 0) & (now.age >= low) & (now.age <= high) & (rate[county_of_all] > 0)
    rows = np.flatnonzero(may)
    if not len(rows):
        return state
    county, stream = county_of_all[rows], turn.stream[rows]
    u = setting.shocks.uniforms(Module.PROGRAMME, now.persons.number[rows], month, stream)
    odds = np.log(rate[county] / (1 - rate[county])) + setting.plan.office[state.office[rows]]
    odds = odds + _selection(state, before, now, setting.world, rows)
    would = (u[0] < chance(odds)) & _on_a_registered_day(state, now, rows, stream, setting.shocks)
    starts = would & _allowed(turn, month, rows)
    leaks = ~would & (state.hidden[rows] < 0) & (u[3] < 1 - (1 - programme.contamination.value) ** (1 / 12))
    of_project = (u[1] < project[county]).astype(np.int64)
    form = 1 + len(FORMS) * of_project + (u[2][:, None] > setting.plan.forms[of_project, county][:, :-1]).sum(axis=1)
    started, forms, hidden = state.started.copy(), state.form.copy(), state.hidden.copy()
    started[rows[starts]] = month
    forms[rows[starts]] = form[starts]
    hidden[rows[leaks]] = month
    return replace(state, started=started, form=forms, hidden=hidden)


def _allowed(turn: Turn, month: int, rows: Ints) -> Flags:
    start, regime = turn.start[rows], turn.regime[rows]
    allowed: Flags = (regime == "natural") | ((regime == "wait") & (start != month)) | (start > month)
    return allowed


def _selection(state: State, before: State, now: Now, world: World, rows: Ints) -> Floats:
    """(r,) log-odds of taking part: registers by the end of last month, and motivation if the world says so."""
    by, persons = world.programme.selection, now.persons
    odds = by.age * (now.age[rows] - _MIDDLE_AGE) / 10 + by.woman * persons.woman[rows]
    odds = odds + by.upper_secondary * (before.level[rows] >= UPPER) + by.in_education * (before.course[rows] > 0)
    odds = odds + by.employed * (before.job[rows] > 0) + by.tiltak * (before.in_tiltak[rows] > 0)
    odds = odds + by.months_employed * (before.worked[rows] - _MIDDLE_WORKED) / 12
    odds = odds + by.nedsatt * before.reduced[rows]
    odds = odds + by.newly * (state.waited[rows] <= 2) + by.long * (state.waited[rows] >= 12)
    return np.asarray(odds + world.programme.motivation.participation * persons.motivation[rows])


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
