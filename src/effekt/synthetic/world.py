"""What a world may say: the population, how careers run, the programme and its known effect. One YAML file.

A world is read as a study is: positions kept, everything wrong reported at its line in one go. Rates are monthly
and shares are written in percent; log-odds are plain numbers.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from effekt.literals import Amount, AmountRange, IntRange, Month, MonthRange, OrNone, Refusal, Window, in_unit
from effekt.located.binding import bind
from effekt.located.document import read
from effekt.located.names import did_you_mean, listing
from effekt.located.overrides import overridden
from effekt.located.tree import Node
from effekt.registers.geography import counties

Form = Literal["individuell", "trekant", "gruppe"]
FORMS: tuple[Form, ...] = ("individuell", "trekant", "gruppe")

_YOUNGEST, _OLDEST = 16, 66
"""Careers begin in the year of the 16th birthday; nobody older than this is drawn."""


def _share(amount: Amount) -> Amount:
    if not 0 <= amount.value <= 1:
        raise Refusal("E110", f"`{amount}` is no share", help="write 0% to 100%").for_pydantic()
    return amount


def _shares(range_: AmountRange) -> AmountRange:
    if range_.low.unit != "%":
        raise Refusal("E105", f"`{range_}` is not in percent", help="write `0.1%..0.5%`").for_pydantic()
    _share(range_.low), _share(range_.high)
    return range_


Share = Annotated[Amount, in_unit("%"), AfterValidator(_share)]
LogOdds = Annotated[float, Field(ge=-5, le=5)]


class Part(BaseModel):
    """A frozen part of a world that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _known_counties(by_county: Mapping[str, Any]) -> Mapping[str, Any]:
    for code in by_county:
        if code not in counties():
            raise Refusal(
                "E206",
                f"`{code}` is not a county in the borders of 2024",
                help='write the two digits of a county, in quotes: `"11"`',
                note=f"valid: {', '.join(counties())}",
                at=(code,),
            ).for_pydantic()
    return by_county


def _whole(shares: Mapping[Any, Amount]) -> Mapping[Any, Amount]:
    total = sum(share.number for share in shares.values())
    if total != 100:
        raise Refusal("E110", f"the shares sum to {total}%", help="make them sum to 100%").for_pydantic()
    return shares


def _known_forms(by_form: Any) -> Any:
    for form in by_form if isinstance(by_form, Mapping) else ():
        if form not in FORMS:
            raise Refusal(
                "E208", f"unknown form `{form}`", help=did_you_mean(form, FORMS), note=listing(FORMS), at=(form,)
            ).for_pydantic()
    return by_form


class Persons(Part):
    """Who lives in the world. ``counties`` names the shares of some counties in the population of the start.

    The other counties share what is left by their number of people aged 16-29. ``born`` : birth years -> share.
    ``parents`` : level of the parents' education (first digit of NUS2000) -> share.
    """

    examples: ClassVar[Mapping[str, str]] = {"number": "4500", "born": "{1993..2008: 100%}"}

    number: int = Field(ge=1, le=9_999_999)
    born: Annotated[Mapping[IntRange, Share], AfterValidator(_whole)]
    counties: Annotated[Mapping[str, Share], AfterValidator(_known_counties)] = {}
    immigrants: Share
    parents: Annotated[Mapping[Literal["2", "4", "6"], Share], AfterValidator(_whole)]

    @model_validator(mode="after")
    def _room_for_all(self) -> Self:
        total = sum(share.number for share in self.counties.values())
        if total > 100 or (total == 100 and len(self.counties) < len(counties())):
            raise Refusal(
                "E110",
                f"the named counties hold {total}% and leave nobody for the others",
                help="lower their shares: every county has persons",
                at=("counties",),
            ).for_pydantic()
        for years in self.born:
            if years.low is None or years.high is None:
                raise Refusal(
                    "E105", f"the birth years `{years}` have no end", help="write `1993..2008`", at=("born",)
                ).for_pydantic()
        return self


class Job(Part):
    """Monthly rates of finding and losing a job, for somebody with everything at its reference."""

    find: Share
    lose: Share


class School(Part):
    """Monthly rate of dropping out of upper secondary; share who return to education in an August."""

    drop_out: Share
    resume: Share


class Nav(Part):
    """Monthly rates of registering without work and of leaving without it; shares of kinds of need; measures."""

    register_: Share = Field(alias="register")
    leave: Share
    reduced: Share
    guidance: Share
    tiltak: Share


class Leaving(Part):
    """Monthly rates of moving, emigrating and dying."""

    move: Share
    emigrate: Share
    die: Share


class Together(Part):
    """Labour-market shocks that a county's inhabitants share: log-odds, first-order autoregressive by month."""

    sd: float = Field(ge=0, le=2)
    persistence: float = Field(ge=0, lt=1)


class Careers(Part):
    """How working life runs. ``frailty`` : log-odds per SD of the persistent disadvantage nobody observes."""

    frailty: LogOdds
    job: Job
    school: School
    nav: Nav
    leaving: Leaving
    county_shocks: Together


class Project(Part):
    """A county's programme: its first month, the monthly rate once it has grown up, and its forms."""

    examples: ClassVar[Mapping[str, str]] = {"start": "2022-05", "monthly": "1%"}

    start: Month
    monthly: Share
    ramp: int = Field(default=6, ge=1, le=60)
    forms: Annotated[Mapping[Form, Share], BeforeValidator(_known_forms), AfterValidator(_whole)]


class Ordinary(Part):
    """The ordinary guidance that runs everywhere: monthly rate at the start, and its growth a year by county."""

    monthly: Share
    growth: Annotated[AmountRange, AfterValidator(_shares)]


class Selection(Part):
    """Log-odds of taking part, all on what registers show before the month of the start.

    age : per ten years. upper_secondary : completed. in_education, employed : the month before.
    months_employed : per twelve of the last 24. woman. nedsatt : reduced work capacity. tiltak : any in 24 months.
    newly, long : registered 0-2 months, 12 months and more. office : SD between offices.
    """

    age: LogOdds = 0
    woman: LogOdds = 0
    upper_secondary: LogOdds = 0
    in_education: LogOdds = 0
    employed: LogOdds = 0
    months_employed: LogOdds = 0
    nedsatt: LogOdds = 0
    tiltak: LogOdds = 0
    newly: LogOdds = 0
    long: LogOdds = 0
    office: Annotated[float, Field(ge=0, le=2)] = 0


class Motivation(Part):
    """What nobody observes: log-odds per SD on taking part, and on finding work. ``participation: 0`` = no bias."""

    participation: LogOdds = 0
    work: LogOdds = 0


class Effect(Part):
    """What a form of guidance does, by months since the start: log-odds a month of finding work, of starting school."""

    job: Mapping[Window, LogOdds] = {}
    education: Mapping[Window, LogOdds] = {}

    @model_validator(mode="after")
    def _after_the_start(self) -> Self:
        for part in ("job", "education"):
            for window in getattr(self, part):
                if window.before:
                    raise Refusal(
                        "E302", f"`{window}` is before the start", help="write `0..3m`", at=(part, str(window))
                    ).for_pydantic()
        return self


class Programme(Part):
    """Guidance: the counties' projects, the ordinary service, who takes part, what it does.

    ``effect: none`` = it does nothing. ``contamination`` : share of the registered who get guidance within a year
    that no register shows.
    """

    target: IntRange
    projects: Annotated[Mapping[str, Project], AfterValidator(_known_counties)] = {}
    ordinary: Ordinary
    selection: Selection = Selection()
    motivation: Motivation = Motivation()
    effect: Annotated[Mapping[Form, Effect] | None, BeforeValidator(_known_forms), OrNone] = None
    contamination: Share = Amount.parse("0%")


class World(Part):
    """One world; made by :func:`load_world`. ``seed`` is the draw's, unless another is asked for."""

    examples: ClassVar[Mapping[str, str]] = {
        "world": "tiny",
        "seed": "1",
        "coverage": "2015-01..2029-12",
    }

    world: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    label: str = ""
    seed: int = Field(ge=0, lt=2**63)
    coverage: MonthRange
    persons: Persons
    careers: Careers
    programme: Programme

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        first, last = self.coverage.first, self.coverage.last
        if last is None:
            raise Refusal(
                "E105", "the coverage has no end", help="write `2015-01..2029-12`", at=("coverage",)
            ).for_pydantic()
        for code, project in self.programme.projects.items():
            if not first.ordinal <= project.start.ordinal <= last.ordinal:
                raise Refusal(
                    "E309",
                    f"the project in county {code} starts outside the world's coverage",
                    help=f"write a month in {self.coverage}",
                    at=("programme", "projects", code, "start"),
                ).for_pydantic()
        for years in self.persons.born:
            low, high = years.low or 0, years.high or 0
            if low < first.year - _OLDEST or high > last.year - _YOUNGEST:
                raise Refusal(
                    "E110",
                    f"the birth years `{years}` do not fit the coverage",
                    help=f"write years in {first.year - _OLDEST}..{last.year - _YOUNGEST}",
                    note=f"careers begin at {_YOUNGEST}, and nobody over {_OLDEST} is drawn",
                    at=("persons", "born", str(years)),
                ).for_pydantic()
        return self

    @property
    def months(self) -> tuple[int, int]:
        """(first, last) month ordinal of the coverage."""
        last = self.coverage.last
        assert last is not None
        return self.coverage.first.ordinal, last.ordinal

    @property
    def digest(self) -> str:
        """sha256 of everything the world says but the seed, defaults included."""
        said = self.model_dump(mode="json", by_alias=True, exclude={"seed"})
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def switched(
        self,
        *,
        persons: int | None = None,
        effect: bool | None = None,
        motivation: float | None = None,
        contamination: str | None = None,
    ) -> World:
        """Return the world with a switch thrown: fewer or more persons, no effect, selection on motivation, leaks.

        effect : False takes the effect away. motivation : log-odds per SD on taking part. contamination : `20%`.
        """
        said = self.model_dump(mode="json", by_alias=True)
        if persons is not None:
            said["persons"]["number"] = persons
        if effect is False:
            said["programme"]["effect"] = None
        if motivation is not None:
            said["programme"]["motivation"]["participation"] = motivation
        if contamination is not None:
            said["programme"]["contamination"] = contamination
        return World.model_validate(said)


def load_world(name_or_path: str | os.PathLike[str], *, overrides: Mapping[str, Node] | None = None) -> World:
    """Read a world by the name of a shipped one (`tiny`) or by its path.

    overrides : values at dotted paths that stand in place of what the file says.

    Raises
    ------
    SpecError
        E108 if there is no such world; everything else that is wrong, located.
    """
    from effekt.synthetic.shipped import world_file

    text = os.fspath(name_or_path)
    if Path(text).suffix or os.sep in text:
        return bind(World, overridden(read(text), overrides or {}))
    with world_file(text) as path:
        return bind(World, overridden(read(path), overrides or {}))
