"""The disclosure profiles a project chooses between.

Thresholds count PERSONS. 10 is the threshold of the ABS, UK LLC and ACRO; 3 that of Oslo's statistics bank
("fewer than 3"); rounding to base 5 is ACRO's ``safe_round_base`` and conventional in Norwegian tables;
residual degrees of freedom of at least 10 are ACRO's ``safe_dof_threshold``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from effekt.errors import PrivacyError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One disclosure profile.

    threshold : the fewest persons a released number may stand on; 0 = the data are synthetic or public.
    base : counts are rounded to a multiple of it; odd, so that no count lies halfway between two multiples.
    min_residual_df : the fewest residual degrees of freedom of a released person-level model.
    """

    name: str
    threshold: int
    base: int
    min_residual_df: int

    def __post_init__(self) -> None:
        if self.threshold < 0 or self.base < 1 or self.base % 2 == 0:
            raise ValueError(f"profile {self.name}: the threshold is negative or the base not odd")

    @property
    def protects(self) -> bool:
        """True unless everything passes."""
        return self.threshold > 0

    def small(self, persons: int | None) -> bool:
        """Return True if a number standing on so many persons may not be released; zero is small too."""
        return persons is None or persons < self.threshold

    def rounded(self, count: int) -> int:
        """Return the multiple of the base nearest to ``count``."""
        return (count + self.base // 2) // self.base * self.base


TERSKEL10 = Rules(name="terskel10", threshold=10, base=5, min_residual_df=10)
TERSKEL3 = Rules(name="terskel3", threshold=3, base=5, min_residual_df=10)
OPEN = Rules(name="open", threshold=0, base=1, min_residual_df=0)

PROFILES: Mapping[str, Rules] = MappingProxyType({r.name: r for r in (TERSKEL10, TERSKEL3, OPEN)})


def rules_for(name: str) -> Rules:
    """Return the profile of that name.

    Raises
    ------
    PrivacyError
        E504 if there is none.
    """
    if name not in PROFILES:
        raise PrivacyError(
            Problem(
                code="E504",
                sentence=f"there is no disclosure profile `{name}`",
                help=f"use `disclosure: {TERSKEL10.name}`",
                note=f"valid: {', '.join(PROFILES)}",
                path=("disclosure",),
            )
        )
    return PROFILES[name]
