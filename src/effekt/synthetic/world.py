"""What a world may say: the population, how careers run, the programme and its known effect. One YAML file.

A world is read as a study is: positions kept, everything wrong reported at its line in one go. Rates are monthly
and shares are written in percent; log-odds are plain numbers.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from effekt.literals import MonthRange, Refusal
from effekt.located.binding import bind
from effekt.located.document import read
from effekt.located.overrides import overridden
from effekt.located.tree import Node
from effekt.synthetic.careers import MOST_PERSONS, Careers, Concurrent, Others, Persons
from effekt.synthetic.offered import Programme
from effekt.synthetic.parts import Part

_YOUNGEST, _OLDEST = 16, 66
"""Careers begin in the year of the 16th birthday; nobody older than this is drawn."""


class World(Part):
    """One world; made by :func:`load_world`. ``seed`` is the draw's, unless another is asked for.

    purpose, breaks : what it is for, and which assumption of a design it breaks. concurrent : by name, what else
    happened. others : who lives there besides ``persons``, for size alone.
    """

    switches = frozenset({"purpose", "breaks", "concurrent", "others"})

    examples: ClassVar[Mapping[str, str]] = {
        "world": "tiny",
        "seed": "1",
        "coverage": "2015-01..2029-12",
    }

    world: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    label: str = ""
    purpose: str = ""
    breaks: str = ""
    seed: int = Field(ge=0, lt=2**63)
    coverage: MonthRange
    persons: Persons
    others: Others | None = None
    careers: Careers
    programme: Programme
    concurrent: Mapping[str, Concurrent] = {}

    @model_validator(mode="after")
    def _numbered(self) -> Self:
        if self.population > MOST_PERSONS:
            raise Refusal(
                "E110",
                f"more than {MOST_PERSONS:,} persons have no running number",
                help="lower the number of others",
                at=("others", "number"),
            ).for_pydantic()
        return self

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        first, last = self.coverage.first, self.coverage.last
        if last is None:
            raise Refusal(
                "E105", "the coverage has no end", help="write `2015-01..2029-12`", at=("coverage",)
            ).for_pydantic()
        for code, project in self.programme.projects.items():
            if not first.ordinal <= project.start.ordinal <= last.ordinal:
                raise Refusal(
                    "E309",
                    f"the project in county {code} starts outside the world's coverage",
                    help=f"write a month in {self.coverage}",
                    at=("programme", "projects", code, "start"),
                ).for_pydantic()
        for name, other in self.concurrent.items():
            if other.from_ > last:
                raise Refusal(
                    "E309",
                    f"`{name}` begins after the world's coverage",
                    help=f"write a month in {self.coverage}",
                    at=("concurrent", name, "from"),
                ).for_pydantic()
        for years in self.persons.born:
            low, high = years.low or 0, years.high or 0
            if self.persons.stands_for is None and (low < first.year - _OLDEST or high > last.year - _YOUNGEST):
                raise Refusal(
                    "E110",
                    f"the birth years `{years}` do not fit the coverage",
                    help=f"write years in {first.year - _OLDEST}..{last.year - _YOUNGEST}",
                    note=f"careers begin at {_YOUNGEST}, and nobody over {_OLDEST} is drawn, but with `stands_for`",
                    at=("persons", "born", str(years)),
                ).for_pydantic()
        return self

    @property
    def population(self) -> int:
        """How many persons there are, the others among them."""
        return self.persons.number + (0 if self.others is None else self.others.number)

    @property
    def months(self) -> tuple[int, int]:
        """(first, last) month ordinal of the coverage."""
        last = self.coverage.last
        assert last is not None
        return self.coverage.first.ordinal, last.ordinal

    @property
    def digest(self) -> str:
        """sha256 of everything that the world says of its lives, defaults included."""
        said = self.model_dump(mode="json", by_alias=True, exclude={"seed", "purpose", "breaks"})
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def switched(
        self,
        *,
        persons: int | None = None,
        effect: bool | None = None,
        motivation: float | None = None,
        contamination: str | None = None,
    ) -> World:
        """Return the world with a switch thrown: fewer or more persons, no effect, selection on motivation, leaks.

        effect : False takes the effect away. motivation : log-odds per SD on taking part. contamination : `20%`.
        """
        said = self.model_dump(mode="json", by_alias=True)
        if persons is not None:
            said["persons"]["number"] = persons
        if effect is False:
            said["programme"]["effect"] = None
        if motivation is not None:
            said["programme"]["motivation"]["participation"] = motivation
        if contamination is not None:
            said["programme"]["contamination"] = contamination
        return World.model_validate(said)


def load_world(name_or_path: str | os.PathLike[str], *, overrides: Mapping[str, Node] | None = None) -> World:
    """Read a world by the name of a shipped one (`tiny`) or by its path.

    overrides : values at dotted paths that stand in place of what the file says.

    Raises
    ------
    SpecError
        E108 if there is no such world; everything else that is wrong, located.
    """
    from effekt.synthetic.shipped import world_file

    text = os.fspath(name_or_path)
    if Path(text).suffix or os.sep in text:
        return bind(World, overridden(read(text), overrides or {}))
    with world_file(text) as path:
        return bind(World, overridden(read(path), overrides or {}))
