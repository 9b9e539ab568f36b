"""Outcomes of a study on registers after time zero: the one place that reads them, and only for a freeze.

Only ``effekt.study`` may import this module (an import contract holds it). Every value is the engine's, by the rules
of death and emigration; missing is never zero.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from effekt.errors import DataError, OutcomesSealed, Problem
from effekt.population.cohort.cohort import Cohort, Group
from effekt.population.cohort.followed import Follow, day_of_death
from effekt.population.cohort.measuring import followed_path, has_months, series
from effekt.population.cohort.moments import Moments, moments_of
from effekt.population.cohort.participants import read_participants
from effekt.population.cohort.people import fixed_of
from effekt.population.cohort.reading import days, ints, read_spells
from effekt.population.cohort.spells import NEVER, Ints, month_of
from effekt.population.engine.connection import Engine
from effekt.population.engine.machine import Machine
from effekt.population.engine.written import Query, Registers
from effekt.population.extract.manifest import RegisterFile
from effekt.population.extract.opening import Extract
from effekt.population.wording import counted
from effekt.sample import Array, Outcomes, Series
from effekt.spec.measured import Outcome
from effekt.spec.registered import RegisterStudy


def read(cohort: Cohort, freeze_digest: str, *, group: Group | None = None) -> Outcomes:
    """Return the outcomes of a cohort's rows: at every horizon, and month by month up to the last.

    freeze_digest : of the freeze that opens them. group : `cohort.within` (the default) or `cohort.between`.

    Raises
    ------
    OutcomesSealed
        E604 without a freeze.
    """
    if not freeze_digest:
        raise OutcomesSealed(
            Problem(code="E604", sentence="outcomes are sealed", help="freeze the design first: `effekt freeze`")
        )
    about = cohort.within if group is None else group
    spec, moments = cohort.spec, cohort.moments
    follow = _follow(cohort.engine, moments, spec)
    found: dict[str, Series] = {}
    paths: dict[str, Series] = {}
    for name, outcome in spec.outcomes.items():
        measured = series(spec, outcome, moments, about.of, follow)
        if measured is None:
            raise ValueError(f"outcome {name} has no horizon")
        found[name] = measured
        if has_months(outcome):
            months = (1, max(outcome.horizons))
            paths[name] = followed_path(spec, outcome, moments, about.of, follow, months=months)
    return Outcomes(
        series=found,
        paths=paths,
        later=_later(cohort, about),
        sample_digest=about.sample.digest,
        freeze_digest=freeze_digest,
    )


def _later(cohort: Cohort, about: Group) -> Series:
    """Return which comparisons were treated after time zero, by each horizon; not known beyond the register's end.

    The index month counts: who starts in it, after the day, was treated later.
    """
    spec, sample = cohort.spec, about.sample
    end = cohort.engine.extract.tables[spec.treatment.table].coverage[1]
    # Arms play no part here, and one that two records disagree about must not stop a study after its freeze.
    armless = spec.model_copy(update={"treatment": spec.treatment.model_copy(update={"arms": {}})})
    participants = read_participants(cohort.engine, armless, until=int(NEVER) - 1)
    first = participants.first_day(about.pid)
    horizons = sorted({months for outcome in spec.outcomes.values() for months in outcome.horizons})
    month = month_of(about.day)
    values = np.full((len(sample), len(horizons)), np.nan)
    for position, months in enumerate(horizons):
        known = ~sample.treated & (month + months <= end.ordinal)
        started = (first < NEVER) & (month_of(np.minimum(first, NEVER - 1)) <= month + months)
        values[known, position] = started[known]
    return Series(values=values, time=np.array(horizons, dtype=np.float64), clock="event", unit="share")


def on_replays(cohort: Cohort, replays: Mapping[str, pa.Table], streams: int) -> dict[str, Array]:
    """Return what the treated would have been measured as in replays of their lives.

    replays : register -> rows of persons ``<person_id>~<stream>``; it must hold `person`, `bosted` and every register
    of an outcome. Coverage is that of the study's extract.

    Returns
    -------
    outcome -> (treated, streams, horizons), the treated in the order of ``cohort.sample`` and the horizons in that of
    ``outcome.horizons``; NaN = not observed.

    Raises
    ------
    DataError
        E602 if somebody treated is not among the replays; E701 if a register is not.
    """
    treated = np.flatnonzero(cohort.sample.treated)
    pid, month = cohort.within.pid[treated], month_of(cohort.within.day[treated])
    lives = [f"{person}~{stream}" for person in cohort.engine.person_ids(pid) for stream in range(streams)]
    held = {name: replays[name] for name in sorted({*_needed(cohort)} & {*replays})}
    with tempfile.TemporaryDirectory(prefix="effekt-") as folder:
        extract = _extract(Path(folder), held, cohort)
        with Engine.open(extract, Machine(threads=1)) as engine:
            moments, of = moments_of(engine, "replays", _lives(engine, lives), np.repeat(month, streams))
            follow = _follow(engine, moments, cohort.spec)
            return {
                name: _by_life(series(cohort.spec, outcome, moments, of, follow), outcome, len(treated), streams)
                for name, outcome in cohort.spec.outcomes.items()
            }


def _needed(cohort: Cohort) -> tuple[str, ...]:
    """Return the registers that outcomes are read from."""
    return tuple(sorted({"person", "bosted", *(outcome.table for outcome in cohort.spec.outcomes.values())}))


def _by_life(measured: Series | None, outcome: Outcome, treated: int, streams: int) -> Array:
    """(treated, streams, horizons): in the order of ``outcome.horizons``, which a series need not have."""
    if measured is None:
        raise ValueError("an outcome without a horizon")
    at = [measured.time.tolist().index(months) for months in outcome.horizons]
    return measured.values[:, at].reshape(treated, streams, -1)


def _follow(engine: Engine, moments: Moments, spec: RegisterStudy) -> Follow:
    """Return who can be followed, by everything that ``person`` and ``bosted`` say."""
    residence = read_spells(engine, "bosted", ("status",), until=int(NEVER) - 1, people=moments.table)
    rows = engine.fetch(Query(fixed_of, (moments.table,)))
    pid = np.unique(moments.pid)
    dead = np.full(len(pid), NEVER)
    if "doed" in rows.column_names:
        dead[np.searchsorted(pid, ints(rows, "pid"))] = days(rows, "doed")
    return Follow(
        pid=pid,
        residence=residence,
        death=day_of_death(pid, dead, residence),
        until=engine.extract.tables["bosted"].coverage[1],
        rules=spec.follow_up,
    )


def _lives(engine: Engine, wanted: list[str]) -> Ints:
    """(n,): persons of replayed lives.

    Raises
    ------
    DataError
        E602 if a life is not among the replays.
    """
    people = engine.fetch(Query(_everyone))
    pid = ints(people, "pid")
    known = dict(zip(engine.person_ids(pid).tolist(), pid.tolist(), strict=True))
    lost = sum(life not in known for life in wanted)
    if lost:
        raise DataError(
            Problem(
                code="E602",
                sentence=f"{counted(lost, 'life')} of the treated are not among the replays",
                help="replay the world and the seed that the extract was drawn from, with as many streams",
            )
        )
    return np.array([known[life] for life in wanted], dtype=np.int64)


def _everyone(registers: Registers) -> Any:
    return registers.table("person").select("pid").distinct()


def _extract(folder: Path, replays: Mapping[str, pa.Table], cohort: Cohort) -> Extract:
    """Write replays as an extract with the coverage of the study's own.

    They are made here and now of nobody, so they are not looked through as a delivery is.
    """
    missing = [name for name in _needed(cohort) if name not in replays]
    if missing:
        raise DataError(Problem(code="E701", sentence=f"the replays hold no `{missing[0]}`", help="replay it too"))
    files = {}
    for name, table in replays.items():
        path = folder / f"{name}.parquet"
        pq.write_table(table, path, compression="none")
        coverage = cohort.engine.extract.tables[name].coverage
        files[name] = RegisterFile(name=name, path=path, coverage=coverage, rows=table.num_rows)
    return Extract(folder=folder, synthetic=True, world=None, tables=files, digest="")
