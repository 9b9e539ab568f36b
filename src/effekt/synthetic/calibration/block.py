"""Some persons of a world, their months, and the chances of guidance they had: what moments are counted in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from effekt.literals import IntRange, Month, MonthRange
from effekt.synthetic.life import Lives, live
from effekt.synthetic.persons import Persons, draw_persons
from effekt.synthetic.places import places
from effekt.synthetic.programme import Chances
from effekt.synthetic.shocks import Floats, Ints
from effekt.synthetic.state import Flags, Months, Now, Small, State
from effekt.synthetic.world import World

ENTRY = MonthRange.parse("2015-01..2016-12")
"""Months in which the cohort of young entrants registered."""
REPORTED = Month.parse("2025-05")
"""The month in which the evaluation counted participants."""
_AWAY = 12
"""Months without registration after which one counts as new."""
_UNDER = 30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Offers:
    """Chances of starting a project's guidance in a month until it was counted; (r,) each."""

    chance: Floats
    county: Ints
    age: Ints
    woman: Flags
    level: Small
    in_tiltak: Flags


class Block:
    """Some persons of a world. weight : how many people each stands for."""

    def __init__(self, world: World, seed: int, number: Ints) -> None:
        self.world = world
        self.weight = (world.persons.stands_for or world.persons.number) / world.persons.number
        self._offers: list[Offers] = []
        self.users: dict[int, Floats] = {}
        self.persons: Persons = draw_persons(world, seed, number)
        lives = Lives.observed(self.persons)
        self.months: Months = live(world, seed, lives, watch=self._watch)

    def at(self, months: str | MonthRange) -> slice:
        """Return the columns of some months."""
        asked = MonthRange.parse(months) if isinstance(months, str) else months
        assert asked.last is not None
        return slice(asked.first.ordinal - self.months.first, asked.last.ordinal - self.months.first + 1)

    def age(self, at: slice) -> Ints:
        """(n, t) completed years at the end of the month."""
        month = self.months.first + np.arange(at.start, at.stop)
        return np.asarray((month[None, :] - self.persons.born[:, None]) // 12)

    def there(self, arguments: Mapping[str, str], at: slice) -> Flags:
        """(n, t) who lives in the country and is what the arguments say: `ages`, `origin`, `levels`, `county`."""
        found: Flags = self.months["gone"][:, at] == 0
        if "ages" in arguments:
            ages, age = IntRange.parse(arguments["ages"]), self.age(at)
            found = found & (age >= (ages.low or 0)) & (age <= (ages.high or np.inf))
        if "origin" in arguments:
            found = found & np.isin(self.persons.origin, arguments["origin"].split("|"))[:, None]
        if "levels" in arguments:
            found = found & np.isin(self.months["level"][:, at], _numbers(arguments["levels"]))
        if "county" in arguments:
            county = places().county[self.months["place"][:, at]]
            found = found & (county == places().position(arguments["county"]))
        return found

    @cached_property
    def entrants(self) -> tuple[Ints, Ints]:
        """Return (row, column) of the first new registration of those under 30 in the months of entry."""
        group, at = self.months["group"], self.at(ENTRY)
        new = np.zeros((len(group), at.stop - at.start), dtype=np.bool_)
        for k in range(new.shape[1]):
            column = at.start + k
            before = group[:, max(column - _AWAY, 0) : column] > 0
            new[:, k] = (group[:, column] > 0) & ~before.any(axis=1) & (column > 0)
        new &= self.there({"ages": f"16..{_UNDER - 1}"}, at)
        rows = np.flatnonzero(new.any(axis=1))
        return rows, at.start + np.argmax(new[rows], axis=1)

    @cached_property
    def offers(self) -> Offers:
        """All chances of a project's guidance, one under the other."""
        names = Offers.__slots__
        return Offers(**{name: np.concatenate([getattr(o, name) for o in self._offers]) for name in names})

    def _watch(self, found: Chances, before: State, now: Now) -> None:
        year = now.month // 12
        ordinary = found.chance * (1 - found.project)
        man = ~now.persons.woman[found.rows]
        users = np.array([ordinary.sum(), (ordinary * man).sum()])
        self.users[year] = self.users.get(year, np.zeros(2)) + users
        ours = np.flatnonzero(found.project > 0) if now.month <= REPORTED.ordinal else np.array([], dtype=np.int64)
        rows = found.rows[ours]
        self._offers.append(
            Offers(
                chance=(found.chance * found.project)[ours],
                county=found.county[ours],
                age=now.age[rows],
                woman=now.persons.woman[rows],
                level=before.level[rows],
                in_tiltak=before.tiltak[rows] > 0,
            )
        )


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split("|")]
