"""The named places of a report that a study may fill with one more protected table.

A table reaches its slot by its columns, and by its name where two slots share columns: a table is called as its
slot, or ``SLOT_<outcome>``. It may come from anywhere: a field of :class:`~effekt.release.contents.ReportInput`,
``details`` of estimates, or ``details`` of a finding. What fits no slot is printed as a side table; a slot that
is empty leaves no trace but the referee's "not evaluated because".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from effekt.release.released import Released, seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place of the report. ``columns``: those a table must have; it may have more. ``section``: where it stands."""

    name: str
    section: str
    columns: frozenset[str]


def _slot(name: str, section: str, *columns: str) -> Slot:
    return Slot(name=name, section=section, columns=frozenset(columns))


SLOTS: Mapping[str, Slot] = MappingProxyType(
    {
        s.name: s
        for s in (
            # The flow charts: who is left after each step and why. Person counts form a chain.
            _slot("flow", "flow", "step", "units", "persons"),
            _slot("flow_comparison", "flow", "step", "units", "persons"),
            # How many comparisons were treated later, by months after time zero.
            _slot("later", "flow", "horizon", "treated_later"),
            # Table 1, and the love plot.
            _slot("balance", "balance", "covariate", "smd_before", "smd_after"),
            # Propensity scores: the share of each group in a band of scores (score : the band's middle).
            _slot("overlap", "overlap", "score", "treated", "comparison"),
            # Mean outcome by month since time zero; arm : `treated` or `comparison`, or the arm's own name.
            _slot("paths", "paths", "outcome", "month", "arm", "mean"),
            # Mean outcome of each county or office by period; start : first treated period of the unit, or null.
            _slot("unit_paths", "unit_paths", "unit", "time", "treated", "mean"),
            _slot("deltas", "deltas", "unit", "treated", "change"),
            # The estimate with one unit left out at a time.
            _slot("leave_one_out", "leave_one_out", "left_out", "value"),
            # How often each size of difference comes up under other assignments; value : a bin's middle.
            _slot("randomisation", "randomisation", "value", "assignments"),
            # The same difference by other procedures, in the order they are to be printed.
            _slot("robustness", "robustness", "procedure", "value"),
            # WITHIN (same county) beside BETWEEN (counties without a project).
            _slot("between", "between", "outcome", "contrast", "value", "ci_low", "ci_high"),
            # What sensitivity analyses say: the range at a stated departure, and one sentence.
            _slot("bounds", "bounds", "sensitivity", "outcome", "parameter", "low", "high", "verdict", "sentence"),
            # Synthetic worlds only: the known answer, of the world and of this draw.
            _slot("truth", "truth", "outcome", "horizon", "truth", "realised"),
        )
    }
)


def slot_of(table: Released) -> str:
    """Return the slot a table fills; "" if it fits none."""
    columns = {c.name for c in seen(table).columns}
    fitting = [s.name for s in SLOTS.values() if s.columns <= columns]
    named = [n for n in fitting if table.name == n or table.name.startswith(f"{n}_")]
    return max(named, key=len) if named else next(iter(fitting), "")


def refuse_misfit(table: Released, name: str) -> None:
    """Raise unless ``table`` has the columns of slot ``name``.

    Raises
    ------
    ValueError
        Naming the columns that are missing.
    """
    missing = SLOTS[name].columns - {c.name for c in seen(table).columns}
    if missing:
        raise ValueError(f"slot {name} lacks the columns {', '.join(sorted(missing))}")


def subject_of(table: Released, slot: str) -> str:
    """Return what a table called ``SLOT_<outcome>`` is about; "" if it is called otherwise."""
    return table.name.removeprefix(f"{slot}_") if table.name.startswith(f"{slot}_") else ""
