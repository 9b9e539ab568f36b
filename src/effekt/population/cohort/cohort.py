"""The cohort of a study: a design-stage sample, and the persons behind its rows, who go no further than this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from effekt.population.cohort.moments import Moments
from effekt.population.cohort.spells import Ints
from effekt.population.engine.connection import Engine
from effekt.results import Attrition
from effekt.sample import Sample
from effekt.spec.registered import RegisterStudy


@dataclass(frozen=True, kw_only=True, eq=False)
class Group:
    """A sample and who it is about. pid, day : (n,) person and time zero of each row; of : (n,) their moment.

    notes : what was left out of the covariates, and why.
    """

    sample: Sample
    pid: Ints
    day: Ints
    of: Ints
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Cohort:
    """What a study is about. moments : persons and months at which anything is measured.

    within : the treated and comparisons from where participants are identified. between : the same treated and
    comparisons from counties without a project, None unless the study asks for it.
    """

    engine: Engine
    spec: RegisterStudy
    moments: Moments
    within: Group
    between: Group | None

    @property
    def sample(self) -> Sample:
        """The sample of the study, known at time zero and nothing after it."""
        return self.within.sample

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out of the covariates of the sample, and why."""
        return self.within.notes

    @property
    def flow(self) -> Mapping[str, Attrition]:
        """The flow of the treated and of their comparisons."""
        comparison = self.sample.comparison_attrition
        return {"treated": self.sample.attrition, **({} if comparison is None else {"comparison": comparison})}
