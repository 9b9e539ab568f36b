"""How far each result may reach: the claims gate, which governs words and never numbers.

From the top: ``effekt`` asks for random assignment and a gate that passed without an override; ``estimert``
(estimated effect, provided that ...) for a causal design whose gate passed and whose required bounds passed;
``sammenheng`` is all else that compares; ``utbytte`` is what descriptive designs may say. A result that its own
tests disagree about, that one unit decides, that a late trend precedes, or that WITHIN and BETWEEN contradict is
lowered to ``sammenheng``.
"""

from __future__ import annotations

from collections.abc import Iterator

from effekt.release.contents import Level, ReportInput, contrast_of
from effekt.release.findings import ReleasedFinding
from effekt.release.released import Released
from effekt.results import Cell, Verdict

Row = dict[str, Cell]

LEVELS: tuple[Level, ...] = ("effekt", "estimert", "sammenheng", "utbytte")
"""From the level that may say most to the one that may say least."""

SIGNIFICANCE = 0.05
LATE_TRENDS = "late_pre_trends"
"""The check that looks at pre-trends of later cohorts, after outcomes are read."""

_STOPS = frozenset({Verdict.FAIL, Verdict.NOT_EVALUATED})
_CAUSAL = frozenset({"effekt", "estimert"})


def level_of(content: ReportInput, analysis: str) -> Level:
    """Return the highest level any result of an analysis can have: its design's reach, if its gate passed."""
    design = content.designs.get(analysis)
    reach: Level = design.reach if design is not None else "effekt" if content.randomised else "sammenheng"
    stopped = any(f.blocking and f.verdict in _STOPS for f in about(content, analysis))
    if reach in _CAUSAL and (content.overrides or stopped or (reach == "effekt" and not content.randomised)):
        return "sammenheng"
    return reach


def level_of_result(content: ReportInput, row: Row, conclusion: str) -> tuple[Level, tuple[str, ...]]:
    """Return a result's level, and the reasons it was lowered for (``cap_*`` of ``texts.csv``)."""
    level = level_of(content, str(row["analysis"]))
    if level not in _CAUSAL:
        return level, ()
    caps = tuple(_caps(content, row, conclusion))
    if level == "estimert" and not caps:
        caps = tuple(_lacking(content, row, conclusion))
    return ("sammenheng" if caps else level), caps


def about(content: ReportInput, analysis: str) -> list[ReleasedFinding]:
    """Return the findings about an analysis, and those about all."""
    return [f for f in content.findings if f.analysis in {"", analysis}]


def _caps(content: ReportInput, row: Row, conclusion: str) -> Iterator[str]:
    """Yield what speaks against a result of a causal design."""
    if contrast_of(row):
        yield "dose"
    if conclusion == "disagree":
        yield "disagree"
    if any(_flips(side.table, row) for side in content.in_slot("leave_one_out") if _concerns(side.table, side, row)):
        yield "leave_one_out"
    if any(f.check == LATE_TRENDS and f.verdict in _STOPS for f in about(content, str(row["analysis"]))):
        yield "late_pre_trends"
    if any(contradict(side.table, row) for side in content.in_slot("between")):
        yield "within_between"


def _lacking(content: ReportInput, row: Row, conclusion: str) -> Iterator[str]:
    """Yield what an estimated effect still lacks: an interval without zero, and every bound it needs."""
    required = content.designs[str(row["analysis"])].bounds
    passed = {name for name, verdict in _bounds(content, row) if verdict == Verdict.PASS.value}
    held = {name for name, verdict in _bounds(content, row) if verdict != Verdict.PASS.value}
    if conclusion not in {"clear", "periods"}:
        yield "unclear"
    if not required or not set(required) <= passed - held:
        yield "bounds"


def _bounds(content: ReportInput, row: Row) -> Iterator[tuple[str, str]]:
    """Yield sensitivity and verdict of the bounds about a result."""
    for side in content.in_slot("bounds"):
        for bound in side.table.rows():
            same = bound["outcome"] == row["outcome"] and bound.get("horizon") in {None, row["horizon"]}
            if same and (bound.get("analysis") or side.analysis or row["analysis"]) == row["analysis"]:
                yield str(bound["sensitivity"]), str(bound["verdict"])


def _concerns(table: Released, side: object, row: Row) -> bool:
    """Return True if a table of re-estimates is about a row's analysis and outcome."""
    analysis = getattr(side, "analysis", "")
    return analysis in {"", row["analysis"]} and table.name in {"leave_one_out", f"leave_one_out_{row['outcome']}"}


def _flips(table: Released, row: Row) -> bool:
    """Return True if leaving one unit out turns the sign, or moves the interval to the other side of zero."""
    value = row["value"]
    if value is None:
        return False
    others = [r for r in table.rows() if r["value"] is not None]
    signs = any(float(r["value"] or 0) * float(value) < 0 for r in others)
    return signs or (excludes_zero(row) and any("ci_low" in r and not excludes_zero(r) for r in others))


def excludes_zero(row: Row) -> bool:
    """Return True if a row has an interval and zero is outside it."""
    low, high = row["ci_low"], row["ci_high"]
    return low is not None and high is not None and (float(low) > 0 or float(high) < 0)


def contradict(table: Released, row: Row) -> bool:
    """Return True if the WITHIN and BETWEEN intervals of a row's outcome and horizon do not meet."""
    rows = [r for r in table.rows() if r["outcome"] == row["outcome"] and r.get("horizon") in {None, row["horizon"]}]
    known = [
        (float(r["ci_low"]), float(r["ci_high"])) for r in rows if r["ci_low"] is not None and r["ci_high"] is not None
    ]
    return bool(known) and max(low for low, _ in known) > min(high for _, high in known)
