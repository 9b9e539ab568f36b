"""Who lives in a world: what is fixed about a person, drawn from the person's own luck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effekt.literals import Amount
from effekt.synthetic.places import county_shares, places
from effekt.synthetic.shocks import Floats, Ints, Module, Shocks
from effekt.synthetic.world import World

_WOMEN = 0.47
"""Men are somewhat more often registered with Nav among the young."""
_SECOND_GENERATION = 0.06
_FRAIL_PARENTS, _FRAIL_IMMIGRANTS = 0.25, 0.25
"""SDs of frailty by which parents with basic education, and one's own immigration, move its mean."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Persons:
    """What is fixed, (n,) each.

    number : running number, which the luck is addressed by. born : month ordinal of birth. woman : bool.
    origin : `A`, `B` or `C`. parents : level of education. frailty, motivation, ability, drift : SDs, unobserved.
    home : municipality at the start.
    """

    number: Ints
    born: Ints
    woman: NDArray[np.bool_]
    origin: NDArray[np.str_]
    parents: Ints
    frailty: Floats
    motivation: Floats
    ability: Floats
    drift: Floats
    home: Ints

    def take(self, rows: Ints) -> Persons:
        """Return the persons at these positions, repeated where a position is."""
        return Persons(**{name: getattr(self, name)[rows] for name in self.__slots__})

    def ids(self) -> NDArray[np.str_]:
        """Return pseudonyms, which cannot look like a person number: a letter and seven digits."""
        return np.char.add("S", np.char.zfill(self.number.astype(np.str_), 7))


def draw_persons(world: World, seed: int, numbers: Ints | None = None) -> Persons:
    """Return the persons of a world, or those of some running numbers: the same persons as in the whole."""
    number = np.arange(world.persons.number) if numbers is None else np.asarray(numbers, dtype=np.int64)
    shocks = Shocks(seed)
    when, sex, origin, parents = shocks.uniforms(Module.TRAITS, number)
    frailty, motivation, ability, drift = shocks.normals(Module.TRAITS, number, block=1)
    county, place, *_ = shocks.uniforms(Module.HOME, number)
    where = places()
    immigrant = world.persons.immigrants.value
    level = _chosen(world.persons.parents, parents)
    foreign = origin < immigrant
    return Persons(
        number=number,
        born=_birth_months(world, when),
        woman=sex < _WOMEN,
        origin=np.where(foreign, "B", np.where(origin < immigrant + _SECOND_GENERATION, "C", "A")),
        parents=level,
        frailty=frailty + _FRAIL_PARENTS * (level == 2) + _FRAIL_IMMIGRANTS * foreign,
        motivation=motivation,
        ability=ability,
        drift=drift,
        home=where.in_county(_index(county_shares(world.persons, where), county), place),
    )


def _birth_months(world: World, u: Floats) -> Ints:
    """Spread each range of birth years over its months; u in (0, 1) decides both range and month."""
    ranges = list(world.persons.born)
    share = np.array([world.persons.born[years].value for years in ranges])
    low = np.array([12 * (years.low or 0) for years in ranges])
    width = np.array([12 * ((years.high or 0) + 1) for years in ranges]) - low
    which = _index(share, u)
    within = (u - (np.cumsum(share) - share)[which]) / share[which]
    month = np.clip((within * width[which]).astype(np.int64), 0, width[which] - 1)
    return np.asarray(low[which] + month, dtype=np.int64)


def _chosen(shares: Mapping[Any, Amount], u: Floats) -> Ints:
    return np.array([int(key) for key in shares])[_index(np.array([s.value for s in shares.values()]), u)]


def _index(share: Floats, u: Floats) -> Ints:
    """Return the index that u falls on when (0, 1) is cut by shares that sum to 1."""
    found = np.searchsorted(np.cumsum(share), u)
    return np.asarray(np.minimum(found, len(share) - 1), dtype=np.int64)
