"""What acts on everybody's working life in a month: guidance, what others' guidance does, and what else a world has.

All of it is a function of the calendar, the place and the person's own state, never of who else is in the draw, so a
part of the persons lives as in the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from effekt.synthetic.careers import Concurrent, Together
from effekt.synthetic.offered import Awakening, Whom
from effekt.synthetic.persons import Persons
from effekt.synthetic.places import Places
from effekt.synthetic.planned import felt
from effekt.synthetic.programme import Setting
from effekt.synthetic.schooling import UPPER
from effekt.synthetic.shocks import Floats, Ints, Module, Shocks
from effekt.synthetic.state import Flags, State
from effekt.synthetic.world import World

_UNDER = 25
_PARTS_OF_THE_COUNTRY = {
    **dict.fromkeys(("18", "55", "56"), 0),
    **dict.fromkeys(("15", "50"), 1),
    **dict.fromkeys(("11", "46"), 2),
    **dict.fromkeys(("31", "33", "39", "40", "42"), 3),
    **dict.fromkeys(("03", "32", "34"), 4),
}
"""North, middle, west, south and the capital's surroundings: counties that trade and commute with each other."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Acting:
    """(n,) log-odds this month, of finding work, of beginning a course and of not losing work."""

    work: Floats
    school: Floats
    keeping: Floats | float


def acting(setting: Setting, before: State, persons: Persons, age: Ints, month: int) -> Acting:
    """Return what acts on everybody in a month; before : the state at the end of the last."""
    world, effects = setting.world, setting.plan.effects
    times = _times(world, before, persons, age)
    work, school = times * felt(effects["job"], before, month), times * felt(effects["education"], before, month)
    keeping = times * felt(effects["keep"], before, month) if effects["keep"].any() else 0.0
    county = setting.where.county[before.place]
    for other in world.concurrent.values():
        reached = _reached(other, setting.where, county, age, month)
        work, school = work + other.job * reached, school + other.education * reached
    work = _on_work(work, setting, before, persons, county=county, month=month)
    return Acting(work=work, school=school, keeping=keeping)


def _on_work(work: Floats, setting: Setting, before: State, persons: Persons, *, county: Ints, month: int) -> Floats:
    """Return log-odds of finding work with all that acts on it alone."""
    careers, programme, plan = setting.world.careers, setting.world.programme, setting.plan
    years = (month - setting.world.months[0]) / 12
    if programme.spill_over:
        others = before.registered & (before.started < 0) & (before.hidden < 0)
        work = work + programme.spill_over * plan.grown[month - plan.first, county] * others
    if programme.anticipation is not None:
        work = work + programme.anticipation.job * ((before.invited >= month) & (before.started < 0))
    if careers.trends:
        slopes = np.array([careers.trends.get(code, 0.0) for code in setting.where.county_codes])
        work = work + max(years, 0.0) * slopes[county]
    if programme.awakening is not None:
        work = work + programme.awakening.work * is_awake(before, programme.awakening, month)
    if careers.drift:
        work = work + careers.drift * years * persons.drift
    return work


def is_awake(state: State, awakening: Awakening, month: int) -> Flags:
    """Whether somebody has woken so lately that it still lasts."""
    return np.asarray((state.woke >= 0) & (month - state.woke < awakening.lasts), dtype=np.bool_)


def _times(world: World, before: State, persons: Persons, age: Ints) -> Floats | float:
    """(n,) how many times as large the effect is on each."""
    if not world.programme.subgroups:
        return 1.0
    times = np.ones(len(age))
    for whom, factor in world.programme.subgroups.items():
        times[_is(whom, before, persons, age)] *= factor
    return times


def _is(whom: Whom, before: State, persons: Persons, age: Ints) -> Flags:
    """Whether persons are of a subgroup by what was so at the end of last month."""
    found: Mapping[Whom, Flags] = {
        "women": persons.woman,
        "men": ~persons.woman,
        "under_25": age < _UNDER,
        "immigrants": persons.origin == "B",
        "without_upper_secondary": before.level < UPPER,
        "nedsatt": before.reduced,
    }
    return np.asarray(found[whom], dtype=np.bool_)


def _reached(other: Concurrent, where: Places, county: Ints, age: Ints, month: int) -> Flags:
    if month < other.from_.ordinal or (other.to is not None and month > other.to.ordinal):
        return np.zeros(len(county), dtype=bool)
    reached = np.ones(len(county), dtype=bool)
    if other.counties:
        reached &= np.isin(where.county_codes, other.counties)[county]
    if other.age is not None:
        reached &= (age >= (other.age.low or 0)) & (age <= (other.age.high or np.inf))
    return reached


def county_shocks(together: Together, seed: int, where: Places, first: int, last: int) -> Floats:
    """(T, k) log-odds, autoregressive by month within a county; the same under every regime and stream."""
    z = _standard(together, seed, where, np.arange(first, last + 1))
    found: Floats = np.empty_like(z)
    found[0] = together.sd * z[0]
    step = together.sd * np.sqrt(1 - together.persistence**2)
    for t in range(1, len(z)):
        found[t] = together.persistence * found[t - 1] + step * z[t]
    return found


def _standard(together: Together, seed: int, where: Places, months: Ints) -> Floats:
    """(T, k) standard normals, independent by month and as correlated between counties as the world says."""
    shocks, county = Shocks(seed), np.arange(len(where.county_codes))
    country, region = together.country.value, together.region.value
    own = shocks.normals(Module.COUNTY, county[None, :], months[:, None])[0]
    found = max(1 - country - region, 0.0) ** 0.5 * own
    if country or region:
        part = np.array([_PARTS_OF_THE_COUNTRY[code] for code in where.county_codes])
        found = found + country**0.5 * shocks.normals(Module.REGIONS, months[:, None])[0]
        found = found + region**0.5 * shocks.normals(Module.REGIONS, 1 + part[None, :], months[:, None], block=1)[0]
    return np.asarray(found, dtype=np.float64)
