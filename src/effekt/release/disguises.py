"""Numbers that count persons without being person columns: units, clusters, degrees of freedom, smallest p.

At person level each of them equals the person count, or comes near it, and would undo its rounding; at the
level of counties and offices they are matters of inference and stay as they are.
"""

from __future__ import annotations

from effekt.release.rules import Rules
from effekt.results import Cell, Table

CLUSTERS = "n_clusters"
DF = "df"
P_VALUE = "p_value"
P_FLOOR = "p_floor"
"""The least p of a randomisation test, one over the number of ways to draw the treated: both counts in one."""


def as_count(value: Cell) -> int:
    """Read a count; one that is not known is refused before, or is hidden anyway."""
    return int(value or 0)


def may_be_persons(units: Cell, persons: Cell, rules: Rules) -> bool:
    """Return True if units have so few persons each that counting units comes near counting persons."""
    return units is not None and as_count(units) * rules.threshold >= as_count(persons)


def clusters_of_persons(table: Table, i: int, rules: Rules) -> bool:
    """Return True if the row's clusters are (nearly) persons."""
    counts = [c.name for c in table.columns if c.kind == "count"]
    if CLUSTERS not in table.data or not counts:
        return False
    persons = sum(as_count(table.data[n][i]) for n in counts)
    return may_be_persons(table.data[CLUSTERS][i], persons, rules)


def residual_df(table: Table, i: int, rules: Rules) -> bool:
    """Return True if the row's degrees of freedom follow from the numbers of persons.

    Those of offices and counties follow from their number, whatever the number of persons in them.
    """
    if not {DF, "inference"} <= set(table.data) or table.data[DF][i] is None:
        return False
    if str(table.data["inference"][i]).startswith("CR") and not clusters_of_persons(table, i, rules):
        return False
    units = [(table.data[c.name][i], table.data[str(c.of)][i]) for c in table.columns if c.unit == "units"]
    return not units or any(may_be_persons(n, behind, rules) for n, behind in units)
