"""Invented persons beside a study, with the rows they must become: what the author means, said in examples.

A file `assured/study.yaml` beside `study.yaml`. Rows are the canonical registers', written as they would be
delivered; what every person has is said once under `everyone`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from effekt.literals import MonthRange, Refusal
from effekt.located.names import did_you_mean, listing
from effekt.registers.measures import check_value
from effekt.registers.schema import Column, tables
from effekt.spec.base import Name, Strict, Text
from effekt.spec.predicates import Register

KEY = "person_id"
FOLDER = "assured"

Cell = str | int | float | bool | dt.date
Row = Mapping[str, Text]

_YES = {"yes": True, "no": False, "true": True, "false": False}


def _personal(value: str) -> str:
    if KEY not in tables()[value].columns:
        raise Refusal("E210", f"`{value}` does not hold persons", help="name a register of persons").for_pydantic()
    return value


PersonRegister = Annotated[Register, AfterValidator(_personal)]
Rows = Mapping[PersonRegister, tuple[Row, ...]]


def cell_of(column: Column, text: str) -> Cell:
    """Return what stands in a cell as the register holds it.

    Raises
    ------
    Refusal
        E105 for text that the column cannot hold, E206 for a code that does not exist.
    """
    examples = {"int": "2001", "float": "27500", "date": "2023-09-05", "bool": "yes"}
    try:
        match column.type:
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "date":
                return dt.date.fromisoformat(text)
            case "bool":
                return _YES[text.lower()]
    except (ValueError, KeyError):
        sentence = f"`{column.name}` cannot hold this"
        raise Refusal("E105", sentence, help=f"write it as `{examples[column.type]}`") from None
    if column.type == "code":
        check_value(column, text)
    return text


def _yes(value: Any) -> Any:
    return _YES.get(value.lower(), value) if isinstance(value, str) else value


class Expected(Strict):
    """One row that a person must become.

    outcomes : name -> months after time zero -> value; `missing` = not observed.
    """

    examples: ClassVar[Mapping[str, str]] = {"time_zero": "2023-09-05", "treated": "yes"}

    time_zero: dt.date
    treated: Annotated[bool, BeforeValidator(_yes)]
    outcomes: Mapping[Name, Mapping[int, float | Literal["missing"]]] = Field(
        default={}, description="what must be read at some of their horizons"
    )


def _none(value: Any) -> Any:
    return () if value in ("none", None) else (value,) if isinstance(value, dict) else value


class Assured(Strict):
    """Invented persons and what must become of them."""

    examples: ClassVar[Mapping[str, str]] = {
        "covered": "2015-01..2029-12",
        "persons": "{anne: {deltakelse: [{dato: 2023-09-05, form: individuell}]}}",
        "expected": "{anne: {time_zero: 2023-09-05, treated: yes}}",
    }

    covered: MonthRange = Field(description="months that every register covers")
    everyone: Rows = Field(default={}, description="rows that every person has who has none of that register")
    persons: Mapping[Name, Rows] = Field(min_length=1)
    expected: Mapping[Name, Annotated[tuple[Expected, ...], BeforeValidator(_none)]]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.covered.last is None:
            raise Refusal(
                "E105", "the coverage has no end", help="write `2015-01..2029-12`", at=("covered",)
            ).for_pydantic()
        _refuse_rows(self.everyone, ("everyone",))
        for name, rows in self.persons.items():
            _refuse_rows(rows, ("persons", name))
        for name in self.expected:
            if name not in self.persons:
                raise Refusal(
                    "E203",
                    f"`{name}` is not one of the persons",
                    help=did_you_mean(name, self.persons),
                    note=listing(self.persons),
                    at=("expected", name),
                ).for_pydantic()
        missing = [name for name in self.persons if name not in self.expected]
        if missing:
            raise Refusal(
                "E104",
                f"nothing is expected of `{missing[0]}`",
                help=f"write `{missing[0]}: none` if the person must become no row",
                at=("expected",),
            ).for_pydantic()
        return self

    def rows_of(self, name: str, register: str) -> tuple[Mapping[str, Cell], ...]:
        """Return a person's rows in a register, as the register holds them."""
        columns = tables()[register].columns
        rows = self.persons[name].get(register, self.everyone.get(register, ()))
        return tuple({key: cell_of(columns[key], text) for key, text in row.items()} for row in rows)


def _refuse_rows(rows: Rows, at: tuple[str | int, ...]) -> None:
    for register, held in rows.items():
        columns = tables()[register].columns
        for position, row in enumerate(held):
            for key, text in row.items():
                where = (*at, register, position, key)
                if key not in columns or key == KEY:
                    raise Refusal(
                        "E202",
                        f"unknown column `{key}` in {register}",
                        help=did_you_mean(key, columns),
                        note=listing(column for column in columns if column != KEY),
                        at=where,
                    ).for_pydantic()
                try:
                    cell_of(columns[key], text)
                except Refusal as refusal:
                    raise Refusal(
                        refusal.code, refusal.sentence, help=refusal.help, note=refusal.note, at=where
                    ).for_pydantic() from None


def assured_beside(spec: Path) -> Path | None:
    """Return the file of invented persons beside a study; None if there is none."""
    path = spec.parent / FOLDER / spec.name
    return path if path.is_file() else None
