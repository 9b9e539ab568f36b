"""Sample, Outcomes, Weights -> Estimates. One file per method, one line per method in the union."""

from typing import Annotated

from pydantic import Field

from effekt.estimators.collapsed_did import CollapsedDid
from effekt.estimators.difference import Difference
from effekt.estimators.dose_slope import DoseSlope
from effekt.estimators.event_study import EventStudy
from effekt.estimators.regression import Regression
from effekt.estimators.twfe import Twfe

AnyEstimator = Annotated[
    Difference | Regression | Twfe | EventStudy | CollapsedDid | DoseSlope,
    Field(discriminator="method"),
]
