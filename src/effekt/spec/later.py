"""The grammar of methods that are not built yet, so that a study on registers can be checked as a whole today.

Each class holds the keys and closed vocabularies its method will have; none of them can run. When a method is
built, its class here goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from effekt.adjust import AnyAdjustment
from effekt.adjust.nearest import Caliper
from effekt.adjust.none import NoAdjustment
from effekt.analysis import Analysis
from effekt.estimators import AnyEstimator
from effekt.spec.base import Strict
from effekt.spec.labels import Label
from effekt.spec.methods import (
    ADJUSTMENTS,
    ESTIMATORS,
    LATER_ADJUSTMENTS,
    LATER_ESTIMATORS,
    expand,
    refuse_unknown_word,
)
from effekt.spec.presets import PRESETS


class Balancing(Strict):
    """Weights that balance covariates; `leave_out` keeps outcome lags out of what is balanced."""

    method: Literal["entropy", "ipw", "cem", "subclass", "mahalanobis", "radius", "kernel"]
    leave_out: Literal["outcome_lags", "none"] = Field(
        default="none", description="past values of the outcomes' registers are not balanced"
    )
    caliper: Caliper | None = Field(default=None, description="largest distance, in SDs of the score")


class LaterEstimator(Strict):
    """An estimator of a later version, with the keys that all estimators share."""

    method: Literal[
        "ipw",
        "ra",
        "ipwra",
        "aipw",
        "iv",
        "rdd",
        "callaway_santanna",
        "imputation",
        "honest_did",
        "synthetic_did",
        "synthetic_control",
        "duration",
    ]
    cluster: str = Field(default="auto", description="level of inference; auto = level of assignment")


def _known(role: str) -> Any:
    built, later = (ADJUSTMENTS, LATER_ADJUSTMENTS) if role == "adjust" else (ESTIMATORS, (*LATER_ESTIMATORS, *PRESETS))

    def check(value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("method"), str):
            refuse_unknown_word(value["method"], built, later, ("method",))
        return value

    return BeforeValidator(check)


class PlannedAnalysis(Strict):
    """An analysis of a study on registers: built methods and those of a later version."""

    adjust: Annotated[Annotated[AnyAdjustment | Balancing, Field(discriminator="method")], _known("adjust")] = Field(
        default=NoAdjustment(), description="how the sample is weighed; none = as it is"
    )
    estimate: Annotated[Annotated[AnyEstimator | LaterEstimator, Field(discriminator="method")], _known("estimate")] = (
        Field(description="the estimator; a bare name has its defaults")
    )
    outcomes: tuple[str, ...] = Field(default=(), description="outcomes it is about; empty = all of the study's")
    label: Label | None = Field(default=None, description="its words in the report; none = its name")

    @property
    def built(self) -> Analysis:
        """The analysis that runs.

        Raises
        ------
        ValueError
            For a method of a later version, which :attr:`later_methods` names and ``check`` refuses before.
        """
        if self.later_methods:
            raise ValueError(f"not in this version: {self.later_methods}")
        return Analysis(adjust=self.adjust, estimate=self.estimate, outcomes=self.outcomes)

    @property
    def later_methods(self) -> Mapping[str, str]:
        """Role -> method, for the methods that this version cannot run."""
        named = {"adjust": self.adjust.method, "estimate": self.estimate.method}
        built = {"adjust": ADJUSTMENTS, "estimate": ESTIMATORS}
        return {role: method for role, method in named.items() if method not in built[role]}


def _preset(value: Any) -> Any:
    """Read the name of a preset as the analysis it stands for."""
    return PRESETS[value] if isinstance(value, str) and value in PRESETS else expand(value)


AnyAnalysis = Annotated[PlannedAnalysis, BeforeValidator(_preset, json_schema_input_type=PlannedAnalysis | str)]
"""An analysis of a study on registers; a bare name is a preset or an estimator with its defaults."""
