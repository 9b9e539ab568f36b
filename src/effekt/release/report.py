"""The report: one file per language that opens anywhere, without network, scripts or other files."""

from __future__ import annotations

from functools import cache
from itertools import count

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from effekt.release.claims import LEVELS, Claim, claims
from effekt.release.contents import ReportInput
from effekt.release.figures.gallery import Drawn
from effekt.release.language import Language
from effekt.release.manual import readable_manual
from effekt.release.sections import sections
from effekt.release.views import provenance_table


def report_name(code: str, content: ReportInput) -> str:
    """Return a language's file name; the first language has the plain one."""
    return "report.html" if code == content.languages[0] else f"report.{code}.html"


def render_report(content: ReportInput, language: Language, drawn: tuple[Drawn, ...]) -> bytes:
    """Return the report as HTML; everything that is not ours is escaped."""
    numbers = count(1)
    parts = tuple(sections(content, language, drawn, numbers))
    found = claims(content, language)
    return (
        _template("report.html.j2")
        .render(
            t=language.text,
            language=language.code,
            css=_css(),
            reference=content.reference,
            title=content.title,
            question=content.question,
            others=_other_languages(content, language),
            exploratory=language.text(f"exploratory_{content.exploratory}") if content.exploratory else "",
            overrides=sorted(content.overrides.items()),
            primary=[_claim_view(content, c, language) for c in found if c.primary],
            secondary=[_claim_view(content, c, language) for c in found if not c.primary],
            levels=_levels(found, language),
            disclosure=language.text("disclosure_statement"),
            rules=content.rules.name,
            rule_notes=_rule_notes(content, language),
            sections=parts,
            manuals=[(name, readable_manual(text)) for name, text in sorted(content.manuals.items())],
            provenance=provenance_table(content, _identity(content, language), next(numbers), language),
        )
        .encode()
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("effekt.release"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def _template(name: str) -> Template:
    return _environment().get_template(name)


def _css() -> Markup:
    """Return the style sheet, which is ours and holds no other's text."""
    return Markup(_template("report.css").render())


def _other_languages(content: ReportInput, language: Language) -> list[dict[str, str]]:
    return [
        {"code": code, "file": report_name(code, content), "name": Language(code).text("language_name")}
        for code in content.languages
        if code != language.code
    ]


def _identity(content: ReportInput, language: Language) -> dict[str, str]:
    return {
        language.text("reference"): content.reference,
        language.text("disclosure"): content.rules.name,
    }


def _rule_notes(content: ReportInput, language: Language) -> list[str]:
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


def _claim_view(content: ReportInput, claim: Claim, language: Language) -> dict[str, str]:
    row = claim.row
    return {
        "sentence": claim.sentence,
        "level": claim.level,
        "level_name": language.claim(claim.level, "name"),
        "source": content.names(row, "analysis", "variant", "method"),
        "place": content.place(str(row["analysis"]), str(row["variant"])),
    }
