"""Tables as the report prints them: words and formatted numbers, no decisions left to the template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from effekt.release.contents import KINDS, ReportInput, contrast_of
from effekt.release.findings import ReleasedFinding
from effekt.release.language import Language, display_decimals
from effekt.release.released import Released
from effekt.results import Cell, Column, Verdict

Row = dict[str, Cell]


@dataclass(frozen=True, slots=True)
class TextCell:
    """One cell. css : its classes. quoted : the study's own words, which make no claim of the report's.

    place : the line of the spec, below the text.
    """

    text: str
    css: str = ""
    quoted: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """One column's head; ``number`` columns are set to the right."""

    text: str
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A table ready to print; ``notes`` stand below it. ``number`` counts tables through the report.

    place : the line of the spec that asks for it, "" if it is not one analysis'. ordered : the order of the rows
    means something, so they cannot be sorted.
    """

    number: int
    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[TextCell, ...], ...]
    notes: tuple[str, ...] = ()
    place: str = ""
    ordered: bool = False


def number_cell(text: str) -> TextCell:
    """Return a cell set to the right."""
    return TextCell(text, "number")


def heads(language: Language, words: Iterable[str], numbers: Iterable[str] = ()) -> tuple[Head, ...]:
    """Return heads from text keys, those in ``numbers`` set to the right."""
    right = set(numbers)
    return tuple(Head(language.text(key), key in right) for key in words)


def shown(released: Released, i: int, name: str, text: str, language: Language) -> str:
    """Return ``text``, or the mark for a suppressed cell."""
    return language.text("suppressed_mark") if released.hidden[name][i] else text


def table_notes(released: Released, threshold: int, language: Language) -> tuple[str, ...]:
    """Return what must be said below a table: that something is suppressed, that steps were merged."""
    notes = []
    if released.any_suppressed:
        notes.append(language.text("suppressed_note", threshold=threshold))
    if released.merged:
        notes.append(language.text("merged_note", count=released.merged))
    return tuple(notes)


def released_table(
    content: ReportInput,
    released: Released,
    title: str,
    number: int,
    language: Language,
    *,
    place: str = "",
    ordered: bool = False,
) -> TableView:
    """Return any released table as it is: its columns, in their order."""
    columns = released.columns
    right = {c.name for c in columns if c.kind not in {"key", "label"} or _all_numbers(released, c.name)}
    rows = tuple(
        tuple(side_cell(content, released, i, c, language, css="number" if c.name in right else "") for c in columns)
        for i in range(len(released))
    )
    return TableView(
        number=number,
        title=title,
        heads=tuple(Head(column_name(c.name, language), c.name in right) for c in columns),
        rows=rows,
        notes=table_notes(released, content.rules.threshold, language),
        place=place,
        ordered=ordered,
    )


def side_cell(
    content: ReportInput, released: Released, i: int, column: Column, language: Language, *, css: str = ""
) -> TextCell:
    """Return a cell by what its column holds: an outcome's label, a verdict, a p-value, a sentence, or a number."""
    value = released.data[column.name][i]
    if column.name == "outcome":
        return TextCell(content.label(str(value)), css, quoted=True)
    if column.name == "covariate":
        return TextCell(content.covariate(str(value)), css, quoted=True)
    if column.name in KINDS and value is not None:
        return TextCell(content.called(column.name, str(value)), css, quoted=True)
    if column.name == "verdict" and value in set(Verdict):
        return TextCell(language.text(f"verdict_{value}"), f"verdict verdict-{value}")
    if column.name == "sentence":
        # A sentence about a result, and so the lint's to read.
        return TextCell(language.phrase(str(value)), css)
    text = language.p_value(_float(value)) if column.name == "p_value" else language.cell(value, column.unit)
    return TextCell(shown(released, i, column.name, text, language), css, quoted=isinstance(value, str))


def _all_numbers(released: Released, name: str) -> bool:
    """Return True for a label column that holds numbers only, such as periods."""
    values = [v for v in released.data[name] if v is not None]
    return bool(values) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)


def column_name(name: str, language: Language) -> str:
    """Return a column's words; a side table's own columns keep their names."""
    return language.text(f"column_{name}") if language.knows(f"column_{name}") else name


def findings_table(
    content: ReportInput, findings: Iterable[ReleasedFinding], number: int, language: Language
) -> TableView:
    """Return the checks with number, threshold, verdict and what to do; one row for analyses that agree."""
    found = tuple(findings)
    words = ("col_check", "col_subject", "col_value", "col_threshold", "col_verdict", "col_advice")
    suppressed = language.text("suppressed_note", threshold=content.rules.threshold)
    same: dict[tuple[Any, ...], list[ReleasedFinding]] = {}
    for f in found:
        key = (f.check, f.subject, f.value, f.unit, f.threshold, f.verdict, f.advice, f.suppressed)
        same.setdefault(key, []).append(f)
    everywhere = {f.analysis for f in found}
    return TableView(
        number=number,
        title=language.text("findings"),
        heads=heads(language, words, ("col_value", "col_threshold")),
        rows=tuple(tuple(_finding_cells(content, group, everywhere, language)) for group in same.values()),
        notes=(suppressed,) if any(f.suppressed for f in found) else (),
    )


def _finding_cells(
    content: ReportInput, group: list[ReleasedFinding], everywhere: set[str], language: Language
) -> Iterator[TextCell]:
    """Yield the cells of findings that differ in their analysis only; it is named if others say otherwise."""
    finding = group[0]
    analyses = {f.analysis for f in group}
    named = "" if analyses == everywhere else ", ".join(content.analysis_words(a) for a in sorted(analyses) if a)
    yield TextCell(f"{finding.check} ({named})" if named else finding.check, quoted=True)
    yield TextCell(subject_words(content, finding, language), quoted=True)
    yield number_cell(finding_value(finding, language))
    yield number_cell(language.scaled(finding.threshold, finding.unit))
    verdict = language.text(f"verdict_{finding.verdict.value}")
    yield TextCell(verdict, f"verdict verdict-{finding.verdict.value}")
    yield TextCell(language.phrase(finding.advice))


def finding_value(finding: ReleasedFinding, language: Language) -> str:
    """Return a finding's number with its unit, the mark for a suppressed one, or a dash."""
    if finding.suppressed:
        return language.text("suppressed_mark")
    if finding.value is None:
        return language.number(None)
    unit = "percent" if finding.check in _PERCENT and finding.unit == "share" else finding.unit
    return language.amount(finding.value, unit)


def subject_words(content: ReportInput, finding: ReleasedFinding, language: Language) -> str:
    """Return what a finding is about: an outcome or covariate by its label, all else in the check's own words."""
    if finding.subject in content.labels:
        return content.label(finding.subject)
    if (covariate := content.covariate(finding.subject)) != finding.subject:
        return covariate
    parts = [content.labels.get(part) or part for part in finding.subject.split(", ")]
    return language.phrase(", ".join(parts))


_PERCENT = frozenset({"overlap", "support", "treated_later", "contamination"})
"""Checks whose shares are shares; those of other checks are differences, in points."""


def estimates_table(
    content: ReportInput,
    released: Released,
    title: str,
    number: int,
    language: Language,
    *,
    known: Iterable[Mapping[str, Cell]] = (),
) -> TableView:
    """Return estimates with interval or p, counts and the line of the spec each comes from.

    known : rows of the slot ``truth``, printed below with a mark of their own.
    """
    numbers = ("col_estimate", "col_std_error", "col_interval", "col_p", "col_n")
    words = ("col_analysis_place", "col_outcome", *numbers[:4], "col_inference", numbers[4])
    rows = [tuple(_estimate_cells(content, released, i, row, language)) for i, row in enumerate(released.rows())]
    unit = next((str(row["unit"]) for row in released.rows()), "")
    rows += [tuple(_truth_cells(content, row, unit, language)) for row in known]
    return TableView(
        number=number,
        title=title,
        heads=heads(language, words, numbers),
        rows=tuple(rows),
        notes=table_notes(released, content.rules.threshold, language),
    )


def estimate_text(released: Released, i: int, name: str, language: Language) -> str:
    """Return a number of an estimate as it is printed: in its unit's scale, with the decimals the row shares."""
    value, std_error, unit, number = (released.data[n][i] for n in ("value", "std_error", "unit", name))
    decimals = display_decimals(value, std_error)
    return shown(released, i, name, language.scaled(_float(number), str(unit), decimals), language)


def _estimate_cells(
    content: ReportInput, released: Released, i: int, row: Row, language: Language
) -> Iterator[TextCell]:
    def written(name: str) -> str:
        return estimate_text(released, i, name, language)

    place = content.place(str(row["analysis"]), str(row["variant"]))
    yield TextCell(row_name(content, row, language), quoted=True, place=place)
    asked_for = ", ".join(content.outcome_places(str(row["outcome"])))
    yield TextCell(outcome_words(content, row, language), quoted=True, place=asked_for)
    yield number_cell(written("value"))
    yield number_cell(written("std_error"))
    interval = f"[{written('ci_low')}; {written('ci_high')}]"
    yield number_cell(interval if row["ci_low"] is not None else written("ci_low"))
    yield number_cell(shown(released, i, "p_value", language.p_value(_float(row["p_value"])), language))
    yield TextCell(str(row["inference"]), quoted=True)
    yield number_cell(" / ".join(_count(released, i, row, n, language) for n in ("n_treated", "n_comparison")))


def _truth_cells(content: ReportInput, row: Mapping[str, Cell], unit: str, language: Language) -> Iterator[TextCell]:
    """Yield the known answer of a synthetic world in the columns of an estimate."""
    words = language.period(content.label(str(row["outcome"])), row["horizon"], monthly=content.monthly)
    yield TextCell(language.text("truth"), "truth")
    yield TextCell(words, quoted=True)
    yield TextCell(language.scaled(_float(row["truth"]), unit), "number truth")
    yield number_cell("")
    yield number_cell("")
    yield number_cell("")
    realised = language.scaled(_float(row["realised"]), unit)
    yield TextCell(language.text("truth_realised", value=realised))
    yield number_cell("")


_AIMS = {"dose": "contrast_dose", "slope": "contrast_slope"}


def row_name(content: ReportInput, row: Row, language: Language) -> str:
    """Return what an estimate is called: its analysis, its method and what it aims at or compares."""
    aim = language.text(_AIMS[kind]) if (kind := contrast_of(row)) else str(row["estimand"])
    if content.waits:
        aim = language.text("aim_now_or_wait", estimand=aim)
    return ", ".join([content.names(row, "analysis", "variant", "method"), aim])


def outcome_words(content: ReportInput, row: Row, language: Language) -> str:
    """Return the outcome with what narrows it, arm, subgroup and period, and its unit."""
    cuts = (content.called(n, str(row[n])) for n in ("arm", "subgroup") if row[n])
    parts = [content.label(str(row["outcome"])), *cuts]
    words = ", ".join(parts)
    words = language.period(words, row["horizon"], monthly=content.monthly)
    unit = language.unit(str(row["unit"]))
    if contrast_of(row) == "slope":
        unit = language.text("per_dose", unit=unit).strip()
    return f"{words} ({unit})" if unit else words


def _count(released: Released, i: int, row: Row, name: str, language: Language) -> str:
    return shown(released, i, name, language.number(_float(row[name])), language)


def _float(value: Cell) -> float | None:
    return None if value is None else float(value)
