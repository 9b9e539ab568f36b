"""A calibration as rows: for the terminal, as CSV and as Markdown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

from effekt.synthetic.calibration.calibrate import Reached

HEADS = (
    "id",
    "population",
    "statistic",
    "target",
    "low",
    "high",
    "reached",
    "unit",
    "status",
    "verdict",
    "note",
    "source",
)
FILES = ("calibration.csv", "calibration.md")

WITHIN, OUTSIDE, SHOWN, NOT_CLAIMED = "within", "OUTSIDE", "assumed", "not claimed"


def verdict(reached: Reached) -> str:
    """Return what became of a moment: `within` or `OUTSIDE` its band, `assumed` and so not tested, `not claimed`."""
    if not reached.claimed:
        return NOT_CLAIMED
    return SHOWN if reached.within is None else WITHIN if reached.within else OUTSIDE


def rows(found: Iterable[Reached]) -> list[tuple[str, ...]]:
    """Return every moment in the order of ``HEADS``, as text; what there is none of is empty."""
    return [_row(reached) for reached in found]


def _row(reached: Reached) -> tuple[str, ...]:
    moment = reached.moment
    low, high = moment.band if moment.band and reached.claimed else (None, None)
    return (
        moment.id,
        moment.population,
        moment.statistic,
        *(_number(value, moment.unit) for value in (moment.target, low, high, reached.value)),
        moment.unit,
        moment.status,
        verdict(reached),
        moment.why,
        moment.source,
    )


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if unit == "personer" else f"{value:.1f}"


def as_csv(found: Sequence[Reached]) -> str:
    """Return all moments as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([HEADS, *rows(found)])
    return out.getvalue()


def as_markdown(said: Sequence[Sequence[str]]) -> str:
    """Return rows in the order of ``HEADS`` as two tables: what is claimed, and what is not and why."""
    named = [dict(zip(HEADS, row, strict=True)) for row in said]
    claimed = [row for row in named if row["verdict"] != NOT_CLAIMED]
    left = [row for row in named if row["verdict"] == NOT_CLAIMED]
    heads = ("moment", "of", "target", "band", "reached", "status", "verdict", "note")
    lines = [_line(heads), _line("---" if head in {"moment", "of", "note"} else "---:" for head in heads)]
    lines += [
        _line(
            (
                f"`{row['id']}`",
                f"{row['population']}: {row['statistic']}",
                row["target"],
                f"{row['low']}–{row['high']}" if row["low"] else "",
                row["reached"],
                row["status"],
                row["verdict"],
                row["note"],
            )
        )
        for row in claimed
    ]
    lines += [
        "",
        "Not claimed, and why:",
        "",
        _line(("moment", "of", "value", "why")),
        _line(("---", "---", "---:", "---")),
    ]
    lines += [
        _line((f"`{row['id']}`", f"{row['population']}: {row['statistic']}", row["target"], row["note"]))
        for row in left
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def files_of(found: Sequence[Reached]) -> dict[str, bytes]:
    """Return name -> bytes of what a calibration leaves."""
    files = dict(zip(FILES, (as_csv(found), as_markdown(rows(found))), strict=True))
    manifest = json.dumps({"format": "effekt-calibration/1", "files": sorted(files)}, indent=1) + "\n"
    return {**{name: text.encode() for name, text in files.items()}, "manifest.json": manifest.encode()}


def summary(found: Sequence[Reached]) -> str:
    """Return how many of the moments are within, outside, assumed and not claimed."""
    count = [verdict(reached) for reached in found]
    parts = (f"{count.count(kind)} {kind}" for kind in (WITHIN, OUTSIDE, SHOWN, NOT_CLAIMED))
    return f"{len(found)} moments: {', '.join(parts)}"
