"""What the commands print: progress, findings, tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from effekt.checks.gate import Gate

WIDTH_OF_A_LOG = 160


def show_findings(gate: Gate) -> None:
    """Print one line per finding: the number, its threshold, and what to do."""
    from rich.console import Console
    from rich.table import Table as Grid

    console = Console()
    if not console.is_terminal:
        console.width = WIDTH_OF_A_LOG
    grid = Grid("analysis", "check", "about", "number", "threshold", "verdict", "what to do")
    for column in grid.columns:
        column.overflow = "fold"
    for f in gate.findings:
        numbers = ["" if n is None else f"{n:.3g}" for n in (f.value, f.threshold)]
        grid.add_row(f.analysis, f.check, f.subject, *numbers, str(f.verdict), f.advice)
    console.print(grid)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show that something is going on, on a terminal only; a log stays free of control characters."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(f"{what} ..."):
        yield
