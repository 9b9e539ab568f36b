"""The published moments, how a world measures each, and why it does not claim the others. Both are data files."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Status = Literal["published", "derived", "assumption"]

_COUNTS = "personer"
_WITHIN: Mapping[Status, tuple[float, float]] = {"published": (0.02, 1.5), "derived": (0.05, 3.0)}
"""How far off a count may be, as a share of itself, and a share, in points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One published number and what a world does about it.

    value : None where the source gives a range; unit : `personer`, `prosent`, `prosentpoeng`, `måneder` or `sd`.
    measure : name of a function of ``measures``, empty where the world does not claim the moment, in which case ``why``
    says why. factor : what the published level is multiplied with, 1 where it is taken as it stands.
    """

    id: str
    population: str
    statistic: str
    value: float | None
    unit: str
    source: str
    said: str
    measure: str
    arguments: Mapping[str, str]
    factor: float
    why: str

    @property
    def status(self) -> Status:
        """Whether the number stands in its source as it is used here.

        What a source gives as an estimate or of some participants, and what is moved to another year, is derived.
        """
        if self.said == "assumption":
            return "assumption"
        return "published" if self.said == "published" and self.factor == 1 else "derived"

    @property
    def target(self) -> float | None:
        """The number that a world should reach."""
        return None if self.value is None else self.value * self.factor

    @property
    def band(self) -> tuple[float, float] | None:
        """(low, high) : what counts as reached; None for assumptions, which are shown and not tested."""
        status = self.status
        if self.target is None or status == "assumption":
            return None
        relative, points = _WITHIN[status]
        off = relative * self.target if self.unit == _COUNTS else points
        return self.target - off, self.target + off


@cache
def moments() -> tuple[Moment, ...]:
    """Return all moments in the order of their file."""
    claims = {row["id"]: row for row in _rows("moments_claimed.csv")}
    return tuple(_moment(row, claims[row["id"]]) for row in _rows("target_moments.csv"))


def _moment(row: Mapping[str, str], claim: Mapping[str, str]) -> Moment:
    return Moment(
        id=row["id"],
        population=row["populasjon"],
        statistic=row["statistikk"],
        value=_number(row["verdi"]),
        unit=row["enhet"],
        source=row["source"],
        said=row["status"],
        measure=claim["measure"],
        arguments=dict(part.split("=", 1) for part in claim["arguments"].split(";") if part),
        factor=float(claim["factor"] or 1),
        why=claim["why"],
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("effekt.synthetic") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
