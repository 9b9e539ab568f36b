"""What a world says of guidance: who gets it, where and when, what it does. Rates are monthly, log-odds plain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from effekt.literals import Amount, AmountRange, IntRange, Month, OrNone, Refusal, Window
from effekt.located.names import did_you_mean, listing
from effekt.synthetic.said_of_people import LogOdds, Part, Share, at_most_all, known_counties, sum_to_all

Form = Literal["individuell", "trekant", "gruppe"]
FORMS: tuple[Form, ...] = ("individuell", "trekant", "gruppe")


def _shares(range_: AmountRange) -> AmountRange:
    if range_.low.unit != "%":
        raise Refusal("E105", f"`{range_}` is not in percent", help="write `0.1%..0.5%`").for_pydantic()
    at_most_all(range_.low)
    at_most_all(range_.high)
    return range_


def _known_forms(by_form: Any) -> Any:
    for form in by_form if isinstance(by_form, Mapping) else ():
        if form not in FORMS:
            raise Refusal(
                "E208", f"unknown form `{form}`", help=did_you_mean(form, FORMS), note=listing(FORMS), at=(form,)
            ).for_pydantic()
    return by_form


class Project(Part):
    """A county's programme: its first month, the monthly rate once it has grown up, and its forms."""

    examples: ClassVar[Mapping[str, str]] = {"start": "2022-05", "monthly": "1%"}

    start: Month
    monthly: Share
    ramp: int = Field(default=6, ge=1, le=60)
    forms: Annotated[Mapping[Form, Share], BeforeValidator(_known_forms), AfterValidator(sum_to_all)]


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
    projects: Annotated[Mapping[str, Project], AfterValidator(known_counties)] = {}
    ordinary: Ordinary
    selection: Selection = Selection()
    motivation: Motivation = Motivation()
    effect: Annotated[Mapping[Form, Effect] | None, BeforeValidator(_known_forms), OrNone] = None
    contamination: Share = Amount.parse("0%")
