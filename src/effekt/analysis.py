"""One named analysis: an adjustment and an estimator. What checks and bounds re-run on altered samples."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from effekt.adjust import AnyAdjustment
from effekt.adjust.none import NoAdjustment
from effekt.estimators import AnyEstimator
from effekt.results import Estimates
from effekt.sample import Outcomes, Sample, Weights


def _named(value: Any) -> Any:
    """Read a bare method name as that method with its defaults."""
    return {"method": value} if isinstance(value, str) else value


class Analysis(BaseModel):
    """``adjust`` weighs the sample, ``estimate`` turns it and the outcomes into estimates.

    outcomes : those it is about, empty = all of the study's. Weights do not depend on them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    adjust: Annotated[AnyAdjustment, BeforeValidator(_named)] = Field(
        default=NoAdjustment(), description="how the sample is weighed; none = as it is"
    )
    estimate: Annotated[AnyEstimator, BeforeValidator(_named)] = Field(
        description="the estimator; a bare name has its defaults"
    )
    outcomes: tuple[str, ...] = Field(default=(), description="outcomes it is about; empty = all of the study's")

    @property
    def required_checks(self) -> tuple[str, ...]:
        """Checks that both methods ask for, each once."""
        return tuple(dict.fromkeys((*self.adjust.required_checks, *self.estimate.required_checks)))

    def about(self, sample: Sample) -> Sample:
        """Return the sample with the past of the outcomes it is about, and of no other."""
        if not self.outcomes:
            return sample
        return replace(
            sample,
            history={name: past for name, past in sample.history.items() if name in self.outcomes},
            placebos={name: p for name, p in sample.placebos.items() if not p.outcome or p.outcome in self.outcomes},
        )

    def of(self, outcomes: Outcomes) -> Outcomes:
        """Return the outcomes it is about."""
        if not self.outcomes:
            return outcomes
        return replace(
            outcomes,
            series={name: series for name, series in outcomes.series.items() if name in self.outcomes},
            paths={name: path for name, path in outcomes.paths.items() if name in self.outcomes},
        )

    def weigh(self, sample: Sample) -> Weights:
        """Return the adjustment's weights."""
        return self.adjust.weigh(sample)

    def estimates(self, sample: Sample, outcomes: Outcomes) -> Estimates:
        """Weigh the sample anew and estimate: what a placebo or a leave-one-out needs."""
        return self.estimate.estimate(self.about(sample), self.of(outcomes), self.weigh(sample))
