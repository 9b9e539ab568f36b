"""Flow charts: steps are merged until no two rows can be subtracted to a small number of persons."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from effekt.release.disguises import as_count, may_be_persons
from effekt.release.rules import Rules
from effekt.results import Cell, Table

Row = dict[str, Cell]

JOINED = "; "
"""Stands between the reasons of merged steps."""


def merge_steps(table: Table, rules: Rules) -> Table:
    """Return the table with steps merged until neighbours differ by nobody or by enough persons.

    A difference of zero is left: it says that the step dropped nobody, and nobody is disclosed. Every larger
    difference in the chain's count, and in a count of records standing on it, is at least the threshold; so
    then is the difference between any two rows. Key columns divide a table into chains; labels of merged
    steps are joined, other cells are those of the last step.
    """
    if table.chain is None:
        return table
    keys = [c.name for c in table.columns if c.kind == "key"]
    chains = groupby(table.rows(), key=lambda row: [row[k] for k in keys])
    rows = [row for _, chain in chains for row in _merge(table, list(chain), rules)]
    data = {c.name: tuple(row[c.name] for row in rows) for c in table.columns}
    return replace(table, data=data)


def _merge(table: Table, rows: list[Row], rules: Rules) -> list[Row]:
    kept: list[Row] = []
    waiting: Row | None = None
    for row in rows:
        step = row if waiting is None else _joined(table, waiting, row)
        if not kept or _far_enough(table, kept[-1], step, rules):
            kept.append(step)
            waiting = None
        else:
            waiting = step
    # The last step's count is the sample that every other table shows, so it is the one that must stay.
    while waiting is not None:
        waiting = _joined(table, kept.pop(), waiting)
        if not kept or _far_enough(table, kept[-1], waiting, rules):
            kept.append(waiting)
            waiting = None
    return kept


def _joined(table: Table, first: Row, then: Row) -> Row:
    """Return one row for two steps: the reasons of both, the numbers of the later."""
    labels = [c.name for c in table.columns if c.kind == "label"]
    return {**then, **{n: f"{first[n]}{JOINED}{then[n]}" for n in labels}}


def _far_enough(table: Table, before: Row, after: Row, rules: Rules) -> bool:
    pairs = [(before[n], after[n]) for n in (table.chain, *_records(table, before, after, rules)) if n]
    gaps = [abs(as_count(b) - as_count(a)) for b, a in pairs]
    return all(gap == 0 or gap >= rules.threshold for gap in gaps)


def _records(table: Table, before: Row, after: Row, rules: Rules) -> list[str]:
    """Return the columns that count units standing on the chain, where a unit may be a person."""
    units = [c for c in table.columns if c.unit == "units" and c.of == table.chain]
    return [c.name for c in units if any(may_be_persons(r[c.name], r[str(c.of)], rules) for r in (before, after))]
