"""Records of a study: treated on the day they start, and their comparisons on that very day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effekt.errors import DataError, Problem, SpecPath
from effekt.population.cohort.cells import coordinates
from effekt.population.cohort.conditions import Condition
from effekt.population.cohort.eligibility import survivors
from effekt.population.cohort.hashing import DRAW, RECORD, of_records, refuse_shared
from effekt.population.cohort.participants import COMPARISON, NO_ARM, Participants, arm_names
from effekt.population.cohort.people import People, Standing, standing
from effekt.population.cohort.places import Places
from effekt.population.cohort.risk_set import draw
from effekt.population.cohort.spells import Ints, Mask
from effekt.population.keys import Keys
from effekt.results import Attrition, AttritionStep
from effekt.sample import Array
from effekt.spec.registered import RegisterStudy


@dataclass(frozen=True, kw_only=True, eq=False)
class Records:
    """One row per person and time zero, in the order of ``key``.

    at : where they stand on the day. treated : (n,) bool. arm : (n,) object. weight : (n,) sampling weight.
    cells : (n,) codes of exact cells. entity : (n,) sample-local code of the person, in the order of their hash.
    attrition : of the treated; comparison_attrition : of person-days.
    """

    at: Standing
    treated: Mask
    arm: NDArray[np.object_]
    weight: Array
    cells: Ints
    key: Keys
    entity: Ints
    attrition: Attrition
    comparison_attrition: Attrition

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """What records are drawn from. hashed : (people,) keyed hash of each person of ``people``."""

    spec: RegisterStudy
    people: People
    places: Places
    participants: Participants
    hashed: Keys
    first: int
    last: int


def draw_records(
    frame: Frame, rules: tuple[Condition, ...], treated_rules: tuple[Condition, ...], *, between: bool
) -> Records:
    """Return the treated and their comparisons.

    rules : for comparisons. treated_rules : for the treated. between : cells leave out where persons live.

    Raises
    ------
    DataError
        E306 where no treated or no comparison is left, with how many were after each step.
    """
    spec, people = frame.spec, frame.people

    def cells(at: Standing) -> Ints:
        return coordinates(spec.comparison.cells, at, frame.places, places_too=not between).table

    def order(pid: Ints, day: Ints) -> Keys:
        return of_records(frame.hashed[people.rows(pid)], day, DRAW)

    start, arm, steps = _treated(frame, treated_rules)
    if not len(start.pid):
        raise _nobody("nobody is treated", ("treatment",), steps)
    candidates = None if spec.comparison.candidates == "all" else int(spec.comparison.candidates)
    drawn = draw(people, frame.participants, rules, start, cells=cells, candidates=candidates, order=order)
    matched = drawn.at_risk > 0
    if not matched.any():
        told = [(step.reason, step.units) for step in drawn.attrition.steps]
        raise _nobody("nobody is at risk in the cells of the treated on the day they start", ("comparison",), told)
    steps.append(("nobody at risk in the same cell on the day", int(matched.sum())))
    n = int(matched.sum())
    pid = np.concatenate([start.pid[matched], drawn.pid])
    day = np.concatenate([start.day[matched], drawn.day])
    key = of_records(frame.hashed[people.rows(pid)], day, RECORD)
    refuse_shared(key)
    in_order = np.argsort(key, kind="stable")
    at = standing(people, pid[in_order], day[in_order])
    treated = in_order < n
    names = np.concatenate([arm_names(spec, arm[matched]), np.full(len(drawn.pid), COMPARISON, dtype=object)])
    _, cell = np.unique(cells(at), axis=0, return_inverse=True)
    _, entity = np.unique(frame.hashed[people.rows(at.pid)], return_inverse=True)
    return Records(
        at=at,
        treated=treated,
        arm=names[in_order],
        weight=np.concatenate([np.ones(n), drawn.weight])[in_order],
        cells=cell.reshape(-1).astype(np.int64),
        key=key[in_order],
        entity=entity.astype(np.int64),
        attrition=_attrition(steps),
        comparison_attrition=drawn.attrition,
    )


Steps = list[tuple[str, int]]
"""Who leaves, and how many persons are left: a treated person has one record."""


def _treated(frame: Frame, rules: tuple[Condition, ...]) -> tuple[Standing, Ints, Steps]:
    """Return the treated on the day they start, their arms, and who was lost on the way."""
    who, table = frame.participants, frame.spec.treatment.table
    steps = [(f"persons with a record in {table} by the end of accrual", len(who.pid))]
    kept = who.first >= frame.first
    steps.append((f"first record in {table} before accrual", int(kept.sum())))
    known = kept & np.isin(who.pid, frame.people.pid)
    at = standing(frame.people, who.pid[known], who.first[known])
    left = np.ones(len(at.pid), dtype=bool)
    for lost, left in survivors(rules, at):
        steps.append((lost, int(left.sum())))
    at, arm = at.take(left), who.arm[known][left]
    if frame.spec.treatment.arms:
        inside = arm != NO_ARM
        at, arm = at.take(inside), arm[inside]
        steps.append(("in none of the arms at the first record", len(arm)))
    return at, arm, steps


def _attrition(steps: Sequence[tuple[str, int]]) -> Attrition:
    return Attrition(steps=tuple(AttritionStep(reason=reason, units=n, persons=n) for reason, n in steps))


def _nobody(sentence: str, path: SpecPath, steps: Sequence[tuple[str, int]]) -> DataError:
    return DataError(
        Problem(
            code="E306",
            sentence=sentence,
            help="look at where everybody went, and loosen what is asked for there",
            note="; ".join(f"{reason}: {left}" for reason, left in steps),
            path=path,
        )
    )
