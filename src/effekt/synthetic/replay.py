"""The treated once more, under another regime of the programme and with the same luck: where the truth comes from.

Everything up to and with the month of a person's start is as it was. What comes after is lived on the luck of a
stream that all regimes share, so that two regimes differ by the programme alone. Stream 0 is the luck that was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pyarrow as pa

from effekt.literals import MonthRange
from effekt.synthetic.draw import registers
from effekt.synthetic.life import FAR, Lives, live, regimes_of
from effekt.synthetic.persons import Persons, draw_persons
from effekt.synthetic.programme import Regime
from effekt.synthetic.shocks import Ints
from effekt.synthetic.world import World


def replay(
    world: World,
    seed: int | None = None,
    *,
    regime: Regime | Sequence[Regime],
    streams: range = range(1),
    only_treated: bool = True,
    started: MonthRange | None = None,
    wanted: Collection[str] | None = None,
    observed: tuple[Persons, Ints] | None = None,
) -> Mapping[str, pa.Table]:
    """Return the registers of the treated, lived again once per stream; `person_id` is `<id>~<stream>`.

    Of several regimes the lives of the first are numbered by stream and those of the others on from there: with 5
    streams, `<id>~5` is stream 0 under the second.

    Tables that count over persons are left out, since several lives of one person add up to nothing.

    regime : `natural` starts as observed; `wait` does not start then and may later; `off` never starts.
    only_treated : False adds everybody else, whose lives no regime changes, so that the tables are whole.
    started : only those who started in these months, such as a study's accrual: fewer lives, the same ones.
    wanted : only these registers. observed : everybody and the month each started in, where they are known already.
    """
    luck = world.seed if seed is None else seed
    persons, start = _whom(world, luck, only_treated, started, observed)
    regimes = (regime,) if isinstance(regime, str) else tuple(regime)
    rows = np.repeat(np.arange(len(start)), len(regimes) * len(streams))
    again = persons.take(rows)
    lives = Lives(
        persons=again,
        regime=np.tile(regimes_of(regimes, len(streams)), len(start)),
        start=start[rows],
        stream=np.tile(np.asarray(streams, dtype=np.int64), len(regimes) * len(start)),
    )
    number = streams.start + np.arange(len(regimes) * len(streams))
    ids = np.char.add(np.char.add(again.ids(), "~"), np.tile(number.astype(np.str_), len(start)))
    lived = registers(world, luck, lives, ids, wanted=wanted)
    return {name: table for name, table in lived.items() if "person_id" in table.column_names}


def _whom(
    world: World,
    seed: int,
    only_treated: bool,
    within: MonthRange | None,
    observed: tuple[Persons, Ints] | None,
) -> tuple[Persons, Ints]:
    """Return the persons to replay and the month each started; a month that never comes for those who did not."""
    last = world.months[1] if within is None or within.last is None else within.last.ordinal
    persons, started = _started(world, seed, last) if observed is None else observed
    asked = started >= world.months[0]
    if within is not None:
        asked &= (started >= within.first.ordinal) & (started <= last)
    if only_treated:
        treated = np.flatnonzero(asked)
        return persons.take(treated), started[treated]
    return persons, np.where(asked, started, FAR)


def _started(world: World, seed: int, last: int) -> tuple[Persons, Ints]:
    """Return everybody and the month they started in, if by the month ``last``."""
    persons = draw_persons(world, seed)
    return persons, live(world, seed, Lives.observed(persons), until=last).started
