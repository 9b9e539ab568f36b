"""Every language of a report calls things by its own words, in pages, figures and formats; files keep the names."""

import csv
import re
from dataclasses import replace

from markupsafe import escape
from release_examples import experiment
from rich_examples import BROKEN, broken_template, register_study, untranslated

from effekt.release.contents import Translation
from effekt.release.figures.gallery import gallery
from effekt.release.files import tables_csv
from effekt.release.formats.latex import latex_file
from effekt.release.formats.sheets import sheets
from effekt.release.language import Language
from effekt.release.notebook import Figures
from effekt.release.package import package
from effekt.release.report import render_report

BOKMAAL = {
    "i_jobb": "Lønnstaker",
    "utdanning": "Startet utdanning",
    "ledig": "Registrert ledig",
    "analyses/risikosett": "Hovedanalysen",
    "arms/gruppe": "Gruppesamtale",
    "subgroups/kvinner": "Kvinnene",
    "covariates/utdanning": "Skolegang",
    "covariates/alder": "Leveår",
}
ENGLISH = {
    "i_jobb": "Employee",
    "utdanning": "Started education",
    "ledig": "Registered unemployed",
    "analyses/risikosett": "Main analysis",
    "arms/gruppe": "Group talk",
    "subgroups/kvinner": "Women",
    "covariates/utdanning": "Schooling",
    "covariates/alder": "Years of age",
}
TOLD = Translation(title="Guidance", question="Do they find work?", labels=ENGLISH)
BOTH = register_study(languages=("nb", "en"), labels=BOKMAAL, translations={"en": TOLD})


def pages(content=BOTH) -> dict[str, str]:
    """The text of each language, without figures and manuals."""
    html = render_report(content, dict.fromkeys(content.languages, ())).decode()
    found = re.split(r'<article id="report-(nb|en)"', html)
    texts = (re.sub(r'<div class="manual".*?</div>', " ", text, flags=re.DOTALL) for text in found[2::2])
    return dict(zip(found[1::2], texts, strict=True))


def test_each_language_uses_its_own_words_and_none_of_the_others():
    told = pages()
    for code, own, others in (("nb", BOKMAAL, ENGLISH), ("en", ENGLISH, BOKMAAL)):
        for key, words in own.items():
            assert words in told[code] or key.startswith("covariates/"), (code, words)
        assert [words for words in others.values() if re.search(rf"\b{words}\b", told[code])] == []
    assert "Do they find work?" in told["en"]
    assert "Do they find work?" not in told["nb"]


def test_covariates_have_their_words_in_the_table_and_the_love_plot():
    names = {str(n) for f in BOTH.findings for t in f.details.values() for n in t.data["covariate"]}
    labels = {f"covariates/{name}": f"Word{i}x" for i, name in enumerate(sorted(names))}
    content = replace(BOTH, labels=labels)
    told = pages(replace(content, languages=("nb",), translations={}))["nb"]
    assert all(words in told for words in labels.values())
    plain, worded = (gallery(c, Language("nb"), lambda plan: plan.kind == "love") for c in (BOTH, content))
    assert plain[0].svg != worded[0].svg


def test_figures_of_a_language_are_drawn_with_its_words():
    nb, en = (Figures(BOTH, code).subgroups() for code in ("nb", "en"))
    assert "Lønnstaker" in nb.title
    assert "Employee" in en.title


def test_formats_use_the_words_and_files_the_names():
    english = BOTH.in_language("en")
    tex = latex_file(english, Language("en")).decode()
    assert "Main analysis" in tex
    assert "Group talk" in tex
    cells = {cell.text for sheet in sheets(english, Language("en")) for row in sheet.rows for cell in row}
    assert {"Main analysis", "Women", "Employee"} <= cells
    rows = list(csv.DictReader(dict(tables_csv(BOTH))["tables/estimates.csv"].decode().splitlines()))
    assert {row["analysis"] for row in rows} == {"risikosett", "entropi"}
    assert {"kvinner", "gruppe"} <= {row[n] for row in rows for n in ("arm", "subgroup")}


def test_an_analysis_is_told_with_its_variant_and_its_arm_or_subgroup():
    told = BOTH.in_language("en").analysis_words
    assert told("risikosett") == "Main analysis"
    assert told("risikosett/uten_caliper") == "Main analysis/uten_caliper"
    assert told("risikosett[gruppe]") == "Main analysis [Group talk]"
    assert told("risikosett[kvinner]") == "Main analysis [Women]"
    assert told("[") == "["


def test_markup_in_a_label_is_text():
    bad = "<img src=x onerror=alert(1)>"
    content = experiment(
        title=bad, question=f"{bad}?", labels={"earnings": bad, "analyses/main": bad, "covariates/age": bad}
    )
    for name, held in package(content, ("html",)).items():
        if name.endswith((".html", ".svg")):
            assert bad.encode() not in held, name
    html = package(content, ("html",))["report.html"].decode()
    assert str(escape(bad)) in html


def test_words_that_look_like_a_template_stand_as_they_are():
    told = pages(broken_template())
    for text in told.values():
        assert text.count(str(escape(BROKEN))) >= 5
    assert latex_file(broken_template(), Language("nb")).isascii()


def test_what_has_no_words_in_a_language_is_shown_in_the_others():
    told = pages(untranslated())
    assert "Startet utdanning" in told["en"]
    assert "Employee" in told["en"]
    assert "Employee" not in told["nb"]
