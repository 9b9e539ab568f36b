"""Page three, for the referee: thirteen questions, each with a number, a figure, or why it was not evaluated.

The questions are those a labour economist asks of any evaluation; ``referee.csv`` names the checks and sections
that answer each, so a new check answers as soon as it is named there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from effekt.release.claims import Claim
from effekt.release.contents import ReportInput
from effekt.release.findings import ReleasedFinding
from effekt.release.language import Language
from effekt.release.numbering import Numbering, Reference
from effekt.release.views import (
    TableView,
    TextCell,
    finding_value,
    heads,
    number_cell,
    outcome_words,
    subject_words,
)
from effekt.results import Verdict

_MOST = 4
"""So many findings answer a question; the table of checks has all."""

_WORST_FIRST = (Verdict.FAIL, Verdict.NOT_EVALUATED, Verdict.WARN, Verdict.NOT_INFORMATIVE, Verdict.PASS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One of the thirteen points. answered : False where the text says why not."""

    number: int
    question: str
    texts: tuple[str, ...]
    references: tuple[Reference, ...]
    answered: bool


@cache
def _points() -> tuple[Mapping[str, str], ...]:
    text = (files("effekt.release") / "referee.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def answers(
    content: ReportInput, found: tuple[Claim, ...], numbering: Numbering, language: Language
) -> Iterator[Answer]:
    """Yield the thirteen answers; ``numbering`` knows where everything stands."""
    for point in _points():
        key = point["key"]
        texts = [*_own(content, key, found, language), *_measured(content, point["checks"], language)]
        sections = [s for s in point["sections"].split("|") if s]
        references = tuple(r for s in sections for r in numbering.found.get(s, ()))
        answered = bool(texts) or bool(references)
        if not answered:
            texts = [language.text("not_evaluated_because", reason=language.text(f"point_{key}_missing"))]
        yield Answer(
            number=int(point["number"]),
            question=language.text(f"point_{key}"),
            texts=tuple(texts),
            references=references,
            answered=answered,
        )


def _measured(content: ReportInput, checks: str, language: Language) -> Iterator[str]:
    """Yield the findings that answer a point, the worst first; a check is ``NAME`` or ``NAME:part of subject``."""
    wanted = [tuple(c.split(":", maxsplit=1)) for c in checks.split("|") if c]
    matching = [f for f in content.findings if any(_matches(f, w) for w in wanted)]
    matching.sort(key=lambda f: _WORST_FIRST.index(f.verdict))
    told = list(dict.fromkeys(_told(content, f, language) for f in matching))
    yield from told[:_MOST]
    if len(told) > _MOST:
        yield language.text("and_more", count=len(told) - _MOST)


def _matches(finding: ReleasedFinding, wanted: tuple[str, ...]) -> bool:
    return finding.check == wanted[0] and (len(wanted) == 1 or wanted[1] in finding.subject)


def _told(content: ReportInput, finding: ReleasedFinding, language: Language) -> str:
    verdict = language.text(f"verdict_{finding.verdict.value}")
    subject = language.text("quoted", words=subject_words(content, finding, language))
    return language.text("finding_told", subject=subject, value=finding_value(finding, language), verdict=verdict)


def _own(content: ReportInput, key: str, found: tuple[Claim, ...], language: Language) -> Iterator[str]:
    """Yield what a point says by itself, from counts of what the report holds."""
    if key == "conditioning" and (count := _covariates(content)):
        yield language.text("point_conditioning_own", count=count)
        yield language.text("point_conditioning_read" if content.timeline is None else "point_conditioning_dated")
        yield language.text("point_conditioning_late" if content.exploratory else "point_conditioning_frozen")
    elif key == "later" and content.treated_later is not None:
        months, share = content.treated_later
        yield language.text("point_later_own", share=language.amount(share, "percent"), months=months)
    elif key == "grids":
        analyses = len(set(content.estimates.data["analysis"]))
        variants = len(set(content.estimates.data["variant"]))
        yield language.text("point_grids_own", analyses=analyses, variants=variants)
    elif key == "between" and any(hidden.what.endswith("/between") for hidden in content.not_shown):
        yield language.text("point_between_stopped")
    elif key == "between" and any(True for _ in content.in_slot("between")):
        disagree = any("within_between" in c.caps for c in found)
        yield language.text("point_between_disagree" if disagree else "point_between_agree")
    elif key == "multiplicity":
        adjusted = sum(c.p_adjusted is not None for c in found)
        yield language.text("point_multiplicity_own", primary=sum(c.primary for c in found), adjusted=adjusted)
    elif key == "bounds":
        for side in content.in_slot("bounds"):
            held = sum(v == Verdict.PASS.value for v in side.table.data["verdict"])
            yield language.text("point_bounds_own", held=held, count=len(side.table))


def _covariates(content: ReportInput) -> int:
    names = {n for side in content.in_slot("balance") for n in side.table.data["covariate"]}
    return len(names)


def levels_table(content: ReportInput, found: Iterable[Claim], number: int, language: Language) -> TableView:
    """Return each result's level, why it is not higher, and Holm's p."""
    words = ("col_analysis", "col_outcome", "col_level", "col_why", "col_p", "col_p_holm")
    return TableView(
        number=number,
        title=language.text("levels"),
        heads=heads(language, words, words[4:]),
        rows=tuple(tuple(_level_cells(content, claim, language)) for claim in found),
        notes=(language.text("secondary_note"),),
    )


def _level_cells(content: ReportInput, claim: Claim, language: Language) -> Iterator[TextCell]:
    yield TextCell(content.names(claim.row, "analysis", "variant", "method"), quoted=True)
    yield TextCell(outcome_words(content, claim.row, language), quoted=True)
    yield TextCell(language.claim(claim.level, "name"), "level")
    yield TextCell("; ".join(language.text(f"cap_{cap}") for cap in claim.caps) or language.text("not_applicable"))
    p = claim.row["p_value"] if claim.row["horizon"] is not None or len(claim.rows) < 4 else None
    yield number_cell(language.p_value(None if p is None else float(p)))
    yield number_cell(language.p_value(claim.p_adjusted))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An amendment of the freeze. lines : what it changed, field by field."""

    reason: str
    after_outcomes: bool
    lines: tuple[str, ...]


def amendments(content: ReportInput) -> tuple[Change, ...]:
    """Return the amendments that the provenance lists, in order."""
    listed = content.provenance.get("amendments", ())
    found = [a for a in listed if isinstance(a, Mapping)] if isinstance(listed, list | tuple) else []
    return tuple(
        Change(
            reason=str(a.get("reason", "")),
            after_outcomes=bool(a.get("outcomes_read")),
            lines=tuple(map(str, a.get("diff", ()))),
        )
        for a in found
    )


def reforms_table(content: ReportInput, number: int, language: Language) -> TableView:
    """Return what else happened at the same time, as the spec dates it; nothing is corrected for it."""
    rows = (
        (
            TextCell(reform.name, quoted=True),
            TextCell(reform.since),
            TextCell(reform.until or language.text("still_in_force")),
            TextCell(", ".join(reform.where) or language.text("everywhere")),
            TextCell(language.text("yes" if reform.met else "no")),
        )
        for reform in content.reforms
    )
    words = ("col_reform", "col_since", "col_until", "col_where", "col_met")
    return TableView(number=number, title=language.text("reforms"), heads=heads(language, words), rows=tuple(rows))


def not_shown(content: ReportInput, language: Language) -> tuple[str, ...]:
    """Return what the study asked for and the report does not show, each with its reason; outcomes by their label."""
    told = []
    for hidden in content.not_shown:
        about, colon, outcome = hidden.what.rpartition(": ")
        last = outcome if colon else content.analysis_words(outcome)
        words = language.phrase(f"{content.analysis_words(about)}{colon}{content.label(last)}")
        told.append(language.text(f"not_shown_{hidden.why}", what=language.text("quoted", words=words)))
    return tuple(told)


def deviations(content: ReportInput, language: Language) -> tuple[str, ...]:
    """Return in what the study departed from its frozen plan; the reasons stand beside each."""
    told = []
    if content.exploratory:
        told.append(language.text(f"exploratory_{content.exploratory}"))
    told += [
        language.text("deviation_override", check=language.text("quoted", words=c)) for c in sorted(content.overrides)
    ]
    changed = sum(change.after_outcomes for change in amendments(content))
    if changed:
        told.append(language.text("deviation_amended", count=changed))
    return tuple(told)
