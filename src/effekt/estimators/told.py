"""Side tables of the same difference told in other ways: with one unit left out, and by other procedures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from effekt.results import Cell, Column, Table

_BEHIND = Column(name="persons_behind", kind="count", internal=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The difference by one procedure; None = it has no such number."""

    procedure: str
    value: float
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None


def told_table(
    name: str,
    labels: Mapping[str, Sequence[Cell]],
    numbers: Mapping[str, Sequence[float | None]],
    *,
    title: str,
    persons: int | None,
    unit: str,
) -> Table:
    """Return a table whose every number stands on the fewest persons behind any unit's change."""
    count = len(next(iter(numbers.values())))
    return Table(
        name=name,
        title=title,
        columns=(
            *(Column(name=n, kind="label") for n in labels),
            *(_number(n, unit) for n in numbers),
            _BEHIND,
        ),
        data={
            **{n: tuple(values) for n, values in labels.items()},
            **{n: tuple(None if v is None else float(v) for v in values) for n, values in numbers.items()},
            _BEHIND.name: (persons,) * count,
        },
    )


def _number(name: str, unit: str) -> Column:
    return Column(name=name, kind="statistic", of=_BEHIND.name, unit="" if name == "p_value" else unit)


def robustness_table(outcome: str, found: Sequence[Told], *, persons: int | None, unit: str) -> Table:
    """Return the procedures in their order."""
    fields = ("value", "ci_low", "ci_high", "p_value")
    return told_table(
        f"robustness_{outcome}",
        {"procedure": [told.procedure for told in found]},
        {name: [getattr(told, name) for told in found] for name in fields},
        title="Other procedures",
        persons=persons,
        unit=unit,
    )


def left_out_table(
    outcome: str, units: Sequence[str], values: Sequence[float], *, persons: int | None, unit: str
) -> Table:
    """Return the difference with one unit left out at a time."""
    title = "One unit left out"
    return told_table(
        f"leave_one_out_{outcome}", {"left_out": units}, {"value": values}, title=title, persons=persons, unit=unit
    )
