"""What the report may say about each result: the level governs the words, and all words are in ``claims.csv``.

Two levels can be reached in this version. ``effekt`` asks for randomised assignment and a gate that passed
without an override. Everything else that compares is ``sammenheng``: "estimated effect, provided that ..."
needs sensitivity analyses at a declared hidden bias.
"""

from __future__ import annotations

from dataclasses import dataclass

from effekt.release.contents import STUDY_KEY, ReportInput, by_period
from effekt.release.findings import ReleasedFinding
from effekt.release.language import Language, display_decimals
from effekt.results import Cell, Verdict

Row = dict[str, Cell]

LEVELS = ("effekt", "sammenheng")
SIGNIFICANCE = 0.05

_STOPS = frozenset({Verdict.FAIL, Verdict.NOT_EVALUATED})

_KEY = ("analysis", "variant", "method", "estimand", "arm", "subgroup", "outcome", "horizon", "first_treated", "time")
"""Rows that agree in these are one result, tested in more than one way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One result and the sentence it allows. ``conclusion`` : the part of ``claims.csv`` used."""

    row: Row
    level: str
    primary: bool
    conclusion: str
    sentence: str


def level_of(content: ReportInput, analysis: str) -> str:
    """Return the claims level of an analysis."""
    stopped = any(f.blocking and f.verdict in _STOPS for f in _about(content, analysis))
    return "effekt" if content.randomised and not content.overrides and not stopped else "sammenheng"


def claims(content: ReportInput, language: Language) -> tuple[Claim, ...]:
    """Return a claim per estimated result, the primary ones first.

    Rows of one result that differ in inference only are read together. The periods of an event study are many
    tests of one question and share a claim, but for a declared primary horizon. Periods before the start are
    placebos and claim nothing.
    """
    rows = [r for r in content.estimates.rows() if r["horizon"] is None or int(r["horizon"]) >= 0]
    studies = [
        r for r in rows if by_period(r) and not (_is_primary(content, r) and content.primary.horizon is not None)
    ]
    found = [_claim(content, same, language) for same in _together([r for r in rows if r not in studies], _KEY)]
    found += [_period_claim(content, same, language) for same in _together(studies, STUDY_KEY)]
    return tuple(sorted(found, key=lambda c: not c.primary))


def _together(rows: list[Row], names: tuple[str, ...]) -> list[list[Row]]:
    """Return the rows that agree in ``names``, in the order of their first."""
    groups: dict[tuple[Cell, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[n] for n in names), []).append(row)
    return list(groups.values())


def _is_primary(content: ReportInput, row: Row) -> bool:
    return row["outcome"] == content.primary.outcome and content.primary.horizon in {None, row["horizon"]}


def _about(content: ReportInput, analysis: str) -> list[ReleasedFinding]:
    """Return the findings about an analysis, and those about all."""
    return [f for f in content.findings if f.analysis in {"", analysis}]


def _claim(content: ReportInput, rows: list[Row], language: Language) -> Claim:
    row = next((r for r in rows if r["std_error"] is not None), rows[0])
    level, conclusion = level_of(content, str(row["analysis"])), _conclusion(rows)
    decimals = display_decimals(row["value"], row["std_error"])
    sentence = language.claim(
        level,
        conclusion,
        outcome=_quoted(content, row, language),
        value=language.amount(_float(row["value"]), str(row["unit"]), decimals),
        evidence="; ".join(_evidence(r, decimals, language) for r in rows),
        mde=_mde(content, row, language),
    )
    primary = _is_primary(content, row)
    return Claim(row=row, level=level, primary=primary, conclusion=conclusion, sentence=sentence)


def _period_claim(content: ReportInput, rows: list[Row], language: Language) -> Claim:
    """Return one claim for all periods of an event study: how many can be told from zero."""
    study = {**rows[0], "horizon": None}
    level = level_of(content, str(study["analysis"]))
    conclusions = [_conclusion([r]) for r in rows]
    clear = conclusions.count("clear")
    conclusion = "periods" if clear else "periods_unclear"
    if "suppressed" in conclusions:
        # A period that is not shown was not found to be null: nothing is said about how many are.
        conclusion = "suppressed"
    sentence = language.claim(
        level,
        conclusion,
        outcome=_quoted(content, study, language),
        count=len(rows),
        clear=clear,
        mde=_mde(content, study, language),
    )
    primary = _is_primary(content, study)
    return Claim(row=study, level=level, primary=primary, conclusion=conclusion, sentence=sentence)


def _quoted(content: ReportInput, row: Row, language: Language) -> str:
    """Return the outcome's label in quotes, so that it cannot be read as the report's own words."""
    outcome = language.text("quoted", words=content.label(str(row["outcome"])))
    narrowed = ", ".join([outcome, *(str(row[n]) for n in ("arm", "subgroup") if row[n])])
    if row["horizon"] is None:
        return narrowed
    return language.text("horizon", outcome=narrowed, horizon=row["horizon"])


def _conclusion(rows: list[Row]) -> str:
    """Return whether all tests, none or some tell the result from zero."""
    if any(r["value"] is None for r in rows):
        return "suppressed"
    clear = {_float(r["p_value"]) is not None and float(r["p_value"] or 0) < SIGNIFICANCE for r in rows}
    return "disagree" if len(clear) > 1 else "clear" if True in clear else "unclear"


def _evidence(row: Row, decimals: int, language: Language) -> str:
    """Return a row's interval, or its p-value with the smallest p the test could have given."""
    unit = str(row["unit"])
    if row["ci_low"] is not None:
        low, high = (language.scaled(_float(row[n]), unit, decimals) for n in ("ci_low", "ci_high"))
        return language.text("evidence_interval", low=low, high=high)
    p, floor = _float(row["p_value"]), _float(row["p_floor"])
    said = language.text("evidence_test", inference=row["inference"], p=language.p_value(p))
    if floor is not None and floor >= SIGNIFICANCE:
        said += f" ({language.text('p_floor', floor=language.p_value(floor))})"
    return said


def _mde(content: ReportInput, row: Row, language: Language) -> str:
    """Return the minimal detectable difference for the row's outcome, from the check that computed it."""
    found = [f for f in _about(content, str(row["analysis"])) if f.check == "mde" and f.value is not None]
    own = next((f for f in found if f.subject == row["outcome"]), found[0] if len(found) == 1 else None)
    if own is None:
        return language.text("mde_missing")
    return language.text("mde_sentence", mde=language.amount(own.value, own.unit))


def _float(value: Cell) -> float | None:
    return None if value is None else float(value)
