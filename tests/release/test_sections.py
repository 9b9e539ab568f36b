"""Every table finds its place by its columns, every figure and table has a number, and thirteen questions are met."""

import csv
import json
import re
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise

import pytest
from jinja2 import UndefinedError
from release_examples import balance_table, counties, delta_table, estimate, experiment, finding, released
from rich_examples import (
    TIMELINE,
    between_table,
    bounds_table,
    county_study,
    many_analyses,
    one_analysis,
    paths_table,
    register_study,
    statistics_table,
)

from effekt.release import language as words
from effekt.release import report
from effekt.release.contents import ReportInput, SideTable
from effekt.release.disclosure import protect
from effekt.release.figures.gallery import gallery
from effekt.release.figures.paths import spread
from effekt.release.figures.tilemap import draw_map, tile_of, tiles
from effekt.release.files import manifest_json, tables_csv
from effekt.release.findings import protect_findings
from effekt.release.language import Language
from effekt.release.notebook import Figures
from effekt.release.numbering import Numbering
from effekt.release.referee import answers
from effekt.release.report import breakable, render_report
from effekt.release.rules import OPEN, TERSKEL10
from effekt.release.slots import SLOTS, refuse_misfit, slot_of, subject_of
from effekt.release.timeline import Timeline, month_number
from effekt.results import Table, Verdict

NB, EN = Language("nb"), Language("en")


def page(content: ReportInput, code: str = "en") -> str:
    """One language's pages, without figures, tags and layout."""
    html = render_report(replace(content, languages=(code,)), {code: ()}).decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.split("</style>")[1].replace("<wbr>", "")))


# --- slots ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "slot"),
    [
        (paths_table(), "paths"),
        (balance_table(), "balance"),
        (delta_table(), "deltas"),
        (bounds_table(), "bounds"),
        (statistics_table("leave_one_out_i_jobb", {"left_out": ("a",)}, {"value": (1.0,)}), "leave_one_out"),
        (statistics_table("anything", {"left_out": ("a",)}, {"value": (1.0,)}), "leave_one_out"),
        (statistics_table("anything", {"donor": ("a",)}, {"weight": (1.0,)}), ""),
    ],
)
def test_a_table_finds_its_slot_by_its_columns(table, slot):
    assert slot_of(protect(table, OPEN)) == slot


def test_tables_of_the_same_columns_are_told_apart_by_name():
    steps = experiment().flow
    assert slot_of(steps) == "flow"
    assert slot_of(register_study().flow_comparison) == "flow_comparison"
    assert subject_of(protect(delta_table(), OPEN), "deltas") == "i_jobb"
    assert subject_of(protect(paths_table(), OPEN), "paths") == ""


def test_a_table_in_the_wrong_slot_is_refused_with_what_it_lacks():
    with pytest.raises(ValueError, match="slot paths lacks the columns arm, mean, month, outcome"):
        experiment(paths=protect(delta_table(), TERSKEL10))
    refuse_misfit(protect(delta_table(), OPEN), "deltas")


def test_a_slot_is_filled_from_anywhere():
    by_field = register_study()
    by_side = register_study(paths=None, tables=(SideTable(analysis="", table=by_field.paths),))
    assert [s.table for s in by_field.in_slot("paths")] == [s.table for s in by_side.in_slot("paths")]


def test_a_study_with_estimates_alone_has_a_whole_report():
    text = page(one_analysis())
    assert "The answer" not in text and "Thirteen questions" in text
    assert text.count("Not evaluated, because") == 11
    assert "No checks were made." in text


# --- numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", [experiment, county_study, register_study])
def test_figures_and_tables_are_numbered_in_the_order_they_stand(build):
    content = replace(build(), languages=("nb",))
    html = render_report(content, {"nb": gallery(content, NB)}).decode()
    for kind in ("figure", "table"):
        numbers = [int(n) for n in re.findall(rf'id="nb-{kind}-(\d+)"', html)]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert [int(n) for n in re.findall(r'id="nb-figure-(\d+)"', html)] == sorted(numbers_of(html, "figure"))
    links = set(re.findall(r'href="#(nb-[a-z]+-\d+)"', html))
    assert links and links <= set(re.findall(r'id="([^"]+)"', html))


def numbers_of(html: str, kind: str) -> list[int]:
    return [int(n) for n in re.findall(rf'id="nb-{kind}-(\d+)"', html)]


# --- the referee ---------------------------------------------------------------------------------------


def told(content: ReportInput) -> dict[int, str]:
    """What is said to each of the thirteen questions."""
    report_numbers = Numbering()
    list(report.sections(content, EN, (), report_numbers))
    return {a.number: " ".join(a.texts) for a in answers(content, report.claims(content, EN), report_numbers, EN)}


def test_thirteen_questions_are_answered_by_a_number_or_by_why_not():
    said = told(register_study())
    assert list(said) == list(range(1, 14))
    assert said[2] == (
        "Covariates in the table: 8. The design read only what is dated before time zero. It was frozen before outcomes"
        " could be read."
    )
    assert said[3] == "“treated without a counterpart”: 3.1 per cent, Passed."
    assert said[9] == "The intervals meet."
    assert said[11] == "Held at 2 of 2 stated departures."
    assert said[12] == "“Lønnstaker”: 2.1 percentage points, Warning."
    assert told(experiment())[9].startswith("Not evaluated, because")


def test_a_design_that_was_not_frozen_first_says_so():
    assert "not frozen before outcomes" in told(experiment(exploratory="all_stages"))[2]


def test_the_worst_findings_come_first_and_the_rest_are_counted():
    found = [finding("balance", f"x{i}", 0.1, Verdict.PASS, unit="sd", persons=99) for i in range(6)]
    found.append(finding("balance", "bad", 0.5, Verdict.FAIL, unit="sd", persons=99))
    said = told(experiment(findings=protect_findings(found, TERSKEL10)))[4]
    assert said.startswith("“bad”: 0.500 standard deviations, Failed.")
    assert said.endswith("And 3 more.")


def test_within_and_between_that_contradict_are_said():
    numbers = {"value": 0.03, "std_error": 0.01, "ci_low": 0.01, "ci_high": 0.05, "p_value": 0.01}
    row = estimate(analysis="risikosett", outcome="i_jobb", horizon=12, unit="share", **numbers)
    content = register_study(
        estimates=released([row], TERSKEL10, 190), between=protect(between_table(agree=False), TERSKEL10)
    )
    assert "do not meet" in told(content)[9]


def test_amendments_deviations_and_bounds_are_on_page_three():
    amended = {"reason": "rare comes too late", "previous": "ab", "outcomes_read": True, "diff": ["a: 1 -> 2"]}
    text = page(
        register_study(
            provenance={"freeze": "f" * 64, "amendments": [amended, "x"]},
            overrides={"mde": "known"},
            exploratory="amended_after_outcomes",
            deviations=("Ett fylke leverte ikke.",),
        )
    )
    assert "Amendment 1: rare comes too late ( after outcomes had been read ) a: 1 -&gt; 2" in text.replace(
        "(after", "( after"
    ).replace("read)", "read )")
    assert "Amendments after outcomes had been read: 1." in text
    assert "The check “mde” was set aside." in text
    assert "Ett fylke leverte ikke." in text
    assert "f" * 64 in text
    assert "skjult utvelgelse så sterk som alder endrer ikke svaret" in text
    assert "Passed" in text


def test_every_point_has_its_words_and_sections_that_exist():
    rows = list(csv.DictReader((files("effekt.release") / "referee.csv").read_text(encoding="utf-8").splitlines()))
    assert [int(r["number"]) for r in rows] == list(range(1, 14))
    sections = {s.section for s in SLOTS.values()} | {"estimates", "event_study", "lock_in", "levels"}
    for row in rows:
        assert NB.knows(f"point_{row['key']}") and NB.knows(f"point_{row['key']}_missing")
        assert {s for s in row["sections"].split("|") if s} <= sections


# --- words that fail loudly ----------------------------------------------------------------------------


def test_a_text_with_a_broken_place_stops_the_report(monkeypatch):
    column = words._column
    monkeypatch.setattr(
        words, "_column", lambda *a: {**column(*a), "suppressed_note": "{no_such_place}", "rounded_note": "{x"}
    )
    with pytest.raises((KeyError, ValueError)):
        page(experiment())


def test_a_missing_translation_stops_the_report(monkeypatch):
    column = words._column
    monkeypatch.setattr(words, "_column", lambda *a: {k: v for k, v in column(*a).items() if k != "page_referee"})
    with pytest.raises(KeyError, match="page_referee"):
        page(experiment())


def test_a_name_the_template_does_not_get_stops_the_report(monkeypatch):
    monkeypatch.setattr(report, "_referee", lambda *_: {})
    with pytest.raises(UndefinedError):
        page(experiment())


def test_long_names_break_after_their_separators_only():
    assert breakable("nsw.yaml:14") == "nsw.yaml:14"
    assert breakable("veiledning_individ.yaml:58") == "veiledning_<wbr>individ.<wbr>yaml:<wbr>58"
    assert breakable("<b>_<i>_long_name") == "&lt;b&gt;_<wbr>&lt;i&gt;_<wbr>long_<wbr>name"
    assert breakable("abcdefghijklmnopqrstuvwxyz") == "abcdefghijklmnopqrstuvwxyz"


# --- months, tiles, names beside lines -----------------------------------------------------------------


def test_months_are_counted_and_what_must_be_covered_follows():
    assert month_number("2024-01") - month_number("2023-12") == 1
    assert TIMELINE.last_window == 36
    assert TIMELINE.needed == (month_number("2019-01"), month_number("2025-12"))


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"accrual": ("2024-13", "2024-12")}, "a month is written"),
        ({"accrual": ("2024-02", "2024-01")}, "ends before it begins"),
        ({"accrual": ("2024-01", "2024-02"), "windows": {"y": (0, 3)}}, "index month is in none"),
        ({"accrual": ("2024-01", "2024-02"), "history": -1}, "index month is in none"),
    ],
)
def test_a_timeline_that_cannot_be_is_refused(fields, match):
    with pytest.raises(ValueError, match=match):
        Timeline(**fields)


def test_every_county_has_a_tile_of_its_own():
    layout = {(t.column, t.row) for t in tiles().values()}
    assert len(layout) == 15 and len(tiles()) == 30
    assert tile_of("Troms - Romsa - Tromssa") == tile_of("55") == tile_of("troms")
    assert tile_of("Viken") is None


def test_other_units_than_counties_have_no_map():
    deltas = delta_table()
    offices = Table(
        name="d",
        title="",
        columns=deltas.columns,
        data={**deltas.data, "unit": tuple(f"kontor {i}" for i in range(15))},
    )
    assert draw_map(protect(offices, OPEN), NB, "") is None
    twice = Table(name="d", title="", columns=deltas.columns, data={**deltas.data, "unit": ("Oslo",) * 15})
    assert draw_map(protect(twice, OPEN), NB, "") is None
    assert draw_map(protect(delta_table(9), TERSKEL10), NB, "") is not None, "a suppressed county is hatched"


def test_names_are_moved_apart_and_no_further():
    assert spread([0.0, 10.0], 1) == [0.0, 10.0]
    assert spread([0.0, 0.0], 1) == [-0.5, 0.5]
    places = spread([0.0, 0.1, 0.2, 5.0], 1)
    assert all(b - a >= 1 - 1e-9 for a, b in pairwise(places))
    assert places[3] == 5.0


# --- notebooks -----------------------------------------------------------------------------------------


def test_a_notebook_asks_for_one_figure_at_a_time():
    figures = Figures(register_study(), "en")
    assert figures.kinds()[:3] == ("answer", "timeline", "flow")
    love = figures.love()
    assert love.kind == "love" and love.png.startswith(b"\x89PNG") and love._repr_svg_().startswith("<svg")
    assert figures.forest("i_jobb").name == "estimates-i_jobb"
    with pytest.raises(LookupError, match="has no figure `map` of that; it has: answer, timeline"):
        figures.map()


def test_every_kind_of_figure_can_be_asked_for(monkeypatch):
    register, county = Figures(register_study()), Figures(county_study())
    for name in (
        "answer",
        "timeline",
        "flow",
        "flow_comparison",
        "overlap",
        "subgroups",
        "lock_in",
        "paths",
        "between",
    ):
        assert getattr(register, name)().kind == name
    for name in ("unit_paths", "map", "deltas", "leave_one_out", "randomisation", "event_study"):
        assert getattr(county, name)().kind == name


def test_forty_analyses_are_two_figures_on_one_scale():
    kinds = [d.title for d in gallery(many_analyses(), NB, lambda p: p.kind == "forest")]
    assert [re.search(r"del \d av \d", t).group() for t in kinds] == ["del 1 av 2", "del 2 av 2"]


def test_what_is_suppressed_in_a_slot_has_no_figure():
    small = replace(
        paths_table(),
        data={**paths_table().data, "persons": (3,) * len(paths_table()), "mean": paths_table().data["mean"]},
    )
    content = register_study(paths=protect(small, TERSKEL10))
    assert "paths" not in [d.kind for d in gallery(content, NB, lambda p: p.kind == "paths")]


def test_a_table_of_several_arms_is_drawn_with_their_names():
    table = paths_table()
    arms = tuple("individuell" if a == "treated" else a for a in table.data["arm"])
    content = register_study(paths=protect(replace(table, data={**table.data, "arm": arms}), TERSKEL10))
    assert Figures(content).paths()


def test_a_randomisation_distribution_of_one_bin_is_no_figure():
    one = statistics_table("randomisation_i_jobb", {"assignments": (15,)}, {"value": (0.0,)})
    content = counties(tables=(SideTable(analysis="collapsed_did", table=protect(one, TERSKEL10)),))
    with pytest.raises(LookupError):
        Figures(content).randomisation()


def test_what_is_hidden_throughout_is_not_drawn():
    def hidden(table: Table) -> SideTable:
        few = replace(table, data={**table.data, "persons": (3,) * len(table)})
        return SideTable(analysis="collapsed_did", table=protect(few, TERSKEL10))

    left_out = statistics_table("leave_one_out", {"left_out": ("a", "b")}, {"value": (1.0, 2.0)})
    scores = statistics_table("overlap", {"score": (0.1, 0.2)}, {"treated": (0.5, 0.5), "comparison": (0.5, 0.5)})
    paths = statistics_table("unit_paths", {"unit": ("a",), "time": (1,), "treated": (True,)}, {"mean": (0.5,)})
    drawn = gallery(counties(tables=tuple(map(hidden, (left_out, scores, paths, between_table())))), NB)
    assert {d.kind for d in drawn} == {"answer", "flow", "forest", "event_study"}


def test_the_estimate_without_a_unit_has_its_interval_where_it_is_known():
    ends = {"value": (1.0, 2.0), "ci_low": (0.5, 1.5), "ci_high": (1.5, 2.5)}
    table = statistics_table("leave_one_out_other", {"left_out": ("a", "b")}, ends)
    content = counties(tables=(SideTable(analysis="", table=protect(table, TERSKEL10)),))
    assert Figures(content).leave_one_out(), "and no line where the full estimate is not among the released"


def test_a_primary_outcome_of_many_periods_is_answered_by_its_course():
    rows = [estimate(method="event_study", horizon=h) for h in (-2, 0, 1)]
    assert Figures(experiment(estimates=released(rows, TERSKEL10))).answer().title.endswith("perioder fra start")
    months = [estimate(horizon=h) for h in (1, 2, 3, 6)]
    drawn = Figures(experiment(estimates=released(months, TERSKEL10)))
    assert "måned for måned" in drawn.answer().title
    assert drawn.lock_in()
    assert {d.kind for d in drawn.all()} >= {"answer", "lock_in", "love"}
    few = Figures(experiment(estimates=released(months, TERSKEL10, support=3)))
    with pytest.raises(LookupError):
        few.lock_in()


def test_a_design_without_history_or_wash_out_is_drawn():
    bare = Timeline(accrual=("2024-01", "2024-03"), windows={"y": (1, 6)}, coverage={"a": ("2024-01", "2024-12")})
    assert Figures(register_study(timeline=bare)).timeline()


def test_outcomes_in_one_unit_share_a_plot_and_those_in_others_do_not():
    others = [estimate(outcome="a"), estimate(outcome="b", unit="share", value=0.1, ci_low=0.0, ci_high=0.2)]
    drawn = gallery(experiment(estimates=released([estimate(), *others], TERSKEL10)), NB, lambda p: p.kind == "forest")
    assert [d.name for d in drawn] == ["estimates-earnings", "estimates-a", "estimates-b"]


def test_named_slots_are_files_too_and_so_are_bounds_of_a_side_table():
    content = register_study(bounds=None, tables=(SideTable(analysis="risikosett", table=register_study().bounds),))
    names = [name for name, _ in tables_csv(content)]
    assert {"tables/flow_comparison.csv", "tables/paths.csv", "tables/between.csv"} <= set(names)
    facts = json.loads(manifest_json(content, {}))["claims"]
    assert facts["bounds_passed"] == {"risikosett": ["contamination", "hidden_bias"]}
    assert facts["reach"] == {"risikosett": "estimert"}


def test_a_flow_is_the_treateds_only_where_the_comparisons_have_their_own():
    assert Figures(experiment(), "en").flow().title == "From the starting point to the sample"
    assert Figures(register_study(), "en").flow().title == "From the starting point to the sample: treated"
