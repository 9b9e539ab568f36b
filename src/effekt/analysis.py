"""One named analysis: an adjustment and an estimator. What checks and bounds re-run on altered samples."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from effekt.adjust import AnyAdjustment
from effekt.adjust.none import NoAdjustment
from effekt.estimators import AnyEstimator
from effekt.results import Estimates
from effekt.sample import Outcomes, Sample, Weights


def _named(value: Any) -> Any:
    """Read a bare method name as that method with its defaults."""
    return {"method": value} if isinstance(value, str) else value


class Analysis(BaseModel):
    """``adjust`` weighs the sample, ``estimate`` turns it and the outcomes into estimates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    adjust: Annotated[AnyAdjustment, BeforeValidator(_named)] = NoAdjustment()
    estimate: Annotated[AnyEstimator, BeforeValidator(_named)]

    @property
    def required_checks(self) -> tuple[str, ...]:
        """Checks that both methods ask for, each once."""
        return tuple(dict.fromkeys((*self.adjust.required_checks, *self.estimate.required_checks)))

    def weigh(self, sample: Sample) -> Weights:
        """Return the adjustment's weights."""
        return self.adjust.weigh(sample)

    def estimates(self, sample: Sample, outcomes: Outcomes) -> Estimates:
        """Weigh the sample anew and estimate: what a placebo or a leave-one-out needs."""
        return self.estimate.estimate(sample, outcomes, self.weigh(sample))
