"""The rules that every canonical table must keep, each with a count and what is to be done about it.

A rule looks at a relation (a view over the converted files, or over what an earlier rule left), counts the rows that
break it, and where the catalogue says so leaves behind a relation without them. Nothing is mended unasked.
"""

from __future__ import annotations

from collections.abc import Callable

from effekt.literals import Month
from effekt.population.ingest import codes, overlap
from effekt.population.ingest.checked import Checked
from effekt.population.ingest.database import name, names

AT_RISK = ("arbeidssoeker", "vedtak14a", "tiltak", "deltakelse")
"""Tables in which only somebody who lives in Norway can stand."""


def check(checked: Checked, *, known_persons: str | None, residence: str | None) -> None:
    """Let a table go through every rule. known_persons, residence : relations of `person` and `bosted`, if ingested."""
    rules: list[Callable[[Checked], None]] = [_keys, _order, _coverage, _duplicates, _unique]
    for rule in rules:
        rule(checked)
    overlap.check(checked)
    codes.check(checked)
    if known_persons is not None and "person_id" in checked.columns:
        _persons(checked, known_persons)
    if residence is not None and checked.table.name in AT_RISK and checked.time is not None:
        _residence(checked, residence)


def _keys(checked: Checked) -> None:
    for column in checked.table.key:
        if column in checked.columns and column in ("person_id", "start", "maaned", "dato", "aar"):
            checked.drop(
                "keys",
                f"{name(column)} is null",
                f"`{column}` is missing",
                "find out who and when, or write `policies: {keys: drop}`",
            )


def _order(checked: Checked) -> None:
    if checked.table.kind == "spell":
        checked.drop(
            "order",
            '"start" >= "slutt"',
            "spells that do not begin before they end",
            "say whether the stop is the last day inside: `spell: {stop_inclusive: true}`, "
            "or write `policies: {order: drop}`",
        )


def _coverage(checked: Checked) -> None:
    if checked.time is None:
        return
    first, last = checked.coverage
    after = last.plus(1)
    if checked.time == "aar":
        condition = f'"aar" < {first.year} or "aar" > {last.year}'
    else:
        late = f"{name(checked.time)} >= date '{after}-01'"
        # A spell may have begun before the register did.
        condition = late if checked.table.kind == "spell" else f"{name(checked.time)} < date '{first}-01' or {late}"
    checked.drop(
        "coverage",
        condition,
        f"rows outside the coverage {first} to {last}",
        "write the coverage that the data have, or `policies: {coverage: drop}`",
    )
    if checked.table.kind == "monthly":
        _holes(checked, first, last)


def _holes(checked: Checked, first: Month, last: Month) -> None:
    there = checked.database.number(f"select count(distinct {name(checked.time or '')}) from {checked.relation}")
    asked = last.ordinal - first.ordinal + 1
    checked.note(
        "coverage",
        max(asked - there, 0),
        unit="month",
        sentence=f"months of the coverage {first} to {last} without a single row",
        help="get the months, or write the coverage that is there",
    )


def _duplicates(checked: Checked) -> None:
    distinct = f"select distinct {names(checked.columns)} from {checked.relation}"
    count = checked.rows - checked.database.number(f"select count(*) from ({distinct})") if _alike(checked) else 0
    dropped = count and checked.policies.duplicates == "drop"
    checked.note(
        "duplicates",
        count,
        sentence="rows that stand there twice",
        help="find out why, or write `policies: {duplicates: drop}` to keep one of each",
        touched=count if dropped else 0,
    )
    if dropped:
        checked.becomes(distinct)


def _unique(checked: Checked) -> None:
    key = _key(checked)
    distinct = f"select distinct {names(checked.columns)} from {checked.relation}"
    groups = f"select count(*) n from ({distinct}) group by {names(key)} having n > 1"
    checked.note(
        "unique",
        checked.database.number(f"select sum(n) from ({groups})") if _alike(checked) else 0,
        sentence=f"rows that are alike in {', '.join(key)} and not in the rest",
        help="deliver one row per key, or write `policies: {unique: report}` if the register is so",
    )


def _alike(checked: Checked) -> bool:
    """Whether any key stands in two rows; where none does, nobody need compare whole rows."""
    sql = f"select 1 from {checked.relation} group by {names(_key(checked))} having count(*) > 1 limit 1"
    return bool(checked.database.rows(sql))


def _key(checked: Checked) -> list[str]:
    return [column for column in checked.table.key if column in checked.columns]


def _persons(checked: Checked, persons: str) -> None:
    checked.drop(
        "persons",
        f"person_id is not null and person_id not in (select person_id from {persons} where person_id is not null)",
        "rows of persons who are not in `person`",
        "check that the keys come from one delivery, or write `policies: {persons: drop}`",
    )


def _residence(checked: Checked, residence: str) -> None:
    when = name(checked.time or "")
    lives = (
        f"select 1 from {residence} b where b.person_id = t.person_id and b.status = 'bosatt' "
        f"and b.start <= t.{when} and (b.slutt is null or b.slutt > t.{when})"
    )
    count = checked.database.number(f"select count(*) from {checked.relation} t where not exists ({lives})")
    checked.note(
        "residence",
        count,
        sentence="rows of persons who do not live in Norway then",
        help="look at `bosted`, or write `policies: {residence: report}` if the register is so",
    )
