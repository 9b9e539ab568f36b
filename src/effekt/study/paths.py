"""Mean outcome of both groups month by month around time zero: what a reader looks at before any estimate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from effekt.estimators.rows import lattice_of, persons_behind, persons_carrying, smallest, with_history
from effekt.results import Cell, Column, Table
from effekt.sample import Outcomes, Sample, Series, Weights

PREFIX = "paths_"
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
