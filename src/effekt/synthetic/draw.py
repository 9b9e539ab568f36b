"""A world drawn: its registers as canonical tables. Same world, seed and version = same tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from effekt.errors import Problem, SpecError
from effekt.synthetic.life import Lives, live
from effekt.synthetic.persons import draw_persons
from effekt.synthetic.places import places
from effekt.synthetic.registers import guidance, nav, people, work
from effekt.synthetic.registers.columns import Record
from effekt.synthetic.shocks import Ints, Shocks
from effekt.synthetic.state import Months
from effekt.synthetic.world import World


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draw:
    """The registers of a world. ``coverage`` : first and last month of each table, as `2015-01`."""

    world: World
    seed: int
    tables: Mapping[str, pa.Table]
    coverage: Mapping[str, tuple[str, str]]


def draw(world: World, seed: int | None = None, *, persons: Ints | None = None) -> Draw:
    """Draw a world, or only some running numbers of its persons: the same lives as in the whole.

    seed : another luck than the world's own.

    Raises
    ------
    SpecError
        E204 for a world with others, which is drawn to disk.
    """
    refuse_others(world)
    luck = world.seed if seed is None else seed
    lives = Lives.observed(draw_persons(world, luck, persons))
    tables = registers(world, luck, lives, lives.persons.ids())
    ends = (str(world.coverage.first), str(world.coverage.last))
    return Draw(world=world, seed=luck, tables=tables, coverage=dict.fromkeys(tables, ends))


def refuse_others(world: World) -> None:
    """Raise E204 for a world that does not fit in memory."""
    if world.others is not None:
        raise SpecError(
            Problem(
                code="E204",
                sentence=f"the world `{world.world}` has others, and is not drawn in memory",
                help="draw it to disk with `effekt synth`, or name a world without `others`",
            )
        )


def registers(
    world: World,
    seed: int,
    lives: Lives,
    ids: NDArray[np.str_],
    *,
    wanted: Collection[str] | None = None,
    months: Months | None = None,
) -> dict[str, pa.Table]:
    """Return the canonical tables of some lives.

    wanted : only these, all by default. months : the lives as they were lived, where they have been already.
    """
    lived = live(world, seed, lives) if months is None else months
    record = Record(lives=lives, months=lived, ids=ids, shocks=Shocks(seed), where=places())
    jobs = work.jobs(record)
    made: dict[str, Callable[[], pa.Table]] = {
        "person": lambda: people.person(record),
        "bosted": lambda: people.bosted(record),
        "utdanningsnivaa": lambda: people.utdanningsnivaa(record),
        "utdanningsforloep": lambda: people.utdanningsforloep(record),
        "arbeidsforhold": lambda: work.arbeidsforhold(jobs, ids=ids, first=record.first, where=record.where),
        "arbeidssoeker": lambda: nav.arbeidssoeker(record),
        "vedtak14a": lambda: nav.vedtak14a(record),
        "tiltak": lambda: nav.tiltak(record),
        "ytelse": lambda: nav.ytelse(record),
        "inntekt_aar": lambda: work.inntekt_aar(record, jobs),
        "deltakelse": lambda: guidance.deltakelse(record),
        "fylkesrapportering": lambda: guidance.fylkesrapportering(record),
    }
    return {name: make() for name, make in made.items() if wanted is None or name in wanted}
