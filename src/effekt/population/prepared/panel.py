"""A table with one row per unit and period.

With calendar clocks and never-treated units there is no time zero for all. Sealed is everything from the
first cohort's start, less anticipation, for everyone. Before that lies the history; the baseline is the last
period of it. Which rows exist, and when treatment starts, is read of all rows; an outcome only before the seal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effekt.errors import Problem
from effekt.population.files.cells import codes_as_text
from effekt.population.files.tables import TableFile
from effekt.population.flow import Flow, Mask
from effekt.population.keys import grouped
from effekt.population.prepared.baseline import read_baseline
from effekt.population.prepared.columns import (
    Grid,
    decimal_of,
    long_outcome,
    missing_cells,
    number_column,
    refuse_negative,
)
from effekt.population.prepared.records import Labels, UnitRecords, drop_missing
from effekt.population.prepared.starts import Starts, starts_of
from effekt.population.wording import counted, refuse_if_any, rows_at
from effekt.sample import Array, Series
from effekt.spec.prepared import Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelIndex:
    """Which unit and period each row of the file is.

    ids : (n,) text. periods : (T,) ascending. unit, period : (N,) codes.
    """

    ids: Labels
    periods: Array
    unit: NDArray[np.intp]
    period: NDArray[np.intp]

    def rows_of(self, units: Mask, periods: Mask) -> Mask:
        """(N,) bool: rows of some units, (n,) bool, in some periods, (T,) bool."""
        return units[self.unit] & periods[self.period]

    def first_row(self) -> NDArray[np.intp]:
        """(n,) int: position of the first row of each unit."""
        return np.unique(self.unit, return_index=True)[1].astype(np.intp)


def read_index(file: TableFile, prepared: Prepared) -> PanelIndex:
    """Return which unit and period each row is.

    Raises
    ------
    DataError
        E703 for a time that is no number, E704 for a row without unit or time (whatever the policy: nobody
        knows whom to drop), E705 for two rows of one unit and period, E307 for a single period.
    """
    time_column = prepared.time or ""
    table = file.read([prepared.unit, time_column])
    at = np.arange(table.num_rows)
    problems: list[Problem] = []
    labels = codes_as_text(table.column(prepared.unit))
    decimal = decimal_of(file, table, [time_column], prepared.csv)
    times = number_column(table, time_column, ("prepared", "time"), decimal=decimal, at=at, problems=problems)
    nameless = np.array([name is None for name in labels], dtype=bool)
    for key, column, gone in (("unit", prepared.unit, nameless), ("time", time_column, times.missing)):
        if gone.any():
            problems.append(missing_cells(column, ("prepared", key), np.flatnonzero(gone)))
    refuse_if_any(problems)
    unit, ids = grouped(labels)
    periods, period = np.unique(times.values, return_inverse=True)
    refuse_if_any(_index_faults(unit, period, len(periods)))
    return PanelIndex(ids=ids, periods=periods, unit=unit, period=period.astype(np.intp))


def read_panel(file: TableFile, prepared: Prepared) -> UnitRecords:
    """Return one record per unit, with every outcome's history before the seal.

    Raises
    ------
    DataError
        What :func:`read_index` and :func:`~effekt.population.starts.starts_of` raise; E307 if nothing lies
        before the seal, E703 not numeric, E704 missing, E708 unbalanced, E709 rates, E711 ranges.
    """
    index = read_index(file, prepared)
    starts = starts_of(file, prepared, index.unit, index.period, index.periods)
    n = len(index.ids)
    problems: list[Problem] = []
    flow = _in_the_panel(Flow.of(n), index, starts, prepared, problems)
    sealed = _first_sealed(starts.first_treated[flow.kept], index.periods, prepared, problems)
    refuse_if_any(problems)

    in_history = np.arange(len(index.periods)) < sealed
    last = np.arange(len(index.periods)) == sealed - 1
    rows = index.rows_of(flow.kept, last)
    baseline = read_baseline(file, prepared, rows=rows, unit=index.unit[rows], n=n, problems=problems)
    row = index.first_row()
    row[index.unit[rows]] = np.flatnonzero(rows)
    flow = drop_missing(
        flow, baseline.missing, "missing at time zero", policy=prepared.missing, row=row, problems=problems
    )
    flow = flow.without(baseline.weight == 0, "weight is zero")
    rows = index.rows_of(flow.kept, in_history)
    history, persons = _read_history(file, prepared, index, rows=rows, sealed=sealed, problems=problems)
    refuse_if_any(problems)
    return UnitRecords(
        ids=index.ids,
        treated=(~np.isnan(starts.first_treated)).astype(np.float64),
        first_treated=starts.first_treated,
        covariates=baseline.covariates,
        clusters=baseline.clusters,
        weight=baseline.weight,
        persons=persons,
        history=history,
        flow=flow,
        index_period=float(index.periods[sealed]),
    )


def _index_faults(unit: NDArray[np.intp], period: NDArray[np.intp], n_periods: int) -> list[Problem]:
    problems = []
    cell = unit.astype(np.int64) * n_periods + period
    again = np.ones(len(cell), dtype=bool)
    again[np.unique(cell, return_index=True)[1]] = False
    if again.any():
        problems.append(
            Problem(
                code="E705",
                sentence=f"{counted(int(again.sum()), 'row')} for a unit and period that already have one, "
                f"{rows_at(again)}",
                help="one row per unit and period",
                path=("prepared", "time"),
            )
        )
    if n_periods < 2:
        problems.append(
            Problem(
                code="E307",
                sentence="the table has a single period: nothing lies before treatment",
                help="for a cross-section leave `time` out",
                path=("prepared", "time"),
            )
        )
    return problems


def _in_the_panel(flow: Flow, index: PanelIndex, starts: Starts, prepared: Prepared, problems: list[Problem]) -> Flow:
    """Return the flow after missing treatment, the always-treated and, where declared, the unbalanced."""
    row = index.first_row()
    flow = drop_missing(
        flow, starts.missing, "treatment is missing", policy=prepared.missing, row=row, problems=problems
    )
    flow = flow.without(starts.always, "treated in the first period already")
    present = np.bincount(index.unit, minlength=len(index.ids))
    gaps = (present < len(index.periods)) & flow.kept
    if prepared.unbalanced == "balance":
        return flow.without(gaps, "not in every period (unbalanced: balance)")
    if prepared.unbalanced == "error" and gaps.any():
        problems.append(
            Problem(
                code="E708",
                sentence=f"the panel is unbalanced: {counted(int(gaps.sum()), 'unit')} without a row in every one of "
                f"the {len(index.periods)} periods",
                help="declare what to do: `unbalanced: balance` drops such units, `unbalanced: keep` keeps them",
                path=("prepared", "unbalanced"),
            )
        )
    return flow


def _first_sealed(cohorts: Array, periods: Array, prepared: Prepared, problems: list[Problem]) -> int:
    """Return the position of the first sealed period; adds E306 without a cohort, E307 without a history."""
    key = "treated" if prepared.first_treated is None else "first_treated"
    if np.isnan(cohorts).all():
        problems.append(
            Problem(
                code="E306",
                sentence="nobody is treated after the first period",
                help="`treated` is the status in each period, 0 before the start; `first_treated` is the period of "
                "the start",
                path=("prepared", key),
            )
        )
        return 1
    sealed = int(np.searchsorted(periods, np.nanmin(cohorts))) - prepared.anticipation
    if sealed < 1:
        problems.append(
            Problem(
                code="E307",
                sentence="no period lies before the first start, less anticipation",
                help="begin the table earlier, or lower `anticipation`",
                path=("prepared", "anticipation" if prepared.anticipation else key),
            )
        )
    return sealed


def _read_history(
    file: TableFile, prepared: Prepared, index: PanelIndex, *, rows: Mask, sealed: int, problems: list[Problem]
) -> tuple[dict[str, Series], Array]:
    """Return every outcome before the seal, and persons (n,) behind each unit.

    Persons are the smallest number seen in the history: the person column, else the denominators of rates. A
    count that moves between periods protects no more people than its least value.
    """
    outcomes = prepared.outcomes
    columns = [c for asked in outcomes.values() for c in asked.columns]
    persons_column = [] if prepared.persons is None else [prepared.persons]
    table = file.read([*columns, *persons_column], rows)
    decimal = decimal_of(file, table, [*columns, *persons_column], prepared.csv)
    at = np.flatnonzero(rows)
    grid = Grid(unit=index.unit[rows], period=index.period[rows], n=len(index.ids), time=index.periods[:sealed])
    history, counts = {}, []
    for name, asked in outcomes.items():
        long = long_outcome(table, name, asked, decimal=decimal, at=at, missing=prepared.missing, problems=problems)
        history[name] = grid.series(long, asked, "calendar")
        if long.denominator is not None:
            counts.append(grid.wide(long.denominator))
    if prepared.persons is not None:
        path = ("prepared", "persons")
        read = number_column(table, prepared.persons, path, decimal=decimal, at=at, problems=problems)
        refuse_negative(read.values, prepared.persons, path, at, problems)
        counts = [grid.wide(read.values)]
    if prepared.grain == "person" and prepared.persons is None:
        return history, np.ones(len(index.ids))
    unknown = np.full((len(index.ids), 1), np.nan)
    return history, np.floor(np.fmin.reduce(np.hstack([unknown, *counts]), axis=1))
