"""The design in time: months and coverage, which are facts about the study and never about a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def month_number(month: str) -> int:
    """Return ``YYYY-MM`` as a count of months.

    Raises
    ------
    ValueError
        For anything else.
    """
    found = _MONTH.fullmatch(month)
    if found is None:
        raise ValueError(f"a month is written `2024-01`, not `{month}`")
    return int(found[1]) * 12 + int(found[2]) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What a register study reads, on two clocks.

    accrual : first and last month in which time zero may fall. history : months before time zero that
    covariates are read from. wash_out : months before time zero without the treatment, 0 = none asked for.
    windows : outcome and horizon in words -> first and last month after time zero; equal for a single month.
    The index month itself is in neither history nor windows. coverage : register -> first and last month with
    data.
    """

    accrual: tuple[str, str]
    history: int = 0
    wash_out: int = 0
    windows: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    coverage: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for first, last in (self.accrual, *self.coverage.values()):
            if month_number(first) > month_number(last):
                raise ValueError("a period ends before it begins")
        if self.history < 0 or self.wash_out < 0 or any(not 0 < a <= b for a, b in self.windows.values()):
            raise ValueError("windows are months after time zero: 1 is the first, and the index month is in none")
        for name in ("windows", "coverage"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def last_window(self) -> int:
        """Last month after time zero that is asked for."""
        return max((b for _, b in self.windows.values()), default=0)

    @property
    def needed(self) -> tuple[int, int]:
        """First and last month, as counts, that a register must cover for everyone to be observed throughout."""
        first, last = map(month_number, self.accrual)
        return first - max(self.history, self.wash_out), last + self.last_window
