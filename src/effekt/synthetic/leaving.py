"""Moving house, emigrating and dying: one step of a month."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from effekt.synthetic.careers import Leaving
from effekt.synthetic.places import Places
from effekt.synthetic.shocks import Floats
from effekt.synthetic.state import UNBORN, Flags, Now, Small, State

_OWN_COUNTY = 0.85
_IMMIGRANTS = 4.0
"""How many times as often immigrants emigrate."""
EMIGRATED, DEAD = 1, 2


def leave(state: State, now: Now, rates: Leaving, where: Places, u: Floats) -> State:
    """Return the state after births, deaths, emigrations and moves; u : (4, n). Who is gone never comes back."""
    state = _born(state, now)
    dies = state.here & (u[0] < rates.die.value)
    abroad = rates.emigrate.value * np.where(now.persons.origin == "B", _IMMIGRANTS, 1.0)
    emigrates = state.here & ~dies & (u[1] < abroad)
    moves = state.here & ~dies & ~emigrates & (u[2] < rates.move.value)
    gone = np.select([dies, emigrates], [DEAD, EMIGRATED], state.gone).astype(np.int16)
    place = state.place.copy()
    place[moves] = _elsewhere(state.place[moves], where, u[3][moves])
    moved = replace(state, gone=gone, place=place)
    return _ended(moved, dies | emigrates) if (dies | emigrates).any() else moved


def _born(state: State, now: Now) -> State:
    born = (state.gone == UNBORN) & (now.persons.born <= now.month)
    return replace(state, gone=np.where(born, 0, state.gone).astype(np.int16)) if born.any() else state


def _elsewhere(place: Small, where: Places, u: Floats) -> Small:
    """Return a new municipality: mostly in the own county, else anywhere in proportion to people."""
    near = where.in_county(where.county[place], np.minimum(u / _OWN_COUNTY, 1 - 1e-9))
    far = where.anywhere(np.maximum(u - _OWN_COUNTY, 0) / (1 - _OWN_COUNTY))
    return np.asarray(np.where(u < _OWN_COUNTY, near, far), dtype=np.int16)


def _ended(state: State, who: Flags) -> State:
    """Return the state with everything over that a person takes part in."""
    stays = ~who
    return replace(
        state,
        course=state.course * stays,
        job=state.job * stays,
        group=state.group * stays,
        tiltak=state.tiltak * stays,
        benefit=state.benefit * stays,
    )
