"""The last job before time zero: industry and occupation of the main job in the last month that had one."""

from __future__ import annotations

from typing import Any

import numpy as np

from effekt.population.cohort.moments import Moments
from effekt.population.cohort.reading import as_date, coded_column, days, ints
from effekt.population.cohort.spells import Coded, Ints, Mask, composite, first_day, taken
from effekt.population.engine.written import Query, Registers

WITHOUT = "ingen jobb"


def last_job(moments: Moments, months: int) -> tuple[Coded, Coded]:
    """Return industry and occupation of the moments, (k,) each; ``WITHOUT`` where no job is found within ``months``.

    Of several jobs in a month the one marked as the main job counts, then the one with most hours, then the one
    that comes first by its codes; -1 = a job of unknown industry or occupation, or months that are not covered.
    """
    low, high = first_day(moments.month - months), first_day(moments.month)
    rows = moments.engine.fetch(Query(_jobs, (moments.table, int(low.min()), int(high.max()))))
    pid, day = ints(rows, "pid"), days(rows, "maaned")
    industry, occupation = coded_column(rows, "naering"), coded_column(rows, "yrke")
    main = coded_column(rows, "hovedjobb").codes
    hours = np.nan_to_num(rows.column("arbeidstid").to_numpy(zero_copy_only=False).astype(np.float64), nan=-1.0)
    order = np.lexsort((-occupation.codes, -industry.codes, hours, main, day, pid))
    key = composite(pid[order], day[order])
    at = np.searchsorted(key, composite(moments.pid, high), side="left") - 1
    found = (at >= 0) & (taken(key, at) >= composite(moments.pid, low))
    row = np.where(found, np.append(order, -1)[at], -1)
    without = ~found & _covered(moments, months)
    return _labelled(industry, row, without), _labelled(occupation, row, without)


def _jobs(registers: Registers, people: Any, first: int, last: int) -> Any:
    held = registers.table("arbeidsforhold", of=people)
    within = (held.maaned >= as_date(first)) & (held.maaned < as_date(last))
    columns = ("pid", "maaned", "hovedjobb", "arbeidstid", "naering", "yrke")
    return held.filter(within).select(*columns)


def _labelled(column: Coded, row: Ints, without: Mask) -> Coded:
    return Coded(np.where(without, len(column.names), column.at(row)), (*column.names, WITHOUT))


def _covered(moments: Moments, months: int) -> Mask:
    first, last = (month.ordinal for month in moments.engine.extract.tables["arbeidsforhold"].coverage)
    inside: Mask = (moments.month - months >= first) & (moments.month - 1 <= last)
    return inside
