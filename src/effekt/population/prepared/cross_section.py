"""A table with one row per unit: covariates and treatment as they were at time zero.

The outcome columns are not read. Persons behind a unit come from the ``persons`` column; a denominator of a
rate belongs to the sealed outcome, so it cannot serve here.
"""

from __future__ import annotations

import numpy as np

from effekt.errors import Problem
from effekt.population.files.cells import codes_as_text
from effekt.population.files.tables import TableFile
from effekt.population.flow import Flow
from effekt.population.keys import grouped
from effekt.population.prepared.baseline import read_baseline
from effekt.population.prepared.columns import decimal_of, missing_cells, number_column, refuse_negative
from effekt.population.prepared.records import Fields, Labels, UnitRecords, drop_missing, refuse_status
from effekt.population.wording import counted, refuse_if_any, rows_at
from effekt.sample import Array
from effekt.spec.prepared import Prepared


def read_cross_section(file: TableFile, prepared: Prepared) -> UnitRecords:
    """Return one record per row.

    Raises
    ------
    DataError
        E703 not numeric, E704 missing, E705 duplicate unit, E707 treatment not 0/1, E711 negative weight or
        persons; all that are found.
    """
    problems: list[Problem] = []
    ids, treated, persons, unknown = _read_units(file, prepared, problems)
    n = len(ids)
    at = np.arange(n)
    baseline = read_baseline(file, prepared, rows=np.ones(n, dtype=bool), unit=at, n=n, problems=problems)
    flow = Flow.of(n)
    for fields, reason in ((unknown, "treatment is missing"), (baseline.missing, "missing at time zero")):
        flow = drop_missing(flow, fields, reason, policy=prepared.missing, row=at, problems=problems)
    refuse_if_any(problems)
    flow = flow.without(baseline.weight == 0, "weight is zero")
    return UnitRecords(
        ids=ids,
        treated=treated,
        first_treated=np.full(n, np.nan),
        covariates=baseline.covariates,
        clusters=baseline.clusters,
        weight=baseline.weight,
        persons=persons,
        history={},
        flow=flow,
        index_period=0.0,
    )


def _read_units(file: TableFile, prepared: Prepared, problems: list[Problem]) -> tuple[Labels, Array, Array, Fields]:
    """Return ids (n,), treatment (n,), persons (n,) and where treatment is missing."""
    status = prepared.treated or ""
    optional = [] if prepared.persons is None else [prepared.persons]
    table = file.read([prepared.unit, status, *optional])
    decimal = decimal_of(file, table, [status, *optional], prepared.csv)
    at = np.arange(table.num_rows)
    ids = codes_as_text(table.column(prepared.unit))
    _refuse_ids(ids, prepared.unit, problems)
    cells = number_column(table, status, ("prepared", "treated"), decimal=decimal, at=at, problems=problems)
    refuse_status(cells.values, status, at, problems)
    persons = np.full(len(at), 1.0 if prepared.grain == "person" else np.nan)
    if prepared.persons is not None:
        path = ("prepared", "persons")
        read = number_column(table, prepared.persons, path, decimal=decimal, at=at, problems=problems)
        refuse_negative(read.values, prepared.persons, path, at, problems)
        persons = np.floor(read.values)
    return ids, cells.values, persons, {status: (cells.missing, ("prepared", "treated"))}


def _refuse_ids(ids: Labels, column: str, problems: list[Problem]) -> None:
    """Add E704 for rows without a unit, whatever the policy, and E705 for units with two rows."""
    nameless = np.array([name is None for name in ids], dtype=bool)
    if nameless.any():
        problems.append(missing_cells(column, ("prepared", "unit"), np.flatnonzero(nameless)))
    codes, _ = grouped(ids)
    again = np.zeros(len(ids), dtype=bool)
    again[np.setdiff1d(np.arange(len(ids)), np.unique(codes, return_index=True)[1])] = True
    again &= ~nameless
    if again.any():
        problems.append(
            Problem(
                code="E705",
                sentence=f"column `{column}` names {counted(int(again.sum()), 'row')} for units that already have "
                f"one, {rows_at(again)}",
                help="one row per unit; for several periods declare `time`",
                path=("prepared", "unit"),
            )
        )
