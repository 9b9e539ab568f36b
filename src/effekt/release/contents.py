"""What a release is made of: everything the report and the files are written from, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from effekt.release.findings import ReleasedFinding
from effekt.release.language import LANGUAGES
from effekt.release.released import Released, seen
from effekt.release.rules import Rules
from effekt.results import ESTIMATE_FIELDS, Cell

Exploratory = Literal["", "all_stages", "amended_after_outcomes"]

STUDY_KEY = ("analysis", "variant", "arm", "subgroup", "outcome")
"""Rows of an event study that agree in these are drawn and read together."""

_REFERENCE = re.compile(r"[^\s/]+/[0-9a-f]{8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Primary:
    """The declared primary outcome and horizon; None = the outcome has one time only, or every horizon."""

    outcome: str
    horizon: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SideTable:
    """A declared side table of an analysis or a check. ``source``: the check's name, "" for an analysis."""

    analysis: str
    table: Released
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """Everything :func:`effekt.release.package.package` needs. It holds protected tables and plain values.

    reference : short form of the provenance, ``study/4f2a91c0``. randomised : treatment was assigned at
    random. overrides : check -> reason, for checks that were set aside. exploratory : why results must be
    labelled so, "" = they need not be. labels : outcome -> words. places : analysis, or ``analysis/variant``
    -> the line of the spec that asks for it, ``nsw.yaml:14``. tables : the estimates' side tables. manuals :
    method -> its docstring. provenance : digests, versions, freeze, seeds; any JSON values.
    """

    study: str
    title: str
    question: str
    reference: str
    rules: Rules
    randomised: bool
    primary: Primary
    estimates: Released
    flow: Released | None = None
    findings: tuple[ReleasedFinding, ...] = ()
    tables: tuple[SideTable, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    exploratory: Exploratory = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    manuals: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    languages: tuple[str, ...] = ("nb",)

    def __post_init__(self) -> None:
        released = [self.estimates, *(t.table for t in self.tables), *([self.flow] if self.flow else [])]
        if any(seen(table).rules != self.rules.name for table in released):
            raise ValueError(f"a table was not protected under {self.rules.name}")
        if tuple(c.name for c in self.estimates.columns) != ESTIMATE_FIELDS:
            raise ValueError("estimates do not have exactly the fields of an Estimate")
        if any(type(f) is not ReleasedFinding for f in self.findings):
            raise TypeError("findings must come from protect_findings")
        if not _REFERENCE.fullmatch(self.reference):
            raise ValueError("reference must look like `study/4f2a91c0`")
        if not self.languages or not set(self.languages) <= set(LANGUAGES):
            raise ValueError(f"languages must be some of {', '.join(LANGUAGES)}")
        for name in ("overrides", "labels", "places", "manuals", "provenance"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def side_tables(self) -> Iterator[SideTable]:
        """Yield the side tables of checks, then of analyses."""
        for finding in self.findings:
            for table in finding.details.values():
                yield SideTable(analysis=finding.analysis, table=table, source=finding.check)
        yield from self.tables

    def label(self, outcome: str) -> str:
        """Return the words for an outcome; its name if there are none."""
        return self.labels.get(outcome) or outcome

    def place(self, analysis: str, variant: str) -> str:
        """Return the file and line of the spec a row comes from, without its folder; "" if it is not known.

        The folder is a fact about one machine, and would change the bytes on another.
        """
        place = self.places.get(f"{analysis}/{variant}") or self.places.get(analysis, "")
        return re.split(r"[/\\]", place)[-1]

    def names(self, row: Mapping[str, Cell], *fields: str) -> str:
        """Return what a row is called: filled cells, each once, and the variant only where there are several."""
        told = [n for n in fields if n != "variant" or has_variants(self.estimates)]
        return ", ".join(dict.fromkeys(str(row[n]) for n in told if row[n]))


def has_variants(estimates: Released) -> bool:
    """Return True if the estimates come from more than one variant of the study."""
    return len(set(estimates.data["variant"])) > 1


def by_period(row: dict[str, Cell]) -> bool:
    """Return True for a row of an event study, which is drawn and read by period."""
    return row["horizon"] is not None and row["method"] == "event_study"
