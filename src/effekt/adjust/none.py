r"""No adjustment: every record counts as it was sampled, :math:`w_i = 1`.

Use it when assignment was random, or in a difference-in-differences that compares changes as they are.
Do not use it to compare levels of groups that chose their treatment.

References: Imbens and Rubin (2015), Causal Inference, chapter 4. R ``MatchIt::matchit(method = NULL)`` gives the same
weights.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from effekt.method import Adjustment
from effekt.sample import Sample, Weights


class NoAdjustment(Adjustment):
    """Weight one for everybody."""

    method: Literal["none"] = "none"

    def weigh(self, sample: Sample) -> Weights:
        """Return weights of one; the estimand is the ATE under random assignment, else the ATT."""
        estimand = "ATE" if sample.assigned == "random" else "ATT"
        return Weights(w=np.ones(len(sample)), group=None, estimand=estimand, method=self.method)
