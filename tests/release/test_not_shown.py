"""What a study asked for and does not show is told, and what happened at the same time is dated."""

from rich_examples import county_study, register_study

from effekt.release.claims import claims
from effekt.release.contents import Design, NotShown, Reform
from effekt.release.language import Language
from effekt.release.numbering import Numbering
from effekt.release.referee import answers, not_shown, reforms_table

NB, EN = Language("nb"), Language("en")


def test_what_is_not_shown_is_told_with_its_reason():
    hidden = (
        NotShown(what="hoved/uten_caliper", why="few"),
        NotShown(what="hoved/between", why="stopped"),
        NotShown(what="Change by unit: i_jobb", why="cell"),
    )
    told = not_shown(register_study(not_shown=hidden), NB)
    assert "«hoved/uten_caliper»" in told[0]
    assert "besto ikke" in told[1]
    assert "«Endring per enhet: Lønnstaker»" in told[2]
    assert len({*told}) == len(told)


def test_a_comparison_with_other_counties_that_was_stopped_is_not_said_to_agree():
    content = register_study(not_shown=(NotShown(what="hoved/between", why="stopped"),), between=None)
    for language in (NB, EN):
        nine = next(a for a in answers(content, claims(content, language), Numbering(), language) if a.number == 9)
        assert language.text("point_between_stopped") in nine.texts
        assert language.text("point_between_agree") not in nine.texts


def test_a_design_without_its_sensitivity_analyses_says_what_it_lacks():
    design = Design(reach="estimert", assumption="parallel_trends", bounds=("honest_did",))
    content = county_study(agree=True, designs={"collapsed_did": design}, findings=())
    found = next(c for c in claims(content, NB) if c.primary)
    assert found.level == "sammenheng"
    assert "bounds" in found.caps


def test_reforms_are_dated_and_said_to_meet_the_months_or_not():
    reforms = (
        Reform(name="fullfoeringsreformen", since="2024-08", until="", where=(), met=True),
        Reform(name="proeve", since="2014-01", until="2015-12", where=("11",), met=False),
    )
    table = reforms_table(register_study(reforms=reforms), 1, NB)
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["fullfoeringsreformen", "2024-08", "fortsatt", "hele landet", "ja"],
        ["proeve", "2014-01", "2015-12", "11", "nei"],
    ]
