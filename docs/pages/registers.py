"""`registers.md`: the canonical tables, their columns and classifications, from the data files."""

from __future__ import annotations

from collections.abc import Iterator

from effekt.registers.schema import Column, Table, rows, tables
from pages.markdown import code, opening, table

INTRODUCTION = """\
A study names these tables and columns, whoever delivered the data. `effekt ingest` makes them of a delivery and its
catalogue; `effekt synth` draws them. A folder holds `TABLE.parquet` for each and `manifest.json` with coverage, rows
and digests.

Kinds of register: **fixed** one row per person; **spell** from `start` up to, not with, `slutt` (empty = open);
**monthly** and **yearly** one row per period; **event** a dated row; **wave** a survey round.

A variable is FIXED, STATUS (as of a date), ACCUMULATED (over a period) or EVENT (dated). That decides
[which measures](measures.md) it can have. `person_id` is a pseudonym that cannot look like a person number; a column
that does is refused ([E501](errors.md#e501)).
"""

KEPT = "effekt canonical schema"
"""The source of what effekt itself declares, which a table need not repeat."""


def page() -> str:
    """Return the page."""
    lines = [*opening("Registers", "the data files of `src/effekt/registers/data/`"), INTRODUCTION]
    overview = ((f"[`{t.name}`](#{t.name})", t.kind, t.absence_means, t.description) for t in tables().values())
    lines += table(("table", "kind", "no record means", "holds"), overview)
    for register in tables().values():
        lines += _register(register)
    return "\n".join(lines).rstrip() + "\n"


def _register(register: Table) -> Iterator[str]:
    yield from (f"## {register.name}", "")
    selects = f" `codes` selects in `{register.codes_in}`." if register.codes_in else ""
    description = f"{register.description[0].upper()}{register.description[1:]}."
    yield from (f"{description} One row per {', '.join(map(code, register.key))}.{selects}", "")
    source = {row["column"]: row["source"] for row in rows("columns.csv") if row["table"] == register.name}
    lines = (
        (code(c.name), c.type, c.temporality, c.unit, _values(c), _note(c, source[c.name]))
        for c in register.columns.values()
    )
    yield from table(("column", "type", "stands in time as", "unit", "values", "note"), lines)


def _values(column: Column) -> str:
    if column.classification:
        how = "" if column.match == "exact" else f", by {column.match}"
        return f"classification `{column.classification}`{how}"
    return ", ".join(map(code, column.values))


def _note(column: Column, source: str) -> str:
    parts = (column.note, "may be absent" if column.optional else "", "" if source == KEPT else f"source: {source}")
    return "; ".join(filter(None, parts))
