"""The verb of every check: Sample, Weights, Analysis -> Findings, before any outcome is seen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from effekt.analysis import Analysis
from effekt.method import Method
from effekt.results import Finding
from effekt.sample import Sample, Weights


class Check(Method, ABC):
    """A frozen value whose fields are thresholds. ``name`` is its key under ``checks:`` in the spec."""

    name: ClassVar[str]

    @abstractmethod
    def examine(self, sample: Sample, weights: Weights, analysis: Analysis) -> list[Finding]:
        """Return at least one finding; what cannot be evaluated is NOT_EVALUATED, never left out."""
