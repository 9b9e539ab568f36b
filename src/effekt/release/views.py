"""Tables as the report prints them: words and formatted numbers, no decisions left to the template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from effekt.release.contents import ReportInput
from effekt.release.findings import ReleasedFinding
from effekt.release.language import Language, display_decimals
from effekt.release.released import Released
from effekt.results import Cell

Row = dict[str, Cell]


@dataclass(frozen=True, slots=True)
class TextCell:
    """One cell. ``css`` : its classes."""

    text: str
    css: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """One column's head; ``number`` columns are set to the right."""

    text: str
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A table ready to print; ``notes`` stand below it. ``number`` counts tables through the report."""

    number: int
    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[TextCell, ...], ...]
    notes: tuple[str, ...] = ()


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


def released_table(content: ReportInput, released: Released, title: str, number: int, language: Language) -> TableView:
    """Return any released table as it is: its columns, in their order."""
    columns = released.columns
    right = {c.name for c in columns if c.kind not in {"key", "label"}}
    rows = tuple(
        tuple(
            TextCell(
                shown(released, i, c.name, language.cell(row[c.name], c.unit), language),
                "number" if c.name in right else "",
            )
            for c in columns
        )
        for i, row in enumerate(released.rows())
    )
    return TableView(
        number=number,
        title=title,
        heads=tuple(Head(_column_name(c.name, language), c.name in right) for c in columns),
        rows=rows,
        notes=table_notes(released, content.rules.threshold, language),
    )


def _column_name(name: str, language: Language) -> str:
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
        rows=tuple(tuple(_finding_cells(group, everywhere, language)) for group in same.values()),
        notes=(suppressed,) if any(f.suppressed for f in found) else (),
    )


def _finding_cells(group: list[ReleasedFinding], everywhere: set[str], language: Language) -> Iterator[TextCell]:
    """Yield the cells of findings that differ in their analysis only; it is named if others say otherwise."""
    finding = group[0]
    analyses = {f.analysis for f in group}
    named = "" if analyses == everywhere else ", ".join(sorted(a for a in analyses if a))
    yield TextCell(f"{finding.check} ({named})" if named else finding.check)
    yield TextCell(language.phrase(finding.subject))
    value = language.amount(finding.value, finding.unit) if finding.value is not None else language.number(None)
    yield number_cell(language.text("suppressed_mark") if finding.suppressed else value)
    yield number_cell(language.scaled(finding.threshold, finding.unit))
    verdict = language.text(f"verdict_{finding.verdict.value}")
    yield TextCell(verdict, f"verdict verdict-{finding.verdict.value}")
    yield TextCell(language.phrase(finding.advice))


def estimates_table(content: ReportInput, released: Released, title: str, number: int, language: Language) -> TableView:
    """Return estimates with interval or p, counts and the line of the spec each comes from."""
    numbers = ("col_estimate", "col_std_error", "col_interval", "col_p", "col_n")
    words = ("col_analysis", "col_place", "col_outcome", *numbers[:4], "col_inference", numbers[4])
    return TableView(
        number=number,
        title=title,
        heads=heads(language, words, numbers),
        rows=tuple(
            tuple(_estimate_cells(content, released, i, row, language)) for i, row in enumerate(released.rows())
        ),
        notes=table_notes(released, content.rules.threshold, language),
    )


def _estimate_cells(
    content: ReportInput, released: Released, i: int, row: Row, language: Language
) -> Iterator[TextCell]:
    unit, decimals = str(row["unit"]), display_decimals(row["value"], row["std_error"])

    def written(name: str) -> str:
        return shown(released, i, name, language.scaled(_float(row[name]), unit, decimals), language)

    yield TextCell(content.names(row, "analysis", "variant", "method", "estimand"))
    place = content.place(str(row["analysis"]), str(row["variant"]))
    yield TextCell(place or language.text("not_applicable"), "reference")
    yield TextCell(outcome_words(content, row, language))
    yield number_cell(written("value"))
    yield number_cell(written("std_error"))
    interval = f"[{written('ci_low')}; {written('ci_high')}]"
    yield number_cell(interval if row["ci_low"] is not None else written("ci_low"))
    yield number_cell(shown(released, i, "p_value", language.p_value(_float(row["p_value"])), language))
    yield TextCell(str(row["inference"]))
    yield number_cell(" / ".join(_count(released, i, row, n, language) for n in ("n_treated", "n_comparison")))


def outcome_words(content: ReportInput, row: Row, language: Language) -> str:
    """Return the outcome with what narrows it, arm, subgroup and period, and its unit."""
    parts = [content.label(str(row["outcome"])), row["arm"], row["subgroup"]]
    words = ", ".join(str(p) for p in parts if p)
    if row["horizon"] is not None:
        words = language.text("horizon", outcome=words, horizon=language.cell(row["horizon"]))
    unit = language.unit(str(row["unit"]))
    return f"{words} ({unit})" if unit else words


def _count(released: Released, i: int, row: Row, name: str, language: Language) -> str:
    return shown(released, i, name, language.number(_float(row[name])), language)


def _float(value: Cell) -> float | None:
    return None if value is None else float(value)


def provenance_table(content: ReportInput, extra: Mapping[str, Any], number: int, language: Language) -> TableView:
    """Return every leaf of the provenance, by its path."""
    leaves = _leaves({**extra, **content.provenance})
    return TableView(
        number=number,
        title=language.text("provenance"),
        heads=heads(language, ("provenance_item", "provenance_value")),
        rows=tuple((TextCell(path), TextCell(value, "path reference")) for path, value in leaves),
    )


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key in value:
            yield from _leaves(value[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _leaves(item, f"{path}.{i + 1}")
    else:
        yield path, "" if value is None else str(value)
