"""What decides about buying data, and that a page for a commissioning officer is short in both languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from effekt.plan.arithmetic import PersonDesign, UnitDesign, sd_of_share
from effekt.plan.grid import Assumed, Cell, grid, participants_for
from effekt.plan.looked import PersonsSeen, UnitsSeen
from effekt.plan.planning import Asked, Plan, plan
from effekt.plan.telling import front_page, words_of
from effekt.plan.verdict import Answer, Judged, nobody_recorded, of_persons, of_units
from effekt.spec.load import load
from effekt.spec.shipped import shipped_spec

SEEN = PersonsSeen(
    participants=500, found=510, comparisons=10.0, mean=0.35, sd=sd_of_share(0.35), unit="share", r2=0.2,
    std_error=0.021, stopped=(),
)  # fmt: skip
COUNTIES = UnitsSeen(treated=5, others=10, unit="share", detectable=0.017, per_participant=0.72, stopped=())
FIVE = UnitDesign(treated=5, others=10, sd=1.0)


def cells_of(*, bias: tuple[float, ...] = (), n: int = 500, std_error: float | None = None) -> tuple[Cell, ...]:
    design = PersonDesign(participants=500, sd=SEEN.sd, r2=SEEN.r2, comparisons=10)
    return grid(design, Assumed(participants=(n,), hidden_bias=bias), std_error=std_error)


def judged_with(relevant: float | None, *, n: int = 500, bias: tuple[float, ...] = (), seen=SEEN) -> Judged:
    assumed = Assumed(participants=(n,), hidden_bias=bias)
    return of_persons(seen, cells_of(bias=bias, n=n), assumed, participants=n, relevant=relevant)


@pytest.mark.parametrize(
    ("relevant", "answer", "key"),
    [
        (0.02, Answer.NO, "too_few"),
        (0.06, Answer.LIMITS, "only_at_best"),
        (0.12, Answer.GO, "can_be_found"),
        (None, Answer.LIMITS, "relevant_not_said"),
    ],
)
def test_persons_are_judged_by_what_matters(relevant, answer, key):
    verdict = judged_with(relevant)
    assert (verdict.answer, verdict.reasons[0].key) == (answer, key)


def test_a_hidden_bias_that_would_often_be_taken_for_an_effect_limits_a_good_design():
    assert judged_with(0.12, bias=(0.0, 0.02)).answer is Answer.LIMITS
    assert judged_with(0.12, bias=(0.0, 0.001)).answer is Answer.GO


def test_a_check_that_closes_the_gate_stops_the_purchase():
    verdict = judged_with(0.12, seen=replace(SEEN, stopped=("balance",)))
    assert verdict.answer is Answer.NO
    assert verdict.reasons[0].key == "gate_closed"


def test_as_many_participants_as_are_called_for_find_what_matters():
    (cell, *_) = cells_of()
    needed = participants_for(cell, 0.02)
    assert cells_of(n=needed)[0].detectable == pytest.approx(0.02, rel=1e-3)


def test_the_verdict_rests_on_the_larger_error():
    formula, lossy, lucky = cells_of()[0], cells_of(std_error=0.04)[0], cells_of(std_error=0.001)[0]
    assert lossy.detectable == lossy.rehearsed > formula.detectable
    assert lucky.detectable == lucky.formula == formula.detectable


@pytest.mark.parametrize(
    ("seen", "design", "plausible", "answer", "key"),
    [
        (COUNTIES, FIVE, 0.20, Answer.NO, "diluted"),
        (COUNTIES, FIVE, 0.80, Answer.GO, "not_diluted"),
        (COUNTIES, FIVE, None, Answer.LIMITS, "plausible_not_said"),
        (replace(COUNTIES, per_participant=None), FIVE, 0.20, Answer.LIMITS, "exposure_not_known"),
        (replace(COUNTIES, per_participant=None, detectable=0.3), FIVE, 0.20, Answer.NO, "diluted"),
        (replace(COUNTIES, detectable=None), FIVE, 0.20, Answer.NO, "not_evaluated"),
        (COUNTIES, UnitDesign(treated=1, others=14, sd=1.0), 0.80, Answer.NO, "no_test"),
        (COUNTIES, UnitDesign(treated=2, others=13, sd=1.0), 0.80, Answer.LIMITS, "rank_tests"),
        (COUNTIES, None, 0.20, Answer.NO, "diluted"),
    ],
)
def test_counties_are_judged_by_dilution_and_by_what_tests_can_reach(seen, design, plausible, answer, key):
    verdict = of_units(seen, design, plausible=plausible, relevant=None)
    assert (verdict.answer, verdict.reasons[0].key) == (answer, key)


def plans() -> dict[str, Plan]:
    persons, counties = (
        load(shipped_spec("karriereveiledning.yaml")),
        load(shipped_spec("karriereveiledning_alle.yaml")),
    )
    empty = plan_of_nobody(persons)
    with_prices = Asked(price=400_000, lags={"arbeidsforhold": 4})
    of_person = replace(
        empty, world="karriereveiledning", asked=with_prices, participants=500, persons=SEEN, cells=cells_of(),
        assumed=Assumed(participants=(500,)),
    )  # fmt: skip
    of_county = replace(empty, spec=counties, units=COUNTIES, design=FIVE)
    found = {"nobody": empty}
    for relevant in (0.02, 0.06, 0.12, None):
        found[f"persons {relevant}"] = replace(of_person, verdict=judged_with(relevant, bias=(0.02,)))
    for plausible in (0.2, 0.8, None):
        found[f"counties {plausible}"] = replace(
            of_county, verdict=of_units(COUNTIES, FIVE, plausible=plausible, relevant=0.01)
        )
    return found


def plan_of_nobody(spec) -> Plan:
    return Plan(spec=spec, world="", asked=Asked(), verdict=nobody_recorded())


@pytest.mark.parametrize("code", ["nb", "en"])
def test_the_page_is_at_most_150_words_and_names_every_part(code: str):
    for name, found in plans().items():
        page = front_page(found, words_of(found, code))
        assert sum(len(f"{head} {text}".split()) for head, text in page) <= 150, name
        assert all(text and "{" not in text for _, text in page), name


def test_nobody_recorded_is_not_bought_and_told_what_to_record(tmp_path: Path):
    text = shipped_spec("karriereveiledning.yaml").read_text(encoding="utf-8")
    start = text.index("  recorded:")
    spec = tmp_path / "study.yaml"
    spec.write_text(text[:start] + "  recorded: {}\n" + text[text.index("comparison:") :], encoding="utf-8")
    for folder in ("common", "codes"):
        (tmp_path / folder).symlink_to(shipped_spec("karriereveiledning.yaml").parent / folder)
    found = plan(spec)
    assert found.verdict.answer is Answer.NO
    page = dict(front_page(found, words_of(found, "en")))
    assert "Record who takes part" in page["What it would take"]
