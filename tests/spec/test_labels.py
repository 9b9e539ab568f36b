"""What things are called: text or text by language, in the report of every language, and never in the numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from effekt.cli import app
from effekt.spec.labels import covariate_words
from effekt.spec.load import check, load

ROOT = Path(__file__).parents[2]
SHIPPED = sorted([*(ROOT / "specs").glob("*.yaml"), *(ROOT / "specs" / "published").glob("*.yaml")])

STUDY = """\
effekt: 1
study: navn
title: {nb: Tittel, en: Title}
question: {text: {nb: "Flere i arbeid?", en: "More at work?"}}
primary: {outcome: i_jobb, at: 1y}
population: {from: vedtak14a, include: [{age: 19..30}], accrual: 2022-05..2026-12}
treatment:
  from: deltakelse
  arms:
    trekant: {label: {nb: Trekantsamtale, en: Three-way talk}, form: [trekant]}
    gruppe: {form: [gruppe], label: Gruppe}
outcomes:
  i_jobb: {label: {nb: Lønnstaker}, from: arbeidsforhold, is: active, at: [1y]}
covariates:
  - standard
  - {label: {nb: Ytelse, en: Benefit}, from: ytelse, is: months_active, window: 24m before, by: ytelse}
subgroups:
  under_25: {label: {nb: Under 25, en: Below 25}, age: 19..24}
  kvinner: {kjoenn: 2, label: {nb: Kvinner, en: Women}}
analyses:
  hoved: {label: {en: Main}, estimate: {method: difference}, adjust: {method: nearest}}
report: {languages: [nb, en]}
"""


def study(folder: Path, text: str = STUDY) -> Path:
    path = folder / "navn.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_thing_with_a_name_may_be_called_something_in_each_language(tmp_path):
    spec = load(study(tmp_path))
    assert dict(spec.labels_in("en")) == {
        "/title": "Title",
        "/question": "More at work?",
        "i_jobb": "Lønnstaker",
        "analyses/hoved": "Main",
        "arms/trekant": "Three-way talk",
        "arms/gruppe": "Gruppe",
        "subgroups/under_25": "Below 25",
        "subgroups/kvinner": "Women",
        "covariates/ytelse months_active 24m before": "Benefit",
    }
    assert spec.labels["subgroups/kvinner"] == "Kvinner"
    assert spec.labels["analyses/hoved"] == "Main"
    assert spec.titled_in("nb") == "Tittel"


def test_check_tells_what_a_language_of_the_report_lacks_and_where(tmp_path):
    told = CliRunner().invoke(app, ["check", str(study(tmp_path))])
    assert told.exit_code == 0
    notes = [line for line in told.output.splitlines() if line.startswith("note: ")]
    said = ["`outcomes.i_jobb.label`", "`analyses.hoved.label`", "`treatment.arms.gruppe.label`"]
    assert [next(s for s in said if s in note) for note in notes] == said
    assert "navn.yaml:13: " in notes[0]
    assert "English" in notes[0] and "Bokmål" in notes[1]


def test_a_report_in_one_language_lacks_nothing(tmp_path):
    one = STUDY.replace("[nb, en]", "[nb]").replace("{en: Main}", "Hoved")
    assert load(study(tmp_path, one)).untranslated == ()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_the_shipped_studies_have_words_in_every_language_they_report_in(path):
    assert load(path).untranslated == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: {nb: Tittel, en: Title}", "title: Annet"),
        ("{nb: Lønnstaker}", "{nb: I lønnet arbeid, en: Employed}"),
        ("{nb: Trekantsamtale, en: Three-way talk}", "Tre"),
        ("{nb: Under 25, en: Below 25}", "Unge"),
        ("label: {nb: Ytelse, en: Benefit}, ", ""),
    ],
)
def test_what_a_thing_is_called_decides_nothing_about_the_sample(tmp_path, old, new):
    before = load(study(tmp_path))
    after = load(study(tmp_path, STUDY.replace(old, new)))
    assert before.digest != after.digest
    assert before.sample_part == after.sample_part


def test_a_resolved_study_with_labels_reads_back_as_the_same(tmp_path):
    spec = load(study(tmp_path))
    assert load(study(tmp_path, spec.resolved_yaml())).digest == spec.digest


@pytest.mark.parametrize(
    ("old", "new", "line", "code"),
    [
        ("label: Gruppe", "labell: Gruppe", 11, "E203"),
        ("{kjoenn: 2, label:", "{kjoenn: 2, lable:", 19, "E203"),
        ("{label: {nb: Under 25", "{labels: {nb: Under 25", 18, "E203"),
        ("{en: Main}", "{eng: Main}", 21, "E203"),
        ("{nb: Lønnstaker}", "[Lønnstaker]", 13, "E103"),
        ("{nb: Lønnstaker}", "{}", 13, "E104"),
        ("{nb: Lønnstaker}", "''", 13, "E110"),
    ],
)
def test_a_label_that_is_none_is_refused_where_it_stands(tmp_path, old, new, line, code):
    assert old in STUDY
    found = check(study(tmp_path, STUDY.replace(old, new)))
    assert [(p.code, p.place.line if p.place else 0) for p in found] == [(code, line)]


def test_one_of_several_columns_has_the_covariates_words_and_its_value():
    labels = {"covariates/educ": "Education", "covariates/ytelse: AAP": "On AAP"}
    told = ("educ", "educ: high", "ytelse: AAP", "ytelse: other")
    assert [covariate_words(labels, c) for c in told] == ["Education", "Education: high", "On AAP", "ytelse: other"]


def test_covariates_of_a_table_may_have_labels(tmp_path):
    text = (ROOT / "specs" / "published" / "nsw_experiment.yaml").read_text(encoding="utf-8")
    labelled = text.replace("[age, educ,", "[age, {column: educ, label: {en: Schooling, nb: Skolegang}},")
    spec = load(study(tmp_path, labelled))
    assert spec.prepared.covariate_columns[:3] == ("age", "educ", "black")
    assert spec.labels["covariates/educ"] == "Schooling"
    assert spec.sample_part == load(study(tmp_path, labelled.replace("Schooling", "Years"))).sample_part
