"""What the commands print: progress, findings, tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from effekt.checks.gate import Gate
    from effekt.study import Study
    from effekt.study.truth import Truth

WIDTH_OF_A_LOG = 160


def plain_console() -> Console:
    """Return the console that tables are printed on; a log is wider than most terminals.

    Markup is off: it would read the brackets of a key or of a covariate as a style.
    """
    from rich.console import Console

    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH_OF_A_LOG
    return console


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


def verdict_lines(gate: Gate) -> Iterator[str]:
    """Yield one line per analysis and verdict: which checks, and what they were about where they did not pass."""
    from effekt.results import Verdict

    by_analysis: dict[str, dict[Verdict, list[str]]] = {}
    for f in gate.findings:
        told = f.check if f.verdict is Verdict.PASS else f"{f.check} ({f.subject})"
        by_analysis.setdefault(f.analysis, {}).setdefault(f.verdict, []).append(told)
    for analysis, verdicts in by_analysis.items():
        parts = [f"{verdict} {', '.join(dict.fromkeys(told))}" for verdict, told in verdicts.items()]
        yield f"{analysis}: {'; '.join(parts)}"


def show_truth(study: Study, truth: tuple[Truth, ...]) -> None:
    """Print estimate, interval and truth of the main analysis, one line per outcome and horizon."""
    from rich.console import Console
    from rich.table import Table as Grid

    known = {(t.outcome, t.horizon): t for t in truth}
    grid = Grid("outcome", "months", "estimate", "95% interval", "truth", "came true")
    for column in list(grid.columns)[1:]:
        column.justify = "right"
    for row in next(iter(study.estimates().values())).rows:
        t = known.get((row.outcome, row.horizon or 0))
        if t is None or row.ci_low is None or row.ci_high is None:
            continue
        shown = _in_unit(row.unit)
        label = study.spec.labels.get(row.outcome, row.outcome)
        grid.add_row(
            label,
            str(row.horizon),
            shown(row.value),
            f"{shown(row.ci_low)} to {shown(row.ci_high)}",
            shown(t.kept),
            shown(t.realised),
        )
    Console().print(grid)


def _in_unit(unit: str) -> Callable[[float], str]:
    """Return how a number of this unit is printed: shares in percentage points."""
    return (
        (lambda value: f"{100 * value:+.1f} pp") if unit == "share" else (lambda value: f"{value:+,.0f} {unit}".strip())
    )
