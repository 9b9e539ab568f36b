"""The files of the formats a release was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from effekt.release.contents import ReportInput
from effekt.release.figures.gallery import Drawn
from effekt.release.formats.asked import FORMATS
from effekt.release.formats.blocks import blocks
from effekt.release.language import Language
from effekt.release.report import REPORT, render_report

TABLES = "tables"


def formatted(
    content: ReportInput, drawn: Mapping[str, tuple[Drawn, ...]], formats: tuple[str, ...]
) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every file of the formats; the page holds all languages, every other file one.

    drawn : language -> its figures. ``report.docx``, ``report.pdf``, ``tables.xlsx`` and ``tables.tex`` are in the
    first language of the study, ``report.LANGUAGE.docx`` and so on in the others.

    Raises
    ------
    MissingPackage
        E716 for ``pdf`` where no browser can print.
    """
    unknown = set(formats) - set(FORMATS)
    if unknown:
        raise ValueError(f"{sorted(unknown)} are no formats")
    html = render_report(content, drawn)
    if "html" in formats:
        yield REPORT, html
    for code in content.languages:
        between = "" if code == content.languages[0] else f".{code}"
        told = content.in_language(code)
        for form in formats:
            if form == "docx":
                from effekt.release.formats.word import word_file

                yield f"report{between}.docx", word_file(told, blocks(html, drawn[code], code), code)
            elif form == "pdf":
                from effekt.release.formats.printed import printed

                alone = replace(told, languages=(code,), translations={})
                yield f"report{between}.pdf", printed(render_report(alone, {code: drawn[code]}))
            elif form == "xlsx":
                from effekt.release.formats.sheets import workbook

                yield f"{TABLES}{between}.xlsx", workbook(told, Language(code))
            elif form == "tex":
                from effekt.release.formats.latex import latex_file

                yield f"{TABLES}{between}.tex", latex_file(told, Language(code))
