"""The months, one after the other, for everybody at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from effekt.synthetic.acting import acting, county_shocks
from effekt.synthetic.careers import Careers
from effekt.synthetic.jobs import employed_at_first, work
from effekt.synthetic.leaving import leave
from effekt.synthetic.persons import Persons
from effekt.synthetic.places import places
from effekt.synthetic.planned import guidance
from effekt.synthetic.programme import Chances, Regime, Setting, Turn, chances, take_up, wake
from effekt.synthetic.registration import register
from effekt.synthetic.schooling import may_change_school, schooled, study
from effekt.synthetic.shocks import Floats, Ints, Module, Shocks
from effekt.synthetic.state import KEPT, LOOKBACK, Flags, Months, Now, State
from effekt.synthetic.support import disable, disabled_at_first, pay, take_part
from effekt.synthetic.world import World

BURN_IN = 36
"""Months lived before the coverage begins, so that nobody's history starts with it."""
_YOUNGEST, _OLDEST = 16, 66
"""Ages at which there is luck at work and at Nav."""
FAR = 10**6
"""A month that never comes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lives:
    """Who is lived, under which regime and on which luck; (n,) rows each, of which several may be one person.

    Up to and with the month ``start`` a row lives on the realised luck, after it on that of its ``stream``.
    """

    persons: Persons
    regime: NDArray[np.str_]
    start: Ints
    stream: Ints

    @classmethod
    def observed(cls, persons: Persons) -> Self:
        """Return everybody's life as it is observed."""
        n = len(persons.number)
        return cls(
            persons=persons,
            regime=regimes_of(("natural",), n),
            start=np.full(n, FAR),
            stream=np.zeros(n, dtype=np.int64),
        )

    def stream_at(self, month: Ints | int, rows: Ints | slice = slice(None)) -> Ints:
        """Return the stream of luck that rows live on in a month."""
        return np.where(month > self.start[rows], self.stream[rows], 0)


def regimes_of(regimes: Sequence[Regime], n: int) -> NDArray[np.str_]:
    """(len(regimes) * n,): each regime n times."""
    return np.repeat(np.array(regimes, dtype=np.str_), n)


Watch = Callable[[Chances, State, Now], None]
"""Called every month with the chances of guidance, the state at the end of last month, and what acts on this one."""


def live(world: World, seed: int, lives: Lives, *, until: int | None = None, watch: Watch | None = None) -> Months:
    """Return the record of all months of the coverage, or of those up to and with ``until``."""
    first, end = world.months
    last = end if until is None else min(until, end)
    setting = _setting(world, seed, first - BURN_IN, end)
    state = _first_state(lives.persons, first - BURN_IN, world.careers, setting.shocks)
    kept = {name: np.empty((last - first + 1, len(state.job)), dtype=np.int16) for name in KEPT}
    window = _Window(len(state.job))
    for month in range(first - BURN_IN, last + 1):
        before = state
        state, now = _month(before, month, lives, setting)
        offered = chances(state, before, now, setting)
        if watch is not None:
            watch(offered, before, now)
        turn = Turn(regime=lives.regime, start=lives.start, stream=lives.stream_at(month))
        state = window.counted(take_up(state, offered, now, setting, turn))
        if month >= first:
            for name, values in kept.items():
                values[month - first] = getattr(state, name)
    by_person = {name: np.ascontiguousarray(values.T) for name, values in kept.items()}
    last_of = {name: getattr(state, name) for name in ("started", "form", "hidden", "hidden_form")}
    return Months(first=first, kept=by_person, **last_of)


def _setting(world: World, seed: int, first: int, last: int) -> Setting:
    where = places()
    return Setting(
        world=world,
        where=where,
        plan=guidance(world, seed, where, first),
        shocks=Shocks(seed),
        together=county_shocks(world.careers.county_shocks, seed, where, first, last),
    )


def _month(before: State, month: int, lives: Lives, setting: Setting) -> tuple[State, Now]:
    """Return the state at the end of a month but for guidance, and what acted; before : at the end of the last."""
    persons, stream = lives.persons, lives.stream_at(month)
    careers = setting.world.careers
    age = (month - persons.born) // 12
    acts = acting(setting, before, persons, age, month)
    now = Now(
        month=month,
        persons=persons,
        age=age,
        county_shock=setting.together[month - setting.plan.first, setting.where.county[before.place]],
        on_work=acts.work,
        on_school=acts.school,
        on_keeping=acts.keeping,
    )

    def luck(module: Module, who: Flags) -> Floats:
        """(4, n), drawn for those it matters to; for the others nothing happens."""
        u = np.ones((4, len(who)))
        u[:, who] = setting.shocks.uniforms(module, persons.number[who], month, stream[who])
        return u

    state = leave(before, now, careers.leaving, setting.where, luck(Module.MOVES, before.here))
    state = study(state, now, careers, luck(Module.SCHOOLING, state.here & may_change_school(state, now)))
    if careers.support.disables:
        state = disable(state, careers.support.disables, now, luck(Module.DISABILITY, state.here & _able(age))[0])
    state = work(state, now, setting.world, luck(Module.JOBS, state.here & _able(age)))
    state = register(state, now, careers, luck(Module.REGISTRATION, state.here & _able(age)))
    u = luck(Module.MEASURES, state.registered)
    state = pay(take_part(state, now, careers, u[:2]), before, persons, careers.support, u[2:])
    return wake(state, setting, persons.number, month, stream), now


def _able(age: Ints) -> Flags:
    return np.asarray((age >= _YOUNGEST) & (age <= _OLDEST), dtype=np.bool_)


def _first_state(persons: Persons, month: int, careers: Careers, shocks: Shocks) -> State:
    u = shocks.uniforms(Module.TRAITS, persons.number, block=2)
    age = (month - persons.born) // 12
    state = State.at_first(persons.home, persons.born, month)
    state = employed_at_first(schooled(state, month, persons, careers.school, u), age, u[2])
    return disabled_at_first(state, careers.support.disabled, age, persons, u[3]) if careers.support.disabled else state


class _Window:
    """Counts of the last months, kept in a ring so that a month costs one addition."""

    def __init__(self, n: int) -> None:
        self._ring = np.zeros((2, LOOKBACK, n), dtype=np.int16)
        self._turn = 0

    def counted(self, state: State) -> State:
        """Return the state with the months worked and in measures among the last 24, this one included."""
        old = self._ring[:, self._turn].copy()
        self._ring[0, self._turn] = state.job > 0
        self._ring[1, self._turn] = state.tiltak > 0
        new = self._ring[:, self._turn]
        self._turn = (self._turn + 1) % LOOKBACK
        return replace(state, worked=state.worked + new[0] - old[0], in_tiltak=state.in_tiltak + new[1] - old[1])
