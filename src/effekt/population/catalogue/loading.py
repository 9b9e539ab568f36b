"""From a file to a catalogue, with everything that is wrong in one go: the door of this room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from effekt.errors import DataError, Problem, SpecError, SpecPath
from effekt.located.binding import try_bind
from effekt.located.document import Document, read
from effekt.located.render import sorted_problems
from effekt.located.text import mask
from effekt.located.tree import Mapping, Node, Scalar, Sequence
from effekt.population.catalogue.model import Catalogue
from effekt.population.catalogue.tables import problems_of_tables

TODO = "TODO"
"""The word in a drafted catalogue that somebody must replace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedCatalogue:
    """A catalogue and where each of its words stands. folder : where its files lie."""

    catalogue: Catalogue
    document: Document
    folder: Path

    def problem(
        self,
        code: str,
        sentence: str,
        path: SpecPath,
        *,
        help: str | None = None,
        note: str | None = None,
        key: bool = False,
    ) -> Problem:
        """Return a problem at the place of a path. key : the key itself is at fault and not its value."""
        place = self.document.place(path, key=key)
        return Problem(code=code, sentence=mask(sentence), help=help, note=note, path=path, place=place)


def load_catalogue(path: str | os.PathLike[str], *, today: date) -> LocatedCatalogue:
    """Read a catalogue. today : a delivery is not read after the date its catalogue gives.

    Raises
    ------
    SpecError
        Everything that is wrong, located and sorted by position.
    DataError
        E714 if the delivery may not be read any more.
    """
    document = read(path)
    left = list(_left_to_write(document.root, ()))
    if left:
        raise SpecError(sorted_problems(left, document.file))
    catalogue, problems = try_bind(Catalogue, document)
    if catalogue is None:
        raise SpecError(sorted_problems(problems, document.file))
    located = LocatedCatalogue(catalogue=catalogue, document=document, folder=Path(path).parent)
    for found in (*_problems_of_delivery(catalogue), *problems_of_tables(catalogue, located.folder)):
        key = found.code in ("E104", "E109", "E201", "E202")
        problems.append(found.located(document.place(found.path or (), key=key)))
    if problems:
        raise SpecError(sorted_problems(problems, document.file))
    _refuse_after_the_date(located, today)
    return located


def _left_to_write(node: Node, path: SpecPath) -> Iterator[Problem]:
    """Yield E104 for every word of a draft that is still to be written."""
    if isinstance(node, Scalar) and node.text == TODO:
        key = ".".join(str(part) for part in path)
        yield Problem(
            code="E104", sentence=f"`{key}` is still to be written", help=f"replace {TODO}", path=path, place=node.place
        )
    elif isinstance(node, Mapping):
        for key, entry in node.entries.items():
            yield from _left_to_write(entry.value, (*path, key))
    elif isinstance(node, Sequence):
        for position, item in enumerate(node.items):
            yield from _left_to_write(item, (*path, position))


def _problems_of_delivery(catalogue: Catalogue) -> list[Problem]:
    """E104 for what a delivery of real persons must say of who keeps it."""
    about = catalogue.catalogue
    if about.synthetic:
        return []
    asked = {
        "approval": "'number of the decision'",
        "controller": "who decides what the data are for",
        "retain_until": "2031-12-31",
    }
    return [
        Problem(
            code="E104",
            sentence=f"`catalogue` has no `{name}`",
            help=f"add `{name}: {example}`",
            note="only a delivery declared `synthetic: true` may leave it out",
            path=("catalogue",),
        )
        for name, example in asked.items()
        if not getattr(about, name)
    ]


def _refuse_after_the_date(located: LocatedCatalogue, today: date) -> None:
    until = located.catalogue.catalogue.retain_until
    if until is not None and today > until:
        raise DataError(
            located.problem(
                "E714",
                f"the delivery may be kept until {until}, and that day has passed",
                ("catalogue", "retain_until"),
                help="delete it, or write the new date once the approval has been prolonged",
            )
        )
