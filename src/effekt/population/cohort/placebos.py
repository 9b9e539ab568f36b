"""Placebos: the same records with time zero moved back to when nobody was treated.

Covariates are measured anew and end before the moved date; cells and comparisons stay. The outcome is read at those
of its horizons that end before the true time zero, so a shift must be longer than the shortest of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from effekt.errors import DataError, Problem, SpecPath
from effekt.population.cohort.followed import Follow
from effekt.population.cohort.measuring import series
from effekt.population.cohort.moments import moments_of
from effekt.population.cohort.people import Standing, standing
from effekt.population.cohort.places import Places
from effekt.population.cohort.records import Records
from effekt.population.cohort.samples import Measured, covariates_of, sample_of
from effekt.population.cohort.spells import Ints, Mask, first_day
from effekt.population.engine.connection import Engine
from effekt.sample import Placebo
from effekt.spec.registered import RegisterStudy


def placebos(
    engine: Engine,
    spec: RegisterStudy,
    places: Places,
    records: Records,
    *,
    subgroups: Mapping[str, Mask],
    follow: Follow,
    scope: str,
) -> dict[str, Placebo]:
    """Return a placebo per shift of each negative control, named after both: `placebo_time_36m`.

    Raises
    ------
    DataError
        E301 where no horizon ends before the true time zero, or the registers do not reach back to the moved one.
    """
    found = {}
    for name, control in spec.negative_controls.items():
        for position, shift in enumerate(control.shift):
            key = f"{name}_{shift}"
            where = ("negative_controls", name, "shift", position)
            moved = _moved(engine, records, shift.months, f"{scope}_{key}")
            found[key] = _placebo(
                spec,
                places,
                moved,
                subgroups=subgroups,
                follow=follow,
                outcome=control.outcome,
                months=shift.months,
                where=where,
            )
    return found


def _moved(engine: Engine, records: Records, months: int, table: str) -> Measured:
    at = records.at
    moved = standing(at.people, at.pid, moved_back(at, months))
    moments, of = moments_of(engine, table, moved.pid, moved.month)
    return Measured(records=records, at=moved, moments=moments, of=of)


def moved_back(at: Standing, months: int) -> Ints:
    """(n,): the same day of the month some months earlier, or the last day of a month that has none such."""
    month = at.month - months
    moved: Ints = np.minimum(first_day(month) + at.day - first_day(at.month), first_day(month + 1) - 1)
    return moved


def _placebo(
    spec: RegisterStudy,
    places: Places,
    moved: Measured,
    *,
    subgroups: Mapping[str, Mask],
    follow: Follow,
    outcome: str,
    months: int,
    where: SpecPath,
) -> Placebo:
    asked = spec.outcomes[outcome]
    measured = series(spec, asked, moved.moments, moved.of, follow, before=months)
    if measured is None:
        raise DataError(
            Problem(
                code="E301",
                sentence=f"no horizon of `{outcome}` ends within {months} months, before the true time zero",
                help=f"move time zero back by more than {min(asked.horizons)} months, such as "
                f"`{min(asked.horizons) + 24}m`",
                path=where,
            )
        )
    seen = np.asarray(np.isfinite(measured.values).any(axis=1), dtype=np.bool_)
    if min((seen & arm).sum() for arm in (moved.records.treated, ~moved.records.treated)) == 0:
        raise DataError(
            Problem(
                code="E301",
                sentence=f"`{outcome}` is not observed {months} months before time zero",
                help="move time zero back by less, or deliver earlier months",
                note=f"{asked.table} is covered from {moved.moments.engine.extract.tables[asked.table].coverage[0]}",
                path=where,
            )
        )
    covariates = covariates_of(spec, moved.at, places, moved.moments, moved.of)
    sample, _ = sample_of(spec, places, moved, covariates, subgroups)
    if not seen.all():
        sample, measured = sample.take(seen), measured.take(seen)
    return Placebo(sample=sample, series=measured, outcome=outcome)
