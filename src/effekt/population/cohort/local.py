"""Local unemployment: the share of a municipality's residents who were registered job seekers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from effekt.population.cohort.moments import Moments
from effekt.population.cohort.people import RESIDENT, People
from effekt.population.cohort.reading import as_date, ints
from effekt.population.cohort.spells import Ints, Mask, first_day
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
    engine = moments.engine
    ends = engine.upload(
        f"{moments.name}_month_ends",
        pa.table(
            {
                "month": pa.array(months, pa.int64()),
                "day": pa.array((first_day(months) - 1).astype("datetime64[D]")),
            }
        ),
    )
    last = as_date(int(first_day(months).max()) - 1)
    home = engine.table("bosted")
    home = home.filter((home.start <= last) & (home.status == RESIDENT) & home.kommunenr.notnull())
    resident = _covering(home, ends).select("month", "kommunenr", "pid").distinct()
    seekers = engine.table("arbeidssoeker")
    seekers = seekers.filter(seekers.start <= last)
    seeking = _covering(seekers, ends).select("month", "pid").distinct().mutate(seeks=1)
    both = resident.left_join(seeking, ["month", "pid"])
    counts = both.group_by(["month", "kommunenr"]).agg(residents=both.count(), seekers=both.seeks.count())
    rows = engine.fetch(counts)
    shares = ints(rows, "seekers") / ints(rows, "residents")
    keys = zip(ints(rows, "month").tolist(), rows.column("kommunenr").to_pylist(), strict=True)
    return dict(zip(keys, shares.tolist(), strict=True))


def _covering(spells: Any, ends: Any) -> Any:
    """Return spells with every day in ``ends`` that they hold."""
    return ends.join(spells, [spells.start <= ends.day, spells.slutt.isnull() | (spells.slutt > ends.day)])
