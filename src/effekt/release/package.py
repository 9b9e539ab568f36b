"""Everything a study releases, as files in memory: ``study`` writes them in one move or not at all."""

from __future__ import annotations

from effekt.release.contents import ReportInput
from effekt.release.figures.gallery import Drawn, gallery
from effekt.release.files import MANIFEST, estimates_json, findings_json, manifest_json, tables_csv
from effekt.release.language import Language
from effekt.release.report import render_report, report_name


def package(content: ReportInput) -> dict[str, bytes]:
    """Return relative file name -> bytes; the same content gives the same bytes.

    ``report.html`` and ``figures/NAME.svg`` are in the first language, ``report.LANGUAGE.html`` and
    ``figures/NAME.LANGUAGE.svg`` in the others. ``manifest.json`` holds the sha256 of every other file.
    """
    files: dict[str, bytes] = {}
    for code in content.languages:
        language = Language(code)
        drawn = gallery(content, language)
        files[report_name(code, content)] = render_report(content, language, drawn)
        files |= {_figure_name(d, code, content): d.svg for d in drawn}
    files["estimates.json"] = estimates_json(content.estimates)
    files["findings.json"] = findings_json(content.findings)
    files |= dict(tables_csv(content))
    files[MANIFEST] = manifest_json(content, files)
    return files


def _figure_name(drawn: Drawn, code: str, content: ReportInput) -> str:
    ending = "svg" if code == content.languages[0] else f"{code}.svg"
    return f"figures/{drawn.name}.{ending}"
