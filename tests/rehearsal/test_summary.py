"""A table of made-up draws, by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_store_and_run import KEY, drawn

from effekt.rehearsal.drawn import Stop
from effekt.rehearsal.summary import summarise

BALANCE = Stop(analysis="hoved", check="balance", verdict="FAIL")

DRAWS = [
    drawn(1, 0.10, level="estimert", conclusion="clear"),
    drawn(2, 0.30, level="", conclusion="", stops=[BALANCE]),
    drawn(3, 0.20, level="sammenheng", conclusion="unclear"),
    drawn(4, refused="E306"),
    drawn(5, 0.20, level="sammenheng", conclusion="clear"),
]


def test_a_row_is_followed_over_all_draws_and_over_those_that_were_told():
    summary = summarise(DRAWS)
    (line,) = summary.lines
    assert line.key == KEY
    assert (line.everywhere.estimate.value, line.everywhere.estimate.n) == (pytest.approx(0.2), 4)
    assert (line.told.estimate.value, line.told.estimate.n) == (pytest.approx(0.5 / 3), 3), "draw 2 was stopped"


def test_shares_are_of_all_draws_also_of_those_without_a_report():
    summary = summarise(DRAWS)
    (line,) = summary.lines
    assert (summary.stopped.value, summary.refused.value) == (0.2, 0.2)
    assert {pair: m.value for pair, m in summary.stops.items()} == {("hoved", "balance"): 0.2}
    assert {code: m.value for code, m in summary.refusals.items()} == {"E306": 0.2}
    assert {level: m.value for level, m in line.levels.items()} == {"estimert": 0.2, "sammenheng": 0.4}
    assert (line.claimed.value, line.associated.value) == (0.2, 0.2)


def test_a_check_that_stops_twice_in_a_draw_counts_once():
    summary = summarise([drawn(1, stops=[BALANCE, BALANCE]), drawn(2)])
    assert summary.stops["hoved", "balance"].value == 0.5


def test_a_rehearsal_in_which_nothing_could_be_estimated_says_so():
    summary = summarise([drawn(1, refused="E306"), drawn(2, refused="E801")])
    assert not summary.lines and summary.refused.value == 1
    assert list(summary.refusals) == ["E306", "E801"]


@given(st.permutations(DRAWS))
def test_the_order_in_which_draws_end_does_not_matter(order):
    assert repr(summarise(order)) == repr(summarise(DRAWS))
