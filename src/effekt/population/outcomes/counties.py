"""Outcomes of a county study from the seal on: the one place that reads them, and only for a freeze.

Only ``effekt.study`` may import this module (an import contract holds it).
"""

from __future__ import annotations

import numpy as np

from effekt.errors import OutcomesSealed, Problem
from effekt.population.counties.build import CountyCohort
from effekt.population.counties.rates import rates
from effekt.sample import Outcomes


def read(cohort: CountyCohort, freeze_digest: str) -> Outcomes:
    """Return the rates of the sample's units in the periods from the seal on, in its row order.

    freeze_digest : of the freeze that opens them.

    Raises
    ------
    OutcomesSealed
        E604 without a freeze.
    """
    if not freeze_digest:
        raise OutcomesSealed(
            Problem(code="E604", sentence="outcomes are sealed", help="freeze the design first: `effekt freeze`")
        )
    reading = cohort.again()
    found = rates(
        reading.engine,
        reading.spec,
        reading.calendar,
        reading.entries(sealed=True),
        n=len(reading.units.codes),
        sealed=True,
        name=f"{reading.scope}sealed_moments",
    )
    # The sample stands in the order of its keys, the rates in that of the units.
    order = cohort.sample.units["entity"].to_numpy(dtype=np.int64)
    return Outcomes(
        series={name: series.take(order) for name, series in found.items()},
        sample_digest=cohort.sample.digest,
        freeze_digest=freeze_digest,
    )
