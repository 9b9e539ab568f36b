"""The difference between few units told in more ways: one unit left out, others treated, other procedures.

All follow from the units' changes alone, so they are made where the changes are released, for units that start at one
date and count alike; where starts differ, who is left out changes the windows of the others too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from effekt.analysis import Analysis
from effekt.estimators.collapsed_did import CollapsedDid, seeded_by_keys
from effekt.estimators.dose_slope import DoseSlope
from effekt.estimators.told import left_out_table, robustness_table, told_table
from effekt.results import Table
from effekt.sample import Array, Sample
from effekt.study.robustness import robustness

_DELTAS = "deltas_"
_ENUMERATE_UP_TO = 200_000
_BINS = 31


def alternatives(analysis: Analysis, sample: Sample, details: Mapping[str, Table]) -> Iterator[Table]:
    """Yield the tables of every outcome whose changes by unit are known. details : of the analysis' estimates."""
    method = analysis.estimate
    if not isinstance(method, CollapsedDid | DoseSlope) or method.unit_weights != "equal":
        return
    if isinstance(method, CollapsedDid) and not _one_start(sample):
        return
    for name, table in details.items():
        if name.startswith(_DELTAS):
            yield from _about(name.removeprefix(_DELTAS), table, partial(seeded_by_keys, sample))


def _one_start(sample: Sample) -> bool:
    start = sample.units["first_treated"].to_numpy(dtype=np.float64)
    return len(np.unique(start[np.isfinite(start)])) == 1


def _about(outcome: str, table: Table, rng: Callable[[], np.random.Generator]) -> Iterator[Table]:
    change = np.array(table.data["change"], dtype=np.float64)
    treated = np.array(table.data["treated"], dtype=bool)
    known = [None if n is None else int(n) for n in table.data["persons_behind"]]
    persons = None if None in known else min(n for n in known if n is not None)
    unit = next(c.unit for c in table.columns if c.name == "change")
    keys, values = left_out(change, treated)
    if len(values):
        units = [str(table.data["unit"][k]) for k in keys]
        yield left_out_table(outcome, units, values.tolist(), persons=persons, unit=unit)
    drawn = reassigned(change, treated)
    if len(drawn):
        counts, edges = np.histogram(drawn, bins=_BINS)
        yield told_table(
            f"randomisation_{outcome}",
            {"assignments": [int(n) for n in counts]},
            {"value": ((edges[:-1] + edges[1:]) / 2).tolist()},
            title="Other assignments",
            persons=persons,
            unit=unit,
        )
    if 0 < treated.sum() < len(treated):
        yield robustness_table(outcome, tuple(robustness(change, treated, rng)), persons=persons, unit=unit)


def left_out(change: Array, treated: NDArray[np.bool_]) -> tuple[list[int], Array]:
    """Return each unit that can be left out, and the difference in mean changes without it.

    change, treated : (G,). The last unit of a group cannot be left out.
    """
    keys, values = [], []
    for k in range(len(change)):
        kept = np.arange(len(change)) != k
        if (kept & treated).any() and (kept & ~treated).any():
            keys.append(k)
            values.append(change[kept & treated].mean() - change[kept & ~treated].mean())
    return keys, np.array(values, dtype=np.float64)


def reassigned(change: Array, treated: NDArray[np.bool_]) -> Array:
    """(c,) difference in mean changes under every choice of as many treated; none where they are too many to count."""
    G, n = len(change), int(treated.sum())
    if not 0 < n < G or math.comb(G, n) > _ENUMERATE_UP_TO:
        return np.zeros(0)
    chosen = np.fromiter(chain.from_iterable(combinations(range(G), n)), dtype=np.int64).reshape(-1, n)
    inside = change[chosen].sum(axis=1)
    return np.asarray(inside / n - (change.sum() - inside) / (G - n))
