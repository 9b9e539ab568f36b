"""The figures a study's tables allow, each as a plan that is drawn when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from effekt.release.claims import claims, minimal_detectable
from effekt.release.contents import ReportInput, SideTable, by_period, contrast_of, curves, narrowed, study_of
from effekt.release.figures.alternatives import draw_between, draw_leave_one_out
from effekt.release.figures.answer import draw_answer
from effekt.release.figures.balance import draw_balance
from effekt.release.figures.curve import draw_curve
from effekt.release.figures.deltas import draw_deltas
from effekt.release.figures.event_study import draw_event_study
from effekt.release.figures.flow import draw_flow
from effekt.release.figures.forest import MOST_ROWS, common_limits, draw_forest
from effekt.release.figures.histograms import draw_overlap, draw_randomisation
from effekt.release.figures.paths import draw_paths, draw_unit_paths
from effekt.release.figures.style import Picture
from effekt.release.figures.tilemap import draw_map
from effekt.release.figures.timeline import draw_timeline
from effekt.release.language import Language
from effekt.release.released import Released
from effekt.release.slots import subject_of
from effekt.results import Cell

Row = dict[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One figure to be drawn. name : parts of its file name; about : its analysis, "" = all."""

    kind: str
    name: tuple[str, ...]
    section: str
    title: str
    draw: Callable[[], Picture | None]
    about: str = ""


def plans(content: ReportInput, language: Language) -> Iterator[Plan]:
    """Yield the figures in the order of the report: the answer, the design, who, how alike, what was found."""
    yield from _answer(content, language)
    yield from _design(content, language)
    yield from _estimates(content, language)
    yield from _by_month(content, language)
    yield from _counties(content, language)


def quoted(content: ReportInput, outcome: str, language: Language) -> str:
    """Return an outcome's label in quotes: a title must not lend the report words it may not use."""
    return language.text("quoted", words=content.label(outcome))


def _answer(content: ReportInput, language: Language) -> Iterator[Plan]:
    """Yield the figure of page one, if there is a primary result."""
    first = next((c for c in claims(content, language) if c.primary), None)
    if first is None:
        return
    rows = content.estimates.where(lambda r: r in first.rows)
    outcome = quoted(content, str(first.row["outcome"]), language)
    if first.conclusion.startswith("periods"):
        event_study = by_period(first.rows[0])
        study = study_of(first.rows[0])
        if event_study:
            rows = content.estimates.where(lambda r: by_period(r) and study_of(r) == study)
        title = language.text("figure_event_study" if event_study else "figure_lock_in", outcome=outcome)
        draw: Callable[[], Picture | None] = partial(
            draw_event_study if event_study else draw_curve, rows, language, title
        )
    else:
        title = language.text("figure_answer", outcome=outcome)
        found = minimal_detectable(content, first.row)
        unseen = found[0] if found is not None and found[1] == first.row["unit"] else None
        relevant = content.relevant.get(str(first.row["outcome"]))
        draw = partial(draw_answer, rows, language, title, unseen=unseen, relevant=relevant)
    about = str(first.row["analysis"])
    yield Plan(kind="answer", name=("answer",), section="sponsor", title=title, draw=draw, about=about)


def _design(content: ReportInput, language: Language) -> Iterator[Plan]:
    """Yield the timeline, the flow charts, the love plots and the overlap of scores."""
    if content.timeline is not None:
        title = language.text("figure_timeline")
        draw: Callable[[], Picture | None] = partial(draw_timeline, content.timeline, language)
        yield Plan(kind="timeline", name=("timeline",), section="timeline", title=title, draw=draw)
    for slot in ("flow", "flow_comparison"):
        for side in content.in_slot(slot):
            title = language.text(f"figure_{content.words_of(slot)}")
            draw = partial(draw_flow, side.table, language, title)
            yield Plan(kind=slot, name=(slot,), section="flow", title=title, draw=draw, about=side.analysis)
    for side in filter(_of_the_study, content.in_slot("balance")):
        limit = next((f.threshold for f in content.findings if f.check == side.source), None)
        draw = partial(draw_balance, side.table, language, limit, called=content.covariate)
        yield _of_side("love", "balance", side, language.text("figure_balance"), draw, name=("balance", side.analysis))
    for side in content.in_slot("overlap"):
        draw = partial(draw_overlap, side.table, language)
        yield _of_side("overlap", "overlap", side, language.text("figure_overlap"), draw)


def _of_the_study(side: SideTable) -> bool:
    """Whether a table is about an analysis as the spec has it; those of arms, subgroups and variants stay tables."""
    return not set("/[") & set(side.analysis)


def _of_side(
    kind: str,
    section: str,
    side: SideTable,
    title: str,
    draw: Callable[[], Picture | None],
    *,
    name: tuple[str, ...] = (),
) -> Plan:
    named = name or (kind, side.table.name, side.analysis)
    return Plan(kind=kind, name=named, section=section, title=title, draw=draw, about=side.analysis)


def _estimates(content: ReportInput, language: Language) -> Iterator[Plan]:
    """Yield the forest plots: the primary outcome, the others of one unit together, subgroups and arms."""
    in_curve = [r for rows in curves(content.estimates).values() for r in rows]
    plotted = content.estimates.where(
        lambda r: not by_period(r) and (r not in in_curve or r["horizon"] == content.primary.horizon)
    )
    slopes = plotted.where(lambda r: contrast_of(r) == "slope")
    plotted = plotted.where(lambda r: contrast_of(r) != "slope")
    for outcomes in _forests(content, plotted):
        rows = plotted.where(lambda r, o=outcomes: r["outcome"] in o and not narrowed(r))  # type: ignore[misc]
        yield from _forest(content, language, "estimates", outcomes, rows)
    for outcome in dict.fromkeys(str(r["outcome"]) for r in slopes.rows()):
        rows = slopes.where(lambda r, o=outcome: r["outcome"] == o)  # type: ignore[misc]
        title = language.text("figure_slope", outcome=quoted(content, outcome, language))
        yield Plan(
            kind="forest",
            name=("slope", outcome),
            section="estimates",
            title=title,
            draw=partial(draw_forest, rows, language, title, called=content.called, monthly=content.monthly),
        )
    for outcome in dict.fromkeys(str(r["outcome"]) for r in plotted.rows() if narrowed(r)):
        rows = plotted.where(lambda r, o=outcome: r["outcome"] == o and narrowed(r))  # type: ignore[misc]
        yield from _forest(content, language, "subgroups", (outcome,), rows)


def _forests(content: ReportInput, plotted: Released) -> list[tuple[str, ...]]:
    """Return the outcomes of each forest plot: the primary by itself, the others together if they share a unit."""
    units = {str(r["outcome"]): str(r["unit"]) for r in plotted.rows() if not narrowed(r)}
    others = [o for o in units if o != content.primary.outcome]
    if len(others) > 1 and len({units[o] for o in others}) == 1:
        return [*((o,) for o in units if o not in others), tuple(others)]
    return [(o,) for o in units]


def _forest(
    content: ReportInput, language: Language, section: str, outcomes: tuple[str, ...], rows: Released
) -> Iterator[Plan]:
    """Yield one forest plot, in parts that fit a page."""
    together = len(outcomes) > 1
    labels = {o: content.label(o) for o in outcomes} if together else None
    if together:
        title = language.text("figure_secondary")
    else:
        title = language.text(f"figure_{section}", outcome=quoted(content, outcomes[0], language))
    known = truths(content, outcomes[0], rows) if section == "estimates" and not together else ()
    draw = partial(draw_forest, language=language, labels=labels, called=content.called, monthly=content.monthly)
    for part, of, drawing in _parts(rows, title, known, draw):
        said = title if of == 1 else f"{title} ({language.text('part_of', part=part, of=of)})"
        kind = "forest" if section == "estimates" else section
        yield Plan(
            kind=kind,
            name=(section, *(("secondary",) if together else outcomes)),
            section=section,
            title=said,
            draw=drawing,
        )


def truths(content: ReportInput, outcome: str, rows: Released) -> tuple[Row, ...]:
    """Return the known answers of a synthetic world for the outcome and horizons of ``rows``."""
    horizons = set(rows.data["horizon"])
    known = (r for side in content.in_slot("truth") for r in side.table.rows())
    return tuple(
        r for r in known if r["outcome"] == outcome and r["horizon"] in {None, *horizons} and r["truth"] is not None
    )


def _parts(
    rows: Released, title: str, known: tuple[Row, ...], draw: Callable[..., Picture | None]
) -> Iterator[tuple[int, int, Callable[[], Picture | None]]]:
    """Yield (part, of how many, drawing); all parts of a long forest plot have one scale."""
    shown = [r for r in rows.rows() if r["value"] is not None]
    if len(shown) <= MOST_ROWS:
        yield 1, 1, partial(draw, rows, title=title, known=known)
        return
    limits = common_limits(shown)
    pieces = [shown[i : i + MOST_ROWS] for i in range(0, len(shown), MOST_ROWS)]
    for i, piece in enumerate(pieces, start=1):
        part = rows.where(lambda r, p=piece: r in p)  # type: ignore[misc]
        last = known if i == len(pieces) else ()
        yield i, len(pieces), partial(draw, part, title=title, limits=limits, known=last)


def _by_month(content: ReportInput, language: Language) -> Iterator[Plan]:
    """Yield outcome paths, event studies and lock-in curves."""
    for side in content.in_slot("paths"):
        for outcome in dict.fromkeys(map(str, side.table.data["outcome"])):
            title = language.text("figure_paths", outcome=quoted(content, outcome, language))
            draw: Callable[[], Picture | None] = partial(draw_paths, side.table, outcome, language, title)
            yield _of_side("paths", "paths", side, title, draw, name=("paths", outcome))
    for key in dict.fromkeys(study_of(r) for r in content.estimates.rows() if by_period(r)):
        rows = content.estimates.where(lambda r, k=key: by_period(r) and study_of(r) == k)  # type: ignore[misc]
        title = language.text("figure_event_study", outcome=quoted(content, key[-1], language))
        draw = partial(draw_event_study, rows, language, title)
        name = ("event_study", *key)
        yield Plan(kind="event_study", name=name, section="event_study", title=title, draw=draw, about=key[0])
    for key, members in curves(content.estimates).items():
        rows = content.estimates.where(lambda r, m=members: r in m)  # type: ignore[misc]
        outcome = str(members[0]["outcome"])
        title = language.text("figure_lock_in", outcome=quoted(content, outcome, language))
        draw = partial(draw_curve, rows, language, title, monthly=content.monthly, known=truths(content, outcome, rows))
        name = ("lock_in", *key)
        yield Plan(kind="lock_in", name=name, section="lock_in", title=title, draw=draw, about=key[0])


def _counties(content: ReportInput, language: Language) -> Iterator[Plan]:
    """Yield what few units are shown by: the map, their paths and changes, and the estimate told in other ways."""
    for side in content.in_slot("unit_paths"):
        title = _titled(content, side, "unit_paths", language)
        draw: Callable[[], Picture | None] = partial(draw_unit_paths, side.table, language, title)
        yield _of_side("unit_paths", "unit_paths", side, title, draw)
    for side in content.in_slot("deltas"):
        for kind, drawing in (("map", draw_map), ("deltas", draw_deltas)):
            title = _titled(content, side, "deltas", language, key=f"figure_{kind}")
            name = (*(("map",) if kind == "map" else ()), side.table.name, side.analysis)
            yield _of_side(kind, "deltas", side, title, partial(drawing, side.table, language, title), name=name)
    for side in content.in_slot("leave_one_out"):
        title = _titled(content, side, "leave_one_out", language)
        draw = partial(draw_leave_one_out, side.table, language, title, _estimate(content, side, "leave_one_out"))
        yield _of_side("leave_one_out", "leave_one_out", side, title, draw)
    for side in content.in_slot("randomisation"):
        title = _titled(content, side, "randomisation", language)
        draw = partial(draw_randomisation, side.table, language, title, _estimate(content, side, "randomisation"))
        yield _of_side("randomisation", "randomisation", side, title, draw)
    for side in content.in_slot("between"):
        title = language.text("figure_between")
        draw = partial(draw_between, side.table, language, title, labels=content.labels, monthly=content.monthly)
        yield _of_side("between", "between", side, title, draw)


def _titled(content: ReportInput, side: SideTable, slot: str, language: Language, key: str = "") -> str:
    """Return the title of a table called ``SLOT_<outcome>``."""
    outcome = subject_of(side.table, slot) or content.primary.outcome
    return language.text(key or f"figure_{slot}", outcome=quoted(content, outcome, language))


def _estimate(content: ReportInput, side: SideTable, slot: str) -> float | None:
    """Return the full estimate that a table of re-estimates belongs to; None if it is not shown."""
    outcome = subject_of(side.table, slot) or content.primary.outcome
    name, _, variant = side.analysis.partition("/")
    for row in content.estimates.rows():
        whole = row["outcome"] == outcome and not narrowed(row) and not by_period(row)
        own = side.analysis in {"", row["analysis"]} or (row["analysis"], row["variant"]) == (name, variant)
        if whole and own:
            return None if row["value"] is None else float(row["value"])
    return None
