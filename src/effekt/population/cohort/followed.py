"""Who can be followed: what death and emigration make of a value that a register gives.

A month of death is as the register has it; later months are zero (`death: zero`) or missing. Who is not resident on
the last day of a month, or of unknown residence, is missing in it (`emigration: missing`): whether something was found
before plays no part, or the emigrants with a good outcome alone would be counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effekt.literals import Month
from effekt.population.cohort.people import DEAD, RESIDENT
from effekt.population.cohort.spells import NEVER, Ints, Mask, Spells, first_day, month_of
from effekt.sample import Array
from effekt.spec.registered import FollowUp

HERE, ABROAD, UNKNOWN, GONE = 0, 1, 2, 3
"""Resident; emigrated; residence not known; dead since an earlier month."""

States = NDArray[np.int8]


@dataclass(frozen=True, kw_only=True, eq=False)
class Follow:
    """Who can be followed, by deaths and residence.

    pid : (p,) ascending persons; death : (p,) their day of death, ``NEVER`` = alive. residence : spells of ``bosted``;
    until : the last month it covers.
    """

    pid: Ints
    residence: Spells
    death: Ints
    until: Month
    rules: FollowUp

    def states(self, pid: Ints, month: Ints, first: int, last: int) -> States:
        """(k, last - first + 1): where each person is in each month; month : (k,) of their time zero."""
        ahead = np.arange(first, last + 1)
        months = (month[:, None] + ahead).reshape(-1)
        row = self.residence.covering(np.repeat(pid, len(ahead)), first_day(months + 1) - 1)
        status = self.residence.text["status"]
        kind = np.array([*(_STATE.get(name, UNKNOWN) for name in status.names), UNKNOWN], dtype=np.int8)
        state = kind[status.at(row)]
        state[months > self.until.ordinal] = UNKNOWN
        death = np.repeat(self.death[np.searchsorted(self.pid, pid)], len(ahead))
        state[month_of(death) == months] = HERE
        state[month_of(death) < months] = GONE
        return state.reshape(len(pid), len(ahead))

    def over_months(self, values: Array, states: States) -> Array:
        """(k, T): values of single months, as the rules have them."""
        return self._ruled(values, states == GONE, states == GONE, states)

    def over_window(self, values: Array, states: States) -> Array:
        """(k,): values of a whole window. states : (k, months of the window)."""
        gone = states == GONE
        whole = np.where((states == ABROAD).any(axis=1), ABROAD, HERE)
        whole = np.where((states == UNKNOWN).any(axis=1), UNKNOWN, whole)
        return self._ruled(values, gone.all(axis=1), gone.any(axis=1), whole)

    def _ruled(self, values: Array, wholly_gone: Mask, partly_gone: Mask, states: States) -> Array:
        ruled = values.copy()
        away = (states == ABROAD) | (states == UNKNOWN)
        if self.rules.emigration == "missing":
            ruled[away] = np.nan
        else:
            ruled[(states == ABROAD) & np.isnan(ruled)] = 0.0
        if self.rules.death == "missing":
            ruled[partly_gone] = np.nan
        else:
            ruled[wholly_gone] = 0.0
        return ruled


_STATE = {RESIDENT: HERE, "utvandret": ABROAD, DEAD: HERE}


def day_of_death(pid: Ints, dead: Ints, residence: Spells) -> Ints:
    """(k,): the day a person died by ``person`` or ``bosted``, whichever says so first; ``NEVER`` = alive.

    dead : (k,) day by ``person``. pid : (k,), may repeat.
    """
    status = residence.text["status"]
    died = np.array([*(name == DEAD for name in status.names), False], dtype=bool)[status.codes]
    first: dict[int, int] = {}
    for person, day in zip(residence.pid[died].tolist(), residence.start[died].tolist(), strict=True):
        first.setdefault(person, day)
    by_residence = np.array([first.get(person, int(NEVER)) for person in pid.tolist()], dtype=np.int64)
    return np.minimum(dead, by_residence)
