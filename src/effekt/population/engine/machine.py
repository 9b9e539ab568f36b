"""The machine that a study on registers runs on: what the engine may use of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The means of an engine.

    memory : most memory, such as `8GB`. threads : most threads. temp : where what does not fit in memory is written,
    in a folder of its own that only its owner can read and that is removed at the end.
    """

    memory: str | None = None
    threads: int | None = None
    temp: Path | None = None


def database_settings(machine: Machine, folder: Path) -> dict[str, Any]:
    """Return settings of DuckDB in this process: it writes to one folder, loads nothing and reads no names of ours."""
    settings = {
        "temp_directory": str(folder),
        "autoinstall_known_extensions": False,
        "python_enable_replacements": False,
        "memory_limit": machine.memory,
        "threads": machine.threads,
    }
    return {name: value for name, value in settings.items() if value is not None}


LOCAL = Machine()
"""This machine, with as much as the engine finds."""
