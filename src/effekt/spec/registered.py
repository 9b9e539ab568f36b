"""Studies on registers: persons followed from a time zero of their own, and counties or offices compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    field_validator,
    model_serializer,
    model_validator,
)

from effekt.analysis import Analysis
from effekt.checks import CheckSettings
from effekt.errors import Problem, SpecPath
from effekt.literals import Amount, AmountRange, Geography, IntRange, Month, MonthRange, Refusal, in_unit
from effekt.located.names import did_you_mean, listing
from effekt.registers.measures import FLAGS
from effekt.registers.schema import tables
from effekt.spec.base import Level, Name, NamedItems, Points, Share, Spec, Strict
from effekt.spec.codes import CodeSet, Selection
from effekt.spec.labels import ANALYSES, ARMS, COVARIATES, SUBGROUPS, Label, Labelled, labels_of
from effekt.spec.later import AnyAnalysis
from effekt.spec.measured import AnyCovariate, Covariate, Months, Outcome, Primary
from effekt.spec.methods import Checks
from effekt.spec.predicates import County, Population, Register, Subgroup, refuse_misspelt_label, refuse_unknown_codes
from effekt.spec.unbuilt import unbuilt_choices, unbuilt_controls, unbuilt_registers

CovariateGroup = Literal[
    "kjoenn",
    "alder",
    "innvandring",
    "utdanning",
    "foreldre",
    "arbeid",
    "naering",
    "ledighet",
    "ytelse",
    "tiltak",
    "innsatsgruppe",
    "nav_kontor",
    "fylke",
]
"""Groups of the standard covariates, which a hidden confounder is compared with."""


class Arm(Strict):
    """One version of a treatment: columns of its register, each with the codes that belong to the arm."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Selection]

    label: Label | None = Field(default=None, description="its words in the report; none = its name")

    @model_validator(mode="before")
    @classmethod
    def _label_spelt(cls, data: Any) -> Any:
        if isinstance(data, dict):
            refuse_misspelt_label(data)
        return data

    @property
    def where(self) -> Mapping[str, Selection]:
        """Column -> the codes that belong to the arm."""
        return self.__pydantic_extra__

    @model_serializer(mode="wrap")
    def _unlabelled_is_short(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped: dict[str, Any] = handler(self)
        return {key: value for key, value in dumped.items() if key != "label" or value is not None}


class Treatment(Strict):
    """What is evaluated: the first record of a register. Arms are told apart by what is known at time zero."""

    examples: ClassVar[Mapping[str, str]] = {"from": "deltakelse", "take": "first"}

    table: Register = Field(alias="from", description="register whose first record is the start")
    take: Literal["first"] = Field(default="first", description="the first record, whose date is time zero")
    arms: Mapping[Name, Arm] = Field(default={}, description="told apart by what is known at time zero; none = one arm")
    recorded: Mapping[County, Month] | None = Field(
        default=None, description="where and since when participants are known; none = everywhere, always"
    )

    @model_validator(mode="after")
    def _columns_of_its_register(self) -> Self:
        columns = tables()[self.table].columns
        for arm, described in self.arms.items():
            for column, values in described.where.items():
                if column not in columns:
                    raise Refusal(
                        "E202",
                        f"unknown column `{column}` in {self.table}",
                        help=did_you_mean(column, columns),
                        note=listing(columns),
                        at=("arms", arm, column),
                    ).for_pydantic()
                if columns[column].temporality == "ACCUMULATED":
                    raise Refusal(
                        "E303",
                        f"`{column}` is known only after time zero, and arms are told apart at time zero",
                        help="use a column that is known at the first record, such as `form`",
                        note="who stays longer would end up in another arm because of the outcome",
                        at=("arms", arm, column),
                    ).for_pydantic()
                if not isinstance(values, CodeSet):
                    refuse_unknown_codes([columns[column]], values, ("arms", arm, column))
        return self


def _exact(value: Any) -> Any:
    """Read a key that is left empty (`fylke:`) as exact cells."""
    return "exact" if value is None else value


Exact = Annotated[
    Literal["exact", "none"], BeforeValidator(_exact, json_schema_input_type=Literal["exact", "none"] | None)
]


def _apart(bands: tuple[IntRange, ...]) -> tuple[IntRange, ...]:
    for before, after in pairwise(bands):
        if before.high is None or after.low is None or after.low <= before.high:
            raise Refusal(
                "E110",
                f"the bands `{before}` and `{after}` overlap or are out of order",
                help="write bands in order, both ends included: `[0..2, 3..5, 6..]`",
            ).for_pydantic()
    return bands


Bands = Annotated[tuple[IntRange, ...], AfterValidator(_apart)]


class Cells(Strict):
    """Within what a comparison is made: exact codes, bands, calendar periods."""

    fylke: Exact = Field(default="none", description="2024 county of the municipality of residence")
    nav_kontor: Exact = Field(default="none", description="Nav office at time zero")
    nav_region: Exact = Field(default="none", description="Nav region of the municipality of residence")
    kjoenn: Exact = Field(default="none", description="sex")
    age: Bands = Field(default=(), description="age at time zero")
    months_registered: Bands = Field(default=(), description="months registered at time zero")
    calendar: Literal["month", "quarter", "year", "none"] = Field(
        default="none", description="period that time zero falls in"
    )


_BANDS = tuple(IntRange.parse(text) for text in ("0..2", "3..5", "6..11", "12..23", "24.."))
STANDARD_CELLS = Cells(fylke="exact", months_registered=_BANDS, calendar="quarter")


def _design(value: str) -> str:
    if value == "registration":
        raise Refusal(
            "E303",
            "immortal time: treated enter at their first session, comparisons at registration",
            help="`comparison.design: risk_set` gives each comparison its match's date",
        ).for_pydantic()
    return value


def _candidates(value: str) -> str:
    if value != "all" and not (value.isascii() and value.isdigit() and int(value) > 0):
        raise Refusal(
            "E105", f"`{value}` is not a number of candidates", help="write a whole number, such as `50`, or `all`"
        ).for_pydantic()
    return value


class Comparison(Strict):
    """Whom the treated are compared with, and how each comparison gets a time zero."""

    design: Annotated[Literal["risk_set", "fixed_date", "registration"], AfterValidator(_design)] = Field(
        default="risk_set", description="risk_set = a comparison gets the date of somebody treated"
    )
    who: Literal["not_yet_treated", "never_treated"] = Field(
        default="not_yet_treated", description="not_yet_treated = untreated on that day, whatever comes later"
    )
    cells: Cells = Field(default=STANDARD_CELLS, description="within what a comparison is made")
    candidates: Annotated[str, AfterValidator(_candidates), WithJsonSchema({"type": ["string", "integer"]})] = Field(
        default="50", description="comparisons per treated and cell, a seeded sample with weights"
    )
    crossover: Literal["keep", "censor"] = Field(
        default="keep", description="keep = who is treated later stays a comparison"
    )
    between: Literal["outside_projects", "none"] = Field(
        default="none", description="a second comparison with counties without a project"
    )


class FollowUp(Strict):
    """What becomes of persons who leave: emigration is missing and death is zero unless said otherwise."""

    emigration: Literal["missing", "zero"] = Field(default="missing", description="outcomes after emigration")
    death: Literal["missing", "zero"] = Field(default="zero", description="outcomes after death")


class NegativeControl(Strict):
    """An outcome that treatment cannot have moved; `shift` moves time zero back."""

    outcome: str = Field(description="the name of one outcome")
    shift: tuple[Months, ...] = Field(default=(), description="how far time zero is moved back")


class Concurrent(Strict):
    """Another reform at the same time, where it is known to be located."""

    since: Month = Field(alias="from", description="first month of the other reform")
    until: Month | None = Field(default=None, description="none = still in force")
    counties: tuple[County, ...] = Field(default=(), description="where; none = everywhere")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until is not None and self.until < self.since:
            raise Refusal(
                "E302",
                f"it ends before it begins, {self.since}",
                help=f"write `until: {self.since}` or later",
                at=("until",),
            ).for_pydantic()
        return self


class Requirements(Strict):
    """What a design must reach before data are bought."""

    power: Share | None = Field(default=None, description="least power")
    coverage: AmountRange | None = Field(default=None, description="range of coverage")
    detectable: Points | None = Field(default=None, description="largest useful MDE")


class Feasibility(Strict):
    """The synthetic world and the grid that `plan` walks through."""

    examples: ClassVar[Mapping[str, str]] = {"world": "karriereveiledning"}

    world: str = Field(description="name of a synthetic world")
    contamination: tuple[Share, ...] = Field(default=(), description="shares of comparisons treated unseen")
    identified: tuple[Share, ...] = Field(default=(), description="shares of participants that are identified")
    hidden_bias: tuple[Points, ...] = Field(default=(), description="effects of a hidden confounder")
    require: Requirements = Field(default=Requirements(), description="what the design must reach")


class HiddenConfounder(Strict):
    """Groups of covariates that a hidden confounder is measured against."""

    benchmark: tuple[CovariateGroup, ...] = Field(min_length=1, description="groups of covariates it is as strong as")


class Sensitivity(Strict):
    """How wrong the assumptions may be: contamination, time zero, hidden confounders."""

    hidden_confounder: HiddenConfounder | None = Field(default=None, description="covariates it is measured against")
    contamination: tuple[Share, ...] = Field(default=(), description="shares of comparisons treated unseen")
    time_zero: tuple[Months, ...] = Field(default=(), description="how late time zero may have been recorded")


class OnRegisters(Spec):
    """What studies of persons and of counties on registers have in common."""

    examples: ClassVar[Mapping[str, str]] = {**Spec.examples, "primary": "{outcome: i_jobb, at: 1y}"}

    assigned_at: Level = Field(description="who decides about treatment; inference is never finer")
    population: Population = Field(description="who is eligible, and when")
    outcomes: Mapping[Name, Outcome] = Field(min_length=1, description="name -> what is measured after time zero")
    primary: Primary = Field(description="the one outcome and time that the study stands on")
    concurrent: Mapping[Name, Concurrent] = Field(default={}, description="other reforms at the same time")
    analyses: Annotated[Mapping[Name, AnyAnalysis], NamedItems, Field(min_length=1)] = Field(
        description="name -> adjustment and estimator, or a preset; the first is the main one"
    )
    checks: Checks = Field(
        default=CheckSettings(), description="thresholds of the checks; what a method requires stays required"
    )
    feasibility: Feasibility | None = Field(default=None, description="world and grid of `effekt plan`")
    sensitivity: Sensitivity = Field(default=Sensitivity(), description="how wrong the assumptions may be")

    @model_validator(mode="after")
    def _useful_mde(self) -> Self:
        """Hand the smallest relevant difference to the check of the MDE, unless the check has its own.

        Only where it is in points and the primary outcome is a share: the check has one limit for every outcome.
        """
        smallest, outcome = self.question.smallest_relevant, self.outcomes.get(self.primary.outcome)
        in_points = smallest is not None and smallest.unit in {"pp", "%"}
        if in_points and self.checks.mde.detectable is None and outcome is not None and outcome.measure in FLAGS:
            mde = self.checks.mde.model_copy(update={"detectable": smallest})
            object.__setattr__(self, "checks", self.checks.model_copy(update={"mde": mde}))
        return self

    @property
    def runs(self) -> Mapping[str, Analysis]:
        """The analyses by name, in the order they are written; the first is the main one."""
        return {name: analysis.built for name, analysis in self.analyses.items()}

    @property
    def randomised(self) -> bool:
        """Whether chance decided about treatment."""
        return False

    def labelled(self) -> Iterator[Labelled]:
        """Yield every label: outcomes, analyses, and what a study of persons has besides."""
        yield from super().labelled()
        yield from labels_of("", ("outcomes",), self.outcomes)
        yield from labels_of(ANALYSES, ("analyses",), self.analyses)

    @property
    def primary_horizon(self) -> int | None:
        """Months after time zero at which the primary outcome is read."""
        return self.primary.at.months

    @property
    def not_in_this_version(self) -> tuple[Problem, ...]:
        """E204 for every method, bound and check that is not built."""
        return tuple(self.located(problem) for problem in self._later())

    def _later(self) -> Iterable[Problem]:
        for name, analysis in self.analyses.items():
            for role, method in analysis.later_methods.items():
                yield _not_built(f"`{method}`", ("analyses", name, role, "method"))
        if "sensitivity" in self.model_fields_set:
            yield _not_built("`sensitivity`", ("sensitivity",))


def _not_built(what: str, path: tuple[str, ...]) -> Problem:
    help_ = "keep it: the grammar will not change, and a later version runs it"
    return Problem(code="E204", sentence=f"{what} is not in this version", help=help_, path=path)


def _with_prepared() -> Refusal:
    return Refusal(
        "E109", "`prepared` and `population` exclude each other", help="remove `prepared`, or describe the table alone"
    )


class RegisterStudy(OnRegisters):
    """Persons followed through registers, each from a time zero of its own."""

    refused_keys: ClassVar[Mapping[str, Refusal]] = {**Spec.refused_keys, "prepared": _with_prepared()}

    level: Literal["person"] = Field(default="person", description="each person has a time zero")
    assigned_at: Level = Field(default="person", description="who decides about treatment; inference is never finer")
    estimand: Literal["ATT_now_vs_wait", "ATT"] = Field(
        default="ATT_now_vs_wait", description="ATT_now_vs_wait = now against waiting, among the treated"
    )
    treatment: Treatment = Field(description="what is evaluated")
    comparison: Comparison = Field(default=Comparison(), description="whom the treated are compared with")
    follow_up: FollowUp = Field(default=FollowUp(), description="what becomes of persons who leave")
    covariates: tuple[AnyCovariate, ...] = Field(default=(), description="what is adjusted for, known before time zero")
    subgroups: Mapping[Name, Subgroup] = Field(default={}, description="by what is known at time zero")
    negative_controls: Mapping[Name, NegativeControl] = Field(
        default={}, description="effects that treatment cannot have had"
    )
    sample: Literal["common", "available"] = Field(
        default="available", description="available = each outcome and horizon with those observed there"
    )

    def labelled(self) -> Iterator[Labelled]:
        """Yield every label: arms, subgroups and covariates too."""
        yield from super().labelled()
        yield from labels_of(ARMS, ("treatment", "arms"), self.treatment.arms)
        yield from labels_of(SUBGROUPS, ("subgroups",), self.subgroups)
        for position, covariate in enumerate(self.covariates):
            if isinstance(covariate, Covariate) and covariate.label is not None:
                yield Labelled(COVARIATES + covariate.name, ("covariates", position, "label"), covariate.label)

    @property
    def sample_part(self) -> dict[str, Any]:
        """What decides about the sample; under `disclosure: open` small arms stay apart, else they are pooled."""
        return {**super().sample_part, "small_arms_pooled": self.disclosure != "open"}

    def _later(self) -> Iterable[Problem]:
        yield from super()._later()
        yield from self.unbuilt_design
        if self.sample == "common":
            yield Problem(
                code="E204",
                sentence="`sample: common` is not in this version",
                help="write `sample: available`: each outcome and horizon is about those observed there",
                note="the numbers of persons in the table of estimates say how many that is",
                path=("sample",),
            )

    @property
    def unbuilt_design(self) -> tuple[Problem, ...]:
        """E204 for what the study asks of its design that this version does not run."""
        comparison = self.comparison
        chosen: Mapping[SpecPath, str] = {
            ("comparison", "design"): comparison.design,
            ("comparison", "who"): comparison.who,
            ("comparison", "crossover"): comparison.crossover,
            ("estimand",): self.estimand,
        }
        predicates = {name: subgroup.where for name, subgroup in self.subgroups.items()}
        registers = unbuilt_registers(self.population, self.treatment.table, predicates)
        unshifted = (name for name, control in self.negative_controls.items() if not control.shift)
        return (*unbuilt_choices(chosen), *registers, *unbuilt_controls(unshifted))


class Panel(Strict):
    """The calendar periods of a county panel, and months left out of it."""

    period: Literal["month", "quarter", "year"] = Field(default="quarter", description="rows of the panel")
    drop: tuple[MonthRange, ...] = Field(default=(), description="months left out")


class Dose(Strict):
    """Uptake as a dose: its CHANGE between two years, since a level from before the start is no treatment."""

    examples: ClassVar[Mapping[str, str]] = {"change": "[2021, 2026]"}

    table: Register = Field(alias="from", description="register whose persons are the uptake")
    measure: Literal["persons"] = Field(alias="is", description="persons = each counts once a year")
    per: Literal["population", "target_group"] = Field(description="what uptake is a share of")
    change: tuple[int, int] = Field(description="two years; the dose is the uptake of the second less the first")

    @field_validator("change")
    @classmethod
    def _in_order(cls, value: tuple[int, int]) -> tuple[int, int]:
        if value[0] >= value[1]:
            raise Refusal(
                "E302", "the two years of `change` are reversed", help=f"write `[{value[1]}, {value[0]}]`"
            ).for_pydantic()
        return value


class CountyTreatment(Strict):
    """Where and when a programme started, or how its uptake changed.

    A cohort is "before" only if its whole outcome window ends before the start. A dose without a start compares
    cohorts whose window ends by its first year with those that enter from its second year on.
    """

    examples: ClassVar[Mapping[str, str]] = {"start": '{"11": 2022-05}'}

    start: Mapping[County, Month] = Field(default={}, description="none = a dose, which every unit has more or less of")
    leave_out: tuple[County, ...] = Field(default=(), description="counties in neither group")
    dose: Dose | None = Field(default=None, description="uptake as a change between two years; none = started or not")

    @model_validator(mode="after")
    def _start_or_dose(self) -> Self:
        if not self.start and self.dose is None:
            raise Refusal(
                "E104",
                "`treatment` has neither a `start` nor a `dose`",
                help='write `start: {"11": 2022-05}`, or `dose: {from: deltakelse, is: persons, per: population, '
                "change: [2021, 2026]}`",
            ).for_pydantic()
        return self

    @model_validator(mode="after")
    def _started_or_left_out(self) -> Self:
        for position, county in enumerate(self.leave_out):
            if county in self.start:
                raise Refusal(
                    "E109",
                    f"county `{county}` has a start and is left out",
                    help="remove it from one of the two",
                    at=("leave_out", position),
                ).for_pydantic()
        return self


class Exposure(Strict):
    """The largest effect per participant that is still plausible."""

    max_plausible: Annotated[Amount, in_unit("pp")] = Field(
        description="largest effect on one participant that is still believed, in pp"
    )


def _by_weight(analysis: Analysis) -> Analysis:
    """Return the analysis with clusters that count by the sum of their weights."""
    if "unit_weights" not in type(analysis.estimate).model_fields:
        return analysis
    estimate = analysis.estimate.model_copy(update={"unit_weights": "weight"})
    return analysis.model_copy(update={"estimate": estimate})


class CountyStudy(OnRegisters):
    """Counties, Nav regions or offices compared; persons only make up their rates."""

    refused_keys: ClassVar[Mapping[str, Refusal]] = {**Spec.refused_keys, "prepared": _with_prepared()}
    examples: ClassVar[Mapping[str, str]] = {**OnRegisters.examples, "level": "fylke@2024"}

    level: Geography = Field(description="the units compared, with the year of their borders")
    panel: Panel = Field(default=Panel(), description="calendar periods of the panel")
    treatment: CountyTreatment = Field(description="where and when it started, or the dose")
    exposure: Exposure | None = Field(default=None, description="largest plausible effect per participant")
    follow_up: FollowUp = Field(default=FollowUp(), description="what becomes of persons who leave")
    unit_weights: Literal["equal", "population"] = Field(
        default="equal", description="equal = every unit counts the same"
    )

    @model_validator(mode="after")
    def _plausible_effect(self) -> Self:
        """Hand the largest plausible effect to the check that asks for it, unless the check has its own."""
        if self.exposure is not None and self.checks.dilution.max_plausible is None:
            dilution = self.checks.dilution.model_copy(update={"max_plausible": self.exposure.max_plausible})
            object.__setattr__(self, "checks", self.checks.model_copy(update={"dilution": dilution}))
        return self

    @property
    def runs(self) -> Mapping[str, Analysis]:
        """The analyses by name, counting every county once or by its persons as the study says."""
        if self.unit_weights == "equal":
            return super().runs
        return {name: _by_weight(analysis) for name, analysis in super().runs.items()}

    @property
    def primary_horizon(self) -> None:
        """None: an outcome has one horizon, and a comparison of counties averages over periods."""
        return

    def _later(self) -> Iterable[Problem]:
        yield from super()._later()
        if self.level.name not in ("fylke", "nav_region"):
            yield _not_built(f"`level: {self.level}`", ("level",))
        if self.level.name == "nav_region" and self.treatment.start:
            yield _not_built("a start by county with units that are not counties", ("treatment", "start"))
        for name, outcome in self.outcomes.items():
            if len(outcome.horizons) > 1:
                yield Problem(
                    code="E204",
                    sentence=f"`{name}` has several horizons, and several at once are not in this version",
                    help="write one outcome for each: every cohort is compared at one horizon",
                    path=("outcomes", name),
                )
