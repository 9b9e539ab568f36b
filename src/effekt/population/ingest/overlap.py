"""Spells of one key at the same time: counted, joined where they say the same, or cut where the next begins."""

from __future__ import annotations

from effekt.population.ingest.checked import Checked
from effekt.population.ingest.database import name, names

_NEVER = "date '9999-12-31'"


def check(checked: Checked) -> None:
    """Count the spells that begin before another of the same key has ended, and do what the policy says."""
    if checked.table.kind != "spell" or not {"start", "slutt"} <= set(checked.columns):
        return
    before = checked.rows
    count = _overlapping(checked, _keys(checked))
    touched = 0
    if count and checked.policies.overlap in ("merge", "priority"):
        (_merge if checked.policies.overlap == "merge" else _cut)(checked)
        left = _overlapping(checked, _keys(checked))
        # What merging leaves is spells that say different things of the same days: that is no longer the same rule.
        touched = before - checked.rows if checked.policies.overlap == "merge" else count - left
        if left:
            checked.note(
                "overlap",
                count,
                sentence=f"spells of one key at the same time, {left} of which say different things",
                help="write `policies: {overlap: priority}` to end the earlier one when the later begins",
                touched=touched,
                policy="error",
            )
            return
    checked.note(
        "overlap",
        count,
        sentence="spells that begin before another of the same key has ended",
        help="say what they mean: `policies: {overlap: merge}` joins those that say the same, "
        "`priority` ends the earlier one",
        touched=touched,
    )


def _keys(checked: Checked) -> list[str]:
    return [column for column in checked.table.key if column != "start" and column in checked.columns]


def _overlapping(checked: Checked, keys: list[str]) -> int:
    ended = f'max(coalesce("slutt", {_NEVER})) over (partition by {names(keys)} order by "start", "slutt" nulls last '
    ended += "rows between unbounded preceding and 1 preceding)"
    distinct = f"select distinct {names(checked.columns)} from {checked.relation}"
    return checked.database.number(
        f'select count(*) from (select "start" as began, {ended} as ended from ({distinct})) where ended > began'
    )


def _merge(checked: Checked) -> None:
    """Join spells that overlap and agree in every other column."""
    alike = [column for column in checked.columns if column not in ("start", "slutt")]
    window = f'over (partition by {names(alike)} order by "start", "slutt" nulls last'
    ended = f'max(coalesce("slutt", {_NEVER})) {window} rows between unbounded preceding and 1 preceding)'
    numbered = f"sum(fresh) {window} rows unbounded preceding)"
    outer = ", ".join(
        'min("start") as "start"'
        if column == "start"
        else f'nullif(max(coalesce("slutt", {_NEVER})), {_NEVER}) as "slutt"'
        if column == "slutt"
        else name(column)
        for column in checked.columns
    )
    checked.becomes(
        f"select {outer} from (select *, {numbered} as island from "
        f'(select *, case when {ended} > "start" then 0 else 1 end as fresh from {checked.relation})) '
        f"group by {names(alike)}, island"
    )


def _cut(checked: Checked) -> None:
    """End a spell when the next of its key begins."""
    following = f'lead("start") over (partition by {names(_keys(checked))} order by "start", "slutt" nulls last)'
    cut = ", ".join(
        f'least(coalesce("slutt", {_NEVER}), coalesce(following, {_NEVER})) as cut'
        if column == "slutt"
        else name(column)
        for column in checked.columns
    )
    shown = ", ".join(
        f'nullif(cut, {_NEVER}) as "slutt"' if column == "slutt" else name(column) for column in checked.columns
    )
    checked.becomes(
        f"select {shown} from (select {cut} from (select *, {following} as following from {checked.relation})) "
        'where cut > "start"'
    )
