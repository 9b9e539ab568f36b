"""Who is dropped on the way from a table to a sample, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effekt.results import Attrition, AttritionStep
from effekt.sample import Array

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Flow:
    """Units still in, and every step so far.

    kept : (n,) bool. steps : reason and the (n,) units left after it; the first step is the table itself.
    """

    kept: Mask
    steps: tuple[tuple[str, Mask], ...]

    @classmethod
    def of(cls, n: int) -> Flow:
        """Start with all ``n`` units of the table."""
        everyone = np.ones(n, dtype=bool)
        return cls(everyone, (("units in the table", everyone),))

    def without(self, lost: Mask, reason: str) -> Flow:
        """Return the flow after some units left; a step that nobody leaves is not told."""
        if not (lost & self.kept).any():
            return self
        kept = self.kept & ~lost
        return Flow(kept, (*self.steps, (reason, kept)))

    def attrition(self, persons: Array) -> Attrition:
        """Return the flow chart. persons : (n,) float behind each unit, NaN = not known."""
        return Attrition(
            steps=tuple(
                AttritionStep(reason=reason, units=int(left.sum()), persons=_total(persons[left]))
                for reason, left in self.steps
            )
        )


def _total(persons: Array) -> int | None:
    return None if np.isnan(persons).any() else int(persons.sum())
