"""Page one says the answer at its level in 150 words, whatever the study's own words are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from release_examples import counties, estimate, experiment, released
from rich_examples import (
    CASES,
    LONG,
    county_study,
    nothing_significant,
    one_treated,
    register_study,
    statistics_table,
    suppressed,
)

from effekt.release.contents import Primary, SideTable
from effekt.release.disclosure import protect
from effekt.release.front import MOST_WORDS, clipped, fitted, front
from effekt.release.language import Language
from effekt.release.rules import OPEN, TERSKEL10

NB, EN = Language("nb"), Language("en")


def points(page: object) -> dict[str, str]:
    """The lines below the figure, by key."""
    return {p.key: p.text for p in page.points}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("language", [NB, EN], ids=lambda x: x.code)
def test_page_one_has_at_most_150_words(name, language):
    assert 20 < front(CASES[name](), language).words <= MOST_WORDS


@settings(max_examples=60, deadline=None)
@given(*(st.integers(1, 200) for _ in range(4)), st.sampled_from(["", "all_stages"]))
def test_long_words_of_the_study_are_cut_and_the_answer_never(title, question, reason, label, exploratory):
    content = experiment(
        title="t " * title,
        question="q " * question,
        overrides={"balance": "r " * reason},
        labels={"earnings": "l " * label},
        exploratory=exploratory,
    )
    page = front(content, NB)
    assert page.words <= MOST_WORDS
    assert page.answer.startswith("Forskjellen i «l") and page.level_name == "sammenheng"
    assert {"uncertainty", "rests", "checked", "not"} <= set(points(page))
    assert page.question.startswith("q q q") or question < 3


def test_an_answer_that_fits_is_not_touched():
    page = front(experiment(), EN)
    assert fitted(page) is page
    assert page.question == experiment().question
    assert clipped("a b", 2) == "a b" and clipped("a b c", 2) == "a b…"


def test_a_clear_effect_is_said_with_its_interval_and_what_it_rests_on():
    page = front(experiment(), EN)
    assert page.answer == "The effect on “Earnings 1978” is estimated at 1794 USD."
    assert page.level == "effekt"
    assert (
        points(page)["uncertainty"] == "The numbers are compatible with anything from 474 to 3115 USD (95% interval)."
    )
    assert points(page)["rests"] == "185 persons with the programme, 260 without. Participation was assigned at random."
    assert "others would get the same" in points(page)["not"]
    assert "detectable" not in points(page)


def test_what_cannot_be_told_from_zero_does_not_mean_that_it_does_not_work():
    for content in (nothing_significant(), register_study(), one_treated(), county_study(), county_study(agree=True)):
        page = front(content, NB)
        assert points(page)["not"] == "Dette betyr ikke at tiltaket ikke virker."
        assert points(page)["detectable"].startswith("Minste påviselige forskjell")


def test_tests_that_disagree_are_an_open_answer():
    page = front(county_study(), EN)
    assert page.answer.startswith("The answer is open: the tests disagree about the difference in “Lønnstaker”.")
    assert "5 units (24,805 persons) with the programme, 10 (61,440) without." in points(page)["rests"]


def test_a_rank_test_says_that_it_has_no_interval():
    assert points(front(one_treated(), EN))["uncertainty"] == (
        "So few units give no interval. The test gives p = 0.133; the smallest possible is 0.067."
    )


def test_checks_are_counted_once_and_by_verdict():
    assert points(front(experiment(), EN))["checked"] == (
        "Before outcomes were read: 4 passed, 1 with a warning, 1 not evaluated."
    )
    assert points(front(experiment(findings=()), EN))["checked"] == "No checks were made."


def test_overrides_exploratory_results_and_synthetic_data_stand_before_the_answer():
    names = [name for name, _ in front(counties(synthetic=True), EN).flags]
    assert names == ["Synthetic data", "Exploratory results", "Checks that were overridden"]


def test_what_is_suppressed_has_neither_interval_nor_caution():
    page = front(suppressed(), NB)
    assert "vises ikke" in page.answer
    assert set(points(page)) == {"rests", "checked"}


def test_a_study_without_its_primary_outcome_says_so():
    page = front(experiment(primary=Primary(outcome="health")), EN)
    assert page.answer == "There is no estimate for the primary outcome."
    assert page.level == "" and set(points(page)) == {"checked"}


def test_a_course_over_time_refers_to_its_figure():
    rows = [estimate(method="event_study", horizon=h, p_value=0.001) for h in (-1, 0, 1)]
    page = front(experiment(estimates=released(rows, TERSKEL10)), EN)
    assert "in 2 of 2 periods" in page.answer
    assert points(page)["uncertainty"] == "The intervals are in the figure."


def test_persons_that_are_not_known_are_units():
    row = estimate(n_persons_treated=None, n_persons_comparison=None)
    assert (
        "185 units with the programme"
        in points(front(experiment(OPEN, estimates=released([row], OPEN), flow=None, findings=()), EN))["rests"]
    )


def test_a_long_label_is_cut_on_page_one_only():
    page = front(experiment(labels={"earnings": LONG}), NB)
    assert "…»" in page.answer and LONG not in page.answer


def test_now_against_waiting_is_said_in_plain_words_with_how_many_did_not_wait():
    waiting = register_study(waits=True)
    assert "Getting the programme now, against waiting" in points(front(waiting, EN))["compared"]
    later = statistics_table("treated_later", {"horizon": (6, 12, 36)}, {"treated_later": (0.05, 0.08, 0.2)}, "percent")
    known = register_study(waits=True, tables=(SideTable(analysis="", table=protect(later, TERSKEL10)),))
    assert "8.0 per cent of those who waited got it within 12 months" in points(front(known, EN))["compared"]
    assert "compared" not in points(front(register_study(), EN))


def test_the_share_treated_later_is_that_of_the_primary_horizon_or_the_last_before():
    later = statistics_table("treated_later", {"horizon": (6, 36)}, {"treated_later": (0.05, 0.2)}, "percent")
    content = register_study(waits=True, tables=(SideTable(analysis="", table=protect(later, TERSKEL10)),))
    assert content.treated_later == (6, 0.05)
    assert register_study().treated_later is None
