"""One plan: what a spec and a world say together, before any data are bought."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from effekt.errors import Problem, SpecError
from effekt.plan.arithmetic import PersonDesign, UnitDesign
from effekt.plan.data_order import Ordered, data_order
from effekt.plan.grid import CONTAMINATION, HIDDEN_BIAS, IDENTIFIED, PARTICIPANTS, Assumed, Cell, grid
from effekt.plan.horizons import Followed, calendar_of
from effekt.plan.looked import PersonsSeen, UnitsSeen, look_at_persons, look_at_units
from effekt.plan.verdict import Judged, nobody_recorded, of_persons, of_units
from effekt.spec.kinds import Study as AnyStudy
from effekt.spec.load import load
from effekt.spec.registered import CountyStudy, RegisterStudy
from effekt.study import Study

_IN_POINTS = "share"
"""The unit in which a hidden bias and the smallest relevant effect are said in points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is known beside the spec. participants : expected, the first is the one that is judged; none = the world's.

    lags : register -> months until it holds a month. price : of the whole order in NOK, ``None`` = not known.
    """

    participants: tuple[int, ...] = ()
    lags: Mapping[str, int] = field(default_factory=dict)
    price: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Whether the question can be answered, when, with which data.

    persons, cells : of a study of persons; units, design : of a study of counties. participants : that the verdict is
    about. relevant : the smallest effect that matters, in the outcome's unit.
    """

    spec: RegisterStudy | CountyStudy
    world: str
    asked: Asked
    verdict: Judged
    relevant: float | None = None
    participants: int | None = None
    assumed: Assumed | None = None
    persons: PersonsSeen | None = None
    cells: tuple[Cell, ...] = ()
    units: UnitsSeen | None = None
    design: UnitDesign | None = None

    @property
    def calendar(self) -> tuple[Followed, ...]:
        """When each outcome can be measured."""
        return calendar_of(self.spec, self.asked.lags)

    @property
    def order(self) -> tuple[Ordered, ...]:
        """The variables that the study reads."""
        return data_order(self.spec)


def plan(spec: str | Path, *, world: str | Path | None = None, asked: Asked | None = None) -> Plan:
    """Return the plan of a study on registers.

    world : the synthetic world to look at; ``None`` = the one `feasibility.world` names. Nothing is left on disk.

    Raises
    ------
    SpecError
        What is wrong with the spec; E109 for an analysis-ready table, whose data are there already; E108 without a
        world.
    DataError, EstimationError
        Where the study cannot run on the world.
    """
    study = load(spec)
    if not isinstance(study, RegisterStudy | CountyStudy):
        raise SpecError(_not_to_be_planned(study))
    asked = asked or Asked()
    if isinstance(study, RegisterStudy) and study.treatment.recorded == {}:
        return Plan(spec=study, world="", asked=asked, verdict=nobody_recorded())
    named = world if world is not None else study.feasibility.world if study.feasibility is not None else None
    if named is None:
        raise SpecError(_no_world(study))
    with tempfile.TemporaryDirectory(prefix="effekt-plan-") as work:
        opened = Study.open(spec, world=named, work=Path(work))
        if isinstance(study, RegisterStudy):
            return _of_persons(study, look_at_persons(opened), str(named), asked)
        return _of_counties(study, look_at_units(opened), str(named), asked)


def _of_persons(study: RegisterStudy, seen: PersonsSeen, world: str, asked: Asked) -> Plan:
    participants = asked.participants[0] if asked.participants else seen.participants
    assumed = _assumed(study, asked, participants, unit=seen.unit)
    drawn = PersonDesign(participants=seen.participants, sd=seen.sd, r2=seen.r2, comparisons=seen.comparisons)
    cells, relevant = grid(drawn, assumed, std_error=seen.std_error), _relevant(study, seen.unit)
    return Plan(
        spec=study,
        world=world,
        asked=asked,
        verdict=of_persons(seen, cells, assumed, participants=participants, relevant=relevant),
        relevant=relevant,
        participants=participants,
        assumed=assumed,
        persons=seen,
        cells=cells,
    )


def _of_counties(study: CountyStudy, seen: UnitsSeen, world: str, asked: Asked) -> Plan:
    design = None
    if study.treatment.start and seen.treated and seen.others:
        design = UnitDesign(treated=seen.treated, others=seen.others, sd=1.0)
    plausible = study.checks.dilution.max_plausible
    relevant = _relevant(study, seen.unit)
    verdict = of_units(seen, design, plausible=None if plausible is None else plausible.value, relevant=relevant)
    return Plan(spec=study, world=world, asked=asked, verdict=verdict, relevant=relevant, units=seen, design=design)


def _assumed(study: RegisterStudy, asked: Asked, participants: int, *, unit: str) -> Assumed:
    said = study.feasibility
    numbers = asked.participants or tuple(max(1, round(times * participants)) for times in PARTICIPANTS)
    bias = tuple(amount.value for amount in said.hidden_bias) if said else ()
    power = said.require.power.value if said and said.require.power else 0.8
    return Assumed(
        participants=tuple(dict.fromkeys(sorted(numbers))),
        contamination=(tuple(share.value for share in said.contamination) if said else ()) or CONTAMINATION,
        identified=(tuple(share.value for share in said.identified) if said else ()) or IDENTIFIED,
        hidden_bias=(bias or HIDDEN_BIAS) if unit == _IN_POINTS else (),
        power=power,
    )


def _relevant(study: RegisterStudy | CountyStudy, unit: str) -> float | None:
    """Return the smallest effect that matters, where it is said in the outcome's unit."""
    said = study.feasibility.require.detectable if study.feasibility else None
    amount = said or study.question.smallest_relevant
    if amount is None:
        return None
    in_unit = amount.unit in ("pp", "%") if unit == _IN_POINTS else amount.unit == unit
    return amount.value if in_unit else None


def _not_to_be_planned(study: AnyStudy) -> Problem:
    return study.located(
        Problem(
            code="E109",
            sentence="a study on an analysis-ready table has its data already",
            help="look at what it can find with `effekt design SPEC --table FILE`",
            path=("prepared",),
        )
    )


def _no_world(study: AnyStudy) -> Problem:
    return study.located(
        Problem(
            code="E108",
            sentence="a plan needs a synthetic world, and none is named",
            help="add `--world tiny`, or write `feasibility: {world: tiny}`",
            path=("study",),
        )
    )
