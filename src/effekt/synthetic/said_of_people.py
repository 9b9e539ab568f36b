"""What a world says of its people: who lives in it, and how their careers run. Rates are monthly, log-odds plain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from effekt.literals import Amount, IntRange, Refusal, in_unit
from effekt.registers.geography import counties


def at_most_all(amount: Amount) -> Amount:
    """Return a share, or refuse what is below 0% or above 100%."""
    if not 0 <= amount.value <= 1:
        raise Refusal("E110", f"`{amount}` is no share", help="write 0% to 100%").for_pydantic()
    return amount


Share = Annotated[Amount, in_unit("%"), AfterValidator(at_most_all)]
LogOdds = Annotated[float, Field(ge=-5, le=5)]


class Part(BaseModel):
    """A frozen part of a world that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def known_counties(by_county: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a map by county, or refuse a code that is no county in the borders of 2024."""
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


def sum_to_all(shares: Mapping[Any, Amount]) -> Mapping[Any, Amount]:
    """Return shares that sum to 100%, or refuse them."""
    total = sum(share.number for share in shares.values())
    if total != 100:
        raise Refusal("E110", f"the shares sum to {total}%", help="make them sum to 100%").for_pydantic()
    return shares


class Persons(Part):
    """Who lives in the world. ``counties`` names the shares of some counties in the population of the start.

    The other counties share what is left by their number of people aged 16-29. ``born`` : birth years -> share.
    ``parents`` : level of the parents' education (first digit of NUS2000) -> share.
    """

    examples: ClassVar[Mapping[str, str]] = {"number": "4500", "born": "{1993..2008: 100%}"}

    number: int = Field(ge=1, le=9_999_999)
    born: Annotated[Mapping[IntRange, Share], AfterValidator(sum_to_all)]
    counties: Annotated[Mapping[str, Share], AfterValidator(known_counties)] = {}
    immigrants: Share
    parents: Annotated[Mapping[Literal["2", "4", "6"], Share], AfterValidator(sum_to_all)]

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
