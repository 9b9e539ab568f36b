"""What a release is made of: everything the report and the files are written from, and nothing else.

A study hands over protected tables and plain values. Only ``estimates`` is always there; every other table is a
slot that may be empty (see :mod:`effekt.release.slots`), and a report without it is shorter, never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from effekt.release.findings import ReleasedFinding
from effekt.release.language import LANGUAGES
from effekt.release.released import Released, seen
from effekt.release.rules import Rules
from effekt.release.slots import refuse_misfit, slot_of
from effekt.release.timeline import Timeline
from effekt.results import ESTIMATE_FIELDS, Cell
from effekt.spec.labels import ANALYSES, ARMS, COVARIATES, SUBGROUPS, covariate_words

Exploratory = Literal["", "all_stages", "amended_after_outcomes"]
Level = Literal["effekt", "estimert", "sammenheng", "utbytte"]

STUDY_KEY = ("analysis", "variant", "arm", "subgroup", "outcome")
"""Rows of an event study, or of a curve over horizons, that agree in these are drawn and read together."""

SLOPE = "slope in the dose"
"""The estimand of a row that is a change per unit of the dose, and so no difference between groups."""

LEAST_HORIZONS = 4
"""Fewer horizons than this are read in the forest plot, not as a curve."""

_REFERENCE = re.compile(r"[^\s/]+/[0-9a-f]{8}")

KINDS = {"analysis": ANALYSES, "arm": ARMS, "subgroup": SUBGROUPS, "covariate": COVARIATES}
"""Field of an estimate, or column of a table -> what stands before a name in the key of its label."""

_KEY = re.compile(r"([^/\[]+)(?:/([^\[]+))?(?:\[(.+)\])?")

_NAMED = ("flow", "flow_comparison", "paths", "truth", "between", "bounds")
"""Slots that have a field of their own; all others are filled through ``tables`` and details."""

_MAPS = ("overrides", "labels", "translations", "places", "manuals", "provenance", "spec", "designs", "relevant")


OUTCOME, PRIMARY = "outcomes/", "primary"
"""Keys of ``places`` that are no analyses: what stands before the name of an outcome, and the declared primary one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Primary:
    """The declared primary outcome and horizon; None = the outcome has one time only, or every horizon."""

    outcome: str
    horizon: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How far an analysis may claim to reach, before its checks and bounds are read.

    reach : the level its design could carry; ``effekt`` still needs random assignment. assumption : what an
    ``estimert`` claim rests on, a part of level ``assumption`` in ``claims.csv``. bounds : the sensitivity
    analyses that must have passed, by name; an ``estimert`` claim without any is not made.
    """

    reach: Level
    assumption: str = ""
    bounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What the study calls things in one more language; the fields are those of a :class:`ReportInput`."""

    title: str
    question: str
    labels: Mapping[str, str]
    timeline: Timeline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reform:
    """Something else that happened: where and when, as the spec dates it. met : inside the months that are read."""

    name: str
    since: str
    until: str
    where: tuple[str, ...]
    met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotShown:
    """What the study asked for and the report does not show. why : a key of ``not_shown_*`` in ``texts.csv``."""

    what: str
    why: Literal["few", "stopped", "cell"]


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
    random. primary : what page one answers; its first analysis is the one that does. overrides : check ->
    reason, for checks that were set aside. exploratory : why results must be labelled so, "" = they need not
    be. labels : outcome -> words, and for what else has a label a key such as ``arms/group``, see
    :mod:`effekt.spec.labels`; title, question and labels are in the first language, translations hold the others'.
    places : analysis, or ``analysis/variant`` -> the line of the spec that asks
    for it, ``nsw.yaml:14``; further keys (``outcomes/earnings``) are listed for the referee. tables : the
    estimates' side tables, each in the slot its columns fit. manuals : method -> its docstring. provenance :
    digests, versions, freeze, seeds; any JSON values; ``amendments`` among them are listed. spec : the resolved
    study as JSON values, written beside the results.

    flow, flow_comparison : who is left, of the treated and of those they are compared with. timeline : months
    of accrual, history, windows and coverage. paths : mean outcome by month and arm. truth : the known answer,
    synthetic worlds only. between : rows WITHIN and BETWEEN. bounds : rows of :class:`~effekt.results.Bound`.
    designs : analysis -> how far it may claim to reach; one that is not named compares and no more. relevant :
    outcome -> the smallest difference that matters, in the outcome's unit. deviations : departures from the
    frozen plan that the freeze does not know, in whole sentences. not_shown : what was asked for and is not shown.
    reforms : what else happened at the same time. synthetic : the data are not about anybody. waits : the treated are
    compared with those who waited, and may have been treated later.
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
    flow_comparison: Released | None = None
    timeline: Timeline | None = None
    paths: Released | None = None
    truth: Released | None = None
    between: Released | None = None
    bounds: Released | None = None
    findings: tuple[ReleasedFinding, ...] = ()
    tables: tuple[SideTable, ...] = ()
    designs: Mapping[str, Design] = field(default_factory=dict)
    relevant: Mapping[str, float] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)
    exploratory: Exploratory = ""
    synthetic: bool = False
    waits: bool = False
    deviations: tuple[str, ...] = ()
    not_shown: tuple[NotShown, ...] = ()
    reforms: tuple[Reform, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, Translation] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    manuals: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict)
    languages: tuple[str, ...] = ("nb",)

    def __post_init__(self) -> None:
        named = {name: getattr(self, name) for name in _NAMED if getattr(self, name) is not None}
        released = [self.estimates, *(t.table for t in self.tables), *named.values()]
        if any(seen(table).rules != self.rules.name for table in released):
            raise ValueError(f"a table was not protected under {self.rules.name}")
        if tuple(c.name for c in self.estimates.columns) != ESTIMATE_FIELDS:
            raise ValueError("estimates do not have exactly the fields of an Estimate")
        for name, table in named.items():
            refuse_misfit(table, name)
        if any(type(f) is not ReleasedFinding for f in self.findings):
            raise TypeError("findings must come from protect_findings")
        if not _REFERENCE.fullmatch(self.reference):
            raise ValueError("reference must look like `study/4f2a91c0`")
        if not self.languages or not set(self.languages) <= set(LANGUAGES):
            raise ValueError(f"languages must be some of {', '.join(LANGUAGES)}")
        for name in _MAPS:
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def side_tables(self) -> Iterator[SideTable]:
        """Yield the side tables of checks, then of analyses."""
        for finding in self.findings:
            for table in finding.details.values():
                yield SideTable(analysis=finding.analysis, table=table, source=finding.check)
        yield from self.tables

    def words_of(self, slot: str) -> str:
        """Return the key of a slot's title: a flow is the treated's only where the comparisons have their own."""
        if slot == "flow" and any(True for _ in self.in_slot("flow_comparison")):
            return "flow_treated"
        return slot

    def in_slot(self, slot: str) -> Iterator[SideTable]:
        """Yield every table that fills a slot, its own field first."""
        if slot in _NAMED and getattr(self, slot) is not None:
            yield SideTable(analysis="", table=getattr(self, slot))
        for side in self.side_tables():
            if slot_of(side.table) == slot:
                yield side

    def in_language(self, code: str) -> ReportInput:
        """Return the same content with what the study calls things in a language."""
        told = self.translations.get(code)
        if told is None:
            return self
        return replace(self, title=told.title, question=told.question, labels=told.labels, timeline=told.timeline)

    def label(self, outcome: str) -> str:
        """Return the words for an outcome; its name if there are none."""
        return self.labels.get(outcome) or outcome

    def called(self, field: str, name: str) -> str:
        """Return the words for what a field of an estimate names; the name if there are none."""
        return self.labels.get(KINDS.get(field, "") + name) or name

    def analysis_words(self, key: str) -> str:
        """Return the words for an analysis by its key: its name, a variant behind a slash, an arm in brackets."""
        found = _KEY.fullmatch(key)
        if found is None:
            return key
        name, variant, cut = found.groups()
        told = self.called("analysis", name) + (f"/{variant}" if variant else "")
        return f"{told} [{self.called('arm' if ARMS + cut in self.labels else 'subgroup', cut)}]" if cut else told

    def covariate(self, column: str) -> str:
        """Return the words for a column of a covariate: of the covariate, and behind them the value it is about."""
        return covariate_words(self.labels, column)

    def place(self, analysis: str, variant: str) -> str:
        """Return the file and line of the spec a row comes from, without its folder; "" if it is not known."""
        return without_folder(self.places.get(f"{analysis}/{variant}") or self.places.get(analysis, ""))

    def outcome_places(self, outcome: str, *, primary: bool = False) -> tuple[str, ...]:
        """Return the lines that ask for an outcome and, if it is meant as the primary one, for that; known ones."""
        keys = [f"{OUTCOME}{outcome}", *((PRIMARY,) if primary else ())]
        return tuple(without_folder(self.places[key]) for key in keys if self.places.get(key))

    @property
    def treated_later(self) -> tuple[int, float] | None:
        """Months after time zero, the primary horizon or the last before it, and the share treated by then."""
        rows = [row for side in self.in_slot("later") for row in side.table.rows()]
        told = [(int(r["horizon"] or 0), float(r["treated_later"])) for r in rows if r["treated_later"] is not None]
        until = self.primary.horizon
        return max((t for t in told if until is None or t[0] <= until), default=None)

    @property
    def monthly(self) -> bool:
        """True if horizons are months after time zero, as in every study on registers."""
        return self.timeline is not None

    def names(self, row: Mapping[str, Cell], *fields: str) -> str:
        """Return what a row is called: filled cells, each once, and the variant only where there are several."""
        told = [n for n in fields if n != "variant" or has_variants(self.estimates)]
        return ", ".join(dict.fromkeys(self.called(n, str(row[n])) for n in told if row[n]))


def without_folder(place: str) -> str:
    """Return a place without its folder, which is a fact about one machine and would change the bytes on another."""
    return re.split(r"[/\\]", place)[-1]


def has_variants(estimates: Released) -> bool:
    """Return True if the estimates come from more than one variant of the study."""
    return len(set(estimates.data["variant"])) > 1


def contrast_of(row: Mapping[str, Cell]) -> str:
    """Return what an estimate compares where that is not those with the programme and those without.

    ``dose`` : units with a high dose and units with a low one. ``slope`` : the outcome's change per unit of the dose.
    """
    if row["method"] != "dose_slope":
        return ""
    return "slope" if row["estimand"] == SLOPE else "dose"


def by_period(row: Mapping[str, Cell]) -> bool:
    """Return True for a row of an event study, which is drawn and read by period."""
    return row["horizon"] is not None and row["method"] == "event_study"


def narrowed(row: Mapping[str, Cell]) -> bool:
    """Return True for a row about a subgroup or an arm."""
    return bool(row["arm"] or row["subgroup"])


def curves(estimates: Released) -> dict[tuple[str, ...], list[dict[str, Cell]]]:
    """Return the rows that form a curve over horizons, by what they share: everybody's, four horizons or more."""
    groups: dict[tuple[str, ...], list[dict[str, Cell]]] = {}
    for row in estimates.rows():
        if row["horizon"] is not None and not by_period(row) and not narrowed(row):
            groups.setdefault((*study_of(row), str(row["method"]), str(row["inference"])), []).append(row)
    return {k: rows for k, rows in groups.items() if len({r["horizon"] for r in rows}) >= LEAST_HORIZONS}


def study_of(row: Mapping[str, Cell]) -> tuple[str, ...]:
    """Return what a row shares with the other periods of its event study or curve."""
    return tuple(str(row[n] or "") for n in STUDY_KEY)
