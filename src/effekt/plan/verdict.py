"""Go, go with limits, do not buy: what decides, and for each the words that say so.

Do not buy where nobody is recorded, where even the best case cannot find what matters, where the rates of counties are
moved too little by those who take part, or where no test can reject. Limits where a worse case cannot find it, where a
hidden bias would often be taken for an effect, or where nothing says what would be too small to matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from effekt.estimators.changes import MIN_COMPARISON, MIN_TREATED
from effekt.plan.arithmetic import UnitDesign
from effekt.plan.grid import Assumed, Cell, best, participants_for, worst
from effekt.plan.looked import PersonsSeen, UnitsSeen
from effekt.release.levels import SIGNIFICANCE

OFTEN = 0.10
"""A share of false findings that a reader should be told of: twice what a test at 5% promises."""


class Answer(StrEnum):
    """The verdict."""

    GO = "go"
    LIMITS = "go_with_limits"
    NO = "do_not_buy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why. key : of its words. values : what they name: shares and effects as numbers, in the outcome's unit."""

    key: str
    answer: Answer
    values: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdict and what it rests on; the first reason is the one that decided."""

    answer: Answer
    reasons: tuple[Reason, ...]


def judged(reasons: Iterator[Reason]) -> Judged:
    """Return the strictest answer; reasons are told in order of strictness."""
    strict = (Answer.NO, Answer.LIMITS, Answer.GO)
    found = sorted(reasons, key=lambda reason: strict.index(reason.answer))
    return Judged(answer=found[0].answer if found else Answer.GO, reasons=tuple(found))


def nobody_recorded() -> Judged:
    """Return the verdict on a study whose participants no register identifies."""
    return judged(iter([Reason(key="nobody_recorded", answer=Answer.NO)]))


def of_persons(
    seen: PersonsSeen, cells: tuple[Cell, ...], assumed: Assumed, *, participants: int, relevant: float | None
) -> Judged:
    """Judge a study of persons. relevant : the smallest effect that matters, in the outcome's unit; None = not said."""
    return judged(_of_persons(seen, cells, assumed, participants=participants, relevant=relevant))


def of_units(seen: UnitsSeen, design: UnitDesign | None, *, plausible: float | None, relevant: float | None) -> Judged:
    """Judge a study of counties. plausible : the largest effect per participant that can be believed."""
    return judged(_of_units(seen, design, plausible=plausible, relevant=relevant))


def _of_persons(
    seen: PersonsSeen, cells: tuple[Cell, ...], assumed: Assumed, *, participants: int, relevant: float | None
) -> Iterator[Reason]:
    yield from _stopped(seen.stopped)
    good, bad = best(cells, participants), worst(cells, participants)
    values: dict[str, float | int | str] = {
        "participants": participants,
        "best": good.detectable,
        "worst": bad.detectable,
    }
    if relevant is None:
        yield Reason(key="relevant_not_said", answer=Answer.LIMITS, values=values)
    else:
        values |= {"relevant": relevant, "needed": participants_for(good, relevant)}
        if good.detectable > relevant:
            yield Reason(key="too_few", answer=Answer.NO, values=values)
        elif bad.detectable > relevant:
            yield Reason(key="only_at_best", answer=Answer.LIMITS, values=values)
        else:
            yield Reason(key="can_be_found", answer=Answer.GO, values=values)
    for bias, share in zip(assumed.hidden_bias, good.false_positive, strict=True):
        if bias and share > OFTEN:
            yield Reason(key="hidden_bias", answer=Answer.LIMITS, values={"bias": bias, "false": share})
            return


def _of_units(
    seen: UnitsSeen, design: UnitDesign | None, *, plausible: float | None, relevant: float | None
) -> Iterator[Reason]:
    yield from _stopped(seen.stopped)
    if design is not None:
        counts = {"treated": design.treated, "others": design.others, "least_p": design.least_p}
        if design.least_p > SIGNIFICANCE:
            yield Reason(key="no_test", answer=Answer.NO, values=counts)
        elif design.treated < MIN_TREATED or design.others < MIN_COMPARISON:
            yield Reason(key="rank_tests", answer=Answer.LIMITS, values=counts)
    if seen.detectable is None:
        yield Reason(key="not_evaluated", answer=Answer.NO)
        return
    values: dict[str, float | int | str] = {"detectable": seen.detectable}
    # Nobody can be more than wholly exposed: a rate moves by no more than its participants do.
    least = seen.detectable if seen.per_participant is None else seen.per_participant
    values["per_participant"] = least
    if plausible is not None and least > plausible:
        yield Reason(key="diluted", answer=Answer.NO, values=values | {"plausible": plausible})
    elif seen.per_participant is None:
        yield Reason(key="exposure_not_known", answer=Answer.LIMITS, values=values)
    elif plausible is None:
        yield Reason(key="plausible_not_said", answer=Answer.LIMITS, values=values)
    else:
        yield Reason(key="not_diluted", answer=Answer.GO, values=values | {"plausible": plausible})
    if relevant is not None and seen.detectable > relevant:
        yield Reason(key="rate_too_coarse", answer=Answer.NO, values=values | {"relevant": relevant})


def _stopped(checks: tuple[str, ...]) -> Iterator[Reason]:
    if checks:
        yield Reason(key="gate_closed", answer=Answer.NO, values={"checks": ", ".join(checks)})
