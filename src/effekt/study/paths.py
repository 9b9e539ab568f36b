"""Mean outcome of both groups month by month around time zero: what a reader looks at before any estimate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from effekt.estimators.rows import lattice_of, persons_behind, persons_carrying, smallest, with_history
from effekt.results import Cell, Column, Table
from effekt.sample import Outcomes, Sample, Series, Weights

PREFIX = "paths_"
UNIT_PREFIX = "unit_paths_"
LATER = "treated_later"
_ARMS = ("treated", "comparison")
_MEAN = Column(name="mean", kind="statistic", of="persons_behind", whole=("persons",), lattice="lattice")
_NAMES = ("outcome", "month", "arm", "mean", "persons", "persons_behind", "lattice")


def path_tables(sample: Sample, outcomes: Outcomes, weights: Weights) -> dict[str, Table]:
    """Return one table per outcome that has a monthly path; month 0 is in none. Means carry the analysis' weights."""
    found = {}
    for outcome, path in outcomes.paths.items():
        rows = list(_rows(sample, with_history(sample, path, outcome), weights, outcome))
        if not rows:
            continue
        columns = (
            *(Column(name=name, kind="label") for name in ("outcome", "month", "arm")),
            replace(_MEAN, unit=path.unit),
            Column(name="persons", kind="count"),
            Column(name="persons_behind", kind="count", internal=True),
            Column(name="lattice", kind="label", internal=True),
        )
        data = {name: tuple(row[i] for row in rows) for i, name in enumerate(_NAMES)}
        name = f"{PREFIX}{outcome}"
        found[name] = Table(name=name, title="Paths", columns=columns, data=data)
    return found


def unit_path_tables(sample: Sample, outcomes: Outcomes, weights: Weights) -> dict[str, Table]:
    """Return the mean of each county or office by period, one table per outcome; none where the units are persons."""
    if sample.grain == "person":
        return {}
    found = {}
    for outcome, after in outcomes.series.items():
        series = with_history(sample, after, outcome)
        if series.clock != "calendar" or len(series.time) < 2:
            continue
        rows = list(_unit_rows(sample, series, weights))
        name = f"{UNIT_PREFIX}{outcome}"
        columns = (
            *(Column(name=n, kind="label") for n in ("unit", "time", "treated", "start")),
            replace(_MEAN, unit=series.unit),
            *(Column(name=n, kind="count", internal=True) for n in ("persons", "persons_behind")),
            Column(name="lattice", kind="label", internal=True),
        )
        data = {column.name: tuple(row[i] for row in rows) for i, column in enumerate(columns)}
        found[name] = Table(name=name, title="Means by unit and period", columns=columns, data=data)
    return found


def _unit_rows(sample: Sample, series: Series, weights: Weights) -> Iterator[tuple[Cell, ...]]:
    """Yield unit, period, whether and when it starts, its mean, and whom the mean stands on and gives away.

    A rate moves in steps of one person, so it is printed no finer than persons can move it.
    """
    names = sample.cluster_names.get(sample.assigned_at) or sample.cluster_names.get("unit")
    first = sample.units["first_treated"].to_numpy(dtype=np.float64)
    w = weights.w * sample.sampling_weight
    for code in np.unique(sample.assignment_clusters):
        rows = (sample.assignment_clusters == code) & (w > 0)
        for t, time in enumerate(series.time):
            seen = rows & np.isfinite(series.values[:, t])
            if not seen.any():
                continue
            start = first[seen].min()
            yield (
                names[code] if names else str(code + 1),
                int(time) if float(time).is_integer() else float(time),
                bool(sample.treated[seen].any()),
                None if np.isnan(start) else int(start) if float(start).is_integer() else float(start),
                float(np.average(series.values[seen, t], weights=w[seen])),
                _persons(sample, series, seen, t),
                persons_behind(sample=sample, rows=seen, series=series, columns=np.arange(len(series.time)) == t),
                1.0 if series.unit == "share" else None,
            )


def _persons(sample: Sample, series: Series, rows: NDArray[np.bool_], t: int) -> int | None:
    """Return the persons a mean stands on: those of its denominator in that period, where it is a rate."""
    if series.denominator is None:
        return sample.persons_in(rows)
    return int(np.nansum(series.denominator[rows, t]))


def later_table(sample: Sample, outcomes: Outcomes, weights: Weights) -> dict[str, Table]:
    """Return the share of comparisons that were treated later, by months after time zero; none where none can be.

    The comparisons are those of the analysis, with its weights: the effect of now against waiting is about them.
    """
    rows = [] if outcomes.later is None else list(_rows(sample, outcomes.later, weights, ""))
    if not rows:
        return {}
    _, months, _, shares, persons, behind, lattices = zip(*rows, strict=True)
    columns = (
        Column(name="horizon", kind="label"),
        replace(_MEAN, name="treated_later", unit="percent"),
        Column(name="persons", kind="count"),
        Column(name="persons_behind", kind="count", internal=True),
        Column(name="lattice", kind="label", internal=True),
    )
    data = {
        "horizon": months,
        "treated_later": shares,
        "persons": persons,
        "persons_behind": behind,
        "lattice": lattices,
    }
    return {LATER: Table(name=LATER, title="Treated later", columns=columns, data=data)}


def _rows(sample: Sample, path: Series, weights: Weights, outcome: str) -> Iterator[tuple[Cell, ...]]:
    w = weights.w * sample.sampling_weight
    for arm, rows in zip(_ARMS, (sample.treated, ~sample.treated), strict=True):
        for t, month in enumerate(path.time):
            seen = rows & (w > 0) & np.isfinite(path.values[:, t])
            if not seen.any():
                continue
            column = np.arange(len(path.time)) == t
            behind = persons_behind(sample=sample, rows=seen, series=path, columns=column)
            persons = sample.persons_in(seen)
            yield (
                outcome,
                int(month),
                arm,
                float(np.average(path.values[seen, t], weights=w[seen])),
                persons,
                smallest([persons, behind, persons_carrying(sample, seen, w)]),
                lattice_of(path.values[seen][:, column]),
            )
