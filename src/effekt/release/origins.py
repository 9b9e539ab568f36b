"""Where the numbers come from: lines of the spec, and the digests and versions behind them, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from effekt.release.contents import ReportInput, without_folder
from effekt.release.language import Language
from effekt.release.views import TableView, TextCell, heads


def places_table(content: ReportInput, number: int, language: Language) -> TableView:
    """Return every key of the spec that a number comes from, with its line."""
    rows = (
        (TextCell(key, "path", quoted=True), TextCell(without_folder(place), "reference", quoted=True))
        for key, place in sorted(content.places.items())
        if place
    )
    words = ("places_key", "col_place")
    return TableView(number=number, title=language.text("places"), heads=heads(language, words), rows=tuple(rows))


def provenance_table(content: ReportInput, extra: Mapping[str, Any], number: int, language: Language) -> TableView:
    """Return every leaf of the provenance, by its path."""
    leaves = _leaves({**extra, **content.provenance})
    return TableView(
        number=number,
        title=language.text("provenance"),
        heads=heads(language, ("provenance_item", "provenance_value")),
        rows=tuple(
            (TextCell(path, quoted=True), TextCell(value, "path reference", quoted=True)) for path, value in leaves
        ),
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
