"""Rows of the registers as sorted arrays, for the persons that a study is about and no later than it may look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from effekt.population.cohort.spells import NEVER, Coded, Ints, Spells
from effekt.population.engine.connection import Engine
from effekt.population.engine.written import Held, Query, Registers


def read_spells(
    engine: Engine,
    table: str,
    columns: Sequence[str] = (),
    *,
    until: int,
    since: int | None = None,
    people: Held | None = None,
) -> Spells:
    """Return the spells of a register that begin no later than a day.

    columns : text columns to keep. until : the last day a spell may begin on; later rows are never scanned.
    since : a day that a spell must last beyond, None = however early it ended. people : rows with ``pid``,
    None = everyone.
    """
    rows = engine.fetch(Query(_begun, (table, tuple(columns), (since, until), people)))
    pid, start, stop = ints(rows, "pid"), days(rows, "start"), days(rows, "slutt")
    text = {name: coded_column(rows, name) for name in columns}
    order = np.lexsort((*(text[name].codes for name in columns), stop, start, pid))
    return Spells(
        pid=pid[order],
        start=start[order],
        stop=stop[order],
        text={name: Coded(column.codes[order], column.names) for name, column in text.items()},
    )


def _begun(
    registers: Registers, name: str, columns: tuple[str, ...], within: tuple[int | None, int], people: Any
) -> Any:
    source, (since, until) = registers.table(name, of=people), within
    source = source.filter(source.start <= as_date(until))
    if since is not None:
        source = source.filter(source.slutt.isnull() | (source.slutt > as_date(since)))
    return source.select("pid", "start", "slutt", *columns)


def as_date(day: int) -> Any:
    """Return a day as a date that the engine compares with."""
    return np.datetime64(day, "D").astype(object)


def ints(rows: pa.Table, column: str) -> Ints:
    """(m,) int: a column without gaps."""
    return np.asarray(rows.column(column).cast(pa.int64()).to_numpy(), dtype=np.int64)


def days(rows: pa.Table, column: str) -> Ints:
    """(m,) days of a date column; an open end is ``NEVER``."""
    cells = rows.column(column).cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
    return np.asarray(pc.fill_null(cells, int(NEVER)).to_numpy(), dtype=np.int64)


def coded_column(rows: pa.Table, column: str) -> Coded:
    """Return a column as codes; whole numbers and truth values are written out."""
    return coded_labels(rows.column(column).cast(pa.string()).to_numpy(zero_copy_only=False))


def coded_labels(labels: NDArray[Any]) -> Coded:
    """Return text as codes in the order of the alphabet; None is unknown."""
    codes, names = pd.factorize(np.asarray(labels, dtype=object), sort=True)
    return Coded(codes.astype(np.int64), tuple(str(name) for name in names))
