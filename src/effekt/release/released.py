"""What may leave the zone: a table that :func:`effekt.release.disclosure.protect` has made."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import InitVar, dataclass
from types import MappingProxyType
from typing import NoReturn

from effekt.results import Cell, Column

SEAL = object()
"""Known to ``release`` alone. A test reads the source to see that only protecting code names it."""

SUPPRESSED = "suppressed"
REFERENCE = "reference"


def check_seal(seal: object, what: str) -> None:
    """Raise unless the one who builds ``what`` is the protecting code."""
    if seal is not SEAL:
        raise TypeError(f"{what} is made by effekt.release only; hand the table to protect(table, rules)")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Released:
    """A protected table; figures, files and the report accept nothing else.

    data : column name -> values, public columns only. hidden : column name -> True where a value was
    suppressed, so that a suppressed cell and one that was never defined can be told apart. merged : how many
    steps of a flow chart were joined with their neighbours.

    The seal is an init-only value: ``dataclasses.replace`` cannot supply it, so a released table cannot be
    altered into another one.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    data: Mapping[str, tuple[Cell, ...]]
    hidden: Mapping[str, tuple[bool, ...]]
    rules: str
    merged: int = 0
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        check_seal(seal, "a Released table")
        object.__setattr__(self, "data", MappingProxyType(dict(self.data)))
        object.__setattr__(self, "hidden", MappingProxyType(dict(self.hidden)))

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Released has no subclasses: they could skip the seal")

    def __len__(self) -> int:
        return len(next(iter(self.data.values()), ()))

    def rows(self) -> Iterator[dict[str, Cell]]:
        """Yield each row as a dict in column order; suppressed cells are None."""
        for i in range(len(self)):
            yield {c.name: self.data[c.name][i] for c in self.columns}

    def to_records(self) -> list[dict[str, Cell]]:
        """Return the rows for JSON."""
        return list(self.rows())

    def suppressed(self, i: int) -> tuple[str, ...]:
        """Return the names of the columns whose value is suppressed in row ``i``."""
        return tuple(c.name for c in self.columns if self.hidden[c.name][i])

    @property
    def any_suppressed(self) -> bool:
        """True if a value was suppressed anywhere."""
        return any(any(flags) for flags in self.hidden.values())

    def where(self, keep: Callable[[dict[str, Cell]], bool]) -> Released:
        """Return the rows for which ``keep(row)`` is true. Fewer released cells give nothing new away."""
        chosen = [i for i, row in enumerate(self.rows()) if keep(row)]
        return Released(
            name=self.name,
            title=self.title,
            columns=self.columns,
            data={n: tuple(v[i] for i in chosen) for n, v in self.data.items()},
            hidden={n: tuple(v[i] for i in chosen) for n, v in self.hidden.items()},
            rules=self.rules,
            merged=self.merged,
            seal=SEAL,
        )

    def told_apart(
        self, name: str, columns: tuple[str, ...], label: str, told: Callable[[dict[str, Cell]], str]
    ) -> Released:
        """Return some columns under a new name, and a label of each row. Fewer released cells give nothing new away.

        label, told : the label's column, and what it says of a row.
        """
        shown = tuple(c for c in self.columns if c.name in columns)
        own = tuple(told(row) for row in self.rows())
        return Released(
            name=name,
            title=self.title,
            columns=(*shown, Column(name=label, kind="label")),
            data={**{c.name: self.data[c.name] for c in shown}, label: own},
            hidden={**{c.name: self.hidden[c.name] for c in shown}, label: (False,) * len(self)},
            rules=self.rules,
            seal=SEAL,
        )

    def to_csv(self, reference: str = "") -> str:
        """Return the table as CSV text: UTF-8, comma, decimal point, line feeds.

        A cell that is suppressed or not defined is empty. Where anything is suppressed, the last columns hold
        ``suppressed``, the names of the row's suppressed columns, and then the study's ``reference``, if
        given: a file that has lost its folder still says where it came from.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        extra = [name for name, there in ((SUPPRESSED, self.any_suppressed), (REFERENCE, reference)) if there]
        writer.writerow([*(c.name for c in self.columns), *extra])
        for i, row in enumerate(self.rows()):
            said = {SUPPRESSED: " ".join(self.suppressed(i)), REFERENCE: reference}
            writer.writerow([*map(_csv_cell, row.values()), *(said[name] for name in extra)])
        return text.getvalue()


def _csv_cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else repr(value)


def seen(table: Released) -> Released:
    """Return ``table`` if it is a released one.

    Raises
    ------
    TypeError
        For anything else: what was not protected is not drawn and not written.
    """
    if type(table) is not Released:
        raise TypeError(f"{type(table).__name__} is not a released table; hand it to protect(table, rules)")
    return table
