"""Who lives in a world and how their working life runs, as a world says it. Rates are monthly, shares in percent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from effekt.literals import Amount, IntRange, Month, Refusal
from effekt.registers.geography import counties
from effekt.synthetic.parts import LogOdds, Part, Share, known_counties, whole


class Persons(Part):
    """Who lives in the world. ``counties`` names the shares of some counties in the population of the start.

    The other counties share what is left by their number of people aged 16-29. ``born`` : birth years -> share.
    ``parents`` : level of the parents' education (first digit of NUS2000) -> share.
    """

    examples: ClassVar[Mapping[str, str]] = {"number": "4500", "born": "{1993..2008: 100%}"}

    number: int = Field(ge=1, le=9_999_999)
    born: Annotated[Mapping[IntRange, Share], AfterValidator(whole)]
    counties: Annotated[Mapping[str, Share], AfterValidator(known_counties)] = {}
    immigrants: Share
    parents: Annotated[Mapping[Literal["2", "4", "6"], Share], AfterValidator(whole)]

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


def _all_known(codes: tuple[str, ...]) -> tuple[str, ...]:
    known_counties(dict.fromkeys(codes))
    return codes


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
    """Labour-market shocks that a county's inhabitants share: log-odds, first-order autoregressive by month.

    country, region : shares of their variance that all counties, and the counties of a part of the country, have in
    common; the rest is the county's own.
    """

    switches = frozenset({"country", "region"})

    sd: float = Field(ge=0, le=2)
    persistence: float = Field(ge=0, lt=1)
    country: Share = Amount.parse("0%")
    region: Share = Amount.parse("0%")

    @model_validator(mode="after")
    def _a_part(self) -> Self:
        if self.country.number + self.region.number > 100:
            raise Refusal(
                "E110",
                "the shocks of country and region are more than all there are",
                help="make `country` and `region` sum to 100% at most",
                at=("region",),
            ).for_pydantic()
        return self


class Careers(Part):
    """How working life runs.

    frailty : log-odds per SD of the persistent disadvantage nobody observes. trends : log-odds a year of finding work
    by which a county's labour market leaves the others, from the first month on. drift : SD between persons of the
    log-odds a year by which somebody's working life gets better or worse.
    """

    switches = frozenset({"trends", "drift"})

    frailty: LogOdds
    job: Job
    school: School
    nav: Nav
    leaving: Leaving
    county_shocks: Together
    trends: Annotated[Mapping[str, LogOdds], AfterValidator(known_counties)] = {}
    drift: float = Field(default=0, ge=0, le=2)


class Concurrent(Part):
    """Something else that begins in some counties: log-odds a month of finding work and of starting school there.

    counties : all where none is named. from, to : its months; it lasts where no end is said. age : of whom.
    """

    examples: ClassVar[Mapping[str, str]] = {"from": "2024-08", "counties": '["11"]'}

    from_: Month = Field(alias="from")
    to: Month | None = None
    counties: Annotated[tuple[str, ...], AfterValidator(_all_known)] = ()
    age: IntRange | None = None
    job: LogOdds = 0
    education: LogOdds = 0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to is not None and self.to < self.from_:
            raise Refusal(
                "E302", "it ends before it begins", help=f"write a month from {self.from_} on", at=("to",)
            ).for_pydantic()
        return self
