r"""Exact cells: comparisons are weighted to the treated's distribution over cells of discrete covariates.

With :math:`n_{1c}, n_{0c}` treated and comparisons in cell :math:`c`, a treated weighs 1 and a comparison

.. math:: w_i = n_{1c} / n_{0c},

so that both groups have the same cells (the subclassification of Cochran 1968; MatchIt's ``method = "exact"``
with ``estimand = "ATT"`` gives the same comparison weights up to a constant). Cells without a treated or
without a comparison are dropped, which changes the estimand to the ATT of those kept.

Use it when a few discrete covariates decide about treatment.
Do not use it with continuous covariates: nearly every cell would hold one unit.

References: Cochran (1968), Biometrics 24; Ho, Imai, King and Stuart (2007), Political Analysis 15, section 4.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from effekt.errors import EstimationError, Problem
from effekt.method import Adjustment
from effekt.sample import Sample, Weights


class ExactCells(Adjustment):
    """Weight comparisons to the treated within exact cells; ``on`` names the covariates that make them."""

    method: Literal["exact"] = "exact"
    on: tuple[str, ...] = Field(min_length=1, description="covariates that define the cells")

    required_checks: ClassVar[tuple[str, ...]] = ("balance", "overlap")

    def weigh(self, sample: Sample) -> Weights:
        """Return ATT weights; records in cells without both groups weigh zero.

        Raises
        ------
        EstimationError
            E202 if a name is not a covariate of the sample, E306 if no cell holds both groups.
        """
        cells = self._cells(sample)
        treated, base = sample.treated, sample.sampling_weight
        size = int(cells.max()) + 1
        n_treated = np.bincount(cells, weights=base * treated, minlength=size)
        n_comparison = np.bincount(cells, weights=base * ~treated, minlength=size)
        both = (n_treated > 0) & (n_comparison > 0)
        if not both.any():
            raise EstimationError(
                Problem(
                    code="E306",
                    sentence="no exact cell holds both a treated and a comparison",
                    help=f"use fewer or coarser covariates than {', '.join(self.on)}",
                )
            )
        ratio = np.divide(n_treated, n_comparison, out=np.zeros(size), where=both)
        w = np.where(treated, both[cells].astype(float), ratio[cells])
        names = frozenset(self.on)
        return Weights(w=w, group=cells, estimand="ATT", method=self.method, conditioned=names)

    def _cells(self, sample: Sample) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """(n,) int: the cell of each record."""
        unknown = [name for name in self.on if name not in sample.baseline]
        if unknown:
            raise EstimationError(
                Problem(
                    code="E202",
                    sentence=f"exact cells on `{unknown[0]}`, which is not among the covariates",
                    help=f"add `{unknown[0]}` to `covariates`",
                    note=f"covariates: {', '.join(map(str, sample.baseline.columns))}",
                )
            )
        values = sample.baseline[list(self.on)].to_numpy(dtype=np.float64)
        _, codes = np.unique(values, axis=0, return_inverse=True)
        return codes.reshape(-1).astype(np.int64)
