"""An ingest under way: what it works on, where, and what was found wrong so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from effekt.errors import DataError, EffektError, PrivacyError, Problem
from effekt.population.catalogue.loading import LocatedCatalogue

Tell = Callable[[str, int], None]
"""Called with what is being done, and how many rows more are done."""


@dataclass(slots=True)
class Run:
    """An ingest on its way."""

    located: LocatedCatalogue
    parts: Path
    tell: Tell
    problems: list[Problem] = field(default_factory=list)
    private: bool = False
    outside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def refuse(self) -> None:
        """Raise everything that is wrong so far, if anything is."""
        if self.problems:
            error: type[EffektError] = PrivacyError if self.private else DataError
            raise error(self.problems)
