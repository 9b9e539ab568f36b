"""Sample, Weights, Analysis -> Findings. One file per check, one field per check in the settings."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from effekt.checks.balance import Balance
from effekt.checks.base import Check
from effekt.checks.clusters import Clusters
from effekt.checks.dilution import Dilution
from effekt.checks.mde import Mde
from effekt.checks.overlap import Overlap
from effekt.checks.placebo_time import PlaceboTime
from effekt.checks.pre_trends import PreTrends


class CheckSettings(BaseModel):
    """The thresholds of every check; ``checks:`` in a spec changes thresholds and never what is required."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    balance: Balance = Field(default=Balance(), description="covariates after weighting")
    overlap: Overlap = Field(default=Overlap(), description="counterparts of the treated")
    clusters: Clusters = Field(default=Clusters(), description="number and leverage of clusters")
    pre_trends: PreTrends = Field(default=PreTrends(), description="trends before the start")
    placebo: PlaceboTime = Field(default=PlaceboTime(), description="effects before time zero")
    mde: Mde = Field(default=Mde(), description="the effect that could be found")
    dilution: Dilution = Field(default=Dilution(), description="the effect per participant that rates could show")

    @property
    def by_name(self) -> Mapping[str, Check]:
        """Every check by the name under which methods require it."""
        checks = [getattr(self, field) for field in type(self).model_fields]
        return {check.name: check for check in checks if isinstance(check, Check)}
