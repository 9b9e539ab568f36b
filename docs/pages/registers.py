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

## From a delivery to registers

`effekt synth tiny --as ssb-delivery --out DIR` writes a delivery with every trouble below, and a catalogue that deals
with all of them: begin with a copy of it. What each line of a catalogue does about which trouble:

| trouble | in the catalogue |
| --- | --- |
| the column of persons changes its name inside a family of files | `person_key`, an expression |
| a column changes its name | `from: [one, other]`; each file has one of them |
| a code that is text in one file and a number in another | `pad: 4` gives the zero back |
| a code instead of an empty cell | `missing: '9999'`; for the end of a spell `stop_missing` |
| codes of before a reform | `crosswalk: NAME`, a table `from;to` in `NAME.csv` beside the catalogue |
| another format from a year on, a month that came later | `parts` with a `coverage` each |
| one benefit per file | `parts` with a `const` each |
| a line when a spell opens and another when it closes | `spell: {layout: open_close_lines}` |
| ends as the last day inside; start a day and stop a month | `stop_inclusive: true`; `unit` and `stop_unit` |
| rows that stand twice | `policies: {duplicates: drop}`; without it the ingest stops |

Parts whose rows say the same `const` and whose coverages do not overlap follow each other, and a month between them
that none covers is refused; all other parts lie side by side, and the table covers what all of them cover. The
integrity report counts every rule, and tells how the files were: names of the key, types, codes for not known, codes
that a crosswalk changed, opening lines, rows registered late, the files of every part.
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
