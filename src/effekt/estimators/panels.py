"""A panel seen by event time: starts, windows before and after, and the refusals every DiD shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effekt.errors import EstimationError, Problem
from effekt.estimators.rows import with_history
from effekt.sample import Array, Outcomes, Sample, Series, Weights


@dataclass(frozen=True, slots=True)
class Panel:
    """One outcome of the units that weigh something.

    values : (n, T), NaN = not observed; time : (T,), periods counted from the first on the calendar clock, since time
    zero on the event clock; start : (n,) first treated period in the same count, NaN = never;
    w : (n,) final weights, zero = not used; used : (n,) bool; series : where the values come from.
    """

    name: str
    values: Array
    time: Array
    start: Array
    w: Array
    used: NDArray[np.bool_]
    series: Series
    anticipation: int

    @property
    def cohorts(self) -> Array:
        """Start periods of the units in use, each once."""
        starts = self.start[self.used]
        return np.unique(starts[~np.isnan(starts)])

    @property
    def balanced(self) -> bool:
        """True if every unit in use is observed in every period."""
        return bool(np.isfinite(self.values[self.used]).all())

    @property
    def scale(self) -> float:
        """Largest absolute value in use."""
        return float(np.nanmax(np.abs(self.values[self.used])))

    def one_start(self, method: str) -> float:
        """Return the common start; staggered starts are refused.

        Raises
        ------
        EstimationError
            E308 if cohorts start at different times.
        """
        if len(self.cohorts) > 1:
            raise EstimationError(
                Problem(
                    code="E308",
                    sentence=f"`{method}` is for one start date, and there are {len(self.cohorts)}",
                    help="keep one cohort and the never treated, or use `twfe` and read its estimand",
                    note="already treated units would serve as comparisons with negative weights",
                )
            )
        return float(self.cohorts[0])

    def windows(self, start: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """(T,) bool before and after ``start``; periods of anticipation are in neither.

        Raises
        ------
        EstimationError
            E307 if either is empty.
        """
        before, after = self.time < start - self.anticipation, self.time >= start
        for window, words in ((before, "before"), (after, "after")):
            if not window.any():
                raise EstimationError(
                    Problem(
                        code="E307",
                        sentence=f"`{self.name}` has no period {words} treatment",
                        help="add periods to the table, or compare levels with `difference`",
                        path=("prepared", "outcomes", self.name),
                    )
                )
        return before, after


def outcomes_by_period(outcomes: Outcomes) -> Mapping[str, Series]:
    """Return what a panel is made of: month-by-month paths where each record has a time zero of its own."""
    return outcomes.paths or outcomes.series


def panel_of(sample: Sample, outcomes: Outcomes, weights: Weights, name: str) -> Panel:
    """Return one outcome with its history, its starts and the final weights.

    On the event clock of records with a time zero each, periods are months relative to it: history up to -1, the path
    from 1 on, and no month 0.

    Raises
    ------
    EstimationError
        E306 if no treated is left.
    """
    series = with_history(sample, outcomes_by_period(outcomes)[name], name)
    w = weights.w * sample.sampling_weight
    time, start = series.time, np.where(sample.treated, 0.0, np.nan)
    if series.clock == "calendar":
        # Periods are counted: 2000, 2002 and 202312, 202401 are one period apart, as the seal counts them too.
        time = np.arange(len(series.time), dtype=np.float64)
        start = np.where(
            np.isnan(sample.first_treated), np.nan, np.searchsorted(series.time, sample.first_treated).astype(float)
        )
    used = (w > 0) & np.isfinite(series.values).any(axis=1)
    if np.isnan(start[used]).all():
        raise EstimationError(
            Problem(code="E306", sentence=f"no treated unit with `{name}` observed is left", help="look at the flow")
        )
    return Panel(
        name=name,
        values=series.values,
        time=time,
        start=start,
        w=w,
        used=used,
        series=series,
        anticipation=sample.anticipation,
    )


def refuse_no_window(panel: Panel) -> None:
    """Refuse a panel in which no cohort is seen both before and after its start.

    Raises
    ------
    EstimationError
        E307.
    """
    before = panel.time[0] < panel.cohorts - panel.anticipation
    after = panel.time[-1] >= panel.cohorts
    if not (before & after).any():
        panel.windows(float(panel.cohorts[0]))


def refuse_unbalanced(panel: Panel, columns: NDArray[np.bool_], method: str) -> None:
    """Refuse missing values in the periods a closed form needs.

    Raises
    ------
    EstimationError
        E708 with the number of units at fault.
    """
    incomplete = ~np.isfinite(panel.values[panel.used][:, columns]).all(axis=1)
    if incomplete.any():
        raise EstimationError(
            Problem(
                code="E708",
                sentence=f"{int(incomplete.sum())} units lack `{panel.name}` in some period, and `{method}` needs all",
                help="of a table: write `unbalanced: balance` under `prepared` to drop them, and see it in the flow; "
                "of registers: leave them out (`treatment.leave_out`), or their months (`panel.drop`)",
            )
        )


def refuse_no_comparison(panel: Panel) -> None:
    """Refuse a panel in which nobody is never treated.

    Raises
    ------
    EstimationError
        E306.
    """
    if not np.isnan(panel.start[panel.used]).any():
        raise EstimationError(
            Problem(
                code="E306",
                sentence="every unit is treated in the end, so no comparison is never treated",
                help="add units that are never treated, or use `twfe` and read its estimand",
            )
        )
