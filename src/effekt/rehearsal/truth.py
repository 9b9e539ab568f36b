"""The truth of every row that a study estimates on a draw: now against later, for the participants the row keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from effekt.population.cohort.cohort import Cohort
from effekt.rehearsal.source import DrawnSource
from effekt.results import Estimate
from effekt.sample import Sample, Weights
from effekt.spec.registered import RegisterStudy
from effekt.study import Study
from effekt.study.branches import Branch
from effekt.study.lived import Lived, Replayed
from effekt.study.truth import Truth

Known = Mapping[tuple[str, str, int], Truth]
"""Truths by the key of their estimates, outcome and horizon."""

_AT_A_MONTH = "event_study"
"""The method whose horizons are months, each one's outcome that month's."""


def known_truths(study: Study, source: DrawnSource, streams: int) -> Known:
    """Return the truths that the world's replays give; empty where they need none or give none.

    streams : replays of every participant. A world without an effect needs none: its truth is zero.
    """
    found: dict[tuple[str, str, int], Truth] = {}
    if source.world.programme.does_nothing or not isinstance(study.spec, RegisterStudy):
        return found
    replayed = Replayed.begun(source.world, source.seed, study.spec, streams, observed=source.observed)()
    lived: dict[int, Lived] = {}
    for branch in study.branches:
        cohort = source.cohort(branch.spec)
        if not isinstance(cohort, Cohort):
            continue
        if id(cohort) not in lived:
            lived[id(cohort)] = replayed.measured(cohort)
        for key, sample, weights in _parts(branch):
            rows = _rows_of(cohort.sample, sample)
            for truth in lived[id(cohort)].truths(sample, weights, rows=rows):
                found[key, truth.outcome, truth.horizon] = truth
    return found


def _parts(branch: Branch) -> Iterator[tuple[str, Sample, Weights]]:
    """Yield key, sample and weights of the analyses, arms and subgroups of a branch."""
    yield from ((branch.key(name), branch.sample, weights) for name, weights in branch.weights.items())
    yield from ((cut.key, cut.sample, cut.weights) for cut in branch.cuts)


def _rows_of(whole: Sample, part: Sample) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(treated of the part,): their places among the treated of the whole."""
    keys = whole.units["key"].to_numpy()[whole.treated]
    order = np.argsort(keys)
    asked = part.units["key"].to_numpy()[part.treated]
    return np.asarray(order[np.searchsorted(keys[order], asked)], dtype=np.int64)


def truth_of(key: str, row: Estimate, known: Known, source: DrawnSource) -> tuple[float | None, float | None]:
    """Return (truth, realised) of a row; None = nobody knows.

    Before its start a programme that nobody foresees has no effect, and a world without an effect has none at all. What
    a foreseen one does before its start is the same under both regimes, since both begin at the start.
    """
    programme, early = source.world.programme, row.horizon is not None and row.horizon < 0
    if programme.does_nothing or (early and programme.anticipation is None):
        return 0.0, 0.0
    if early:
        return None, None
    spec = source.spec
    if row.horizon is None or not isinstance(spec, RegisterStudy):
        return None, None
    if row.method == _AT_A_MONTH and spec.outcomes[row.outcome].window:
        return None, None
    truth = known.get((key, row.outcome, row.horizon))
    if truth is None or not np.isfinite(truth.kept):
        return None, None
    return truth.kept, truth.realised if np.isfinite(truth.realised) else None
