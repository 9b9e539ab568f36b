"""From rows to months: which months a row of a register stands for, in the sense of a measure.

Months are ordinals, `12 * year + month - 1`. A row *counts* in the months ``lo..hi`` and *speaks* of the person
in the months ``since..until`` (in a register where no record means unknown, a row that speaks is what makes a
zero known):

| kind | measure | counts in |
|---|---|---|
| spell | active, value | months whose last day it covers |
| spell | any, months_active, sum | months it covers a day of |
| spell | any_start | the month of its first day |
| spell | any_completion | the month of its last day (`slutt` is the day after it), if `utfall` is `fullfoert` |
| monthly | all | its month |
| event | all | the month of its date |
| yearly | all | the twelve months of its year, and only together |
| fixed | value | all |
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import ibis

from effekt.registers.schema import Table

EVER = 10**6
"""A month after all others, for spells that are open; its negative comes before all others."""

CODE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "arbeidssoeker": "hovedstatus",
        "bosted": "kommunenr",
        "deltakelse": "form",
        "realkompetansevurdering": "resultat",
        "tiltak": "tiltakskode",
        "utdanningsforloep": "nus2000",
        "utdanningsnivaa": "nus2000",
        "vedtak14a": "innsatsgruppe",
        "ytelse": "ytelse",
    }
)
"""The column that `codes` selects in, by table. The others have none: `arbeidsforhold` has two that change their
classification under way (`yrke`, `naering`), so `codes` alone does not say which is meant."""

PREFIXED = frozenset(("nus2000",))
"""Hierarchical classifications: a code selects everything that begins with it."""

COMPLETED = "fullfoert"


def month_of(date: ibis.expr.types.DateValue) -> ibis.expr.types.IntegerValue:
    """Return the ordinal of a date's month."""
    return (date.year() * 12 + date.month() - 1).cast("int32")


def counting(rows: ibis.Table, table: Table, measure: str) -> ibis.Table:
    """Return the rows with the months they count in (``lo``, ``hi``) and speak of (``since``, ``until``)."""
    lo, hi = _months(rows, table, measure)
    since, until = lo, hi
    if table.kind == "spell" and measure in ("any_start", "any_completion"):
        since, until = _months(rows, table, "any")
    return rows.mutate(lo=lo, hi=hi, since=since, until=until)


def _months(rows: ibis.Table, table: Table, measure: str) -> tuple[ibis.Value, ibis.Value]:
    if table.kind == "spell":
        return _of_spell(rows, measure)
    if table.kind == "monthly":
        return month_of(rows.maaned), month_of(rows.maaned)
    if table.kind == "event":
        return month_of(rows.dato), month_of(rows.dato)
    if table.kind == "yearly":
        return (rows.aar * 12).cast("int32"), (rows.aar * 12 + 11).cast("int32")
    return ibis.literal(-EVER, "int32"), ibis.literal(EVER, "int32")


def _of_spell(rows: ibis.Table, measure: str) -> tuple[ibis.Value, ibis.Value]:
    first = month_of(rows.start)
    last = month_of(rows.slutt - ibis.interval(days=1)).fill_null(EVER)
    if measure == "any_start":
        return first, first
    if measure == "any_completion":
        return last, last
    if measure == "active" or measure.startswith("value_"):
        last = (month_of(rows.slutt) - 1).fill_null(EVER)
    return first, last


def matching(rows: ibis.Table, table: Table, measure: str, codes: tuple[str, ...] | None) -> ibis.BooleanValue:
    """Return whether a row is of the kind that is asked for; null where its code is unknown."""
    match = ibis.literal(True)
    if codes is not None:
        column = rows[CODE_COLUMNS[table.name]]
        match = (
            ibis.or_(*(column.startswith(code) for code in codes))
            if column.get_name() in PREFIXED
            else column.isin(codes)
        )
    if measure == "any_completion":
        match = match & (rows.utfall == COMPLETED)
    return match
