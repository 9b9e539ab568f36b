"""No finished report claims more than its design carries; a level raised by force turns the lint red."""

import pytest
from release_examples import counties, estimate, experiment, released
from rich_examples import CASES, nothing_significant, register_study

from effekt.release import claims, levels
from effekt.release.contents import ReportInput
from effekt.release.files import MANIFEST, estimates_json, findings_json, manifest_json
from effekt.release.lint import ceilings_of, lint, overclaims
from effekt.release.report import render_report
from effekt.release.rules import TERSKEL10


def files_of(content: ReportInput) -> dict[str, bytes]:
    """What the lint reads, without the figures."""
    files = {
        "report.html": render_report(content, dict.fromkeys(content.languages, ())),
        "estimates.json": estimates_json(content.estimates),
        "findings.json": findings_json(content.findings),
    }
    return {**files, MANIFEST: manifest_json(content, files)}


@pytest.mark.parametrize("name", CASES)
def test_no_report_claims_more_than_its_level(name):
    assert not lint(files_of(CASES[name]()))


@pytest.mark.parametrize("build", [counties, register_study, lambda: experiment(randomised=False)])
def test_a_level_raised_by_force_turns_the_lint_red(build, monkeypatch):
    monkeypatch.setattr(claims, "level_of_result", lambda *_: ("effekt", ()))
    found = lint(files_of(build()))
    assert {o.language for o in found} == {"nb", "en"}
    assert all(o.level != "effekt" for o in found)


def test_an_estimated_effect_by_force_is_red_without_bounds(monkeypatch):
    monkeypatch.setattr(claims, "level_of_result", lambda *_: ("estimert", ()))
    assert lint(files_of(experiment(randomised=False)))
    assert lint(files_of(register_study(estimates=experiment().estimates)))


def test_an_override_alone_turns_the_words_of_an_experiment_red(monkeypatch):
    monkeypatch.setattr(claims, "level_of_result", lambda *_: ("effekt", ()))
    assert not lint(files_of(experiment()))
    assert lint(files_of(experiment(overrides={"balance": "chance"})))


def test_the_lint_works_out_levels_from_the_facts_and_agrees_with_the_report():
    cases = [
        experiment(),
        experiment(randomised=False),
        counties(),
        register_study(),
        register_study(designs={}),
        register_study(bounds=None),
        nothing_significant(),
    ]
    for content in cases:
        ceilings = ceilings_of(files_of(content))
        for analysis, ceiling in ceilings.items():
            level = levels.level_of(content, analysis)
            reached = {c.level for c in claims.claims(content, claims.Language("en")) if c.row["analysis"] == analysis}
            ranks = ["utbytte", "sammenheng", "estimert", "effekt"]
            assert all(ranks.index(r) <= ranks.index(ceiling) for r in reached), (analysis, level)


@pytest.mark.parametrize(
    ("text", "level", "language", "found"),
    [
        ("Veiledningen førte til at flere kom i jobb.", "sammenheng", "nb", ["førte til"]),
        ("Tiltaket bidro til høyere lønn.", "sammenheng", "nb", ["bidro til"]),
        ("Andelen i jobb økte.", "sammenheng", "nb", ["økte"]),
        ("Effekten er stor.", "sammenheng", "nb", ["Effekten"]),
        ("Effekten er stor.", "estimert", "nb", ["Effekten"]),
        ("Estimert effekt er stor.", "estimert", "nb", []),
        ("Effekten er stor.", "effekt", "nb", []),
        ("Dette betyr ikke at tiltaket ikke virker.", "sammenheng", "nb", []),
        ("Dette er ikke alt: tiltaket økte lønna.", "sammenheng", "nb", ["økte"]),
        ("Det er ikke tvil om at tiltaket virker.", "effekt", "nb", ["ikke tvil"]),
        ("En effektevaluering av et effektivt tiltak.", "sammenheng", "nb", []),
        ("«Effekt» brukes ikke her.", "sammenheng", "nb", []),
        ("Forskjellen er 2 prosentpoeng.", "sammenheng", "nb", []),
        ("The programme caused and increased earnings.", "sammenheng", "en", ["caused", "increased"]),
        ("It does not mean that the programme works.", "sammenheng", "en", []),
        ("The effect is 3.", "sammenheng", "en", ["effect"]),
        ("The estimated effect is 3.", "estimert", "en", []),
        ("The effect is 3.", "estimert", "en", ["effect"]),
        ("No doubt about it.", "effekt", "en", ["No doubt"]),
        ("The effective number of comparisons.", "sammenheng", "en", []),
        ("Effekten er stor.", "utbytte", "nb", ["Effekten"]),
    ],
)
def test_words_and_what_excuses_them(text, level, language, found):
    assert list(overclaims(text, level, language)) == found


def test_the_study_s_own_words_are_not_the_report_s():
    content = counties(
        question="Økte tiltaket lønna, og hva var effekten?", labels={"i_jobb": "Effekten som førte til alt"}
    )
    assert not lint(files_of(content))


def test_what_those_who_do_not_see_are_told_is_read_too():
    files = files_of(counties())
    files["report.html"] = files["report.html"].replace(b"</main>", b'<svg aria-label="Effekten"></svg></main>', 1)
    assert [o.word for o in lint(files)] == ["Effekten"]


def test_results_of_a_level_are_held_to_their_own():
    rows = [estimate(), estimate(analysis="adjusted", p_value=0.2, ci_low=-1.0)]
    assert not lint(files_of(experiment(estimates=released(rows, TERSKEL10))))
