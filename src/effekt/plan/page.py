"""The plan as files: one page that opens anywhere, the order as CSV, the protocol as text, everything as JSON."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup

from effekt.plan.figures import draw_calendar, draw_detectable
from effekt.plan.planning import Plan
from effekt.plan.protocol import protocol
from effekt.plan.tables import as_csv, as_json, calendar_table, grid_table, order_table
from effekt.plan.telling import Words, front_page, words_of
from effekt.provenance.folders import MANIFEST
from effekt.release.figures.style import inline
from effekt.release.told import told_page

PAGE = "plan.html"


def files_of(plan: Plan) -> dict[str, bytes]:
    """Return every file of a plan by its name."""
    found = {PAGE: render(plan), "plan.json": as_json(plan)}
    for code in plan.spec.report.languages:
        words = words_of(plan, code)
        found[f"data_order_{code}.csv"] = as_csv(order_table(plan, words))
        found[f"protocol_{code}.md"] = protocol(plan, words)
    # Without it a second plan could not replace the first: only what is listed is known to be ours.
    manifest = {"format": "effekt-plan/1", "files": sorted(found)}
    return {**found, MANIFEST: (json.dumps(manifest, indent=1) + "\n").encode()}


def render(plan: Plan) -> bytes:
    """Return the page as HTML, in every language of the study; everything that is not ours is escaped."""
    pages = [_page(plan, words_of(plan, code)) for code in plan.spec.report.languages]
    return told_page("effekt.plan", "plan.html.j2", plan.spec, pages)


def _page(plan: Plan, words: Words) -> dict[str, Any]:
    tables = [calendar_table(plan, words), order_table(plan, words)]
    pictures = [("figure.mde", draw_detectable(plan, words)), ("figure.calendar", draw_calendar(plan, words))]
    code = words.language.code
    return {
        "language": words.language.code,
        "name": words.language.text("language_name"),
        "title": words.say("page"),
        "answer": words.say(f"answer.{plan.verdict.answer}"),
        "points": front_page(plan, words),
        "figures": [
            (words.say(title), Markup(inline(picture.svg, f"{code}-{number}")))
            for number, (title, picture) in enumerate(pictures)
            if picture is not None
        ],
        "tables": [grid_table(plan, words), *tables] if plan.cells else tables,
    }
