"""A rehearsal as one page that opens anywhere, in the languages of the study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from effekt.rehearsal.telling import Words, points, rows_table, stops_table
from effekt.rehearsal.varied import Setting
from effekt.release.language import Language
from effekt.release.told import told_page

PAGE = "rehearsal.html"


def render(settings: Sequence[Setting]) -> bytes:
    """Return the page as HTML; everything that is not ours is escaped."""
    spec = settings[0].rehearsal.spec
    pages = [_page(settings, Words(Language(code))) for code in spec.report.languages]
    return told_page("effekt.rehearsal", "rehearsal.html.j2", spec, pages)


def _page(settings: Sequence[Setting], words: Words) -> dict[str, Any]:
    return {
        "language": words.language.code,
        "name": words.language.text("language_name"),
        "title": words.say("page"),
        "settings": [_setting(setting, words) for setting in settings],
    }


def _setting(setting: Setting, words: Words) -> dict[str, Any]:
    rehearsal = setting.rehearsal
    summary = rehearsal.summary
    tables = [rows_table(setting, words, told=told) for told in (False, True)]
    stops = stops_table(setting, words)
    return {
        "named": ", ".join(f"{name} = {value}" for name, value in setting.named.items()),
        "made": words.say(
            "made",
            draws=words.language.number(summary.draws),
            world=rehearsal.world.world,
            treated=words.language.number(summary.treated.value, 0),
        ),
        "points": list(points(rehearsal, words)),
        "tables": tables if stops is None else [*tables, stops],
    }
