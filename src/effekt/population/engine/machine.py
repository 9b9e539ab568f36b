"""The machine that a study on registers runs on: what the engine may use of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The means of an engine.

    memory : most memory, such as `8GB`. threads : most threads. temp : where what does not fit in memory is written,
    in a folder of its own that only its owner can read and that is removed at the end.
    """

    memory: str | None = None
    threads: int | None = None
    temp: Path | None = None


LOCAL = Machine()
"""This machine, with as much as the engine finds."""
