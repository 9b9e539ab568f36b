"""A table put together from files of one variable each, as microdata.no has them.

A fixed variable is joined by person; a yearly one by person and the year of its start. Of spells the days count: a
row of the table holds where every variable holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from effekt.population.ingest.database import name, text
from effekt.registers.schema import Column, Table

_SQL_TYPES = {
    "text": "varchar",
    "code": "varchar",
    "int": "integer",
    "float": "double",
    "date": "date",
    "bool": "boolean",
}


def assembled(table: Table, parts: Mapping[str, Sequence[Path]], constants: Mapping[str, str | None]) -> str:
    """Return the select that makes the table. parts : variable -> its converted files; constants : column -> value."""
    relations = {variable: files_as_relation(paths) for variable, paths in parts.items()}
    if table.kind == "spell":
        body, columns = _spells(relations), ["person_id", "start", "slutt"]
    elif table.kind == "yearly":
        body, columns = _joined(relations, ["person_id", "aar"]), ["person_id", "aar"]
    else:
        body, columns = _joined(relations, ["person_id"]), ["person_id"]
    shown = []
    for column in table.columns.values():
        if column.name in columns or column.name in parts:
            shown.append(name(column.name))
        elif column.name in constants:
            shown.append(f"{_constant(column, constants[column.name])} as {name(column.name)}")
    return f"select {', '.join(shown)} from ({body})"


def files_as_relation(paths: Sequence[Path]) -> str:
    """Return what reads converted files as one relation."""
    listed = ", ".join(text(str(path)) for path in paths)
    return f"(select * from read_parquet([{listed}]))"


def _constant(column: Column, value: str | None) -> str:
    kind = _SQL_TYPES[column.type]
    return f"null::{kind}" if value is None or value == "none" else f"{text(value)}::{kind}"


def _joined(relations: Mapping[str, str], by: Sequence[str]) -> str:
    year = ", year(start)::integer as aar" if "aar" in by else ""
    first, *others = [
        f"(select person_id{year}, {name(variable)} from {relation})" for variable, relation in relations.items()
    ]
    # Two rows alike in key and value are one; two that differ stay two, and the rule of unique keys tells.
    joins = "".join(f" full join (select distinct * from {other}) using ({', '.join(by)})" for other in others)
    return f"select * from (select distinct * from {first}){joins}"


def _spells(relations: Mapping[str, str]) -> str:
    (first, body), *others = relations.items()
    body = f"select person_id, start, slutt, {name(first)} from {body}"
    for variable, relation in others:
        body = (
            "select a.* exclude (start, slutt), greatest(a.start, b.start) as start, "
            "case when a.slutt is null then b.slutt when b.slutt is null then a.slutt "
            f"else least(a.slutt, b.slutt) end as slutt, b.{name(variable)} "
            f"from ({body}) a join {relation} b on a.person_id = b.person_id "
            "and (b.slutt is null or a.start < b.slutt) and (a.slutt is null or b.start < a.slutt)"
        )
    return body


def closed_lines(relation: str, group: Sequence[str]) -> str:
    """Return the select that leaves an opening line out where a closing line of the same group stands.

    group : person, start and what else tells spells apart. By person alone, every open spell of somebody with an
    earlier closed one would be lost.
    """
    keys = ", ".join(name(column) for column in group)
    return (
        f"select * exclude (closings) from (select *, count(slutt) over (partition by {keys}) as closings "
        f"from {relation}) where slutt is not null or closings = 0"
    )
