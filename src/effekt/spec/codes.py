"""Code lists: `codes/nus2000.csv#upper_secondary` is the rows of that file whose `set` is `upper_secondary`."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator

from effekt.errors import Place, Problem, SpecError
from effekt.literals import Refusal, Written
from effekt.located.names import did_you_mean, listing
from effekt.located.text import read_text

COLUMNS = ("code", "label", "set", "valid_from", "valid_until", "source")
SHIPPED = "shipped:"
"""Prefix of lists that come with effekt."""


@dataclass(frozen=True, slots=True)
class CodeSet(Written):
    """A named set of codes in a file, `codes/nus2000.csv#upper_secondary`."""

    file: str
    set: str

    pattern: ClassVar[str] = r"^.+\.csv#\w+$"
    examples: ClassVar[tuple[str, ...]] = ("codes/nus2000.csv#upper_secondary",)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the file and the set in it."""
        found = re.fullmatch(r"\s*([^#]+\.csv)#(\w+)\s*", text)
        if found is None:
            raise Refusal(
                "E105",
                f"`{text}` does not name a set of codes",
                help="write file and set: `codes/nus2000.csv#upper_secondary`",
            )
        return cls(found[1], found[2])

    def __str__(self) -> str:
        return f"{self.file}#{self.set}"


def _shipped(value: Any) -> Any:
    """Read a bare set name as a set of the shipped education list."""
    if isinstance(value, str) and re.fullmatch(r"\w+", value):
        return f"{SHIPPED}nus2000.csv#{value}"
    return value


EducationSet = Annotated[CodeSet, BeforeValidator(_shipped, json_schema_input_type=str)]
"""A set of education codes; `upper_secondary` alone is short for the shipped list."""


def _one_or_many(value: Any) -> Any:
    if isinstance(value, str):
        return CodeSet._validate(value) if "#" in value else (value,)
    if isinstance(value, dict):
        raise Refusal(
            "E103", "codes must be a list or a set of a code list", help="write `[A, B]` or `codes/x.csv#set`"
        ).for_pydantic()
    return value


Selection = Annotated[
    tuple[str, ...] | CodeSet, BeforeValidator(_one_or_many, json_schema_input_type=str | float | list[str | float])
]
"""One code, several, or a set of a code list."""


@dataclass(frozen=True, slots=True)
class CodeList:
    """The rows of one set. ``validity``: code -> (valid_from, valid_until), empty text = open."""

    validity: dict[str, tuple[str, str]]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes, sorted."""
        return tuple(sorted(self.validity))

    @property
    def digest(self) -> str:
        """sha256 of the codes and their validity; labels and sources do not change what is selected."""
        return hashlib.sha256(json.dumps(sorted(self.validity.items())).encode()).hexdigest()


def read_code_set(reference: CodeSet, folder: Path, asked: Place) -> tuple[CodeList | None, list[Problem]]:
    """Return the rows of a set, or what is wrong with it at the place that names it.

    Problems are E108 (no such file), E103 (not a code list), E206 (no such set), E501 (a person number).
    """
    name = reference.file
    try:
        if name.startswith(SHIPPED):
            resource = files("effekt.registers") / "data" / "codes" / name.removeprefix(SHIPPED)
            with as_file(resource) as path:
                text, problems = read_text(path, name, asked=asked)
        else:
            text, problems = read_text(folder / name, name, asked=asked)
    except SpecError as error:
        return None, list(error.problems)
    rows = list(csv.DictReader(text.splitlines()))
    lacking = [column for column in COLUMNS if not rows or column not in rows[0]]
    if lacking:
        sentence = f"`{name}` is not a code list: it has no column `{lacking[0]}`"
        help_ = f"give it the columns {','.join(COLUMNS)}"
        return None, [*problems, Problem(code="E103", sentence=sentence, help=help_, place=asked)]
    sets = {row["set"] for row in rows}
    if reference.set not in sets:
        problem = Problem(
            code="E206",
            sentence=f"`{name}` has no set `{reference.set}`",
            help=did_you_mean(reference.set, sets),
            note=listing(sets),
            place=asked,
        )
        return None, [*problems, problem]
    chosen = [row for row in rows if row["set"] == reference.set]
    return CodeList({row["code"]: (row["valid_from"], row["valid_until"]) for row in chosen}), problems
