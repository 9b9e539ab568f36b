"""What one draw of a rehearsal leaves behind: a row per estimate, its truth and what the report would have said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

from effekt.results import Cell

KEY = (
    "analysis",
    "variant",
    "method",
    "estimand",
    "arm",
    "subgroup",
    "outcome",
    "horizon",
    "first_treated",
    "time",
    "inference",
)
"""Fields of an estimate that make it the same row in every draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One estimate and its truth.

    key : the values of ``KEY``. truth, realised : None = nobody knows. level, conclusion : of the sentence that the
    report would have had about it, "" = none.
    """

    key: tuple[Cell, ...]
    unit: str
    value: float
    std_error: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    truth: float | None
    realised: float | None
    level: str
    conclusion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A required check that kept the gate closed, or a check that warned."""

    analysis: str
    check: str
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One draw. stops : what kept the gate closed, in which case there was no report and the rows are what it hid.

    refused : the code of the error that ended the study, or that forbade its release; "" = none. overclaims : words
    beyond their level. warnings : checks that warned, whether or not the gate was closed.
    """

    seed: int
    treated: int
    stops: tuple[Stop, ...]
    refused: str
    rows: tuple[Row, ...]
    overclaims: int
    warnings: tuple[Stop, ...] = ()

    @property
    def told(self) -> bool:
        """Whether there would have been a report."""
        return not self.stops and not self.refused

    def to_json(self) -> dict[str, Any]:
        """Return plain values; rows, stops and warnings are lists of values in the order of their fields."""
        return {
            "seed": self.seed,
            "treated": self.treated,
            "stops": [list(astuple(stop)) for stop in self.stops],
            "warnings": [list(astuple(warning)) for warning in self.warnings],
            "refused": self.refused,
            "rows": [[list(row.key), *(getattr(row, f.name) for f in fields(Row)[1:])] for row in self.rows],
            "overclaims": self.overclaims,
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Drawn:
        """Read what ``to_json`` wrote; KeyError, TypeError or ValueError for anything else."""
        names = [f.name for f in fields(Row)][1:]
        rows = [dict(zip(names, values, strict=True)) | {"key": tuple(key)} for key, *values in said["rows"]]
        stops, warnings = (_stops(said[name]) for name in ("stops", "warnings"))
        return cls(
            seed=int(said["seed"]),
            treated=int(said["treated"]),
            stops=stops,
            warnings=warnings,
            refused=str(said["refused"]),
            rows=tuple(Row(**row) for row in rows),
            overclaims=int(said["overclaims"]),
        )


def _stops(said: Sequence[Sequence[str]]) -> tuple[Stop, ...]:
    names = [f.name for f in fields(Stop)]
    return tuple(Stop(**dict(zip(names, values, strict=True))) for values in said)
