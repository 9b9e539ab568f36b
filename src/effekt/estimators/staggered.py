"""Changes of clusters that start at different times: each treated over its own windows, the others over all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effekt.errors import EstimationError, Problem
from effekt.estimators.changes import collapse
from effekt.estimators.panels import Panel
from effekt.sample import Array, Codes, Sample

Windows = tuple[NDArray[np.bool_], NDArray[np.bool_]]
"""(T,) bool before and (T,) bool after a start."""

_NEVER = -1


@dataclass(frozen=True, slots=True)
class ChangesByStart:
    """Mean after minus mean before each start, by cluster.

    codes, w : (G,); changes : (G, S); start : (G,) int, position among the S starts, -1 = never; windows : per
    start.
    """

    codes: Codes
    changes: Array
    start: Codes
    w: Array
    windows: tuple[Windows, ...]

    @property
    def treated(self) -> NDArray[np.bool_]:
        """(G,) bool: clusters that start."""
        return np.asarray(self.start != _NEVER)

    @property
    def shares(self) -> Array:
        """(S,) weight of each start among those that start."""
        total = np.array([self.w[self.start == s].sum() for s in range(self.changes.shape[1])])
        return np.asarray(total / total.sum())

    @property
    def after(self) -> NDArray[np.bool_]:
        """(T,) bool: periods after any start that are used."""
        return np.asarray(np.any([after for _, after in self.windows], axis=0))

    @property
    def periods(self) -> NDArray[np.bool_]:
        """(T,) bool: periods that any comparison uses."""
        return np.asarray(np.any([before | after for before, after in self.windows], axis=0))

    def estimate(self) -> float:
        """Mean over the treated of their own change less that of the never treated over the same windows."""
        from effekt.numerics.staggered import two_samples

        samples = two_samples(changes=self.changes, starts=self.start[None, :], w=self.w)
        return float(np.average(samples.y[0][self.treated], weights=self.w[self.treated]))

    def left_out(self) -> tuple[list[int], list[float]]:
        """Return each cluster that can be left out, and the estimate without it; the last of a group cannot."""
        keys, values = [], []
        for k in range(len(self.start)):
            kept = np.arange(len(self.start)) != k
            if (self.treated & kept).any() and (~self.treated & kept).any():
                part = ChangesByStart(
                    self.codes[kept], self.changes[kept], self.start[kept], self.w[kept], self.windows
                )
                keys.append(k)
                values.append(part.estimate())
        return keys, values

    def of_start(self, position: int) -> float:
        """Return the estimate with only the clusters of one start."""
        kept = ~self.treated | (self.start == position)
        return ChangesByStart(
            self.codes[kept], self.changes[kept], self.start[kept], self.w[kept], self.windows
        ).estimate()

    def own(self, values: Array) -> Array:
        """(G,) of (G, S): that of the own start; for the never treated averaged as often as starts occur."""
        own = np.take_along_axis(values, np.where(self.treated, self.start, 0)[:, None], axis=1)[:, 0]
        return np.where(self.treated, own, values @ self.shares)


def collapse_by_start(*, sample: Sample, panel: Panel, by_weight: bool) -> ChangesByStart:
    """Average changes within the clusters that were assigned as one, once over the windows of every start.

    Raises
    ------
    EstimationError
        E307 if a start has no period before or after it, E402 if units of one cluster start at different times.
    """
    windows = tuple(panel.windows(float(start)) for start in panel.cohorts)
    found = [
        collapse(
            sample=sample,
            values=panel.values,
            used=panel.used,
            w=panel.w,
            before=before,
            after=after,
            by_weight=by_weight,
        )
        for before, after in windows
    ]
    changes = np.column_stack([change.delta for change in found])
    return ChangesByStart(found[0].codes, changes, _start_of_clusters(sample, panel), found[0].w, windows)


def _start_of_clusters(sample: Sample, panel: Panel) -> Codes:
    """(G,) int: the start that all units of a cluster share."""
    start = panel.start[panel.used]
    position = np.where(np.isnan(start), _NEVER, np.searchsorted(panel.cohorts, start)).astype(np.int64)
    pairs = np.unique(np.column_stack([sample.assignment_clusters[panel.used], position]), axis=0)
    if len(np.unique(pairs[:, 0])) < len(pairs):
        raise EstimationError(
            Problem(
                code="E402",
                sentence=f"units of one {sample.assigned_at} start at different times, and it was assigned as one",
                help="give them one start, or declare the level at which each was assigned",
            )
        )
    return pairs[:, 1]
