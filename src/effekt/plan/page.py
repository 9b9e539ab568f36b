"""The plan as files: one page that opens anywhere, the order as CSV, the protocol as text, everything as JSON."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from effekt.plan.figures import draw_calendar, draw_detectable
from effekt.plan.planning import Plan
from effekt.plan.protocol import protocol
from effekt.plan.tables import as_csv, as_json, calendar_table, grid_table, order_table
from effekt.plan.telling import Words, front_page, words_of
from effekt.release.figures.style import inline

PAGE = "plan.html"


def files_of(plan: Plan) -> dict[str, bytes]:
    """Return every file of a plan by its name."""
    found = {PAGE: render(plan), "plan.json": as_json(plan)}
    for code in plan.spec.report.languages:
        words = words_of(plan, code)
        found[f"data_order_{code}.csv"] = as_csv(order_table(plan, words))
        found[f"protocol_{code}.md"] = protocol(plan, words)
    return found


def render(plan: Plan) -> bytes:
    """Return the page as HTML, in every language of the study; everything that is not ours is escaped."""
    pages = [_page(plan, words_of(plan, code)) for code in plan.spec.report.languages]
    css = (files("effekt.release") / "templates" / "report.css").read_text(encoding="utf-8")
    return (
        _template()
        .render(
            css=Markup(css),
            pages=pages,
            question=plan.spec.question.text,
            reference=f"{plan.spec.study}/{plan.spec.digest[:8]}",
        )
        .encode()
    )


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


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("effekt.plan", "templates"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("plan.html.j2")
