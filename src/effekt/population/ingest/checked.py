"""A table on its way through the rules, and what they find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from effekt.population.catalogue.model import Coverage, Policies
from effekt.population.ingest.database import Database
from effekt.registers.schema import Table

TIME = {"spell": "start", "monthly": "maaned", "event": "dato", "yearly": "aar"}
"""The column that says when a row of each kind of table is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one rule found. count : of what `unit` says; column : the column at fault, where there is one.

    touched : rows that the policy removed or changed. of : all rows the rule looked at.
    """

    rule: str
    sentence: str
    help: str
    policy: str
    count: int
    unit: str = "row"
    column: str | None = None
    touched: int = 0
    of: int = 0

    @property
    def stops(self) -> bool:
        """Whether the ingest stops here."""
        return self.policy == "error" and self.count > 0


@dataclass(slots=True)
class Checked:
    """A table on its way through the rules. relation : its name in the database after the last of them."""

    database: Database
    table: Table
    columns: Sequence[str]
    coverage: Coverage
    policies: Policies
    relation: str
    found: list[Found]
    made: int = 0
    counted: dict[str, int] = field(default_factory=dict)

    def count(self, condition: str) -> int:
        """Return the rows for which a condition holds."""
        return self.database.number(f"select count(*) from {self.relation} where {condition}")

    @property
    def rows(self) -> int:
        """All rows."""
        if self.relation not in self.counted:
            self.counted[self.relation] = self.database.number(f"select count(*) from {self.relation}")
        return self.counted[self.relation]

    @property
    def time(self) -> str | None:
        """The column that says when a row is, None for a table without time."""
        column = TIME.get(self.table.kind)
        return column if column in self.columns else None

    def becomes(self, select: str) -> None:
        """Go on with another relation, a select over the current one."""
        self.made += 1
        fresh = f"{self.table.name}_{self.made}"
        self.database.run(f"create or replace temp view {fresh} as {select}")
        self.relation = fresh

    def note(self, rule: str, count: int, **said: Any) -> None:
        """Keep what a rule found. said : fields of :class:`Found`, its policy where it is not the catalogue's."""
        facts: dict[str, Any] = {"policy": getattr(self.policies, rule), "of": self.rows} | said
        self.found.append(Found(rule=rule, count=count, **facts))

    def drop(self, rule: str, condition: str, sentence: str, help_: str) -> None:
        """Count rows that break a rule by themselves, and leave them out if the policy is to drop them."""
        count = self.count(condition)
        dropped = count and getattr(self.policies, rule) == "drop"
        self.note(rule, count, sentence=sentence, help=help_, touched=count if dropped else 0)
        if dropped:
            self.becomes(f"select * from {self.relation} where not coalesce({condition}, false)")
