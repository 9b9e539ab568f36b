"""Where a study's data come from: one door per kind, so that the journey is the same for all of them.

A source builds the sample at the design stage and reads outcomes for a freeze. It remembers what it built: data that
a variant does not change are not read again.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from effekt.beside import Begin
from effekt.errors import FreezeError, Problem, SpecPath
from effekt.population.outcomes import prepared as prepared_outcomes
from effekt.population.prepared.table import PreparedTable, open_table
from effekt.sample import Outcomes, Sample, Weights
from effekt.spec.kinds import Study
from effekt.spec.prepared import PreparedStudy
from effekt.study.locating import naming
from effekt.study.truth import Truth


class Source(ABC):
    """The data of one study. ``path``: the key of the spec that faults of the data belong to; ``what``: their name."""

    what: str
    path: SpecPath
    outcomes_path: SpecPath

    @property
    @abstractmethod
    def digest(self) -> str:
        """sha256 of the data."""

    @property
    @abstractmethod
    def synthetic(self) -> bool:
        """Whether the data are declared synthetic: no real person stands behind a row."""

    @abstractmethod
    def sample(self, spec: Study) -> Sample:
        """Return everything known at time zero, the same object for specs that agree about the sample."""

    @abstractmethod
    def outcomes(self, spec: Study, freeze_digest: str, *, between: bool = False) -> Outcomes:
        """Return the outcomes of that sample (or of ``between``), in its row order."""

    def between(self, spec: Study) -> Sample | None:
        """Return the treated with comparisons from places without a project; None unless the study asks for them."""
        return None

    def sql(self, spec: Study) -> tuple[tuple[str, str], ...]:
        """Return name and SQL of every step that makes the sample; empty where no SQL does."""
        return ()

    def begin_truth(self, spec: Study, streams: int, begin: Begin) -> None:  # noqa: B027 - most have none
        """Begin what ``truth`` will need of the world; nothing where nobody knows the truth."""

    def truth(self, spec: Study, weights: Weights, streams: int) -> tuple[Truth, ...]:
        """Return the true effects for the treated that the weights keep; empty where nobody knows them."""
        return ()


class PreparedSource(Source):
    """An analysis-ready table."""

    what = "the table"
    path = ("prepared",)
    outcomes_path = ("prepared", "outcomes")
    synthetic = False

    def __init__(self, spec: PreparedStudy, table: Path | None) -> None:
        self._spec, self._file = spec, table
        self._opened: dict[str, tuple[PreparedTable, Sample]] = {}

    @property
    def digest(self) -> str:
        """sha256 of the bytes of the file."""
        return self._open(self._spec)[0].digest

    def sample(self, spec: Study) -> Sample:
        """Return the units of the table as they were at time zero."""
        return self._open(spec)[1]

    def outcomes(self, spec: Study, freeze_digest: str, *, between: bool = False) -> Outcomes:
        """Read the outcome columns."""
        table, sample = self._open(spec)
        return prepared_outcomes.read(table, sample, freeze_digest)

    def _open(self, spec: Study) -> tuple[PreparedTable, Sample]:
        if not isinstance(spec, PreparedStudy):
            raise TypeError("an analysis-ready table belongs to a study with `prepared`")
        key = sample_key(spec)
        if key not in self._opened:
            if self._file is None:
                raise missing_data("its table", "--table FILE", "table=...", self.path)
            with naming(self._file):
                table = open_table(self._file, spec.prepared, study=spec.study, assigned_at=spec.assigned_at)
                self._opened[key] = table, table.sample()
        return self._opened[key]


def sample_key(spec: Study) -> str:
    """Return a key that is the same for specs that agree about the sample."""
    part: dict[str, Any] = spec.sample_part
    return json.dumps(part, sort_keys=True, ensure_ascii=False)


def missing_data(what: str, option: str, argument: str, path: SpecPath) -> FreezeError:
    """Return the refusal of a study that was given nothing to run on."""
    return FreezeError(
        Problem(
            code="E108",
            sentence=f"this study needs {what}, and none was named",
            help=f"add `{option}` (in a notebook: `Study.open(spec, {argument})`)",
            path=path,
        )
    )
