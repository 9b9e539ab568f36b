"""The programme as a world says it: projects, the ordinary service, who takes part, what it does, what is seen of it.

Rates are monthly and shares are written in percent; log-odds are plain numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from effekt.literals import Amount, AmountRange, IntRange, Month, OrNone, Refusal, Window
from effekt.located.names import did_you_mean
from effekt.synthetic.parts import Form, LogOdds, Part, Share, known_counties, known_forms, shares_of, whole
from effekt.synthetic.places import places


def _all_offices(numbers: tuple[str, ...]) -> tuple[str, ...]:
    known = places().codes[-1]
    for position, number in enumerate(numbers):
        if number not in known:
            raise Refusal(
                "E206",
                f"no Nav office of a world is in municipality `{number}`",
                help=did_you_mean(number, known.tolist()) or "name a larger municipality: worlds have a few per county",
                at=(position,),
            ).for_pydantic()
    return numbers


class Pilot(Part):
    """A project's beginning in some offices, until a month.

    offices : how many, the largest. at : which, by municipality, in place of the largest.
    """

    examples: ClassVar[Mapping[str, str]] = {"offices": "3", "until": "2024-12", "at": '["3201", "3203"]'}

    offices: int = Field(default=1, ge=1, le=100)
    at: Annotated[tuple[str, ...], AfterValidator(_all_offices)] = ()
    until: Month


class Project(Part):
    """A county's programme: its first month, the monthly rate once it has grown up, and its forms.

    age : of whom, the programme's ``target`` where it is left out. without_upper_secondary : only who lacks it.
    pilot : where it began.
    """

    switches = frozenset({"age", "without_upper_secondary", "pilot"})

    examples: ClassVar[Mapping[str, str]] = {"start": "2022-05", "monthly": "1%"}

    start: Month
    monthly: Share
    ramp: int = Field(default=6, ge=1, le=60)
    forms: Annotated[Mapping[Form, Share], BeforeValidator(known_forms), AfterValidator(whole)]
    age: IntRange | None = None
    without_upper_secondary: bool = False
    pilot: Pilot | None = None

    @model_validator(mode="after")
    def _begins_in_the_pilot(self) -> Self:
        if self.pilot is not None and self.pilot.until < self.start:
            raise Refusal(
                "E302",
                "the pilot ends before the project starts",
                help=f"write a month from {self.start} on",
                at=("pilot", "until"),
            ).for_pydantic()
        return self


class Ordinary(Part):
    """The ordinary guidance that runs everywhere: monthly rate at the start, and its growth a year by county.

    others : monthly rate at the start of those of the programme's ages who are not registered with Nav, which grows as
    fast. women : how many times as
    often as men they use it.
    """

    switches = frozenset({"others", "women"})

    monthly: Share
    growth: Annotated[AmountRange, AfterValidator(shares_of)]
    others: Share = Amount.parse("0%")
    women: float = Field(default=1, ge=0, le=10)


class Selection(Part):
    """Log-odds of taking part, all on what registers show before the month of the start.

    age : per ten years. upper_secondary : completed. in_education, employed : the month before.
    months_employed : per twelve of the last 24. woman. nedsatt : reduced work capacity. tiltak : any in 24 months.
    newly, long : registered 0-2 months, 12 months and more. office : SD between offices. drift : per SD of how fast
    somebody's working life gets better, which registers show only as it happens. higher : education completed.
    ages : besides, of some years of age.
    """

    switches = frozenset({"drift", "higher", "ages"})

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
    drift: LogOdds = 0
    higher: LogOdds = 0
    ages: Mapping[IntRange, LogOdds] = {}


class Motivation(Part):
    """What nobody observes: log-odds per SD on taking part, and on finding work. ``participation: 0`` = no bias."""

    participation: LogOdds = 0
    work: LogOdds = 0


class Awakening(Part):
    """A change of mind that comes in one month and that nothing before it shows.

    monthly : rate of waking. participation : log-odds of taking part in that very month. work : log-odds of finding
    work in the ``lasts`` months after it.
    """

    monthly: Share
    participation: LogOdds
    work: LogOdds
    lasts: int = Field(default=24, ge=1, le=240)


ON = ("job", "education", "keep")
"""What guidance can act on."""

Whom = Literal["women", "men", "under_25", "immigrants", "without_upper_secondary", "nedsatt"]


class Effect(Part):
    """What a form of guidance does, by months since the start: log-odds a month.

    job : of finding work. education : of starting school. keep : of not losing work.
    """

    switches = frozenset({"keep"})

    job: Mapping[Window, LogOdds] = {}
    education: Mapping[Window, LogOdds] = {}
    keep: Mapping[Window, LogOdds] = {}

    @model_validator(mode="after")
    def _after_the_start(self) -> Self:
        for part in ON:
            for window in getattr(self, part):
                if window.before:
                    raise Refusal(
                        "E302", f"`{window}` is before the start", help="write `0..3m`", at=(part, str(window))
                    ).for_pydantic()
        return self


class Recorded(Part):
    """Since when participants are identified in a county, and the share of them."""

    examples: ClassVar[Mapping[str, str]] = {"from": "2022-05", "share": "60%"}

    from_: Month = Field(alias="from")
    share: Share


class Identified(Part):
    """Whose guidance a register shows: by county, and ``elsewhere`` the share of all others."""

    counties: Annotated[Mapping[str, Recorded], AfterValidator(known_counties)] = {}
    elsewhere: Share = Amount.parse("100%")


class Anticipation(Part):
    """Who is to start knows it some months before, and looks for work with other log-odds until then."""

    months: int = Field(ge=1, le=12)
    job: LogOdds


class Programme(Part):
    """Guidance: the counties' projects, the ordinary service, who takes part, what it does.

    ``effect: none`` = it does nothing. ``contamination`` : share of the registered who get guidance within a year
    that no register shows. awakening : selection that leaves no trace before it. subgroups : how many times as large
    the effect is on some, read at the month; who is of several takes the product. identified : everybody, unless it is
    said. anticipation : nobody foresees a start, unless it is said. spill_over : log-odds of finding work that a
    grown-up project adds for those registered in its county who have not taken part. enlarged : how many times as many
    take part in projects as in the country that the world is a sample of, so that a study has some to look at.
    """

    switches = frozenset({"awakening", "subgroups", "identified", "anticipation", "spill_over", "enlarged"})

    target: IntRange
    projects: Annotated[Mapping[str, Project], AfterValidator(known_counties)] = {}
    ordinary: Ordinary
    selection: Selection = Selection()
    motivation: Motivation = Motivation()
    effect: Annotated[Mapping[Form, Effect] | None, BeforeValidator(known_forms), OrNone] = None
    contamination: Share = Amount.parse("0%")
    awakening: Awakening | None = None
    subgroups: Mapping[Whom, Annotated[float, Field(ge=-5, le=5)]] = {}
    identified: Identified | None = None
    anticipation: Anticipation | None = None
    spill_over: LogOdds = 0
    enlarged: float = Field(default=1, ge=1, le=1000)

    @property
    def does_nothing(self) -> bool:
        """Whether taking part changes nothing for anybody."""
        return self.effect is None and self.spill_over == 0
