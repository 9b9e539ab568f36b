"""Cells that are not of the type their column is declared to be: how many, where, and what to write."""

from __future__ import annotations

from collections.abc import Iterator

from effekt.errors import Problem
from effekt.population.catalogue.loading import LocatedCatalogue
from effekt.population.ingest.parts import Converted
from effekt.population.ingest.planning import Plan
from effekt.population.wording import counted

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "date": "a date",
    "bool": "yes or no",
    "code": "a code",
    "text": "text",
}


def unfit_problems(located: LocatedCatalogue, one: Plan, done: Converted) -> Iterator[Problem]:
    """Yield E703, E105 or E206 for every column with such cells, unless its policy makes them missing."""
    policies = located.catalogue.policies_of(one.piece.table)
    rules = {rule.column.name: rule for rule in one.rules}
    for unfit in done.unfit:
        rule = rules[unfit.column]
        walked = rule.crosswalk is not None
        if (policies.codes if walked else policies.types) == "missing":
            continue
        kind = rule.column.type
        what = "without a counterpart in the crosswalk" if walked else f"that cannot be read as {_KINDS[kind]}"
        yield located.problem(
            "E206" if walked else "E703" if kind in ("int", "float") else "E105",
            f"`{one.piece.name}`: column `{unfit.delivered}` holds {counted(unfit.cells, 'cell')} {what} "
            f"(first rows: {', '.join(map(str, unfit.first))})",
            ("tables", one.piece.table, "columns", unfit.column),
            help=_help_for(rule.style, kind, located, one, walked=walked),
        )


def _help_for(style: str, kind: str, located: LocatedCatalogue, one: Plan, *, walked: bool) -> str:
    if walked:
        return "add the codes to the crosswalk, or write `policies: {codes: missing}`"
    if kind == "date":
        return f"say how they are written with `format` (here: {style}), or what means not known with `missing`"
    if kind == "bool":
        return "write `map: {delivered: 1, other: 0}`"
    mark = located.catalogue.csv_of(one.piece.table).decimal
    return f"say what means not known with `missing`, or the decimal mark with `csv: {{decimal: ...}}` (here `{mark}`)"
