"""The tables of a plan as rows of words, and its data as JSON: what page, files and terminal are made from."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import asdict
from typing import Any

from effekt.errors import SpecPath
from effekt.literals import Written
from effekt.plan.data_order import Ordered
from effekt.plan.planning import Plan
from effekt.plan.telling import Words
from effekt.release.told import Told


def grid_table(plan: Plan, words: Words, *, participants: int | None = None) -> Told:
    """Return the least effect of every combination of assumptions; participants : only the rows of that number."""
    bias = plan.assumed.hidden_bias if plan.assumed else ()
    heads = [words.say(f"grid.{head}") for head in ("participants", "contamination", "identified")]
    heads += [words.say(f"grid.{head}", unit=words.short_unit) for head in ("formula", "rehearsed")]
    heads += [words.say("grid.false", bias=f"{words.size(size)} {words.short_unit}") for size in bias]
    rows = [
        (
            words.count(cell.participants),
            words.share(cell.contamination),
            words.share(cell.identified),
            words.size(cell.formula),
            words.size(cell.rehearsed),
            *(words.share(share) for share in cell.false_positive),
        )
        for cell in plan.cells
        if participants in (None, cell.participants)
    ]
    return Told(
        title=words.say("grid.title"),
        heads=tuple(heads),
        rows=tuple(rows),
        numbers=frozenset(range(len(heads))),
        note=words.say("grid.note"),
    )


def calendar_table(plan: Plan, words: Words) -> Told:
    """Return when each outcome can be measured."""
    heads = ("outcome", "months", "register", "begun", "complete", "delivered")
    labels = plan.spec.labels_in(words.language.code)
    rows = [
        (
            labels.get(row.outcome, row.outcome),
            words.count(row.horizon),
            row.register,
            *(words.language.text("not_applicable") if m is None else str(m) for m in _months(row)),
        )
        for row in plan.calendar
    ]
    return Told(
        title=words.say("calendar.title"),
        heads=tuple(words.say(f"calendar.{head}") for head in heads),
        rows=tuple(rows),
        numbers=frozenset({1}),
    )


def order_table(plan: Plan, words: Words) -> Told:
    """Return the data order, one row per variable."""
    heads = ("register", "variable", "years", "reason", "line")
    rows = [
        (
            row.table,
            row.column,
            _years(row, words),
            "; ".join(words.say(f"why.{reason}") for reason in row.reasons),
            ", ".join(_line(plan, path) for path in row.asked_by[:3]),
        )
        for row in plan.order
    ]
    return Told(
        title=words.say("order.title"),
        heads=tuple(words.say(f"order.{head}") for head in heads),
        rows=tuple(rows),
        note=words.say("order.note"),
    )


def as_csv(table: Told) -> bytes:
    """Return a table as CSV, UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.heads)
    writer.writerows(table.rows)
    return out.getvalue().encode()


def as_json(plan: Plan) -> bytes:
    """Return everything a plan found as JSON: numbers whole, effects in the outcome's unit."""
    found = {
        "study": plan.spec.study,
        "spec_digest": plan.spec.digest,
        "world": plan.world or None,
        "verdict": plan.verdict.answer.value,
        "reasons": [{"key": r.key, "answer": r.answer.value, "values": dict(r.values)} for r in plan.verdict.reasons],
        "smallest_relevant": plan.relevant,
        "participants": plan.participants,
        "price_nok": plan.asked.price,
        "assumed": None if plan.assumed is None else asdict(plan.assumed),
        "persons": None if plan.persons is None else asdict(plan.persons),
        "units": None if plan.units is None else asdict(plan.units),
        "grid": [{**asdict(cell), "detectable": cell.detectable} for cell in plan.cells],
        "calendar": [
            {**{k: _plain(getattr(row, k)) for k in ("outcome", "horizon", "register", "begun", "complete", "lag")}}
            | {"delivered": _plain(row.delivered)}
            for row in plan.calendar
        ],
        "order": [
            {**asdict(row), "asked_by": [".".join(map(str, path)) for path in row.asked_by]} for row in plan.order
        ],
    }
    return (json.dumps(_finite(found), ensure_ascii=False, indent=1) + "\n").encode()


def _months(row: Any) -> tuple[Any, ...]:
    return row.begun, row.complete, row.delivered


def _years(row: Ordered, words: Words) -> str:
    first, last = row.years
    if first is None and last is None:
        return words.say("order.no_time")
    if first is None:
        return words.say("order.all_before", last=last)
    return words.say("order.open", first=first) if last is None else f"{first}\u2013{last}"


def _line(plan: Plan, path: SpecPath) -> str:
    place = plan.spec.where(path)
    return ".".join(map(str, path)) if place is None else f"{place.file.rsplit('/', 1)[-1]}:{place.line}"


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Written) else value


def _finite(value: Any) -> Any:
    """Return data that JSON can hold: what is not finite is null."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
