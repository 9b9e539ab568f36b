"""How a table was delivered, in counts: what its files call the person, which cells say "not known", what came late.

None of it breaks a rule, and the catalogue has dealt with all of it; whoever keeps the data wants to know how much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from effekt.population.catalogue.tables import coverage_of
from effekt.population.ingest.checked import TIME
from effekt.population.ingest.database import Database, name, text
from effekt.population.ingest.parts import Converted
from effekt.population.ingest.planning import Plan
from effekt.population.ingest.under_way import Run
from effekt.registers.schema import tables


@dataclass(frozen=True, slots=True, kw_only=True)
class AsDelivered:
    """The delivered files of one table.

    keys : name of the column of persons -> files that call it so. marked : column -> cells whose code says that they
    are not known. walked : column -> cells whose code the crosswalk changed. drift : delivered columns in more than
    one type, with the types. opening_lines : rows left out since a line that closes the same spell stands beside,
    None where the table is not written so. late : rows about a time before the one in the name of their file. parts :
    of a table that is delivered in several, each with its files and rows.
    """

    keys: Mapping[str, int]
    marked: Mapping[str, int]
    walked: Mapping[str, int]
    drift: tuple[str, ...]
    opening_lines: int | None
    late: int
    parts: tuple[Mapping[str, Any], ...]

    def said(self) -> dict[str, Any]:
        """Return it for the integrity report."""
        return {
            "person_columns": dict(self.keys),
            "marked": dict(self.marked),
            "crosswalk": dict(self.walked),
            "type_drift": list(self.drift),
            "opening_lines": self.opening_lines,
            "late": self.late,
            "parts": [dict(part) for part in self.parts],
        }


def as_delivered(
    run: Run, db: Database, plans: Sequence[Plan], converted: Sequence[Converted], *, opening_lines: int | None
) -> AsDelivered:
    """Return how a table was delivered, from its files and what became of them."""
    late = (
        0
        if opening_lines is not None
        else sum(_late(db, one, done) for one, done in zip(plans, converted, strict=True))
    )
    return AsDelivered(
        keys=dict(sorted(Counter(one.key for one in plans if one.key and one.file.has_header).items())),
        marked=_added(done.marked for done in converted),
        walked=_added(done.walked for done in converted),
        drift=tuple(_drift(converted)),
        opening_lines=opening_lines,
        late=late,
        parts=tuple(_parts(run, plans, converted)),
    )


def _added(counts: Iterator[Mapping[str, int]]) -> dict[str, int]:
    whole: Counter[str] = Counter()
    for one in counts:
        whole.update(one)
    return dict(sorted(whole.items()))


def _late(db: Database, one: Plan, done: Converted) -> int:
    """Return the rows of a file that are about a time before its month or year."""
    column = TIME.get(tables()[one.piece.table].kind)
    when = one.piece.when
    made = {rule.column.name for rule in one.rules if rule.delivered is not None}
    if done.path is None or when.year is None or column not in made or column == "aar":
        return 0
    first = f"{when.year:04d}-{when.month or 1:02d}-01"
    file = f"read_parquet({text(str(done.path))})"
    return db.number(f"select count(*) from {file} where {name(column)} < date '{first}'")


def _drift(converted: Sequence[Converted]) -> Iterator[str]:
    """Yield the delivered columns that come in more than one type, with the types."""
    kinds: dict[str, set[str]] = {}
    for done in converted:
        for column, kind in done.types.items():
            kinds.setdefault(column.casefold(), set()).add("text" if "string" in kind else kind)
    for column, found in sorted(kinds.items()):
        if len(found) > 1:
            yield f"{column}: {', '.join(sorted(found))}"


def _parts(run: Run, plans: Sequence[Plan], converted: Sequence[Converted]) -> Iterator[dict[str, Any]]:
    entry = run.located.catalogue.tables[plans[0].piece.table]
    for position, part in enumerate(entry.parts):
        mine = [done for one, done in zip(plans, converted, strict=True) if one.piece.said[-2:] == (position, "file")]
        months = part.coverage or coverage_of(entry)
        yield {
            "file": str(part.file),
            "coverage": None if months is None else [str(month) for month in months],
            "files": len(mine),
            "rows": sum(done.rows for done in mine),
        }
