"""Records become a sample: units, clusters, covariates, history, subgroups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from effekt.population.cohort.columns import Arms, Baseline, Covariate, baseline
from effekt.population.cohort.measuring import declared, has_months, path
from effekt.population.cohort.moments import Moments
from effekt.population.cohort.people import Standing
from effekt.population.cohort.places import Places
from effekt.population.cohort.records import Records
from effekt.population.cohort.spells import Ints, Mask
from effekt.population.cohort.standard import MONTHS, standard
from effekt.population.keys import coded
from effekt.sample import Codes, Placebo, Sample, Series
from effekt.spec.measured import Standard
from effekt.spec.predicates import Age, Completed, Had, NotCompleted, Values
from effekt.spec.registered import RegisterStudy

_BY_PLACE = frozenset(("fylke", "nav_kontor"))
"""Groups that say where a person lives: between counties they are the treatment itself."""

_OF_CELL = {"fylke": "fylke", "nav_kontor": "nav_kontor", "kjoenn": "kjoenn", "age": "alder"}
_MONTHS_REGISTERED = "måneder registrert"


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """Records and where they are measured. moments : persons and months; of : (n,) the moment of each record.

    at : where the records stand, on their day or on the moved day of a placebo.
    """

    records: Records
    at: Standing
    moments: Moments
    of: Ints


def covariates_of(spec: RegisterStudy, at: Standing, places: Places, moments: Moments, of: Ints) -> list[Covariate]:
    """Return the covariates that a spec asks for, by record."""
    found: list[Covariate] = []
    for covariate in spec.covariates:
        if isinstance(covariate, Standard):
            found.extend(standard(at, places, moments, of))
        else:
            found.extend(declared(spec, covariate, at, moments, of))
    return list({covariate.name: covariate for covariate in reversed(found)}.values())[::-1]


def rows_of(covariates: Sequence[Covariate], rows: slice) -> list[Covariate]:
    """Return the covariates of some records."""
    return [covariate.rows(rows) for covariate in covariates]


def sample_of(
    spec: RegisterStudy,
    places: Places,
    measured: Measured,
    covariates: Sequence[Covariate],
    subgroups: Mapping[str, Mask],
    *,
    between: bool = False,
    placebos: Mapping[str, Placebo] | None = None,
) -> tuple[Sample, tuple[str, ...]]:
    """Return the sample of records, and what was left out of its covariates.

    between : leaves out covariates that say where a person lives. placebos : of the same records.
    """
    records = measured.records
    if between:
        covariates = [c for c in covariates if c.group not in _BY_PLACE]
    columns = baseline(covariates, Arms(person=records.entity, treated=records.treated))
    clusters, names = _clusters(records, places)
    sample = Sample(
        units=_units(measured),
        clusters=clusters,
        cluster_names=names,
        cells=records.cells,
        baseline=columns.frame,
        groups=columns.groups,
        lags=_lags(spec, columns),
        history=dict(_history(spec, measured)),
        placebo={},
        placebos=placebos or {},
        subgroups=subgroups,
        grain="person",
        assigned_at=spec.assigned_at,
        assigned="observational",
        attrition=records.attrition,
        comparison_attrition=records.comparison_attrition,
        conditioned=_conditioned(spec, columns, between=between),
    )
    return sample, columns.notes


def _units(measured: Measured) -> pd.DataFrame:
    records = measured.records
    month = measured.at.month.astype(np.float64)
    return pd.DataFrame(
        {
            "key": records.key,
            "entity": records.entity,
            "treated": records.treated.astype(np.int64),
            "arm": records.arm,
            "index_period": month,
            "first_treated": np.where(records.treated, month, np.nan),
            "sampling_weight": records.weight,
            "persons": np.ones(len(records)),
        }
    )


def _clusters(records: Records, places: Places) -> tuple[dict[str, Codes], dict[str, tuple[str, ...]]]:
    """Codes by level, of the day; places have names and persons have none."""
    at = records.at
    clusters: dict[str, Codes] = {"unit": np.arange(len(records)), "person": records.entity}
    labels = {"county": (places.county(at), places.counties), "region": (places.region(at), places.regions)}
    if places.offices is not None:
        labels["office"] = (places.office(at), places.offices.names)
    names: dict[str, tuple[str, ...]] = {}
    for level, (codes, known) in labels.items():
        clusters[level], names[level] = coded(np.array([*known, "ukjent"], dtype=object)[codes])
    return clusters, names


def _history(spec: RegisterStudy, measured: Measured) -> Iterator[tuple[str, Series]]:
    for name, outcome in spec.outcomes.items():
        if has_months(outcome):
            yield name, path(spec, outcome, measured.moments, measured.of, months=(-MONTHS, -1))


def _lags(spec: RegisterStudy, columns: Baseline) -> frozenset[str]:
    registers = {outcome.table for outcome in spec.outcomes.values()}
    return frozenset(name for name, source in columns.sources.items() if source in registers)


def _conditioned(spec: RegisterStudy, columns: Baseline, *, between: bool) -> frozenset[str]:
    """Return what the sample was selected on, by eligibility or by exact cells: columns and histories."""
    cells = spec.comparison.cells
    groups = {group for key, group in _OF_CELL.items() if getattr(cells, key) not in ("none", ())}
    if between:
        groups -= _BY_PLACE
    names = {_MONTHS_REGISTERED} if cells.months_registered else set()
    registers: set[str] = set()
    for predicate in (*spec.population.include, *spec.population.exclude):
        match predicate:
            case Age():
                groups.add("alder")
            case Completed() | NotCompleted():
                groups.add("utdanning")
            case Had():
                registers.add(predicate.had)
            case Values():
                groups.add(_GROUP_OF_COLUMN.get(predicate.column, predicate.column))
    return frozenset(
        {name for name, group in columns.groups.items() if group in groups}
        | {name for name, source in columns.sources.items() if source in registers}
        | {name for name, outcome in spec.outcomes.items() if outcome.table in registers}
        | (names & set(columns.groups))
    )


_GROUP_OF_COLUMN = {
    "foedselsaar": "alder",
    "foedselsmaaned": "alder",
    "innvkat": "innvandring",
    "foreldre_utdanning": "foreldre",
}
