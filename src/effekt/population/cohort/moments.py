"""Persons and months at which covariates are measured: once each, however many records share them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from effekt.population.cohort.reading import ints
from effekt.population.cohort.spells import Coded, Ints, first_day
from effekt.population.engine.asked import Asked
from effekt.population.engine.connection import Engine
from effekt.population.engine.measures import by_value, measured, monthly
from effekt.population.engine.written import Held
from effekt.sample import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """Distinct pairs of person and month(time zero). pid, month : (k,).

    table : of their rows in the engine. Values are dated by the month before, so every record of a person in a month
    has the same ones.
    """

    engine: Engine
    pid: Ints
    month: Ints
    table: Held
    _paths: dict[tuple[Asked, int, int], Array] = field(default_factory=dict)

    def measured(self, asked: Asked, reach: tuple[int, int] | None = None) -> Array:
        """(k,): a measure, NaN = not observed. reach : months of all measures that the rows are read for at once."""
        return self._filled(self.engine.fetch(measured(self.engine, self.table, asked, reach)))

    def monthly(self, asked: Asked, first: int, last: int) -> Array:
        """(k, last - first + 1), not to be written to: a measure month by month, NaN = not observed.

        Asked once: what is a covariate is often the history of an outcome too.
        """
        # The months asked for stand in `first` and `last`.
        key = (replace(asked, first=first, last=last), first, last)
        if key not in self._paths:
            rows = self.engine.fetch(monthly(self.engine, self.table, asked, first, last))
            values = np.full((len(self.pid), last - first + 1), np.nan)
            values[ints(rows, "record"), ints(rows, "month") - first] = _floats(rows)
            values.flags.writeable = False
            self._paths[key] = values
        return self._paths[key]

    def by_value(self, asked: Asked, column: str) -> dict[str, Array]:
        """Return value of a column -> (k,) the measure among rows that have it; an unknown value is left out.

        Who has no row with a value has 0, and NaN where the measure over all values is not observed.
        """
        whole = self.measured(asked)
        rows = self.engine.fetch(by_value(self.engine, self.table, asked, column))
        labels = rows.column(column).cast(pa.string()).to_numpy(zero_copy_only=False)
        record, found = ints(rows, "record"), _floats(rows)
        split: dict[str, Array] = {}
        for label in sorted({label for label in labels if label is not None}):
            mine = labels == label
            split[label] = np.where(np.isnan(whole), np.nan, 0.0)
            split[label][record[mine]] = found[mine]
        return split

    def _filled(self, rows: pa.Table) -> Array:
        values = np.full(len(self.pid), np.nan)
        values[ints(rows, "record")] = _floats(rows)
        return values

    @property
    def last_day_before(self) -> Ints:
        """(k,): the last day of the month before time zero, as of which a status is read."""
        return first_day(self.month) - 1


def _floats(rows: pa.Table) -> Array:
    return np.asarray(rows.column("value").cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def moments_of(engine: Engine, name: str, pid: Ints, month: Ints) -> tuple[Moments, Ints]:
    """Return the distinct moments of records, and the (n,) moment of each. name : of the table in the engine."""
    pairs, inverse = np.unique(np.column_stack([pid, month]), axis=0, return_inverse=True)
    table = upload_records(engine, name, pairs[:, 0], pairs[:, 1])
    moments = Moments(engine=engine, pid=pairs[:, 0], month=pairs[:, 1], table=table)
    return moments, inverse.reshape(-1)


def upload_records(engine: Engine, name: str, pid: Ints, month: Ints) -> Held:
    """Store records in the engine: `record`, `pid`, `t0` (the first of the month) and `m0`."""
    return engine.upload(
        name,
        pa.table(
            {
                "record": pa.array(np.arange(len(pid)), pa.int64()),
                "pid": pa.array(pid, pa.int64()),
                "t0": pa.array(first_day(month).astype("datetime64[D]")),
                "m0": pa.array(month.astype(np.int32), pa.int32()),
            }
        ),
    )


def spread(labels: Coded, rows: Ints) -> Coded:
    """Return labels of moments as labels of records."""
    return Coded(labels.at(rows), labels.names)
