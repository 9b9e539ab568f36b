"""Regression tables in LaTeX: one file that compiles by itself and whose tables can be taken into a paper.

A table is an outcome; a column an analysis, an arm or a subgroup under one kind of inference; a row a time after the
start, with the standard error in brackets below the estimate. There are no stars: the interval is printed.
Conventions: booktabs (Fear 2020), no vertical rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from effekt.release.contents import ReportInput, SideTable, has_variants
from effekt.release.formats.latex_text import escaped
from effekt.release.language import Language
from effekt.release.report import rule_notes
from effekt.release.sections import kind_of, side_title
from effekt.release.slots import slot_of
from effekt.release.views import TableView, estimate_text, released_table, shown, table_notes
from effekt.results import Cell

_MOST_COLUMNS = 4
"""Analyses beside each other on one page; more of them continue in a table below."""

_HEAD = r"""% {title}
% {reference}. Compiles with pdflatex, xelatex and lualatex; a table alone needs array, booktabs and longtable.
\documentclass[a4paper,10pt]{{article}}
\usepackage[T1]{{fontenc}}
\IfFileExists{{lmodern.sty}}{{\usepackage{{lmodern}}}}{{}}
\usepackage{{textcomp}}
\usepackage[margin=2cm]{{geometry}}
\usepackage{{booktabs}}
\usepackage{{longtable}}
\usepackage{{array}}
\usepackage{{caption}}
\captionsetup{{font=small,labelfont=bf,justification=raggedright,singlelinecheck=false}}
\renewcommand{{\tablename}}{{{table}}}
\setlength{{\LTleft}}{{0pt}}
\setlength{{\parindent}}{{0pt}}
\setlength{{\emergencystretch}}{{3em}}
\begin{{document}}
\section*{{{title}}}
{question}

\medskip
{{\small\texttt{{{reference}}}. {statement}}}
"""


@dataclass(frozen=True, slots=True)
class _Column:
    """What a column of a regression table is about; rows of the estimates that agree in it stand below each other."""

    analysis: str
    variant: str
    arm: str
    subgroup: str
    cohort: str
    time: str
    method: str
    estimand: str
    inference: str


def latex_file(content: ReportInput, language: Language) -> bytes:
    """Return one language of the tables as .tex: regressions first, then the groups at time zero and the flow."""
    statement = " ".join(
        [f"{language.text('disclosure_statement')} ({content.rules.name}).", *rule_notes(content, language)]
    )
    words = {
        "title": content.title,
        "reference": content.reference,
        "question": content.question,
        "statement": statement,
        "table": language.text("table"),
    }
    head = _HEAD.format(**{name: escaped(text) for name, text in words.items()})
    tables = chain(_regressions(content, language), _descriptions(content, language))
    return "\n".join([head, *tables, r"\end{document}", ""]).encode("ascii")


def _regressions(content: ReportInput, language: Language) -> Iterator[str]:
    """Yield a table per section and outcome, in the order of the report; wide ones in several parts."""
    rows = list(enumerate(content.estimates.rows()))
    for section in ("estimates", "subgroups", "event_study"):
        of_section = [(i, row) for i, row in rows if kind_of(row) == section]
        for outcome in dict.fromkeys(str(row["outcome"]) for _, row in of_section):
            found = [(i, row) for i, row in of_section if row["outcome"] == outcome]
            columns = list(dict.fromkeys(_column(row) for _, row in found))
            for start in range(0, len(columns), _MOST_COLUMNS):
                part = tuple(columns[start : start + _MOST_COLUMNS])
                yield _regression(content, section, [f for f in found if _column(f[1]) in part], part, language)


def _column(row: dict[str, Cell]) -> _Column:
    names = ("analysis", "variant", "arm", "subgroup", "first_treated", "time", "method", "estimand", "inference")
    return _Column(*("" if row[n] is None else str(row[n]) for n in names))


def _regression(
    content: ReportInput,
    section: str,
    found: list[tuple[int, dict[str, Cell]]],
    columns: tuple[_Column, ...],
    language: Language,
) -> str:
    """Return one regression table; every number is the one the report prints."""
    first = found[0][1]
    outcome = content.label(str(first["outcome"]))
    unit = language.unit(str(first["unit"]))
    at = {(row["horizon"], _column(row)): (i, row) for i, row in found}
    times = list(dict.fromkeys(row["horizon"] for _, row in found))
    counts = {time: [_counts(content, at.get((time, c)), language) for c in columns] for time in times}
    below = _same_at_all_times(list(counts.values()))
    body: list[str] = []
    for time in times:
        words = language.period(outcome, time, monthly=content.monthly)
        body += _estimate_lines(content, words, [at.get((time, c)) for c in columns], language)
        if below is None:
            body.append(_row([escaped(language.text("col_n")), *counts[time]]))
        body[-1] += r"\addlinespace"
    if below is not None:
        body += [r"\midrule", _row([escaped(language.text("col_n")), *below])]
    heads = [_heads(content, c) for c in columns]
    lines = [
        _row(["", *(f"({k})" for k in range(1, len(columns) + 1))]),
        *(_row(["", *(_boxed(h[k], "2.4cm") for h in heads)]) for k in range(2) if any(h[k] for h in heads)),
    ]
    title = f"{language.text(section)}: {outcome}" + (f" ({unit})" if unit else "")
    aligned = _words_of("5.2cm") + "r" * len(columns)
    return _long(title, aligned, lines, body, _regression_notes(content, columns, language))


def _same_at_all_times(counts: list[list[str]]) -> list[str] | None:
    """Return each column's counts if they are the same in all its rows, so that they can stand below them once."""
    said = [set(filter(None, column)) for column in zip(*counts, strict=True)]
    return [next(iter(told), "") for told in said] if all(len(told) <= 1 for told in said) else None


def _regression_notes(content: ReportInput, columns: tuple[_Column, ...], language: Language) -> list[str]:
    """Return what the brackets hold, how each column's inference is made, and what is suppressed."""
    inference = "; ".join(f"({k}) {c.inference}" for k, c in enumerate(columns, start=1))
    return [
        f"(): {language.text('col_std_error')}; []: {language.text('col_interval')}.",
        f"{language.text('col_inference')}: {inference}.",
        *table_notes(content.estimates, content.rules.threshold, language),
        content.reference,
    ]


def _heads(content: ReportInput, column: _Column) -> tuple[str, str]:
    """Return the two lines above a column: the analysis, and what narrows it."""
    variant = column.variant if has_variants(content.estimates) else ""
    cuts = (content.called(field, getattr(column, field)) for field in ("arm", "subgroup"))
    narrowed = ", ".join(filter(None, (*cuts, column.cohort, column.time, variant)))
    return content.called("analysis", column.analysis or column.method), narrowed


def _estimate_lines(
    content: ReportInput, words: str, cells: list[tuple[int, dict[str, Cell]] | None], language: Language
) -> Iterator[str]:
    """Yield the lines of one time: the estimate, and below it its error, its interval and its p-value."""
    hidden = content.estimates.hidden

    def said(name: str) -> list[str]:
        filled = [c is not None and (c[1][name] is not None or hidden[name][c[0]]) for c in cells]
        return [
            escaped(estimate_text(content.estimates, c[0], name, language)) if c is not None and there else ""
            for c, there in zip(cells, filled, strict=True)
        ]

    yield _row([escaped(words), *said("value")])
    if any(errors := said("std_error")):
        yield _row(["", *(e and f"({e})" for e in errors)])
    if any(lows := said("ci_low")):
        bounds = zip(lows, said("ci_high"), strict=True)
        yield _row(["", *(low and f"[{low}; {high}]" for low, high in bounds)])
    yield _row([escaped(language.text("col_p")), *(_p(content, c, language) for c in cells)])


def _p(content: ReportInput, cell: tuple[int, dict[str, Cell]] | None, language: Language) -> str:
    if cell is None:
        return ""
    i, row = cell
    p = row["p_value"]
    text = language.p_value(p if isinstance(p, int | float) else None)
    return escaped(shown(content.estimates, i, "p_value", text, language))


def _counts(content: ReportInput, cell: tuple[int, dict[str, Cell]] | None, language: Language) -> str:
    if cell is None:
        return ""
    i, row = cell
    counts = []
    for name in ("n_treated", "n_comparison"):
        n = row[name]
        text = language.number(n if isinstance(n, int | float) else None)
        counts.append(shown(content.estimates, i, name, text, language))
    return escaped(" / ".join(counts))


def _descriptions(content: ReportInput, language: Language) -> Iterator[str]:
    """Yield the groups at time zero and the flow charts, as the report prints them."""
    for slot in ("balance", "flow", "flow_comparison"):
        for side in content.in_slot(slot):
            yield _described(content, side, slot, language)


def _described(content: ReportInput, side: SideTable, slot: str, language: Language) -> str:
    view: TableView = released_table(content, side.table, side_title(content, side, slot, language), 0, language)
    wide = _words_of("8cm" if slot_of(side.table).startswith("flow") else "4cm")
    aligned = "".join("r" if head.number else wide for head in view.heads)
    # Heads of numbers break over lines, so that six of them fit on a page.
    heads = [_boxed(h.text, "1.9cm") if h.number else escaped(h.text) for h in view.heads]
    body = [_row([escaped(cell.text) for cell in row]) for row in view.rows]
    return _long(view.title, aligned, [_row(heads)], body, [*view.notes, content.reference])


def _words_of(width: str) -> str:
    """Return the alignment of a column of words, which are not spread to the width of the column."""
    return rf">{{\raggedright\arraybackslash}}p{{{width}}}"


def _boxed(text: str, width: str) -> str:
    """Return the head of a column of numbers, in as many lines as its words take; a name breaks where it must."""
    words = [r"\allowbreak{}".join(escaped(part) for part in _PARTS.findall(word)) for word in text.split(" ")]
    return rf"\parbox[b]{{{width}}}{{\raggedleft\footnotesize {' '.join(words)}}}"


_PARTS = re.compile(r"[^_\-/.\[]{1,14}[_\-/.]*|[_\-/.\[]+")
"""What of a word stays in one line."""


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _long(title: str, aligned: str, heads: list[str], body: list[str], notes: list[str]) -> str:
    """Return a table that may run over pages, its heads again on each."""
    head = "\n".join(heads)
    note = " ".join(map(escaped, notes))
    return "\n".join(
        [
            rf"\begin{{longtable}}{{@{{}}{aligned}@{{}}}}",
            rf"\caption{{{escaped(title)}}}\\",
            r"\toprule",
            head,
            r"\midrule",
            r"\endfirsthead",
            r"\toprule",
            head,
            r"\midrule",
            r"\endhead",
            r"\bottomrule",
            r"\endfoot",
            *body,
            r"\end{longtable}",
            rf"{{\footnotesize {note}\par}}\bigskip",
        ]
    )
