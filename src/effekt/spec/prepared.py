"""A study of an analysis-ready table: one row per unit, or per unit and period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from effekt.analysis import Analysis
from effekt.checks import CheckSettings
from effekt.literals import Refusal
from effekt.spec.base import Level, Name, NamedItems, Spec, Strict, Text
from effekt.spec.labels import ANALYSES, COVARIATES, Label, Labelled, labels_of
from effekt.spec.methods import BuiltAnalysis, Checks

ClusterLevel = Literal["person", "office", "region", "county", "cluster"]


class PreparedOutcome(Strict):
    """One outcome: a column, or the numerator and denominator of a rate."""

    column: Text | None = Field(default=None, description="the column that holds it")
    numerator: Text | None = Field(default=None, description="column of persons who have it, of a rate")
    denominator: Text | None = Field(default=None, description="column of persons it is a rate of")
    label: Label | None = Field(default=None, description="its words in the report; none = its name")
    unit: str | None = Field(default=None, description="unit it is printed in, such as kr; none = a bare number")
    kind: Literal["number", "share"] = Field(
        default="number", description="share = a number between 0 and 1, printed in percent"
    )

    @model_validator(mode="after")
    def _column_or_rate(self) -> Self:
        rate = (self.numerator, self.denominator)
        if self.column is not None and any(rate):
            at = "numerator" if self.numerator is not None else "denominator"
            raise _excluding("column", at)
        if self.column is None and None in rate:
            lacking = "column" if not any(rate) else "numerator" if self.numerator is None else "denominator"
            raise Refusal(
                "E104",
                f"the outcome has no `{lacking}`",
                help="write `{column: ...}`, or `{numerator: ..., denominator: ...}` for a rate",
            ).for_pydantic()
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it is read from."""
        return tuple(name for name in (self.column, self.numerator, self.denominator) if name is not None)


class PreparedCovariate(Strict):
    """One covariate with what it is called; a bare column has its name."""

    examples: ClassVar[Mapping[str, str]] = {"column": "educ"}

    column: Text = Field(description="the column that holds it")
    label: Label | None = Field(default=None, description="its words in the report; none = its column")


def _written(value: Any) -> str:
    return "labelled" if isinstance(value, dict | PreparedCovariate) else "column"


AnyCovariate = Annotated[
    Annotated[Text, Tag("column")] | Annotated[PreparedCovariate, Tag("labelled")], Discriminator(_written)
]
"""A column, or a column with what it is called."""


class Csv(Strict):
    """How a CSV is written, where that cannot be told safely from the file."""

    delimiter: Literal[";", ",", "\t", "|", "tab"] | None = Field(
        default=None, description="between the fields; none = told from the file"
    )
    encoding: Literal["utf-8", "latin-1", "cp1252"] | None = Field(
        default=None, description="of the text; none = told from the file"
    )
    decimal: Literal[",", "."] | None = Field(default=None, description="decimal mark; none = told from the file")


def _excluding(first: str, second: str) -> Any:
    return Refusal(
        "E109", f"`{first}` and `{second}` exclude each other", help=f"remove `{first}` or `{second}`", at=(second,)
    ).for_pydantic()


class Prepared(Strict):
    """What the columns of the table are. ``time`` makes it a panel."""

    examples: ClassVar[Mapping[str, str]] = {
        "unit": "id",
        "covariates": "[age, educ]",
        "outcomes": "{earnings: {column: re78}}",
    }

    grain: Literal["person", "office", "county", "region"] = Field(default="person", description="what a unit is")
    unit: Text = Field(description="column that says who: one row per unit, or per unit and time")
    time: Text | None = Field(default=None, description="column of the period; makes the table a panel")
    treated: Text | None = Field(default=None, description="column of 0 and 1; in a panel per period")
    first_treated: Text | None = Field(default=None, description="column of the first treated period, in a panel")
    never: tuple[Text, ...] = Field(
        default=(), description="what first_treated holds for the never treated; NA = an empty cell"
    )
    assigned: Literal["random", "observational"] = Field(
        default="observational", description="how treatment was assigned"
    )
    cluster: Mapping[ClusterLevel, Text] = Field(
        default={},
        description="level of inference -> the column that holds it; a bare column is the level of assignment",
    )
    weight: Text | None = Field(default=None, description="column of sampling weights; none = all count the same")
    persons: Text | None = Field(
        default=None,
        description="column of how many persons a row stands for; none = one, or what the rates say",
    )
    covariates: tuple[AnyCovariate, ...] = Field(
        default=(), description="columns known at time zero that are adjusted for"
    )
    outcomes: Mapping[Name, PreparedOutcome] = Field(min_length=1, description="name -> the columns that hold it")
    missing: Literal["error", "drop"] = Field(default="error", description="what is done with rows that lack a value")
    unbalanced: Literal["error", "keep", "balance"] = Field(
        default="error", description="what is done with units that lack a period"
    )
    anticipation: int = Field(default=0, ge=0, description="periods before the start that treatment may already move")
    csv: Csv = Field(default=Csv(), description="how a CSV is written, where that cannot be told")

    @model_validator(mode="after")
    def _one_treatment(self) -> Self:
        if self.treated is not None and self.first_treated is not None:
            raise _excluding("treated", "first_treated")
        if self.treated is None and self.first_treated is None:
            raise Refusal(
                "E104",
                "`prepared` has no treatment",
                help="write `treated: ...` (0/1), or `first_treated: ...` (the first treated period) in a panel",
            ).for_pydantic()
        if self.never and self.first_treated is None:
            raise Refusal(
                "E109",
                "`never` lists values of `first_treated`, which is not given",
                help="remove `never`",
                at=("never",),
            ).for_pydantic()
        return self

    @model_validator(mode="after")
    def _panel_keys(self) -> Self:
        if self.time is not None:
            return self
        wanting = [name for name in ("first_treated", "unbalanced", "anticipation") if name in self.model_fields_set]
        for key in wanting:
            if getattr(self, key) != type(self).model_fields[key].default:
                raise Refusal(
                    "E104",
                    f"`{key}` belongs to a panel, and `prepared` has no `time`",
                    help=f"add `time: ...`, or remove `{key}`",
                    at=(key,),
                ).for_pydantic()
        return self

    @model_validator(mode="after")
    def _one_role_per_column(self) -> Self:
        seen: dict[str, str] = {}
        for role, at, column in self._roles():
            if column in seen:
                raise Refusal(
                    "E109",
                    f"column `{column}` is both {seen[column]} and {role}",
                    help=f"take `{column}` out of one of the two",
                    at=at,
                ).for_pydantic()
            seen[column] = role
        return self

    def _roles(self) -> Iterator[tuple[str, tuple[str | int, ...], str]]:
        """Yield what each column is used as, where that is said, and the column."""
        for role in ("unit", "time", "treated", "first_treated"):
            column = getattr(self, role)
            if column is not None:
                yield f"`{role}`", (role,), column
        for position, column in enumerate(self.covariate_columns):
            yield "a covariate", ("covariates", position), column
        claimed: set[str] = set()
        for name, outcome in self.outcomes.items():
            for key in ("column", "numerator", "denominator"):
                column = getattr(outcome, key)
                if column is not None and column not in claimed:
                    claimed.add(column)
                    yield "an outcome", ("outcomes", name, key), column

    @property
    def panel(self) -> bool:
        """Whether the table has several periods per unit."""
        return self.time is not None

    @property
    def covariate_columns(self) -> tuple[str, ...]:
        """The columns that are adjusted for."""
        return tuple(c if isinstance(c, str) else c.column for c in self.covariates)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column the study reads, each once."""
        one = (self.unit, self.time, self.treated, self.first_treated, self.weight, self.persons)
        outcomes = [column for outcome in self.outcomes.values() for column in outcome.columns]
        named = (*one, *self.cluster.values(), *self.covariate_columns, *outcomes)
        return tuple(dict.fromkeys(column for column in named if column is not None))


class PreparedPrimary(Strict):
    """The one outcome that the study stands on; in a panel ``at`` counts periods after the start."""

    outcome: Text = Field(description="the name of one outcome")
    at: int | None = Field(default=None, ge=0, description="periods after the start, in a panel; none = all together")


_REGISTER_KEYS = (
    *("population", "treatment", "outcomes", "comparison", "covariates", "level", "panel", "exposure", "unit_weights"),
    *("subgroups", "negative_controls", "concurrent", "follow_up", "feasibility", "sensitivity", "estimand", "sample"),
)


def _belongs_to_registers(key: str) -> Refusal:
    inside = f"put `{key}` under `prepared`" if key in Prepared.model_fields else f"remove `{key}`"
    return Refusal("E109", f"`{key}` belongs to studies on registers, and this one has `prepared`", help=inside)


class PreparedStudy(Spec):
    """A study of an analysis-ready table."""

    refused_keys: ClassVar[Mapping[str, Refusal]] = {
        **Spec.refused_keys,
        **{key: _belongs_to_registers(key) for key in _REGISTER_KEYS},
    }

    assigned_at: Level = Field(default="person", description="who decides about treatment; inference is never finer")
    prepared: Prepared = Field(description="what the columns of the table are")
    primary: PreparedPrimary = Field(description="the one outcome that the study stands on")
    analyses: Annotated[Mapping[Name, BuiltAnalysis], NamedItems, Field(min_length=1)] = Field(
        description="name -> adjustment and estimator; the first is the main one"
    )
    checks: Checks = Field(
        default=CheckSettings(), description="thresholds of the checks; what a method requires stays required"
    )

    @property
    def runs(self) -> Mapping[str, Analysis]:
        """The analyses by name, in the order they are written; the first is the main one."""
        return {name: analysis.built for name, analysis in self.analyses.items()}

    @property
    def randomised(self) -> bool:
        """Whether chance decided about treatment."""
        return self.prepared.assigned == "random"

    def labelled(self) -> Iterator[Labelled]:
        """Yield every label: outcomes, analyses and covariates."""
        yield from super().labelled()
        yield from labels_of("", ("prepared", "outcomes"), self.prepared.outcomes)
        yield from labels_of(ANALYSES, ("analyses",), self.analyses)
        for position, covariate in enumerate(self.prepared.covariates):
            if isinstance(covariate, PreparedCovariate) and covariate.label is not None:
                path = ("prepared", "covariates", position, "label")
                yield Labelled(COVARIATES + covariate.column, path, covariate.label)

    @property
    def primary_horizon(self) -> int | None:
        """Periods after the start at which the primary outcome is read; None = it has one time only, or all."""
        return self.primary.at

    @model_validator(mode="before")
    @classmethod
    def _name_the_bare_cluster(cls, data: Any) -> Any:
        """Read `cluster: sid` as the clusters of the level that decides about treatment."""
        prepared = data.get("prepared") if isinstance(data, dict) else None
        if not isinstance(prepared, dict) or not isinstance(prepared.get("cluster"), str):
            return data
        level = data.get("assigned_at")
        named = {level if level in ("office", "county") else "cluster": prepared["cluster"]}
        return {**data, "prepared": {**prepared, "cluster": named}}
