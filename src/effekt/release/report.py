"""The report: one file that opens anywhere, without network or other files, in every language of the study.

It works without scripts; one small script of ours sorts tables and remembers the language. Pages: the sponsor's, the
analyst's, the referee's. All words come from ``texts.csv`` and ``claims.csv``, so one template serves every language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from effekt.release.claims import Claim, claims
from effekt.release.contents import ReportInput
from effekt.release.figures.gallery import Drawn
from effekt.release.front import front
from effekt.release.language import Language
from effekt.release.levels import LEVELS
from effekt.release.manual import readable_manual
from effekt.release.numbering import Numbering
from effekt.release.origins import places_table, provenance_table
from effekt.release.referee import amendments, answers, deviations, levels_table, not_shown, reforms_table
from effekt.release.sections import figure_view, other_tables, section_view, sections, side_view
from effekt.release.views import findings_table

REPORT = "report.html"


def render_report(content: ReportInput, drawn: Mapping[str, tuple[Drawn, ...]]) -> bytes:
    """Return the report as HTML; everything that is not ours is escaped. drawn : language -> its figures."""
    pages = [_pages(content.in_language(code), Language(code), drawn[code]) for code in content.languages]
    return (
        _template("report.html.j2")
        .render(
            css=_own("report.css"),
            script=_own("report.js"),
            reference=content.reference,
            title=content.title,
            pages=pages,
            languages=[{"code": code, "name": Language(code).text("language_name")} for code in content.languages],
        )
        .encode()
    )


def _pages(content: ReportInput, language: Language, drawn: tuple[Drawn, ...]) -> dict[str, Any]:
    """Return everything one language's pages say; figures and tables are numbered in the order they stand."""
    numbering = Numbering()
    found = claims(content, language)
    answer = next((figure_view(content, d, numbering, language) for d in drawn if d.section == "sponsor"), None)
    analyst = tuple(sections(content, language, drawn, numbering))
    return {
        "t": language.text,
        "language": language.code,
        "title": content.title,
        "question": content.question,
        "front": front(content, language),
        "answer": answer,
        "primary": [_claim_view(content, c, language) for c in found if c.primary],
        "secondary": [_claim_view(content, c, language) for c in found if not c.primary],
        "levels": _levels(found, language),
        "exploratory": language.text("exploratory") if content.exploratory else "",
        "analyst": analyst,
        **_referee(content, found, drawn, numbering, language),
    }


def _referee(
    content: ReportInput,
    found: tuple[Claim, ...],
    drawn: tuple[Drawn, ...],
    numbering: Numbering,
    language: Language,
) -> dict[str, Any]:
    """Return what page three says. The thirteen answers come first on it, and last here: they name all numbers."""
    findings = None
    if content.findings:
        findings = findings_table(content, content.findings, numbering.table("findings"), language)
    bounds = section_view(content, "bounds", language, drawn, numbering)
    between = section_view(content, "between", language, drawn, numbering)
    levels = levels_table(content, found, numbering.table("levels"), language)
    reforms = reforms_table(content, numbering.table("reforms"), language) if content.reforms else None
    others = tuple(side_view(content, s, "", numbering.table("details"), language) for s in other_tables(content))
    places = places_table(content, numbering.table("places"), language) if content.places else None
    identity = {language.text("reference"): content.reference, language.text("disclosure"): content.rules.name}
    return {
        "findings": findings,
        "bounds": bounds,
        "between": between,
        "claims_table": levels,
        "reforms": reforms,
        "others": others,
        "places": places,
        "frozen": content.provenance.get("freeze"),
        "amendments": amendments(content),
        "overrides": sorted(content.overrides.items()),
        "deviations": deviations(content, language),
        "own_deviations": content.deviations,
        "not_shown": not_shown(content, language),
        "disclosure": language.text("disclosure_statement"),
        "rules": content.rules.name,
        "rule_notes": rule_notes(content, language),
        "manuals": [(name, readable_manual(text)) for name, text in sorted(content.manuals.items())],
        "provenance": provenance_table(content, identity, numbering.table("provenance"), language),
        "answers": tuple(answers(content, found, numbering, language)),
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("effekt.release"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["breakable"] = breakable
    return environment


def breakable(text: str) -> Markup:
    """Return a long name with places where a line may end: after its separators, and nowhere else."""
    if len(text) <= _SHORT:
        return escape(text)
    return Markup("<wbr>").join(re.findall(r"[^_\-./:,]*[_\-./:,]+|[^_\-./:,]+$", text))


_SHORT = 14


def _template(name: str) -> Template:
    return _environment().get_template(name)


def _own(name: str) -> Markup:
    """Return the style sheet or the script, which are ours and hold no other's text."""
    return Markup(_template(name).render())


def rule_notes(content: ReportInput, language: Language) -> list[str]:
    """Return what the rules did to the numbers, in sentences."""
    rules = content.rules
    if not rules.protects:
        return [language.text("open_note")]
    return [
        language.text("rounded_note", base=rules.base),
        language.text("suppressed_note", threshold=rules.threshold),
    ]


def _levels(found: tuple[Claim, ...], language: Language) -> list[dict[str, str]]:
    """Return the meaning of the levels that the report uses."""
    used = {c.level for c in found}
    parts = ("name", "when")
    return [{p: language.claim(level, p) for p in parts} for level in LEVELS if level in used]


def _places(content: ReportInput, claim: Claim) -> Iterator[str]:
    """Yield the lines that ask for a result: its analysis, its outcome, and the primary one if it is that."""
    row = claim.row
    yield content.place(str(row["analysis"]), str(row["variant"]))
    yield from content.outcome_places(str(row["outcome"]), primary=claim.primary)


def _claim_view(content: ReportInput, claim: Claim, language: Language) -> dict[str, str]:
    row = claim.row
    return {
        "sentence": claim.sentence,
        "analysis": str(row["analysis"]),
        "level": claim.level,
        "level_name": language.claim(claim.level, "name"),
        "source": content.names(row, "analysis", "variant", "method"),
        "place": ", ".join(filter(None, _places(content, claim))),
    }
