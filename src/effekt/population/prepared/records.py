"""One line per unit on the way to a sample: what both kinds of table share.

A cross-section and a panel differ in how a unit is read off rows (:mod:`effekt.population.prepared.cross_section`,
:mod:`effekt.population.prepared.panel`); what must hold of units once they are read, and how they become a
:class:`~effekt.sample.Sample`, is the same and stands here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from effekt.errors import Problem, SpecPath
from effekt.population.flow import Flow, Mask
from effekt.population.keys import coded, keyed_hash
from effekt.population.prepared.columns import missing_cells
from effekt.population.wording import counted, refuse_if_any, rows_at
from effekt.sample import Array, Assignment, Codes, Grain, Sample, Series
from effekt.spec.base import RANK
from effekt.spec.prepared import Prepared

Labels = NDArray[Any]
Fields = Mapping[str, tuple[Mask, SpecPath]]
"""Column -> where its cell is missing, and the spec path that names the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRecords:
    """Units as read, before anybody is dropped for what is missing.

    ids : (n,) text. treated : (n,) 0/1, NaN = missing. first_treated : (n,) period, NaN = never or unknown.
    covariates : name -> (n,). clusters : level -> (n,) text, None = missing. weight, persons : (n,).
    history : outcome -> (n, T) before the seal. flow : units dropped so far. index_period : time zero, or the
    first sealed period of a panel.
    """

    ids: Labels
    treated: Array
    first_treated: Array
    covariates: Mapping[str, Array]
    clusters: Mapping[str, Labels]
    weight: Array
    persons: Array
    history: Mapping[str, Series]
    flow: Flow
    index_period: float


def cluster_columns(prepared: Prepared) -> dict[str, tuple[str, SpecPath]]:
    """Return level -> column and spec path."""
    return {level: (column, ("prepared", "cluster", level)) for level, column in prepared.cluster.items()}


def unit_is_assigned(grain: Grain, assigned_at: Assignment) -> bool:
    """Return True if a unit of the table is at least as coarse as what was assigned."""
    return RANK[assigned_at] <= RANK[grain]


def drop_missing(
    flow: Flow,
    fields: Fields,
    reason: str,
    *,
    policy: str,
    row: NDArray[np.intp],
    problems: list[Problem],
) -> Flow:
    """Apply the declared policy to units with a missing cell.

    fields : column -> ((n,) bool missing, spec path). Only units still in the flow count: a unit that is gone
    for another reason needs no cell.
    """
    for column, (gone, path) in fields.items():
        lost = gone & flow.kept
        if policy == "error" and lost.any():
            problems.append(missing_cells(column, path, np.sort(row[lost])))
    if policy == "error" or not fields:
        return flow
    lost = np.logical_or.reduce([gone for gone, _ in fields.values()])
    columns = ", ".join(name for name, (gone, _) in fields.items() if (gone & flow.kept).any())
    return flow.without(lost, f"{reason} ({columns})")


def refuse_status(status: Array, column: str, at: NDArray[np.intp], problems: list[Problem]) -> None:
    """Add E707 where a treatment status is neither 0 nor 1. status : (m,); at : positions in the file."""
    other = ~np.isnan(status) & (status != 0) & (status != 1)
    if other.any():
        problems.append(
            Problem(
                code="E707",
                sentence=f"column `{column}` must be 0 or 1: {counted(int(other.sum()), 'other value')}, "
                f"{rows_at(at[other])}",
                help="recode it; several arms are not in this version",
                path=("prepared", "treated"),
            )
        )


def to_sample(records: UnitRecords, prepared: Prepared, assigned_at: Assignment, study: str) -> Sample:
    """Return the sample of the units that are still in.

    Raises
    ------
    DataError
        E306 without treated or comparisons, E402 if treatment varies within the level of assignment,
        E706 for fewer than two units, E801 for constant covariates.
    """
    kept = records.flow.kept
    refuse_if_any(_faults(records, prepared, assigned_at))
    ids = records.ids[kept]
    key = keyed_hash(ids, study)
    entity = np.argsort(np.argsort(key, kind="stable"), kind="stable").astype(np.int64)
    clusters, names = _clusters(records, prepared, assigned_at, entity)
    n = int(kept.sum())
    treated = records.treated[kept].astype(np.int64)
    units = pd.DataFrame(
        {
            "key": key,
            "entity": entity,
            "treated": treated,
            "arm": np.where(treated == 1, "treated", "comparison").astype(object),
            "index_period": np.full(n, records.index_period),
            "first_treated": records.first_treated[kept],
            "sampling_weight": records.weight[kept],
            "persons": records.persons[kept],
        }
    )
    return Sample(
        units=units,
        clusters=clusters,
        cluster_names=names,
        cells=np.zeros(n, dtype=np.int64),
        baseline=pd.DataFrame({name: v[kept] for name, v in records.covariates.items()}, index=units.index),
        history={name: series.take(kept) for name, series in records.history.items()},
        placebo={},
        grain=prepared.grain,
        assigned_at=assigned_at,
        assigned=prepared.assigned,
        attrition=records.flow.attrition(records.persons),
        anticipation=prepared.anticipation,
    )


def _clusters(
    records: UnitRecords, prepared: Prepared, assigned_at: Assignment, entity: Codes
) -> tuple[dict[str, Codes], dict[str, tuple[str, ...]]]:
    """Codes per level, and names of places; a person has no name here, nor has a group that could be one."""
    kept = records.flow.kept
    clusters: dict[str, Codes] = {"unit": entity}
    names: dict[str, tuple[str, ...]] = {}
    if prepared.grain != "person":
        clusters["unit"], names["unit"] = coded(records.ids[kept])
    if unit_is_assigned(prepared.grain, assigned_at):
        clusters[assigned_at] = clusters["unit"]
        if "unit" in names:
            names[assigned_at] = names["unit"]
    for level, labels in records.clusters.items():
        clusters[level], labelled = coded(labels[kept])
        if RANK.get(level, 0) > 0:
            names[level] = labelled
    return clusters, names


def _faults(records: UnitRecords, prepared: Prepared, assigned_at: Assignment) -> list[Problem]:
    """Return what is wrong with the units that are left."""
    kept = records.flow.kept
    treated = records.treated[kept] == 1
    if kept.sum() < 2:
        return [
            Problem(
                code="E706",
                sentence=f"{counted(int(kept.sum()), 'unit')} left; a comparison needs at least two",
                help="look at what was dropped, and at what one row of the table is",
                note=_story(records.flow),
                path=("prepared", "unit"),
            )
        ]
    problems = []
    treated_key = "treated" if prepared.first_treated is None else "first_treated"
    if not treated.any():
        problems.append(_empty_arm("nobody is treated", treated_key, records.flow))
    # Several cohorts compare with each other while some are not yet treated.
    elif treated.all() and len(np.unique(records.first_treated[kept])) == 1:
        problems.append(_empty_arm("nobody is left to compare with", treated_key, records.flow))
    problems += _constant(records, prepared)
    problems += _assignment_faults(records, prepared, assigned_at, treated_key)
    return problems


def _empty_arm(sentence: str, key: str, flow: Flow) -> Problem:
    return Problem(
        code="E306",
        sentence=sentence,
        help="in a panel `treated` is the status in each period, 0 before the start; `first_treated` is the period "
        "of the start, with `never` for those without one; in a cross-section 1 is treated and 0 is not",
        note=_story(flow),
        path=("prepared", key),
    )


def _story(flow: Flow) -> str:
    return "; ".join(f"{reason}: {int(left.sum())}" for reason, left in flow.steps)


def _constant(records: UnitRecords, prepared: Prepared) -> list[Problem]:
    kept = records.flow.kept
    return [
        Problem(
            code="E801",
            sentence=f"covariate `{name}` is the same for every unit that is left",
            help="remove it from `covariates`",
            path=("prepared", "covariates", position),
        )
        for position, name in enumerate(prepared.covariate_columns)
        if np.ptp(records.covariates[name][kept]) == 0
    ]


def _assignment_faults(
    records: UnitRecords, prepared: Prepared, assigned_at: Assignment, treated_key: str
) -> list[Problem]:
    """E402 if treatment differs within a unit that was assigned as one."""
    if unit_is_assigned(prepared.grain, assigned_at):
        return []
    kept = records.flow.kept
    group, _ = coded(records.clusters[assigned_at][kept])
    status = np.column_stack([records.treated[kept], np.nan_to_num(records.first_treated[kept], nan=np.inf)])
    mixed = len(np.unique(np.column_stack([group, status]), axis=0)) - len(np.unique(group))
    if mixed == 0:
        return []
    return [
        Problem(
            code="E402",
            sentence=f"treatment varies within {assigned_at}, though it was decided there",
            help="declare the level at which treatment was decided with `assigned_at`",
            path=("prepared", treated_key),
        )
    ]
