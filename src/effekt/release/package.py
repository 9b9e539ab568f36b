"""Everything a study releases, as files in memory: ``study`` writes them in one move or not at all."""

from __future__ import annotations

from effekt.release.contents import ReportInput
from effekt.release.figures.gallery import gallery
from effekt.release.files import MANIFEST, estimates_json, findings_json, manifest_json, tables_csv
from effekt.release.language import Language
from effekt.release.report import REPORT, render_report


def package(content: ReportInput) -> dict[str, bytes]:
    """Return relative file name -> bytes; the same content gives the same bytes.

    ``report.html`` holds every language of the study. ``figures/NAME.svg`` and ``.png`` are in the first language,
    ``figures/NAME.LANGUAGE.svg`` and ``.png`` in the others. ``manifest.json`` holds the sha256 of every other file.
    """
    drawn = {code: gallery(content, Language(code)) for code in content.languages}
    files: dict[str, bytes] = {REPORT: render_report(content, drawn)}
    for code, figures in drawn.items():
        between = "" if code == content.languages[0] else f".{code}"
        for figure in figures:
            files[f"figures/{figure.name}{between}.svg"] = figure.svg
            files[f"figures/{figure.name}{between}.png"] = figure.png
    files["estimates.json"] = estimates_json(content.estimates)
    files["findings.json"] = findings_json(content.findings)
    files |= dict(tables_csv(content))
    files[MANIFEST] = manifest_json(content, files)
    return files
