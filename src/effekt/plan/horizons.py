"""The calendar: when the last entrant has been followed, when the register says so, who has been by a given date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from effekt.literals import Month
from effekt.spec.registered import CountyStudy, RegisterStudy


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One outcome at one horizon.

    begun, complete : month in which the first and the last entrant have been followed for ``horizon`` months; complete
    ``None`` = accrual has no end. lag : months until the register holds a month, ``None`` = not known. A study can be
    estimated from ``delivered`` on.
    """

    outcome: str
    horizon: int
    register: str
    begun: Month
    complete: Month | None
    lag: int | None

    @property
    def delivered(self) -> Month | None:
        """The first month in which the register holds everybody's last month; None where it cannot be said."""
        if self.complete is None or self.lag is None:
            return None
        return self.complete.plus(self.lag + 1)

    def share_by(self, month: Month, accrual: tuple[Month, Month]) -> float:
        """Return the share of an even accrual that has been followed and delivered by the end of a month."""
        first, last = (m.ordinal for m in accrual)
        seen = month.ordinal - self.horizon - (self.lag or 0)
        return min(1.0, max(0.0, (seen - first + 1) / (last - first + 1)))


def calendar_of(spec: RegisterStudy | CountyStudy, lags: Mapping[str, int]) -> tuple[Followed, ...]:
    """Return every outcome and horizon, in the order of the spec. lags : register -> months."""
    accrual = spec.population.accrual
    return tuple(
        Followed(
            outcome=name,
            horizon=months,
            register=outcome.table,
            begun=accrual.first.plus(months),
            complete=None if accrual.last is None else accrual.last.plus(months),
            lag=lags.get(outcome.table),
        )
        for name, outcome in spec.outcomes.items()
        for months in outcome.horizons
    )
