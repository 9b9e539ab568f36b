"""What is true about everybody in one month, and the record of all months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from effekt.literals import IntRange
from effekt.synthetic.persons import Persons
from effekt.synthetic.shocks import Floats, Ints

Flags = NDArray[np.bool_]
Small = NDArray[np.int16]

LONG_AGO = 600
"""Months since something that never happened."""
LOOKBACK = 24
"""Months of history that selection and benefits look at."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """One month, (n,) each. A month's steps make a new one from the last; nothing is changed in place.

    gone : 0 resident, 1 emigrated, 2 dead, 3 not born. level : first digit of NUS2000. course : 0 none, else the level
        it leads to; course_end : month it ends if finished. job : serial number of the job, 0 = none; tenure, idle :
        months in the job and since the last one. worked, in_tiltak : of the last 24 months. group : need for
        assistance, a position in ``GROUPS`` plus 1, 0 = not registered; waited : months registered; office :
        municipality of the Nav office. tiltak : kind, 0 = none; tiltak_end : month. benefit : kind, 0 = none; ran_out :
        months since unemployment benefit did, 0 = never. started : month of the first recorded guidance, -1 = none;
        form : 0 none, 1-3 ``FORMS`` of the ordinary service, 4-6 of a project; hidden, hidden_form : of guidance that
        no register shows. invited : month in which somebody who knows of it will start, -1 = none. woke : month in
        which somebody last woke, -1 = none.
    """

    gone: Small
    place: Small
    level: Small
    course: Small
    course_end: Ints
    job: Small
    jobs: Small
    tenure: Small
    idle: Small
    worked: Small
    group: Small
    waited: Small
    office: Small
    tiltak: Small
    tiltak_end: Ints
    in_tiltak: Small
    benefit: Small
    benefit_months: Small
    ran_out: Small
    disabled: Flags
    started: Ints
    form: Small
    hidden: Ints
    hidden_form: Small
    invited: Ints
    woke: Ints

    @classmethod
    def at_first(cls, home: Ints, born: Ints, month: int) -> Self:
        """Return the state in a month in which no career has begun."""
        n = len(home)
        small = {f.name: np.zeros(n, dtype=np.int16) for f in fields(cls)}
        never = np.full(n, -1)
        changed = {
            "gone": np.where(born > month, UNBORN, 0).astype(np.int16),
            "place": home.astype(np.int16),
            "level": np.ones(n, dtype=np.int16),
            "idle": np.full(n, LONG_AGO, dtype=np.int16),
            "course_end": never,
            "tiltak_end": never,
            "started": never,
            "hidden": never,
            "invited": never,
            "woke": never,
            "disabled": np.zeros(n, dtype=bool),
        }
        return cls(**{**small, **changed})

    @property
    def here(self) -> Flags:
        """Whether a person is alive and resident."""
        return np.equal(self.gone, 0)

    @property
    def registered(self) -> Flags:
        """Whether a person is registered with Nav."""
        return np.greater(self.group, 0)

    @property
    def reduced(self) -> Flags:
        """Whether a person is registered with reduced work capacity."""
        return np.greater_equal(self.group, NEDSATT)


UNBORN = 3
"""What ``gone`` is until somebody is born."""
GROUPS = (
    "GODE_MULIGHETER",
    "TRENGER_VEILEDNING",
    "TRENGER_VEILEDNING_NEDSATT_ARBEIDSEVNE",
    "JOBBE_DELVIS",
    "LITEN_MULIGHET_TIL_A_JOBBE",
)
"""The need for assistance; a state's ``group`` is the position here plus 1."""
GODE, VEILEDNING, NEDSATT, DELVIS, LITEN = range(1, 6)

KEPT = ("gone", "place", "level", "course", "job", "group", "office", "tiltak", "benefit")
"""What the record keeps of every month; all registers are made from these and from the starts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Months:
    """The record: (n, T) small ints for each of ``KEPT``, month ordinals ``first`` .. ``first + T - 1``.

    started, form, hidden, hidden_form : (n,) as in the last state.
    """

    first: int
    kept: dict[str, Small]
    started: Ints
    form: Small
    hidden: Ints
    hidden_form: Small

    def __getitem__(self, name: str) -> Small:
        return self.kept[name]

    @property
    def last(self) -> int:
        """Ordinal of the last month."""
        return self.first + self.length - 1

    @property
    def length(self) -> int:
        """How many months there are."""
        return int(self.kept["job"].shape[1])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Now:
    """What a step may use besides the state: the calendar, what is fixed about people, what acts on them.

    month : ordinal. age : (n,) in years, completed at the end of the month. county_shock : (n,) log-odds of finding
    work. on_work, on_school, on_keeping : (n,) log-odds that guidance and whatever else a world has add, to finding
    work, to beginning a course and to not losing work.
    """

    month: int
    persons: Persons
    age: Ints
    county_shock: Floats
    on_work: Floats
    on_school: Floats
    on_keeping: Floats | float = 0.0

    @property
    def calendar(self) -> int:
        """Month of the year, 1-12."""
        return self.month % 12 + 1


def logit(share: float) -> float:
    """Return the log-odds of a share; a rate of zero stays zero whatever is added."""
    return float(np.log(share / (1 - share))) if 0 < share < 1 else (-np.inf if share <= 0 else np.inf)


def chance(log_odds: Floats) -> Floats:
    """Return the probability of log-odds."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)


_AGES = 121


def by_age(said: Mapping[IntRange, float], age: Ints) -> Floats:
    """(n,) what is said of somebody's age, 0 where nothing is; of two ranges that hold an age they are added."""
    table = np.zeros(_AGES)
    for ages, value in said.items():
        table[ages.low or 0 : (_AGES if ages.high is None else ages.high) + 1] += value
    return np.asarray(table[np.clip(age, 0, _AGES - 1)], dtype=np.float64)
