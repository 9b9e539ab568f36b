"""What is measured: outcomes after time zero and covariates before it, in the closed language of measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_serializer, model_validator

from effekt.literals import MONTHLY, Duration, Refusal, Window
from effekt.located.names import did_you_mean, listing
from effekt.registers.measures import MEASURES, clock_of
from effekt.registers.schema import tables
from effekt.spec.base import Strict
from effekt.spec.codes import Selection
from effekt.spec.labels import Label
from effekt.spec.predicates import Lookback, Register

Months = Annotated[Duration, MONTHLY]


def _ahead(window: Window) -> Window:
    if window.before:
        raise Refusal(
            "E302",
            f"`{window}` lies before time zero, and an outcome comes after it",
            help=f"write `0..{window.start}`",
        ).for_pydantic()
    return window


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Ahead = Annotated[Window, AfterValidator(_ahead)]


class Outcome(Strict):
    """One outcome: a measure of a register, read at times or over windows after time zero."""

    examples: ClassVar[Mapping[str, str]] = {
        "from": "arbeidsforhold",
        "is": "active",
        "at": "[1y, 2y]",
        "window": "0..1y",
    }

    label: Label | None = Field(default=None, description="its words in the report; none = its name")
    table: Register = Field(alias="from", description="register it is measured in")
    measure: str = Field(alias="is", description="measure of the closed language")
    codes: Selection | None = Field(default=None, description="none = every record counts")
    at: tuple[Months, ...] = Field(default=(), description="times after time zero; month(t0) + 12 is 1y")
    window: Annotated[tuple[Ahead, ...], BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])] = Field(
        default=(), description="months a..b are those after a, up to and with b"
    )
    follow_up: Literal["complete", "available"] = Field(
        default="complete", description="the last entrant must be observable; available = missing beyond"
    )

    @model_validator(mode="after")
    def _fits_its_register(self) -> Self:
        refuse_misfit(self.measure, self.table, at=bool(self.at), window=bool(self.window))
        refuse_unmeasurable(self.measure, self.table, self.window, codes=False)
        refuse_codes_without_column(self.codes, self.table)
        return self

    @property
    def horizons(self) -> tuple[int, ...]:
        """Months after time zero at which the outcome is complete, one per time or window."""
        return (*(time.months for time in self.at), *(window.months[1] for window in self.window))


def refuse_misfit(measure: str, register: str, *, at: bool, window: bool) -> None:
    """Raise E202, E208 or E210 where a measure does not fit its register, E104/E109 where it lacks its time."""
    try:
        clock = clock_of(measure, tables()[register])
    except Refusal as refusal:
        raise Refusal(
            refusal.code, refusal.sentence, help=refusal.help, note=refusal.note, at=("is",)
        ).for_pydantic() from refusal
    given = {"at": at, "window": window}
    other = "window" if clock == "at" else "at"
    read = "is read at a time" if clock == "at" else "is taken over a window"
    if given[other]:
        help_ = f"write `{'at: [1y]' if clock == 'at' else 'window: 0..1y'}` instead of `{other}`"
        raise Refusal("E210", f"`{measure}` {read}", help=help_, at=(other,)).for_pydantic()
    if not given[clock]:
        help_ = f"write `{'at: [1y]' if clock == 'at' else 'window: 0..1y'}`"
        raise Refusal("E104", f"`{measure}` {read}, and no `{clock}` is given", help=help_, at=("is",)).for_pydantic()


def refuse_unmeasurable(measure: str, register: str, windows: Window | tuple[Window, ...], *, codes: bool) -> None:
    """Raise E210 for what is no number of a person: registers of others, names and dates, parts of years.

    codes : whether a code will do, as in a covariate, which becomes one column for each code.
    """
    table = tables()[register]
    if "person_id" not in table.columns:
        sentence = f"`{register}` does not hold persons, and a measure is of a person"
        raise Refusal("E210", sentence, help="ask a register of persons", at=("from",)).for_pydantic()
    column = table.columns.get(measure.partition("_")[2]) if measure not in MEASURES else None
    if column is not None and (column.type in ("text", "date") or (column.name in table.key and not codes)):
        sentence = f"`{column.name}` of {register} says who, which or when"
        raise Refusal("E210", sentence, help="measure another column", at=("is",)).for_pydantic()
    if column is not None and column.type == "code" and not codes:
        help_ = "ask whether the person is `active`, with `codes`"
        raise Refusal("E210", f"`{measure}` is a code and no number", help=help_, at=("is",)).for_pydantic()
    for window in (windows,) if isinstance(windows, Window) else windows:
        first, last = window.months
        if table.kind == "yearly" and (last - first + 1) % 12:
            sentence = f"{register} holds whole years, and `{window}` is not of whole years"
            help_ = f"write `{'1y before' if window.before else '0..1y'}`"
            raise Refusal("E210", sentence, help=help_, at=("window",)).for_pydantic()


def refuse_codes_without_column(codes: Selection | None, register: str) -> None:
    """Raise E210 where `codes` selects in a register that has no one column of codes, E206 for an empty list."""
    if codes is None:
        return
    if not tables()[register].codes_in:
        valid = [name for name, table in tables().items() if table.codes_in]
        raise Refusal(
            "E210",
            f"`codes` cannot select in {register}, which has no one column of codes",
            help="leave out `codes`",
            note=listing(valid),
            at=("codes",),
        ).for_pydantic()
    if codes == ():
        raise Refusal(
            "E206", "`codes` is an empty list", help="write at least one code, or leave it out", at=("codes",)
        ).for_pydantic()


class Primary(Strict):
    """One outcome at one horizon: what the study stands on."""

    examples: ClassVar[Mapping[str, str]] = {"outcome": "i_jobb", "at": "1y"}

    outcome: str = Field(description="the name of one outcome")
    at: Months = Field(description="time after time zero, one that the outcome has")


class Standard(Strict):
    """The conditioning set that every study of Nav clients starts from; written `standard`."""

    group: Literal["standard"] = Field(description="the standard conditioning set")

    @model_serializer
    def _as_word(self) -> str:
        return self.group


class Covariate(Strict):
    """A measure of a register before time zero; `by` splits it over the values of a column."""

    examples: ClassVar[Mapping[str, str]] = {"from": "ytelse", "is": "months_active", "window": "24m before"}

    label: Label | None = Field(default=None, description="its words in the report; none = as it is written")
    table: Register = Field(alias="from", description="register it is measured in")
    measure: str = Field(alias="is", description="measure of the closed language")
    window: Lookback | None = Field(default=None, description="none = as of the last day of the month before")
    by: str | None = Field(default=None, description="none = one number, not one for each value")
    codes: Selection | None = Field(default=None, description="none = every record counts")

    @model_validator(mode="after")
    def _fits_its_register(self) -> Self:
        read_at_zero = self.window is None
        refuse_misfit(self.measure, self.table, at=read_at_zero, window=not read_at_zero)
        refuse_unmeasurable(self.measure, self.table, self.window or (), codes=True)
        refuse_codes_without_column(self.codes, self.table)
        columns = tables()[self.table].columns
        if self.by is not None and self.by not in columns:
            raise Refusal(
                "E202",
                f"unknown column `{self.by}` in {self.table}",
                help=did_you_mean(self.by, columns),
                note=listing(columns),
                at=("by",),
            ).for_pydantic()
        if self.by is not None and columns[self.by].type != "code":
            valid = [name for name, column in columns.items() if column.type == "code"]
            raise Refusal(
                "E210",
                f"`{self.by}` holds no codes to split by",
                help="split by a code",
                note=listing(valid),
                at=("by",),
            ).for_pydantic()
        return self

    @property
    def name(self) -> str:
        """The covariate as it is written, in one line; one of several columns has the value behind it."""
        chosen = "/".join(self.codes) if isinstance(self.codes, tuple) else str(self.codes or "")
        parts = (self.table, self.measure, chosen, str(self.window or ""))
        return " ".join(part for part in parts if part)


def _which(value: Any) -> str | None:
    if isinstance(value, Strict):
        return "group" if isinstance(value, Standard) else "measure"
    if not isinstance(value, dict):
        return None
    return "group" if "group" in value else "measure"


def _word(value: Any) -> Any:
    return {"group": value} if isinstance(value, str) else value


AnyCovariate = Annotated[
    Annotated[Standard, Tag("group")] | Annotated[Covariate, Tag("measure")],
    Discriminator(_which),
    BeforeValidator(_word, json_schema_input_type=Literal["standard"] | Covariate),
]
"""`standard`, or one measure."""
