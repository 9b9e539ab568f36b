"""What the report says about each result: the level governs the words, and all words are in ``claims.csv``.

No sentence about a result is written anywhere else; :mod:`effekt.release.lint` reads finished reports to see that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from effekt.release.contents import STUDY_KEY, ReportInput, by_period, contrast_of, curves, narrowed
from effekt.release.language import Language, display_decimals
from effekt.release.levels import SIGNIFICANCE, Row, about, level_of_result
from effekt.release.multiplicity import holm
from effekt.results import Cell

_KEY = ("analysis", "variant", "method", "estimand", "arm", "subgroup", "outcome", "horizon", "first_treated", "time")
"""Rows that agree in these are one result, tested in more than one way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One result and the sentence it allows.

    rows : the result's rows, one per test; row : the one whose numbers are printed. conclusion : the part of
    ``claims.csv`` used. caps : why the level is lower than the design's reach. p_adjusted : Holm's p of a
    secondary result. values : what fills the places of the sentence, for other sentences about the same result.
    """

    row: Row
    rows: tuple[Row, ...]
    level: str
    primary: bool
    conclusion: str
    sentence: str
    caps: tuple[str, ...]
    p_adjusted: float | None
    values: dict[str, object]


def claims(content: ReportInput, language: Language) -> tuple[Claim, ...]:
    """Return a claim per estimated result, the primary ones first.

    Rows of one result that differ in inference only are read together. The periods of an event study, or of a
    curve over horizons, are many tests of one question and share a claim, but for a declared primary horizon.
    Periods before the start are placebos and claim nothing.
    """
    rows = [r for r in content.estimates.rows() if r["horizon"] is None or int(r["horizon"]) >= 0]
    in_curve = [r for members in curves(content.estimates).values() for r in members]
    courses = [
        r
        for r in rows
        if (by_period(r) or r in in_curve) and not (is_primary(content, r) and content.primary.horizon is not None)
    ]
    results = _together([r for r in rows if r not in courses], _KEY)
    adjusted = _adjusted(content, results)
    found = [_claim(content, same, p, language) for same, p in zip(results, adjusted, strict=True)]
    found += [_period_claim(content, same, language) for same in _together(courses, (*STUDY_KEY, "method"))]
    return tuple(_each_mde_once(sorted(found, key=lambda c: not c.primary)))


def _each_mde_once(found: list[Claim]) -> Iterator[Claim]:
    """Yield the claims; a minimal detectable difference that an earlier one has told is not told again."""
    told: set[str] = set()
    for claim in found:
        mde = str(claim.values["mde"])
        if mde in told:
            yield replace(claim, sentence=claim.sentence.replace(f" {mde}", ""))
        else:
            yield claim
            told |= {mde} if mde in claim.sentence else set()


def _together(rows: list[Row], names: tuple[str, ...]) -> list[list[Row]]:
    """Return the rows that agree in ``names``, in the order of their first."""
    groups: dict[tuple[Cell, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[n] for n in names), []).append(row)
    return list(groups.values())


def is_primary(content: ReportInput, row: Row) -> bool:
    """Return True for the declared outcome and horizon, of everybody: a subgroup or arm is secondary."""
    if narrowed(row):
        return False
    return row["outcome"] == content.primary.outcome and content.primary.horizon in {None, row["horizon"]}


def _adjusted(content: ReportInput, results: list[list[Row]]) -> list[float | None]:
    """Return Holm's p of each secondary result, within its analysis and variant; None for the primary."""
    adjusted: list[float | None] = [None] * len(results)
    families: dict[tuple[Cell, Cell], list[int]] = {}
    for i, rows in enumerate(results):
        if not is_primary(content, rows[0]) and all(r["p_value"] is not None for r in rows):
            families.setdefault((rows[0]["analysis"], rows[0]["variant"]), []).append(i)
    for members in families.values():
        largest = [max(float(r["p_value"] or 0) for r in results[i]) for i in members]
        for i, p in zip(members, holm(largest), strict=True):
            adjusted[i] = p if len(members) > 1 else None
    return adjusted


def _claim(content: ReportInput, rows: list[Row], p_adjusted: float | None, language: Language) -> Claim:
    row = next((r for r in rows if r["std_error"] is not None), rows[0])
    conclusion = _conclusion(rows)
    if conclusion == "clear" and p_adjusted is not None and p_adjusted >= SIGNIFICANCE:
        conclusion = "unclear"
    decimals = display_decimals(row["value"], row["std_error"])
    evidence = [_evidence(r, decimals, language) for r in rows]
    if p_adjusted is not None:
        evidence.append(language.text("evidence_holm", p=language.p_value(p_adjusted)))
    values: dict[str, object] = {
        "outcome": _quoted(content, row, language),
        "value": language.amount(_float(row["value"]), str(row["unit"]), decimals),
        "evidence": "; ".join(evidence),
    }
    return _worded(content, rows, row, language, conclusion=conclusion, values=values, p_adjusted=p_adjusted)


def _period_claim(content: ReportInput, rows: list[Row], language: Language) -> Claim:
    """Return one claim for all periods of a course over time: how many can be told from zero, by Holm."""
    study = {**rows[0], "horizon": None}
    conclusions = [_conclusion([r]) for r in rows]
    adjusted = holm([float(r["p_value"]) if r["p_value"] is not None else 1.0 for r in rows])
    clear = sum(p < SIGNIFICANCE for p, c in zip(adjusted, conclusions, strict=True) if c == "clear")
    conclusion = "periods" if clear else "periods_unclear"
    if "suppressed" in conclusions:
        # A period that is not shown was not found to be null: nothing is said about how many are.
        conclusion = "suppressed"
    values: dict[str, object] = {"outcome": _quoted(content, study, language), "count": len(rows), "clear": clear}
    return _worded(content, rows, study, language, conclusion=conclusion, values=values)


def _worded(
    content: ReportInput,
    rows: Sequence[Row],
    row: Row,
    language: Language,
    *,
    conclusion: str,
    values: dict[str, object],
    p_adjusted: float | None = None,
) -> Claim:
    """Return the claim whose level and words its result allows."""
    level, caps = level_of_result(content, row, conclusion)
    values |= {"mde": mde_sentence(content, row, language), "assumption": _assumption(content, row, language)}
    sentence = language.claim(level, part_of(row, level, conclusion, language), **values)
    if (limit := ruled_out(content, row)) is not None:
        sentence += " " + language.claim(level, "within", limit=language.amount(limit, str(row["unit"])))
    return Claim(
        row=row,
        rows=tuple(rows),
        level=level,
        primary=is_primary(content, row),
        conclusion=conclusion,
        sentence=sentence,
        caps=caps,
        p_adjusted=p_adjusted,
        values=values,
    )


def part_of(row: Row, level: str, conclusion: str, language: Language, *, front: str = "") -> str:
    """Return the part of ``claims.csv`` that words a result: that of its contrast, if it has words of its own.

    front : ``front_`` for the words of page one.
    """
    own = f"{front}{contrast_of(row)}_{conclusion}"
    return own if contrast_of(row) and language.has_claim(level, own) else f"{front}{conclusion}"


def ruled_out(content: ReportInput, row: Row) -> float | None:
    """Return the declared smallest relevant difference, if the interval lies within it; else None."""
    limit = content.relevant.get(str(row["outcome"]))
    low, high = row["ci_low"], row["ci_high"]
    if limit is None or low is None or high is None or _is_course(row) or contrast_of(row) == "slope":
        return None
    return limit if max(abs(float(low)), abs(float(high))) < limit else None


def _is_course(row: Row) -> bool:
    """Return True for the row that stands for all periods of an event study."""
    return row["horizon"] is None and by_period({**row, "horizon": 0})


def _assumption(content: ReportInput, row: Row, language: Language) -> str:
    """Return what an estimated effect rests on; "" where no design says so."""
    design = content.designs.get(str(row["analysis"]))
    return language.claim("assumption", design.assumption) if design is not None and design.assumption else ""


def _quoted(content: ReportInput, row: Row, language: Language) -> str:
    """Return the outcome's label in quotes, so that it cannot be read as the report's own words."""
    outcome = language.text("quoted", words=content.label(str(row["outcome"])))
    cuts = (content.called(n, str(row[n])) for n in ("arm", "subgroup") if row[n])
    words = ", ".join([outcome, *(language.text("quoted", words=cut) for cut in cuts)])
    return language.period(words, row["horizon"], monthly=content.monthly)


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


def minimal_detectable(content: ReportInput, row: Row) -> tuple[float, str] | None:
    """Return the minimal detectable difference for a row's outcome and its unit; None if it was not computed.

    It is one between groups, and says nothing about a slope.
    """
    if contrast_of(row) == "slope":
        return None
    found = [f for f in about(content, str(row["analysis"])) if f.check == "mde" and f.value is not None]
    own = next((f for f in found if f.subject == row["outcome"]), found[0] if len(found) == 1 else None)
    return None if own is None or own.value is None else (own.value, own.unit)


def mde_sentence(content: ReportInput, row: Row, language: Language) -> str:
    """Return the minimal detectable difference in words, from the check that computed it."""
    found = minimal_detectable(content, row)
    if found is None:
        return language.text("mde_missing")
    return language.text("mde_sentence", mde=language.amount(*found))


def _float(value: Cell) -> float | None:
    return None if value is None else float(value)
