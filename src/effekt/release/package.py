"""Everything a study releases, as files in memory: ``study`` writes them in one move or not at all."""

from __future__ import annotations

from functools import partial

from effekt.beside import Begin
from effekt.release.contents import ReportInput
from effekt.release.figures.gallery import gallery
from effekt.release.files import MANIFEST, estimates_json, findings_json, manifest_json, spec_json, tables_csv
from effekt.release.formats.asked import DEFAULT
from effekt.release.formats.making import formatted
from effekt.release.language import Language
from effekt.release.sides import SPEC


def package(content: ReportInput, formats: tuple[str, ...] = DEFAULT, begin: Begin = partial) -> dict[str, bytes]:
    """Return relative file name -> bytes; the same content gives the same bytes.

    formats : the forms of the report, see :func:`effekt.release.formats.making.formatted`; data files and figures are
    there whatever is asked for. ``report.html`` holds every language of the study. ``figures/NAME.svg`` and ``.png``
    are in the first language, ``figures/NAME.LANGUAGE.svg`` and ``.png`` in the others. ``manifest.json`` holds the
    sha256 of every other file. begin : begins the figures of further languages while those of the first are drawn.
    """
    first, *further = content.languages
    begun = {code: begin(gallery, content.in_language(code), Language(code)) for code in further}
    drawn = {
        first: gallery(content.in_language(first), Language(first)),
        **{code: wait() for code, wait in begun.items()},
    }
    files: dict[str, bytes] = dict(formatted(content, drawn, formats))
    for code, figures in drawn.items():
        between = "" if code == content.languages[0] else f".{code}"
        for figure in figures:
            files[f"figures/{figure.name}{between}.svg"] = figure.svg
            files[f"figures/{figure.name}{between}.png"] = figure.png
    files["estimates.json"] = estimates_json(content.estimates)
    files["findings.json"] = findings_json(content.findings)
    if content.spec:
        files[SPEC] = spec_json(content)
    files |= dict(tables_csv(content))
    files[MANIFEST] = manifest_json(content, files)
    return files
