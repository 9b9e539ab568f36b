"""From entries to rates: numerator, denominator and value of every unit and period, from the same persons."""

from __future__ import annotations

import numpy as np

from effekt.population.cohort.followed import Follow, day_of_death
from effekt.population.cohort.measuring import series
from effekt.population.cohort.moments import Moments, moments_of
from effekt.population.cohort.people import fixed_of
from effekt.population.cohort.reading import days, ints, read_spells
from effekt.population.cohort.spells import NEVER, Ints, first_day
from effekt.population.counties.calendar import Calendar
from effekt.population.counties.entries import Entries
from effekt.population.engine.connection import Engine
from effekt.population.engine.written import Query
from effekt.sample import Array, Series
from effekt.spec.measured import Outcome
from effekt.spec.registered import CountyStudy


def rates(
    engine: Engine, spec: CountyStudy, calendar: Calendar, entries: Entries, *, n: int, sealed: bool, name: str
) -> dict[str, Series]:
    """Return every outcome by unit (n,) and period, before the seal or after it.

    Periods of which some entrants cannot be observed are left out at either end of the panel: a rate of those who
    can be would be another month's. A cell without a person is NaN. At the design stage nothing is read that is dated
    after the last window before the seal.
    """
    moments, of = moments_of(engine, name, entries.pid, entries.month)
    follow = _follow(engine, moments, spec, None if sealed else _last_day(spec, entries))
    stretch = calendar.stretch(sealed=sealed)
    found = {}
    for outcome_name, outcome in spec.outcomes.items():
        measured = series(spec, outcome, moments, of, follow)
        assert measured is not None  # an outcome of a county study has one horizon
        kept = np.arange(len(calendar.label))[stretch]
        kept = kept[_observed(engine, spec, outcome, calendar)[kept]]
        found[outcome_name] = _by_cell(measured, entries, kept, calendar, n)
    return found


def _by_cell(measured: Series, entries: Entries, kept: Ints, calendar: Calendar, n: int) -> Series:
    """Average within unit and period; ``kept`` : (T,) positions of the periods to return."""
    value = measured.values[:, 0]
    seen = np.isfinite(value)
    shape = n, len(calendar.label)
    cell = np.ravel_multi_index((entries.unit[seen], entries.group[seen]), shape)
    size = int(np.prod(shape))
    count = np.bincount(cell, minlength=size).astype(np.float64).reshape(shape)[:, kept]
    total = np.asarray(np.bincount(cell, weights=value[seen], minlength=size), dtype=np.float64).reshape(shape)[:, kept]
    share = measured.unit == "share"
    return Series(
        values=np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0),
        time=calendar.label[kept],
        clock="calendar",
        unit=measured.unit,
        numerator=total if share else None,
        denominator=count if share else None,
    )


def _observed(engine: Engine, spec: CountyStudy, outcome: Outcome, calendar: Calendar) -> Array:
    """(T,) bool: periods whose first and last entrant have their whole window inside what the registers cover."""
    spans = [(t.months, t.months) for t in outcome.at] + [w.months for w in outcome.window]
    first, last = spans[0]
    begins, ends = (month.ordinal for month in engine.extract.tables[outcome.table].coverage)
    if spec.follow_up.emigration == "missing":
        ends = min(ends, engine.extract.tables["bosted"].coverage[1].ordinal)
    return np.asarray((calendar.first + first >= begins) & (calendar.last + last <= ends))


def _last_day(spec: CountyStudy, entries: Entries) -> int:
    """Return the last day that the windows of these entrants reach."""
    horizon = max(outcome.horizons[0] for outcome in spec.outcomes.values())
    last = int(entries.month.max()) if len(entries.month) else 0
    return int(first_day(np.array([last + horizon + 1]))[0]) - 1


def _follow(engine: Engine, moments: Moments, spec: CountyStudy, until: int | None) -> Follow:
    """Return who can be followed, by what ``person`` and ``bosted`` say until a day."""
    last = int(NEVER) - 1 if until is None else until
    residence = read_spells(engine, "bosted", ("status",), until=last, people=moments.table)
    rows = engine.fetch(Query(fixed_of, (moments.table,)))
    pid = np.unique(moments.pid)
    dead = np.full(len(pid), NEVER)
    if "doed" in rows.column_names:
        day = days(rows, "doed")
        dead[np.searchsorted(pid, ints(rows, "pid"))] = np.where(day > last, NEVER, day)
    return Follow(
        pid=pid,
        residence=residence,
        death=day_of_death(pid, dead, residence),
        until=engine.extract.tables["bosted"].coverage[1],
        rules=spec.follow_up,
    )
