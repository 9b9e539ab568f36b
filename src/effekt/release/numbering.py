"""The numbers of figures and tables, counted through the report, and where a section's are found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["figure", "table"]


@dataclass(frozen=True, slots=True)
class Reference:
    """One figure or table, by kind and number."""

    kind: Kind
    number: int


@dataclass(slots=True)
class Numbering:
    """Counts as the report is put together. ``found`` : section -> what stands in it, in order."""

    figures: int = 0
    tables: int = 0
    found: dict[str, list[Reference]] = field(default_factory=dict)

    def figure(self, section: str) -> int:
        """Return the next figure's number."""
        self.figures += 1
        self.found.setdefault(section, []).append(Reference("figure", self.figures))
        return self.figures

    def table(self, section: str) -> int:
        """Return the next table's number."""
        self.tables += 1
        self.found.setdefault(section, []).append(Reference("table", self.tables))
        return self.tables
