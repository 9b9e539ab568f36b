"""Who lives in a world: what is fixed about a person, drawn from the person's own luck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effekt.literals import Amount, IntRange
from effekt.synthetic.places import AGES, Places, county_shares, places, shares_by_age
from effekt.synthetic.shocks import Floats, Ints, Module, Shocks
from effekt.synthetic.world import World

_WOMEN = 0.47
"""Men are somewhat more often registered with Nav among the young."""
_FIXED, _LEAST = 6, 2.0**-33
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
        """Return the pseudonyms."""
        return pseudonyms(self.number)


def pseudonyms(number: Ints) -> NDArray[np.str_]:
    """Return what persons are called: a letter and seven digits, which cannot look like a person number."""
    return np.char.add("S", np.char.zfill(number.astype(np.str_), 7))


STRETCH = 1 << 16
"""Running numbers that are drawn and written together."""


def numbers_of(world: World) -> Ints:
    """Return the running numbers of the persons whose lives are lived month by month, among those of everybody.

    They come first in every stretch, each stretch with its share: in no register do they lie apart from the others.
    """
    return np.concatenate([np.arange(first, first + lived) for first, lived, _ in stretches(world)])


def stretches(world: World) -> list[tuple[int, int, int]]:
    """Return (first number, how many are lived month by month, how many in all) of every stretch."""
    total, lived = world.population, world.persons.number
    ends = [(first, min(first + STRETCH, total)) for first in range(0, total, STRETCH)]
    return [(first, end * lived // total - first * lived // total, end - first) for first, end in ends]


def draw_persons(world: World, seed: int, numbers: Ints | None = None) -> Persons:
    """Return the persons of a world, or those of some running numbers: the same persons as in the whole."""
    number = numbers_of(world) if numbers is None else np.asarray(numbers, dtype=np.int64)
    shocks = Shocks(seed)
    when, sex, origin, parents = shocks.uniforms(Module.TRAITS, number)
    frailty, motivation, ability, drift = shocks.normals(Module.TRAITS, number, block=1)
    county, place, *_ = shocks.uniforms(Module.HOME, number)
    if world.persons.stands_for is not None:
        when, sex, origin, parents, county, place = _spread(shocks, number)
    where = places()
    born = birth_months(world.persons.born, when)
    immigrant = world.persons.immigrants.value
    level = _chosen(world.persons.parents, parents)
    foreign = origin < immigrant
    return Persons(
        number=number,
        born=born,
        woman=sex < _WOMEN,
        origin=np.where(foreign, "B", np.where(origin < immigrant + _SECOND_GENERATION, "C", "A")),
        parents=level,
        frailty=frailty + _FRAIL_PARENTS * (level == 2) + _FRAIL_IMMIGRANTS * foreign,
        motivation=motivation,
        ability=ability,
        drift=drift,
        home=where.in_county(_county(world, where, born, county), place),
    )


def _spread(shocks: Shocks, number: Ints) -> Floats:
    """(6, n) numbers in (0, 1), evenly spread over any run of persons and shifted as a whole by the draw's luck.

    An additive recurrence on powers of the root of x^7 = x + 1 (Roberts 2018, "The unreasonable effectiveness of
    quasirandom sequences", R_6), the shift that of Cranley and Patterson (1976).
    """
    root = 1.0
    for _ in range(60):
        root = (1 + root) ** (1 / (_FIXED + 1))
    step = root ** -np.arange(1.0, _FIXED + 1)
    shift = np.concatenate([shocks.uniforms(Module.SPREAD, np.array([0]), block=block)[:, 0] for block in (0, 1)])
    found = (shift[:_FIXED, None] + step[:, None] * number[None, :]) % 1.0
    return np.asarray(np.clip(found, _LEAST, 1 - _LEAST), dtype=np.float64)


def _county(world: World, where: Places, born: Ints, u: Floats) -> Ints:
    """Return the index of the county of each."""
    if world.persons.stands_for is None:
        return index_of(county_shares(world.persons, where), u)
    shares = shares_by_age()
    group = np.searchsorted(AGES, 2025 - born // 12, side="right")
    found = np.empty(len(born), dtype=np.int64)
    for g, share in enumerate(shares):
        found[group == g] = index_of(share, u[group == g])
    return found


def birth_months(born: Mapping[IntRange, Amount], u: Floats) -> Ints:
    """Spread each range of birth years over its months; u in (0, 1) decides both range and month."""
    ranges = list(born)
    share = np.array([born[years].value for years in ranges])
    low = np.array([12 * (years.low or 0) for years in ranges])
    width = np.array([12 * ((years.high or 0) + 1) for years in ranges]) - low
    which = index_of(share, u)
    within = (u - (np.cumsum(share) - share)[which]) / share[which]
    month = np.clip((within * width[which]).astype(np.int64), 0, width[which] - 1)
    return np.asarray(low[which] + month, dtype=np.int64)


def _chosen(shares: Mapping[Any, Amount], u: Floats) -> Ints:
    return np.array([int(key) for key in shares])[index_of(np.array([s.value for s in shares.values()]), u)]


def index_of(share: Floats, u: Floats) -> Ints:
    """Return the index that u falls on when (0, 1) is cut by shares that sum to 1."""
    found = np.searchsorted(np.cumsum(share), u)
    return np.asarray(np.minimum(found, len(share) - 1), dtype=np.int64)
