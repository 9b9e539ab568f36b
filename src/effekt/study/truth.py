"""The true effect of a study on a synthetic world, measured by the study's own outcomes.

The world replays every treated person twice from time zero on, once as it went and once without the start, with the
same shocks in both. The truth of the kept treated is the mean difference over replays; beside it stands the one of
the shocks that came true, which a few hundred persons can put points away from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from effekt.sample import Array, Sample, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What the estimand is worth in the world.

    kept : over the treated that the analysis kept, the mean over replays. realised : the same under the shocks that
    came true. everyone : over all treated of the sample. persons : kept treated records.
    """

    outcome: str
    horizon: int
    kept: float
    realised: float
    everyone: float
    persons: int


def truths(
    *,
    sample: Sample,
    weights: Weights,
    horizons: Mapping[str, Array],
    natural: Mapping[str, Array],
    without: Mapping[str, Array],
) -> tuple[Truth, ...]:
    """Return the truth of every outcome and horizon.

    horizons : outcome -> (H,) months. natural, without : outcome -> (treated, streams, H) values of the treated in
    the sample's row order, with and without the start; stream 0 holds the shocks that came true.
    """
    kept = weights.kept[sample.treated]
    found = []
    for outcome, months in horizons.items():
        difference = natural[outcome] - without[outcome]
        for h, month in enumerate(months):
            by_person = difference[:, :, h]
            found.append(
                Truth(
                    outcome=outcome,
                    horizon=int(month),
                    kept=float(np.nanmean(by_person[kept, 1:])),
                    realised=float(np.nanmean(by_person[kept, 0])),
                    everyone=float(np.nanmean(by_person[:, 1:])),
                    persons=int(kept.sum()),
                )
            )
    return tuple(found)
