"""Which figures a release has, and what they are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from effekt.release.contents import ReportInput
from effekt.release.figures.plans import Plan, plans
from effekt.release.figures.style import Picture
from effekt.release.language import Language

_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "å": "a"})


@dataclass(frozen=True, slots=True)
class Drawn:
    """One figure. ``name`` of the file without ending; ``section`` of the report it stands in; ``kind`` of plot.

    about : the analysis it shows, "" where it shows all. A notebook shows it by itself.
    """

    name: str
    section: str
    kind: str
    title: str
    about: str
    picture: Picture

    @property
    def svg(self) -> bytes:
        """The figure for pages and print."""
        return self.picture.svg

    @property
    def png(self) -> bytes:
        """The figure for slides."""
        return self.picture.png

    def _repr_svg_(self) -> str:
        return self.svg.decode()


def file_name(*parts: str) -> str:
    """Return a file name of plain letters from names that may hold anything."""
    text = "-".join(p for p in parts if p).casefold().translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_-]+", "_", plain)[:_LONGEST].strip("_") or "table"


_LONGEST = 80
"""A file system stops at 255 bytes, and a folder's name and an ending must fit too."""


def unique(name: str, taken: dict[str, int]) -> str:
    """Return ``name``, with a number from the second time on; ``taken`` counts."""
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else f"{name}-{taken[name]}"


def gallery(
    content: ReportInput, language: Language, wanted: Callable[[Plan], bool] = lambda _: True
) -> tuple[Drawn, ...]:
    """Return every wanted figure the tables allow; what is suppressed throughout has none."""
    return tuple(_drawn(content, language, wanted))


def _drawn(content: ReportInput, language: Language, wanted: Callable[[Plan], bool]) -> Iterator[Drawn]:
    taken: dict[str, int] = {}
    for plan in plans(content, language):
        if not wanted(plan):
            continue
        picture = plan.draw()
        if picture is not None:
            name = unique(file_name(*plan.name), taken)
            yield Drawn(name, plan.section, plan.kind, plan.title, plan.about, picture)
