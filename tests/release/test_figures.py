"""Figures are drawn from released tables, look alike everywhere, and are the same bytes in every run."""

import hashlib
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from release_examples import NO_INTERVAL, balance_table, counties, delta_table, estimate, experiment, flow, released

from effekt.release.disclosure import protect
from effekt.release.figures.balance import draw_balance
from effekt.release.figures.deltas import draw_deltas
from effekt.release.figures.event_study import draw_event_study, reference_period
from effekt.release.figures.flow import draw_flow
from effekt.release.figures.forest import draw_forest, said
from effekt.release.figures.gallery import file_name, gallery, unique
from effekt.release.figures.style import Picture, inline
from effekt.release.language import Language
from effekt.release.rules import OPEN, TERSKEL10
from effekt.results import Column, Table

EN = Language("en")


def svg_of(picture: Picture | None) -> ET.Element:
    """The picture as a tree."""
    assert picture is not None
    return ET.fromstring(picture.svg)


DIGESTS = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from release_examples import counties, experiment
from effekt.release.figures.gallery import gallery
from effekt.release.language import Language
for content in (experiment(), counties()):
    for drawn in gallery(content, Language("en")):
        print(drawn.name, hashlib.sha256(drawn.svg + drawn.png).hexdigest())
"""


@pytest.mark.slow
def test_figures_are_the_same_bytes_in_another_process(tmp_path: Path):
    (tmp_path / "matplotlibrc").write_text("font.size: 20\nsvg.fonttype: none\naxes.facecolor: red\n")
    env = {
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "MPLCONFIGDIR": str(tmp_path),
        "MATPLOTLIBRC": str(tmp_path),
        "TZ": "Asia/Tokyo",
        "PYTHONHASHSEED": "7",
    }
    command = [sys.executable, "-c", DIGESTS, str(Path(__file__).parent)]
    there = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout
    here = [d for content in (experiment(), counties()) for d in gallery(content, EN)]
    assert there.splitlines() == [f"{d.name} {hashlib.sha256(d.svg + d.png).hexdigest()}" for d in here]
    assert len(here) == 11


def test_figures_hold_no_date_no_font_and_no_link():
    for drawn in (*gallery(experiment(), EN), *gallery(counties(), EN)):
        text = drawn.svg.decode()
        root = ET.fromstring(text)
        assert root.get("aria-label"), "those who do not see the figure are told what it is"
        assert not [e for e in root.iter() if e.tag.endswith(("}text", "}image", "}script", "}metadata"))]
        links = [v for e in root.iter() for k, v in e.attrib.items() if k.endswith("href")]
        assert all(v.startswith("#") for v in links)
        assert "font-family" not in text


@pytest.mark.parametrize(
    "draw",
    [
        draw_flow,
        draw_balance,
        lambda t, lang: draw_forest(t, lang, ""),
        lambda t, lang: draw_event_study(t, lang, ""),
        lambda t, lang: draw_deltas(t, lang, ""),
    ],
)
def test_a_table_that_was_not_protected_is_not_drawn(draw):
    with pytest.raises(TypeError, match="not a released table"):
        draw(balance_table(), EN)


def test_what_is_suppressed_throughout_has_no_figure():
    deltas = delta_table()
    hidden = Table(name="d", title="", columns=deltas.columns, data={**deltas.data, "persons_behind": (3,) * 15})
    assert draw_deltas(protect(hidden, TERSKEL10), EN, "") is None
    balance = balance_table()
    hidden = Table(name="b", title="", columns=balance.columns, data={**balance.data, "persons_behind": (3,) * 8})
    assert draw_balance(protect(hidden, TERSKEL10), EN) is None
    rows = released([estimate(), estimate(method="event_study", horizon=0)], TERSKEL10, support=3)
    assert draw_forest(rows, EN, "") is None
    assert draw_event_study(rows, EN, "") is None
    assert [d.kind for d in gallery(experiment(estimates=rows), EN)] == ["flow", "love"]


def test_a_suppressed_county_is_named_and_not_drawn():
    whole, part = (svg_of(draw_deltas(protect(delta_table(n), TERSKEL10), EN, "")) for n in (2400, 9))
    assert float(str(whole.get("height")).rstrip("pt")) > float(str(part.get("height")).rstrip("pt"))


def test_changes_of_one_group_only_can_be_drawn():
    deltas = delta_table()
    none = Table(name="d", title="", columns=deltas.columns, data={**deltas.data, "treated": (False,) * 15})
    assert draw_deltas(protect(none, OPEN), EN, "")
    nok = tuple(Column(name=c.name, kind=c.kind, of=c.of, unit="NOK", internal=c.internal) for c in deltas.columns)
    assert draw_deltas(protect(Table(name="d", title="", columns=nok, data=deltas.data), OPEN), EN, "")


def test_balance_before_or_after_may_be_suppressed_or_missing():
    balance = balance_table()
    missing = {"smd_before": (*balance.data["smd_before"][:-1], None), "smd_after": (None,) * 7 + (0.9,)}
    table = Table(name="b", title="", columns=balance.columns, data={**balance.data, **missing})
    assert draw_balance(protect(table, TERSKEL10), EN, 0.1)
    worst_after_only = {"smd_before": (None,) * 8, "smd_after": balance.data["smd_after"]}
    table = Table(name="b", title="", columns=balance.columns, data={**balance.data, **worst_after_only})
    assert draw_balance(protect(table, TERSKEL10), EN)


def test_balance_that_nothing_changed_is_drawn_once():
    balance = balance_table()
    same = {**balance.data, "smd_after": balance.data["smd_before"]}
    table = Table(name="b", title="", columns=balance.columns, data=same)
    drawn, changed = (draw_balance(protect(t, OPEN), EN) for t in (table, balance))
    assert len(drawn.svg) < len(changed.svg)


def test_persons_that_are_not_known_are_left_out_of_the_flow():
    known, unknown, hidden = (
        draw_flow(protect(flow(("start", 15, n)).table(), rules), EN)
        for n, rules in ((900, OPEN), (None, OPEN), (0, TERSKEL10))
    )
    assert len(unknown.svg) < len(known.svg)
    assert len(unknown.svg) < len(hidden.svg)


def test_a_flow_whose_counts_are_suppressed_is_still_drawn():
    steps = flow(("start", 100, 100), ("left", 4, 4))
    assert draw_flow(protect(steps.table(), TERSKEL10), EN)


def test_event_studies_without_leads_or_intervals_or_shares():
    rows = [estimate(method="event_study", horizon=h, unit="NOK") for h in (0, 1)]
    assert draw_event_study(released(rows, OPEN), EN, "t")
    tests = {**NO_INTERVAL, "inference": "RI-t", "p_floor": 0.001}
    assert draw_event_study(released([estimate(method="event_study", horizon=1, **tests)], OPEN), EN, "t")


def test_estimates_of_one_period_are_named_by_it():
    row, other = (released([estimate(horizon=h)], OPEN) for h in (3, 4))
    assert draw_forest(row, EN, "t") != draw_forest(other, EN, "t")


@pytest.mark.parametrize(
    ("horizons", "reference"),
    [([-3, -2, 0, 1], -1), ([-4, -3, 0], -1), ([-1, 0, 1], -2), ([0, 1], -1), ([], -1), ([-2, -1, 1], -3)],
)
def test_the_reference_is_the_last_period_before_the_start_without_a_row(horizons, reference):
    assert reference_period(horizons) == reference


def test_the_words_beside_an_estimate():
    rows = released([estimate(), estimate(**{**NO_INTERVAL, "inference": "RI-t", "p_floor": 0.001})], OPEN).to_records()
    assert [said(r, EN) for r in rows] == ["1794  [474; 3115]", "1790  p = 0.008"]


def test_ids_of_two_figures_in_one_page_do_not_meet():
    svg = b'<svg><path id="a"/><use xlink:href="#a"/><g clip-path="url(#a)"/></svg>'
    assert inline(svg, "x") == '<svg><path id="x-a"/><use xlink:href="#x-a"/><g clip-path="url(#x-a)"/></svg>'


def test_labels_that_look_like_mathematics_are_drawn_as_they_are():
    steps = flow(("income > $1 and < $2 & \\frac", 100, 100), ("x_1^2 $", 50, 50))
    assert draw_flow(protect(steps.table(), TERSKEL10), EN)


def test_file_names_are_plain_and_unique():
    assert file_name("estimates", "Lønn/År 1", "") == "estimates-lonn_ar_1"
    assert file_name("../..", "") == "table"
    taken: dict[str, int] = {}
    assert [unique("a", taken) for _ in range(3)] == ["a", "a-2", "a-3"]
