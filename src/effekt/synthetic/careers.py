"""Who lives in a world and how their working life runs, as a world says it. Rates are monthly, shares in percent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from effekt.literals import Amount, IntRange, Month, Refusal
from effekt.registers.geography import counties
from effekt.synthetic.parts import LogOdds, Part, Share, known_counties, whole

MOST_PERSONS = 9_999_999
"""A pseudonym has seven digits."""


class Persons(Part):
    """Who lives in the world. ``counties`` names the shares of some counties in the population of the start.

    The other counties share what is left by their number of people aged 16-29. ``born`` : birth years -> share.
    ``parents`` : level of the parents' education (first digit of NUS2000) -> share. ``stands_for`` : of how many
    people of a whole country they are a sample; their counties are then those of their age, and they are spread evenly
    over what is fixed about people rather than drawn, so that small counties have their share.
    """

    switches = frozenset({"stands_for"})

    examples: ClassVar[Mapping[str, str]] = {"number": "4500", "born": "{1993..2008: 100%}"}

    number: int = Field(ge=1, le=MOST_PERSONS)
    born: Annotated[Mapping[IntRange, Share], AfterValidator(whole)]
    counties: Annotated[Mapping[str, Share], AfterValidator(known_counties)] = {}
    immigrants: Share
    parents: Annotated[Mapping[Literal["2", "4", "6"], Share], AfterValidator(whole)]
    stands_for: int | None = Field(default=None, ge=1)

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
        _refuse_open(self.born)
        return self


class Others(Part):
    """Everybody else: they live, work and earn, and never meet Nav or the programme, so the truth needs none of them.

    born : birth years -> share. in_work : share of the months from 20 to 66 in a job. job_length : months, mean.
    Only the size of registers depends on them; such a world is drawn to disk, stretch by stretch.
    """

    examples: ClassVar[Mapping[str, str]] = {"number": "5200000", "born": "{1930..2022: 100%}"}

    number: int = Field(ge=1, le=MOST_PERSONS)
    born: Annotated[Mapping[IntRange, Share], AfterValidator(whole)]
    in_work: Share
    job_length: int = Field(ge=1, le=600)

    @model_validator(mode="after")
    def _years_end(self) -> Self:
        _refuse_open(self.born)
        return self


def _refuse_open(born: Mapping[IntRange, Amount]) -> None:
    for years in born:
        if years.low is None or years.high is None:
            raise Refusal(
                "E105", f"the birth years `{years}` have no end", help="write `1993..2008`", at=("born",)
            ).for_pydantic()


Level = Literal["2", "3", "4", "6", "7"]


def _all_known(codes: tuple[str, ...]) -> tuple[str, ...]:
    known_counties(dict.fromkeys(codes))
    return codes


class Job(Part):
    """Monthly rates of finding and losing a job, for somebody with everything at its reference.

    age, immigrants, reduced, student : log-odds of finding work, and against losing it, that ages, immigrants of them,
    those with reduced work capacity and those at school have besides.
    """

    switches = frozenset({"age", "immigrants", "reduced", "student"})

    find: Share
    lose: Share
    age: Mapping[IntRange, LogOdds] = {}
    immigrants: Mapping[IntRange, LogOdds] = {}
    reduced: LogOdds = 0
    student: LogOdds = 0


class School(Part):
    """Monthly rate of dropping out of upper secondary; share who return to education in an August.

    late : share who need a year more. straight_on : who go from upper secondary to higher education at once. long : who
    go on from higher education to two years more. age : log-odds of higher education that ages have besides. levels :
    by age turned in the year of the first month, first digit of NUS2000 -> share.
    """

    switches = frozenset({"late", "straight_on", "long", "age", "levels"})

    drop_out: Share
    resume: Share
    late: Share = Amount.parse("0%")
    straight_on: Share = Amount.parse("35%")
    long: Share = Amount.parse("0%")
    age: Mapping[IntRange, LogOdds] = {}
    levels: Mapping[IntRange, Annotated[Mapping[Level, Share], AfterValidator(whole)]] = {}


class Nav(Part):
    """Monthly rates of registering without work and of leaving without it; shares of kinds of need; measures.

    age : log-odds of registering that ages have besides. lingers, stays : log-odds of leaving of those who work, and of
    those with reduced capacity in their first ``years`` of it.
    """

    switches = frozenset({"age", "lingers", "stays", "years"})

    register_: Share = Field(alias="register")
    leave: Share
    reduced: Share
    guidance: Share
    tiltak: Share
    age: Mapping[IntRange, LogOdds] = {}
    lingers: LogOdds = 0
    stays: LogOdds = 0
    years: float = Field(default=50, ge=0, le=50)


class Support(Part):
    """What the registered live on, and who never works again.

    aap, soshj, dagp : shares of the reduced, of the others in need, and of those who have ``earned`` so many of the
    last 24 months, who are granted it. frail : log-odds of
    social assistance per SD of frailty. again : monthly rate at which the reduced without a benefit are granted it.
    measures_pay : a measure's benefit takes the place of social assistance. Unemployment benefit ends after some
    ``months``, and log-odds of finding work are then ``spurred`` for half a year. disabled : share by age at the first
    month; disables : monthly rate by age; worn : monthly rate after three years of reduced capacity.
    """

    aap: Share = Amount.parse("70%")
    soshj: Share = Amount.parse("30%")
    dagp: Share = Amount.parse("100%")
    earned: int = Field(default=10, ge=0, le=24)
    months: int = Field(default=24, ge=1, le=120)
    spurred: LogOdds = 0
    frail: LogOdds = 0
    again: Share = Amount.parse("0%")
    worn: Share = Amount.parse("1.2%")
    measures_pay: bool = False
    disabled: Mapping[IntRange, Share] = {}
    disables: Mapping[IntRange, Share] = {}


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

    switches = frozenset({"trends", "drift", "support"})

    frailty: LogOdds
    job: Job
    school: School
    nav: Nav
    support: Support = Support()
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
