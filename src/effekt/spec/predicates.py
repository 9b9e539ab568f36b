"""The closed set of predicates: who is in, by what the registers say at time zero.

A predicate is a map with one leading key and its declared siblings: `age: 19..30`, `had: deltakelse` with
`within: 24m before`, `not_completed: upper_secondary`, or a column of a register, `innsatsgruppe: [...]`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    Tag,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from effekt.literals import MONTHLY, Duration, IntRange, MonthRange, Refusal, Window
from effekt.located.names import did_you_mean, listing, nearest
from effekt.registers.geography import counties
from effekt.registers.measures import check_value
from effekt.registers.schema import Column, tables
from effekt.spec.base import Strict
from effekt.spec.codes import CodeSet, EducationSet, Selection
from effekt.spec.labels import Label


def _register(value: str) -> str:
    if value not in tables():
        raise Refusal(
            "E201",
            f"unknown register `{value}`",
            help=did_you_mean(value, tables()),
            note=listing(tables()),
        ).for_pydantic()
    return value


Register = Annotated[str, AfterValidator(_register)]
"""The name of a canonical table."""


def _county(value: str) -> str:
    if value not in counties():
        raise Refusal(
            "E206",
            f"`{value}` is not a county in the borders of 2024",
            help=did_you_mean(value, counties()) or 'write its two digits in quotes: `"11"`',
            note=listing(f"{code} {name}" for code, name in counties().items()),
        ).for_pydantic()
    return value


County = Annotated[str, AfterValidator(_county)]
"""A county code, two digits, in the borders of 2024."""


def _lookback(window: Window) -> Window:
    if not window.before:
        raise Refusal(
            "E302",
            f"`{window}` lies after time zero, and this is known at time zero",
            help=f"write `{window.stop} before`",
        ).for_pydantic()
    return window


Lookback = Annotated[Window, AfterValidator(_lookback)]
"""A window that ends at time zero."""


def columns_named(names: Iterable[str], column: str) -> list[Column]:
    """Return the variables of that name in some registers."""
    return [table.columns[column] for name in names if column in (table := tables()[name]).columns]


@cache
def _every_column() -> frozenset[str]:
    return frozenset(column for table in tables().values() for column in table.columns if column != "person_id")


class Age(Strict):
    """Age in whole years at time zero."""

    age: IntRange = Field(description="whole years at time zero, both ends included")


class Had(Strict):
    """Any record in a register within a window that ends at time zero."""

    examples: ClassVar[Mapping[str, str]] = {"within": "24m before"}

    had: Register = Field(description="register with any record")
    within: Lookback = Field(description="window that ends at time zero")


class Completed(Strict):
    """Education completed before time zero."""

    completed: EducationSet = Field(description="education, by name or code")


class NotCompleted(Strict):
    """Education not completed before time zero; unknown education is neither."""

    not_completed: EducationSet = Field(description="education, by name or code")


class Values(Strict):
    """A column that has one of these values as of time zero; written `innsatsgruppe: [...]`."""

    column: str = Field(description="a column of the population's register or of person")
    values: Selection = Field(description="codes, or the name of a code list")

    @model_validator(mode="before")
    @classmethod
    def _from_pair(cls, data: Any) -> Any:
        ((column, values),) = data.items()
        return {"column": column, "values": values}

    @model_validator(mode="after")
    def _known_values(self) -> Values:
        if not isinstance(self.values, CodeSet):
            refuse_unknown_codes(columns_named(tables(), self.column), self.values, (self.column,))
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe it as it is written: one column and its values."""
        values = handler(schema)["properties"]["values"]
        names = {"enum": sorted(_every_column())}
        return {
            "type": "object",
            "description": inspect.cleandoc(cls.__doc__ or ""),
            "propertyNames": names,
            "additionalProperties": values,
            "minProperties": 1,
            "maxProperties": 1,
        }

    @model_serializer
    def _as_pair(self) -> dict[str, Any]:
        written = str(self.values) if isinstance(self.values, CodeSet) else list(self.values)
        return {self.column: written}


def refuse_unknown_codes(columns: list[Column], values: Iterable[str], at: tuple[str | int, ...]) -> None:
    """Raise E206 at the first value that none of the columns can take."""
    for position, value in enumerate(values):
        refusals = []
        for column in columns:
            try:
                check_value(column, value)
            except Refusal as refusal:
                refusals.append(refusal)
        if columns and len(refusals) == len(columns):
            first = refusals[0]
            raise Refusal(
                first.code, first.sentence, help=first.help, note=first.note, at=(*at, position)
            ).for_pydantic()


_LEADING = ("age", "had", "completed", "not_completed")
_SIBLINGS = ("within",)


def _one_leading_key(data: Any) -> Any:
    """Refuse what has no known leading key, before a union would call it a column."""
    if not isinstance(data, dict) or any(key in _LEADING for key in data):
        return data
    for key in data:
        if key not in {*_SIBLINGS, *_every_column()}:
            raise Refusal(
                "E203",
                f"unknown predicate `{key}`",
                help=did_you_mean(key, [*_LEADING, *sorted(_every_column())]),
                note=f"valid: {', '.join(_LEADING)}, or a column of the register",
                at=(key,),
            ).for_pydantic()
    columns = [key for key in data if key not in _SIBLINGS]
    if not columns:
        raise Refusal("E104", "the predicate has no leading key", help="add `had: ...`").for_pydantic()
    if len(data) != 1:
        raise Refusal(
            "E109",
            "a predicate has one leading key",
            help="write one item for each: `- age: 19..30`",
            at=(list(data)[1],),
        ).for_pydantic()
    return data


def _which(data: Any) -> str | None:
    """Return the tag of a predicate: its leading key, or `values` for a column."""
    if isinstance(data, Strict):
        first = next(iter(type(data).model_fields))
        return first if first in _LEADING else "values"
    if not isinstance(data, dict):
        return None
    return next((key for key in _LEADING if key in data), "values")


Predicate = Annotated[
    Annotated[Age, Tag("age")]
    | Annotated[Had, Tag("had")]
    | Annotated[Completed, Tag("completed")]
    | Annotated[NotCompleted, Tag("not_completed")]
    | Annotated[Values, Tag("values")],
    Discriminator(_which),
    BeforeValidator(_one_leading_key),
]
"""One condition at time zero."""


def refuse_misspelt_label(data: Mapping[str, Any]) -> None:
    """Raise E203 for a key that is nearly `label` and no column: maps of columns would take it for one of them."""
    for key in data:
        if key != "label" and key not in {*_LEADING, *_SIBLINGS, *_every_column()} and nearest(key, ["label"]):
            raise Refusal("E203", f"unknown key `{key}`", help="did you mean `label`?", at=(key,)).for_pydantic()


class Subgroup(Strict):
    """Persons of one predicate at time zero; what they are called stands beside it."""

    beside: ClassVar[tuple[str, ...]] = ("where",)
    examples: ClassVar[Mapping[str, str]] = {"label": "{nb: Under 25 år, en: Under 25}"}

    label: Label | None = Field(default=None, description="its words in the report; none = its name")
    where: Predicate = Field(description="one predicate")

    @model_validator(mode="before")
    @classmethod
    def _from_flat(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return {"where": data}
        refuse_misspelt_label(data)
        where = {key: value for key, value in data.items() if key != "label"}
        return {"where": where, **({"label": data["label"]} if "label" in data else {})}

    @model_serializer(mode="wrap")
    def _as_flat(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped = handler(self)
        return {**({"label": dumped["label"]} if self.label is not None else {}), **dumped["where"]}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe it as it is written: a predicate, or one with a label beside it."""
        properties = handler.resolve_ref_schema(handler(schema))["properties"]
        labelled = {"type": "object", "properties": {"label": properties["label"]}, "required": ["label"]}
        return {"anyOf": [properties["where"], labelled], "description": inspect.cleandoc(cls.__doc__ or "")}


class Population(Strict):
    """Who is eligible, and the months that time zero may fall in."""

    examples: ClassVar[Mapping[str, str]] = {"from": "vedtak14a", "accrual": "2024-05..2027-03"}

    table: Register = Field(alias="from", description="register of those at risk")
    include: tuple[Predicate, ...] = Field(default=(), description="all must hold on the day of time zero")
    exclude: tuple[Predicate, ...] = Field(default=(), description="none may hold on the day of time zero")
    accrual: MonthRange = Field(description="months that time zero may fall in")
    wash_out: Annotated[Duration, MONTHLY] = Field(
        default=Duration(24, "m"), description="new users only: untreated, and observed, that long before"
    )

    @model_validator(mode="after")
    def _columns_of_its_registers(self) -> Self:
        valid = {*tables()[self.table].columns, *tables()["person"].columns}
        for key in ("include", "exclude"):
            for position, predicate in enumerate(getattr(self, key)):
                if isinstance(predicate, Values) and predicate.column not in valid:
                    raise Refusal(
                        "E202",
                        f"unknown column `{predicate.column}` in {self.table}",
                        help=did_you_mean(predicate.column, valid),
                        note=listing(valid),
                        at=(key, position, predicate.column),
                    ).for_pydantic()
        return self
