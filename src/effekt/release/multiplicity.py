"""Holm's correction over the secondary results of an analysis.

The primary outcome and horizon are declared before outcomes are read; everything else is secondary, and looked at
together. Holm (1979), Scandinavian Journal of Statistics 6: the smallest p of m is multiplied by m, the next by
m - 1, and none is made smaller than the one before it. Agrees with R ``p.adjust(method = "holm")``.
"""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values, in the order given."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    least = 0.0
    for rank, i in enumerate(order):
        least = max(least, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = least
    return tuple(adjusted)
