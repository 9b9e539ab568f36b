"""What is wrong with a kind of delivery on purpose: one YAML file per kind, and beside it the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from effekt.literals import Month, MonthRange, Refusal
from effekt.located.binding import bind
from effekt.located.document import read
from effekt.located.names import did_you_mean, listing
from effekt.registers.schema import tables
from effekt.synthetic.parts import Part


def _ended(months: MonthRange) -> MonthRange:
    if months.last is None:
        raise Refusal("E105", "the reform has no last month", help="write `2020-01..2020-03`").for_pydantic()
    return months


def _registers(counts: Mapping[str, int]) -> Mapping[str, int]:
    for name in counts:
        if name not in tables():
            raise Refusal(
                "E201",
                f"unknown register `{name}`",
                help=did_you_mean(name, tables()),
                note=listing(tables()),
                at=(name,),
            ).for_pydantic()
    return counts


Rows = Annotated[Mapping[str, int], AfterValidator(_registers)]
"""Register -> how many of its rows; of a register with fewer, all."""


class Artefacts(Part):
    """The troubles of a kind of delivery.

    delivery : its name, which also is the beginning of the renamed key. renamed_key : first month in which monthly
    files call the person by that name. type_drift : first month in which a code comes as a number. duplicates : rows
    that stand twice. sentinels : `table.column` whose empty cells hold a code. opening_lines : registers with a line
    for the opening of a spell and one more for its end. late : rows that lie in the file of the year after. hole : a
    month of the monthly register that came later, by itself. reform : months in which codes are still those of
    before.
    """

    examples: ClassVar[Mapping[str, str]] = {
        "delivery": "w99_0000",
        "hole": "2019-06",
        "reform": "2020-01..2020-03",
    }

    delivery: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    renamed_key: Month | None = None
    type_drift: Month | None = None
    duplicates: Rows = Field(default={})
    sentinels: tuple[str, ...] = ()
    opening_lines: tuple[str, ...] = ()
    late: Rows = Field(default={})
    hole: Month | None = None
    reform: Annotated[MonthRange, AfterValidator(_ended)] | None = None


def load_artefacts(path: Path) -> Artefacts:
    """Read what a kind of delivery has wrong with it.

    Raises
    ------
    SpecError
        Everything that is wrong with the file itself, located.
    """
    return bind(Artefacts, read(path))
