"""The registers of everybody whose life is not lived month by month: drawn as whole jobs, not as months.

Jobs and the time between them last as long as chance gives, with the means that the world names. Nobody of them meets
Nav, moves or leaves, so they add to the size of registers and to nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import ndtri

from effekt.synthetic.careers import Others
from effekt.synthetic.persons import birth_months, index_of, pseudonyms
from effekt.synthetic.places import era_of, places
from effekt.synthetic.registers import work
from effekt.synthetic.registers.columns import coded, table
from effekt.synthetic.schooling import BASIC, HIGHER, UPPER
from effekt.synthetic.shocks import Floats, Ints, Module, Shocks
from effekt.synthetic.spells import first_of
from effekt.synthetic.world import World

_FIRST_JOB, _LAST_JOB = 20, 67
"""Ages between which they may work; from the second on they are retired."""
_MOST_JOBS = 5
_LEVELS, _LEVEL_SHARES = np.array([BASIC, UPPER, HIGHER]), np.array([0.24, 0.40, 0.36])
_AT_SCHOOL = 1
_WOMEN = 0.5
_PENSION = 200_000.0
"""NOK a year in money of the base year."""
_ORIGINS, _ORIGIN_SHARES = np.array(["A", "B", "C"]), np.array([0.80, 0.16, 0.04])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rest:
    """What is fixed about the others of a stretch, (n,) each.

    number : running number. born : month ordinal. level : first digit of NUS2000. home : municipality. ability : SDs.
    """

    number: Ints
    ids: NDArray[np.str_]
    born: Ints
    woman: NDArray[np.bool_]
    origin: Ints
    level: Ints
    home: Ints
    ability: Floats


def registers_of_others(world: World, seed: int, number: Ints) -> dict[str, pa.Table]:
    """Return the canonical tables of some of the others, by their running numbers; text is encoded."""
    assert world.others is not None
    shocks, where, (first, last) = Shocks(seed), places(), world.months
    rest = _drawn(world.others, shocks, number, last)
    found = _jobs(world.others, shocks, rest, first, last)
    years = first // 12 + np.arange(last // 12 - first // 12 + 1)
    age = years[None, :] - rest.born[:, None] // 12
    pension: Floats = np.where(age >= _LAST_JOB, _PENSION, 0.0)
    return {
        "person": _person(rest),
        "bosted": _bosted(rest, first, last),
        "utdanningsnivaa": _utdanningsnivaa(rest, first),
        "arbeidsforhold": work.arbeidsforhold(found, ids=rest.ids, first=first, where=where, encoded=True),
        "inntekt_aar": work.incomes(found, ids=rest.ids, first=first, received=pension, who=age >= 17, encoded=True),
    }


def _drawn(others: Others, shocks: Shocks, number: Ints, last: int) -> Rest:
    when, sex, origin, level = shocks.uniforms(Module.TRAITS, number)
    home, ability, *_ = shocks.uniforms(Module.HOME, number)
    born = birth_months(others.born, when)
    grown = last // 12 - born // 12 >= 16
    return Rest(
        number=number,
        ids=pseudonyms(number),
        born=born,
        woman=sex < _WOMEN,
        origin=index_of(_ORIGIN_SHARES, origin),
        level=np.where(grown, _LEVELS[index_of(_LEVEL_SHARES, level)], _AT_SCHOOL),
        home=places().anywhere(home),
        ability=ndtri(ability),
    )


def _jobs(others: Others, shocks: Shocks, rest: Rest, first: int, last: int) -> work.Jobs:
    """Return jobs and their months; a person has five in the coverage at most."""
    begin, end = _terms(others, shocks, rest, first, last)
    row, serial = np.nonzero(end > begin)
    begin, end = begin[row, serial], end[row, serial]
    u = shocks.uniforms(Module.JOB_TRAITS, rest.number[row], serial)
    nobody_studies = np.zeros(len(row), dtype=np.int64)
    trade, percent = work.trade_and_percent(u, rest.level[row], nobody_studies)
    age = np.clip((first + begin - rest.born[row]) // 12, 16, 40)
    pay = work.monthly_pay(trade, percent, ndtri(u[3]), rest.ability[row], age)
    of = np.repeat(np.arange(len(row)), end - begin)
    before = np.cumsum(end - begin) - (end - begin)
    at = np.arange(len(of)) + (begin - before)[of]
    return work.Jobs(
        serial=serial + 1,
        trade=trade,
        percent=percent,
        site=(u[2] * work.SITES).astype(np.int64),
        place=rest.home[row],
        of=of,
        row=row[of],
        at=at,
        cash=work.cash(pay, of, at, first),
    )


def _terms(others: Others, shocks: Shocks, rest: Rest, first: int, last: int) -> tuple[Ints, Ints]:
    """(n, jobs) positions of the first month of each job and of the first after it, within coverage and working age.

    Lengths are exponential, so at the start of the coverage what is left of a job is as long as a whole one.
    """
    u = np.stack([shocks.uniforms(Module.JOBS, rest.number, job)[:3] for job in range(_MOST_JOBS)], axis=2)
    share = others.in_work.value
    between = others.job_length * (1 - share) / max(share, 1e-9)
    length = np.ceil(-others.job_length * np.log(u[0]))
    wait = np.ceil(-between * np.log(u[1]))
    wait[:, 0] = np.where(u[2, :, 0] < share, 0, wait[:, 0])
    end = np.cumsum(length + wait, axis=1)
    low = np.clip(rest.born + 12 * _FIRST_JOB - first, 0, None)[:, None]
    high = np.clip(rest.born + 12 * _LAST_JOB - first, 0, last - first + 1)[:, None]
    return np.maximum(end - length, low).astype(np.int64), np.minimum(end, high).astype(np.int64)


def _person(rest: Rest) -> pa.Table:
    return table(
        "person",
        {
            "person_id": rest.ids,
            "foedselsaar": rest.born // 12,
            "foedselsmaaned": rest.born % 12 + 1,
            "kjoenn": coded(np.array(["1", "2"]), rest.woman.astype(np.int64)),
            "innvkat": coded(_ORIGINS, rest.origin),
            "doed": pa.nulls(len(rest.number), pa.date32()),
            "foreldre_utdanning": pa.nulls(len(rest.number), pa.string()),
        },
        encoded=True,
    )


def _bosted(rest: Rest, first: int, last: int) -> pa.Table:
    """Nobody moves, but a reform gives the municipality a new number."""
    where = places()
    codes, number = np.unique(where.codes, return_inverse=True)
    months = first + np.arange(last - first + 1)
    number = number.reshape(where.codes.shape)[era_of(months)].T
    # Of the municipalities, the month in which each of its numbers begins.
    begins = np.diff(number, axis=1, prepend=-1) != 0
    place, at = np.nonzero(begins)
    of = np.repeat(np.arange(len(rest.home)), begins.sum(axis=1)[rest.home])
    begun = at[np.searchsorted(place, rest.home)[of] + _position_within(of)]
    replaced = np.append(of[1:] == of[:-1], False)
    until = np.where(replaced, np.append(begun[1:], 0), len(months))
    since = np.maximum(first + begun, rest.born[of])
    kept = since < first + until
    of, begun, since, until, replaced = (part[kept] for part in (of, begun, since, until, replaced))
    return table(
        "bosted",
        {
            "person_id": coded(rest.ids, of),
            "start": first_of(since),
            "slutt": pa.array(first_of(first + until), pa.date32(), mask=~replaced),
            "kommunenr": coded(codes, number[rest.home[of], begun]),
            "status": coded(np.array(["bosatt"]), np.zeros(len(of), dtype=np.int64)),
        },
        encoded=True,
    )


def _position_within(of: Ints) -> Ints:
    """(r,) 0, 1, ... within each run of one value."""
    row = np.arange(len(of))
    new = np.append(True, of[1:] != of[:-1])
    return row - np.maximum.accumulate(np.where(new, row, 0))


def _utdanningsnivaa(rest: Rest, first: int) -> pa.Table:
    return table(
        "utdanningsnivaa",
        {
            "person_id": rest.ids,
            "start": first_of(np.maximum(rest.born, first)),
            "slutt": pa.nulls(len(rest.number), pa.date32()),
            "nus2000": coded(np.array([f"{level}99999" for level in range(10)]), rest.level),
            "nivaa": coded(np.array([str(level) for level in range(10)]), rest.level),
        },
        encoded=True,
    )
