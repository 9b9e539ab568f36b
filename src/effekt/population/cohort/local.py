"""Local unemployment: the share of a municipality's residents who were registered job seekers."""

from __future__ import annotations

import numpy as np

from effekt.population.cohort.moments import Moments
from effekt.population.cohort.people import RESIDENT, People
from effekt.population.cohort.reading import read_spells
from effekt.population.cohort.spells import Ints, Mask, Spells, first_day
from effekt.sample import Array


def local_unemployment(people: People, moments: Moments) -> Array:
    """(k,): registered job seekers per resident of the extract, on the last day of the month before time zero.

    The municipality is where the person lived on that day. NaN where it is unknown, and where the registers do not
    cover the month.
    """
    months = np.unique(moments.month)
    share = _shares(moments, months)
    municipality = people.residence.text["kommunenr"]
    names = municipality.names
    codes = municipality.at(people.residence.covering(moments.pid, moments.last_day_before))
    table = np.full((len(months), len(names) + 1), np.nan)
    position = {name: code for code, name in enumerate(names)}
    for (month, name), value in share.items():
        if name in position:
            table[np.searchsorted(months, month), position[name]] = value
    covered = _covered(moments, months)
    table[~covered] = np.nan
    return table[np.searchsorted(months, moments.month), codes]


def _covered(moments: Moments, months: Ints) -> Mask:
    inside = np.ones(len(months), dtype=bool)
    for name in ("bosted", "arbeidssoeker"):
        first, last = (month.ordinal for month in moments.engine.extract.tables[name].coverage)
        inside &= (months - 1 >= first) & (months - 1 <= last)
    return inside


def _shares(moments: Moments, months: Ints) -> dict[tuple[int, str], float]:
    """Return month and municipality -> job seekers per resident at the end of the month before."""
    ends = first_day(months) - 1
    homes = read_spells(moments.engine, "bosted", ("kommunenr", "status"), until=int(ends.max()), since=int(ends.min()))
    status, place = homes.text["status"], homes.text["kommunenr"]
    here = (place.codes >= 0) & np.array([*(name == RESIDENT for name in status.names), False], dtype=bool)[
        status.codes
    ]
    person, where, start, stop = _stays(homes.pid[here], place.codes[here], homes.start[here], homes.stop[here])
    seeking = read_spells(moments.engine, "arbeidssoeker", until=int(ends.max()))
    everyone = int(max(person.max(initial=-1), seeking.pid.max(initial=-1))) + 1
    shares: dict[tuple[int, str], float] = {}
    for month, day in zip(months.tolist(), ends.tolist(), strict=True):
        seeks = np.zeros(everyone, dtype=bool)
        seeks[seeking.pid[(seeking.start <= day) & (seeking.stop > day)]] = True
        then = (start <= day) & (stop > day)
        residents = np.bincount(where[then], minlength=len(place.names))
        seekers = np.bincount(where[then & seeks[person]], minlength=len(place.names))
        shares |= {(month, place.names[k]): float(seekers[k] / residents[k]) for k in np.flatnonzero(residents)}
    return shares


def _stays(pid: Ints, place: Ints, start: Ints, stop: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Return person, place, start and stop of stays: spells of a person in a place that touch are one stay."""
    order = np.lexsort((start, place, pid))
    pid, place, start, stop = pid[order], place[order], start[order], stop[order]
    both = np.cumsum(np.append(True, (pid[1:] != pid[:-1]) | (place[1:] != place[:-1]))[: len(pid)])
    since = Spells(pid=both, start=start, stop=stop).since(0)
    first = np.flatnonzero(np.append(True, (both[1:] != both[:-1]) | (since[1:] != since[:-1]))[: len(pid)])
    return pid[first], place[first], start[first], np.maximum.reduceat(stop, first)
