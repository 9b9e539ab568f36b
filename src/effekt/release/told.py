"""Tables in words, and pages made of them in the report's style: what rooms above print that is no release."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from effekt.spec.kinds import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A table in words. numbers : heads whose cells stand to the right."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    note: str = ""


@cache
def words_of_room(package: str, language: str) -> Mapping[str, str]:
    """Return key -> words of one language, from the ``words.csv`` of a room."""
    text = (files(package) / "words.csv").read_text(encoding="utf-8")
    return MappingProxyType({row["key"]: row[language] for row in csv.DictReader(text.splitlines())})


def told_page(package: str, template: str, study: Study, pages: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a page about a study as HTML that opens anywhere; everything that is not ours is escaped.

    template : of the room ``package``; it extends ``told_page.html.j2``. pages : one for each language, with
    ``language``, its ``name`` and a ``title``; the question is added in that language.
    """
    css = Markup((files("effekt.release") / "templates" / "report.css").read_text(encoding="utf-8"))
    reference = f"{study.study}/{study.digest[:8]}"
    made = _environment(package).get_template(template)
    asked = [{**page, "question": study.asked_in(page["language"])} for page in pages]
    return made.render(css=css, pages=asked, reference=reference).encode()


@cache
def _environment(package: str) -> Environment:
    loader = ChoiceLoader([PackageLoader(package), PackageLoader("effekt.release")])
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
