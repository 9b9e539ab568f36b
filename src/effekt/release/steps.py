"""How fine a mean may be printed: no finer than persons can move it.

A mean of a yes/no over n persons is a whole number over n. With three digits it gives n and the number back,
rounded counts beside it or not. So the step in which a number is printed follows from the smallest difference
between two persons' values (its lattice) over the *rounded* count:

- the mean of one group: base persons, as its count has. For every count that rounds alike there are then several
  sums that print alike;
- a difference of two groups' means, with its error and interval: one person in the smaller group. The two groups
  hide each other, and base persons would blur the effect itself.

Steps are 1, 2 or 5 times a power of ten. For kroner over hundreds of persons they are far below the three digits
that are printed anyway.
"""

from __future__ import annotations

import math

from effekt.release.disguises import as_count
from effekt.release.rules import Rules
from effekt.results import Column, Table

_LADDER = (1.0, 2.0, 5.0, 10.0)
_TINY = 1e-9


def coarsest_step(table: Table, column: Column, i: int, rules: Rules) -> float:
    """Return the step in which a number of row ``i`` must at least be printed; 0 if any will do."""
    lattice = _lattice(table, column, i)
    persons = min((rules.rounded(as_count(table.data[n][i])) for n in column.whole), default=0)
    if not lattice or not persons:
        return 0.0
    moving = rules.base if len(column.whole) == 1 else 1
    return on_ladder(moving * lattice / persons)


def _lattice(table: Table, column: Column, i: int) -> float | None:
    """Return the row's lattice; a share that does not tell is taken for a yes/no."""
    known = table.data[column.lattice][i] if column.lattice else None
    if known is None and column.lattice and "unit" in table.data and table.data["unit"][i] == "share":
        return 1.0
    return None if known is None else float(known)


def on_ladder(least: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is not below ``least``."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(m * power for m in _LADDER if m * power >= least * (1 - _TINY))


def to_step(value: float, step: float) -> float:
    """Round to a multiple of ``step``, without binary dust."""
    return round(round(value / step) * step, max(0, -math.floor(math.log10(step)))) + 0.0
