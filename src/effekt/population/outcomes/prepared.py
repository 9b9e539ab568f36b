"""Outcomes after time zero: the one place that reads them, and only for a freeze.

Only ``effekt.study`` may import this module (an import contract holds it). The file is read anew and must have
the bytes the sample was built from.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effekt.errors import DataError, OutcomesSealed, Problem
from effekt.population.files.cells import codes_as_text
from effekt.population.keys import keyed_hash
from effekt.population.prepared.columns import Grid, decimal_of, long_outcome
from effekt.population.prepared.panel import read_index
from effekt.population.prepared.table import PreparedTable
from effekt.population.wording import refuse_if_any
from effekt.sample import Outcomes, Sample


def read(table: PreparedTable, sample: Sample, freeze_digest: str) -> Outcomes:
    """Return the outcomes of the sample's units, in its row order.

    Where ``missing: drop`` is declared a missing outcome stays NaN: the estimator decides, since a unit may be
    followed at one horizon and lost at the next.

    freeze_digest : of the freeze that opens them.

    Raises
    ------
    OutcomesSealed
        E604 without a freeze.
    DataError
        E602 if the file changed or does not hold the sample's units; E703, E704, E709, E711 for its cells.
    """
    if not freeze_digest:
        raise OutcomesSealed(
            Problem(code="E604", sentence="outcomes are sealed", help="freeze the design first: `effekt freeze`")
        )
    table.file.verify_unchanged()
    rows, grid = _cross_section(table, sample) if table.prepared.time is None else _panel(table, sample)
    problems: list[Problem] = []
    asked = table.prepared.outcomes
    columns = [c for outcome in asked.values() for c in outcome.columns]
    cells = table.file.read(columns, rows)
    decimal = decimal_of(table.file, cells, columns, table.prepared.csv)
    clock = "event" if table.prepared.time is None else "calendar"
    series = {}
    for name, outcome in asked.items():
        long = long_outcome(
            cells,
            name,
            outcome,
            decimal=decimal,
            at=np.flatnonzero(rows),
            missing=table.prepared.missing,
            problems=problems,
        )
        series[name] = grid.series(long, outcome, clock)
    refuse_if_any(problems)
    return Outcomes(series=series, sample_digest=sample.digest, freeze_digest=freeze_digest)


def _cross_section(table: PreparedTable, sample: Sample) -> tuple[NDArray[np.bool_], Grid]:
    ids = codes_as_text(table.file.read([table.prepared.unit]).column(table.prepared.unit))
    place = _places(ids, table, sample)
    rows = place >= 0
    unit = place[rows]
    return rows, Grid(unit=unit, period=np.zeros_like(unit), n=len(sample), time=np.zeros(1))


def _panel(table: PreparedTable, sample: Sample) -> tuple[NDArray[np.bool_], Grid]:
    """Rows of the sample's units from the seal on."""
    index = read_index(table.file, table.prepared)
    place = _places(index.ids, table, sample)
    sealed = int(np.searchsorted(index.periods, _seal(sample)))
    rows = index.rows_of(place >= 0, np.arange(len(index.periods)) >= sealed)
    return rows, Grid(
        unit=place[index.unit[rows]],
        period=index.period[rows] - sealed,
        n=len(sample),
        time=index.periods[sealed:],
    )


def _seal(sample: Sample) -> float:
    return float(sample.units["index_period"].iloc[0])


def _places(ids: NDArray[np.object_], table: PreparedTable, sample: Sample) -> NDArray[np.intp]:
    """(n,) int: the row of the sample each id of the file is, -1 = not in the sample."""
    key = keyed_hash(ids, table.study)
    known = sample.units["key"].to_numpy()
    place = np.clip(np.searchsorted(known, key), 0, len(known) - 1)
    found = known[place] == key
    if found.sum() != len(known):
        raise DataError(
            Problem(
                code="E602",
                sentence="the table does not hold the units of the sample",
                help="open the table the sample was built from, under the same study name",
            )
        )
    return np.where(found, place, -1).astype(np.intp)
