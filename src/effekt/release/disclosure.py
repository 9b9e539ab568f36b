"""Disclosure control: :func:`protect` is the one door between a table and anything that leaves the zone.

The order is fixed: refuse, merge, suppress, round, and only then derive. A share is computed from the two
rounded counts and from nothing else, so that it says no more than they do, at any precision: whoever holds it
cannot tell apart two tables whose counts round alike. Thresholds count persons behind each numerator,
complement and denominator, and zero is below the threshold, since "none of them" and "all of them" speak
about every person in the group.

Not covered yet, and refused where it can be seen: totals (complementary suppression), sums of money
(dominance), differences between released tables.

References: Hundepool et al. (2012), Statistical Disclosure Control, ch. 4-5; ABS DataLab output rules; ACRO.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from effekt.release.chain import merge_steps
from effekt.release.disguises import CLUSTERS, DF, P_FLOOR, clusters_of_persons, may_be_persons, residual_df
from effekt.release.refusals import refuse_unprotectable
from effekt.release.released import SEAL, Released
from effekt.release.rounding import rounded_column
from effekt.release.rules import Rules
from effekt.results import Cell, Column, Table

Mask = Mapping[str, tuple[bool, ...]]


def protect(table: Table, rules: Rules) -> Released:
    """Return what may be released of a table under the rules.

    Raises
    ------
    TypeError
        For anything that is not a :class:`~effekt.results.Table`, whose columns say what they need.
    PrivacyError
        E502 totals, E503 unknown persons, E505 sums of money, E506 minima and maxima.
    """
    if type(table) is not Table:
        raise TypeError(f"protect accepts a Table, not {type(table).__name__}")
    clean = replace(table, data={n: tuple(map(_plain, v)) for n, v in table.data.items()})
    if not rules.protects:
        shown = {c.name: (False,) * len(clean) for c in clean.columns}
        return _release(clean, clean.data, shown, rules, merged=0)
    _check_counts(clean)
    refuse_unprotectable(clean, rules)
    merged = merge_steps(clean, rules)
    mask = _mask(merged, rules)
    data = {c.name: rounded_column(merged, c, rules) for c in merged.columns}
    return _release(merged, data, _hidden(merged, data, mask), rules, merged=len(clean) - len(merged))


def _release(
    table: Table, data: Mapping[str, tuple[Cell, ...]], hidden: Mask, rules: Rules, *, merged: int
) -> Released:
    """Seal the public columns; a hidden cell becomes None."""
    public = tuple(c for c in table.columns if not c.internal)
    shown = {c.name: tuple(None if h else v for v, h in zip(data[c.name], hidden[c.name], strict=True)) for c in public}
    return Released(
        name=table.name,
        title=table.title,
        columns=public,
        data=shown,
        hidden={c.name: hidden[c.name] for c in public},
        rules=rules.name,
        merged=merged,
        seal=SEAL,
    )


def _plain(value: Any) -> Cell:
    """Return a numpy scalar as Python's own; a number that is not finite is not defined."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _check_counts(table: Table) -> None:
    """Raise for a count that is not one: rounding and thresholds would mean nothing."""
    for column in (c for c in table.columns if c.kind == "count"):
        for value in table.data[column.name]:
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
                raise ValueError(f"table {table.name}: {column.name} is not a column of person counts")


def _mask(table: Table, rules: Rules) -> Mask:
    """Return, per column, where a value must be hidden."""
    mask = {c.name: (False,) * len(table) for c in table.columns}
    for column in (c for c in table.columns if c.kind == "count"):
        mask[column.name] = tuple(rules.small(_persons(v)) for v in table.data[column.name])
    for share in (c for c in table.columns if c.kind == "share"):
        # Whoever holds the whole and the part holds the rest: a small complement hides the part.
        name, whole = str(share.numerator), table.data[str(share.of)]
        rest = [_complement(n, d) for n, d in zip(table.data[name], whole, strict=True)]
        mask[name] = tuple(m or rules.small(r) for m, r in zip(mask[name], rest, strict=True))
    if CLUSTERS in mask:
        mask[CLUSTERS] = tuple(
            clusters_of_persons(table, i, rules) and rules.small(_persons(n))
            for i, n in enumerate(table.data[CLUSTERS])
        )
    if P_FLOOR in mask:
        counts = [mask[c.name] for c in table.columns if c.kind == "count"]
        few = [any(hidden) for hidden in zip(*counts, strict=True)]
        mask[P_FLOOR] = tuple(clusters_of_persons(table, i, rules) and few[i] for i in range(len(table)))
    for column in (c for c in table.columns if c.of is not None):
        mask[column.name] = tuple(_computed_hidden(table, column, i, mask, rules) for i in range(len(table)))
    return mask


def _persons(value: Cell) -> int | None:
    return None if value is None else int(value)


def _complement(part: Cell, whole: Cell) -> int | None:
    return None if part is None or whole is None else int(whole) - int(part)


def _computed_hidden(table: Table, column: Column, i: int, mask: Mask, rules: Rules) -> bool:
    """Return True if a value computed from persons must be hidden in row ``i``."""
    value = table.data[column.name][i]
    if value is None and column.kind != "share":
        return False
    if column.unit == "units":
        persons = table.data[str(column.of)][i]
        return may_be_persons(value, persons, rules) and (mask[str(column.of)][i] or rules.small(_persons(value)))
    stands_on = [str(n) for n in (column.of, column.numerator) if n is not None]
    return any(mask[n][i] for n in stands_on) or (column.unit == "value" and _saturated(table, i, rules))


def _saturated(table: Table, i: int, rules: Rules) -> bool:
    """Return True if a person-level model has so few residual degrees of freedom that it repeats its data."""
    return residual_df(table, i, rules) and float(table.data[DF][i] or 0) < rules.min_residual_df


def _hidden(table: Table, data: Mapping[str, tuple[Cell, ...]], mask: Mask) -> Mask:
    """Return the mask with shares, and numbers that are shares, that cannot be derived from the rounded counts.

    Degrees of freedom are left out: where they would give the counts back they are not released, for anybody.
    """
    hidden = {n: list(flags) for n, flags in mask.items()}
    for column in table.columns:
        for i, value in enumerate(data[column.name]):
            lost = value is None and table.data[column.name][i] is not None and column.name != DF
            hidden[column.name][i] |= lost or (column.kind == "share" and value is None)
    return {n: tuple(flags) for n, flags in hidden.items()}
