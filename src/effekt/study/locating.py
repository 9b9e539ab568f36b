"""Puts the place in the spec on problems raised far below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from effekt.errors import DataError, EffektError, Place, SpecPath


@contextmanager
def located(where: Callable[[SpecPath], Place | None], path: SpecPath | None) -> Iterator[None]:
    """Give every problem raised inside the place of its own spec path, or of ``path`` if it has none.

    path : None for what the command line names: such a fault stands nowhere in the spec.
    """
    try:
        yield
    except EffektError as error:
        paths = [p.path if p.path is not None else path for p in error.problems]
        problems = [p if at is None else p.located(where(at)) for p, at in zip(error.problems, paths, strict=True)]
        raise type(error)(problems) from error


@contextmanager
def naming(table: Path) -> Iterator[None]:
    """Say which file a fault of the whole table is about, where nothing else stands in the note.

    Not for person numbers: the name of the file may be what holds one.
    """
    try:
        yield
    except DataError as error:
        note = f"the table is `{table.name}`"
        raise DataError([p if p.path or p.note else replace(p, note=note) for p in error.problems]) from error
