"""A method is a value: a frozen object whose fields are its YAML keys and whose one verb does the work.

The four verbs, and all a newcomer has to hold in mind:

- ``Adjustment.weigh(sample) -> Weights``
- ``Estimator.estimate(sample, outcomes, weights) -> Estimates``
- ``Check.examine(sample, weights, analysis) -> list[Finding]`` (before outcomes; see ``effekt.checks.base``)
- ``Sensitivity.bound(estimates, sample, outcomes, weights, analysis) -> list[Bound]`` (after outcomes)

The signature is the seal: a design method receives only the :class:`~effekt.sample.Sample`.
"""

from __future__ import annotations

import inspect
import sys
from abc import ABC, abstractmethod
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from effekt.results import Estimates
from effekt.sample import Outcomes, Sample, Weights


class Method(BaseModel):
    """Base of every method: frozen, no unknown keys, and a manual in its module's docstring."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def manual(cls) -> str:
        """Return the module docstring of the method: what it estimates, the equation, when to use it."""
        return inspect.cleandoc(sys.modules[cls.__module__].__doc__ or "")


class Adjustment(Method, ABC):
    """Makes the comparison group comparable, from what is known at time zero."""

    required_checks: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def weigh(self, sample: Sample) -> Weights:
        """Return one weight per record of the sample."""


class Estimator(Method, ABC):
    """Turns a weighted sample and its outcomes into estimates.

    required_checks : checks that must have been evaluated and not failed before ``estimate`` may run.
    required_bounds : sensitivity analyses the claims gate asks for afterwards.
    inferences : every kind of inference its rows may carry.
    """

    required_checks: ClassVar[tuple[str, ...]] = ()
    required_bounds: ClassVar[tuple[str, ...]] = ()
    inferences: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def estimate(self, sample: Sample, outcomes: Outcomes, weights: Weights) -> Estimates:
        """Return rows for every outcome in ``outcomes``."""
