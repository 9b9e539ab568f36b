r"""Event study: effects by period relative to the start, against the last period before it.

With one start date :math:`g` and a balanced panel, the coefficient at event time :math:`e = t - g` is the difference
in (weighted) mean changes since the reference period :math:`r = -1 - a` (``a`` = anticipation),

.. math:: \hat\tau_e = \overline{(Y_{g+e} - Y_{g+r})}_{D=1} - \overline{(Y_{g+e} - Y_{g+r})}_{D=0},

which is the two-way fixed effects event study in closed form; its standard error is HC2 or CR2 with Satterthwaite
degrees of freedom. On an unbalanced panel, or with ``cohorts: pooled``, the coefficients come from

.. math:: Y_{it} = \alpha_i + \lambda_t + \sum_{e \ne r} \tau_e 1\{t - G_i = e\} + \varepsilon_{it}

with CR1S and t(G-1). Pooling staggered cohorts mixes their effects, also into the pre-period (Sun and Abraham
2021); it is refused unless asked for. Rows before the start are placebos, not effects.

Where every record has a time zero of its own (studies on registers), event time is the month relative to it: months of
the history up to -1 and of the outcome's path from 1 on; month 0, in which the programme starts, is in neither. The
weights are those of the adjustment and stay fixed over months; each month compares the records observed in it and in
the reference month, weights made again within matched sets or cells. Several records of a person are one cluster.

Use it for one start date, or after matching, where every pair has its own time zero.
Do not use it to conclude from flat leads that trends are parallel: look at ``pre_trends`` and its power.

References: Sun and Abraham (2021), Journal of Econometrics 225, proposition 3; Roth (2022), AER: Insights 4;
Imbens and Kolesar (2016), REStat 98. Agrees with R ``fixest::feols(y ~ i(event_time, treated, ref) | unit + time)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from effekt.errors import EstimationError, Problem
from effekt.estimators.contrast import fit_contrast, inference_name, refuse_single_cluster, treatment_design
from effekt.estimators.levels import clusters_of, difference_design, fit_level
from effekt.estimators.matched import ABADIE_IMBENS, NEIGHBOURS
from effekt.estimators.panels import Panel, outcomes_by_period, panel_of, refuse_no_comparison, refuse_no_window
from effekt.estimators.rows import Groups, behind_rows, describe_groups, interval, periods
from effekt.estimators.twfe import comparisons, unit_influence
from effekt.estimators.two_way import fit_two_way, long_form
from effekt.method import Estimator
from effekt.results import Estimate, Estimates
from effekt.sample import Array, Codes, Outcomes, Sample, Weights

Periods = Annotated[int, BeforeValidator(periods, json_schema_input_type=int | str), Field(ge=0)]


class EventStudy(Estimator):
    """Effects by event time. ``before``, ``after``: how many periods to report, all by default."""

    method: Literal["event_study"] = "event_study"
    before: Periods | None = Field(default=None, description="periods before the start to report")
    after: Periods | None = Field(default=None, description="last period after the start to report; 0 = the first")
    cohorts: Literal["one", "pooled"] = Field(default="one", description="pooled = mix staggered starts, knowingly")
    cluster: str = Field(default="auto", description="level of inference; auto = level of assignment")

    required_checks: ClassVar[tuple[str, ...]] = ("clusters", "pre_trends", "mde")
    inferences: ClassVar[tuple[str, ...]] = (
        *("HC2 + Satterthwaite", "CR2 + Satterthwaite", "CR1S + t(G-1)"),
        ABADIE_IMBENS,
    )

    def estimate(self, sample: Sample, outcomes: Outcomes, weights: Weights) -> Estimates:
        """Return one row per outcome and event time, the reference left out.

        Raises
        ------
        EstimationError
            E306 without treated or never treated; E307 without a period before or after; E308 for staggered starts;
            E401, E403 for clusters; E801 if leads and lags are collinear; E804 without variation.
        """
        clusters = clusters_of(sample, weights, self.cluster)
        rows: list[Estimate] = []
        behind: list[Groups] = []
        influence: list[Array] = []
        for name in outcomes_by_period(outcomes):
            panel = panel_of(sample, outcomes, weights, name)
            effects = self._effects(sample, panel, clusters, weights if outcomes.paths else None)
            for effect in effects:
                if self._reported(effect.event_time):
                    row, groups = _row(sample, panel, clusters, effect, weights.estimand)
                    rows.append(row)
                    behind.append(groups)
                    influence.append(effect.influence)
        return Estimates(rows=tuple(rows), **behind_rows(behind), influence=np.column_stack(influence))

    def _effects(self, sample: Sample, panel: Panel, clusters: Codes, weights: Weights | None) -> list[_Effect]:
        """Return the coefficients; ``weights`` where every record has a time zero of its own, else None."""
        refuse_no_comparison(panel)
        if weights is not None:
            return _month_by_month(sample, panel, clusters, weights)
        if self.cohorts == "one":
            panel.one_start(self.method)
        closed = panel.balanced and self.cohorts == "one"
        return _closed_form(sample, panel, clusters) if closed else _regression(sample, panel, clusters)

    def _reported(self, event_time: int) -> bool:
        early = self.before is not None and event_time < -self.before
        late = self.after is not None and event_time > self.after
        return not early and not late


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """One coefficient.

    influence : (n,), mean convention; columns : (T,) bool, periods of the comparison mean; treated, comparison : (n,)
    bool, whose periods identify it; w : (n,) final weights.
    """

    event_time: int
    value: float
    std_error: float
    df: float
    inference: str
    influence: Array
    columns: NDArray[np.bool_]
    treated: NDArray[np.bool_]
    comparison: NDArray[np.bool_]
    w: Array


def _reference(panel: Panel, start: float) -> int:
    """Return the column of the last period before the start and its anticipation."""
    before, _ = panel.windows(start)
    return int(np.flatnonzero(before)[-1])


def _closed_form(sample: Sample, panel: Panel, clusters: Codes) -> list[_Effect]:
    """Differences in mean changes since the reference period; one start, every cell observed."""
    start = panel.one_start("event_study")
    used, reference = panel.used, _reference(panel, start)
    treated = sample.treated[used]
    refuse_single_cluster(treated=treated, clusters=clusters[used])
    X = treatment_design(treated)
    effects = []
    for t in range(len(panel.time)):
        if t == reference:
            continue
        fit = fit_contrast(
            X=X,
            y=panel.values[used, t] - panel.values[used, reference],
            w=panel.w[used],
            clusters=clusters[used],
            names=["(constant)", "treated"],
            vcov="auto",
        )
        influence = np.zeros(len(sample))
        influence[used] = len(sample) * fit.influence
        effects.append(
            _Effect(
                event_time=int(panel.time[t] - start),
                value=fit.value,
                std_error=fit.std_error,
                df=fit.df,
                inference=fit.inference,
                influence=influence,
                columns=np.arange(len(panel.time)) == t,
                treated=used & sample.treated,
                comparison=comparisons(panel),
                w=panel.w,
            )
        )
    return effects


def _month_by_month(sample: Sample, panel: Panel, clusters: Codes, weights: Weights) -> list[_Effect]:
    """Differences in mean changes since the reference month, each among the records observed in both months."""
    reference = _reference(panel, 0.0)
    effects = []
    for t in np.flatnonzero(np.arange(len(panel.time)) != reference):
        fitted = fit_level(
            sample=sample,
            weights=weights,
            y=panel.values[:, t] - panel.values[:, reference],
            outcome=panel.name,
            clusters=clusters,
            design=difference_design(sample),
            cells=weights.group,
            neighbours=NEIGHBOURS,
        )
        fit, used = fitted.contrast, fitted.used
        influence = np.zeros(len(sample))
        influence[used] = len(sample) * fit.influence
        effects.append(
            _Effect(
                event_time=int(panel.time[t]),
                value=fit.value,
                std_error=fit.std_error,
                df=fit.df,
                inference=fit.inference,
                influence=influence,
                columns=np.arange(len(panel.time)) == t,
                treated=used & sample.treated,
                comparison=used & ~sample.treated,
                w=fitted.w,
            )
        )
    return effects


def _regression(sample: Sample, panel: Panel, clusters: Codes) -> list[_Effect]:
    """Leads and lags with unit and time effects absorbed: unbalanced panels and pooled cohorts."""
    refuse_no_window(panel)
    reference = _reference_event_time(panel)
    rows = long_form(panel=panel, clusters=clusters, keep=np.ones(len(panel.time), dtype=bool))
    since = panel.time[rows.period] - panel.start[rows.unit]
    times = np.unique(since[~np.isnan(since)])
    times = times[times != reference]
    refuse_single_cluster(treated=~np.isnan(since), clusters=rows.cluster)
    columns = (since[:, None] == times[None, :]).astype(np.float64)
    names = [f"event time {int(e)}" for e in times]
    fit = fit_two_way(columns=columns, names=names, rows=rows, vcov="CR1S")
    influence = unit_influence(fit, rows.unit, len(sample))
    after = panel.time >= panel.cohorts[0]
    seen = [np.isin(np.arange(len(sample)), rows.unit[since == e]) for e in times]
    for e, treated in zip(times, seen, strict=True):
        _refuse_thin(int(e), treated, clusters)
    return [
        _Effect(
            event_time=int(e),
            value=float(fit.beta[j]),
            std_error=float(fit.std_errors[j]),
            df=float(fit.df[j]),
            inference=inference_name("CR1S"),
            influence=influence[:, j],
            columns=after,
            treated=seen[j],
            comparison=comparisons(panel),
            w=panel.w,
        )
        for j, e in enumerate(times)
    ]


def _refuse_thin(event_time: int, treated: NDArray[np.bool_], clusters: Codes) -> None:
    """Refuse a coefficient that one treated cluster identifies: its error would be that of the comparisons alone.

    Raises
    ------
    EstimationError
        E403 naming the event time.
    """
    if len(np.unique(clusters[treated])) < 2:
        raise EstimationError(
            Problem(
                code="E403",
                sentence=f"only one treated cluster is observed at event time {event_time}",
                help="leave out cohorts that stand alone, or write `unbalanced: balance` under `prepared`",
            )
        )


def _reference_event_time(panel: Panel) -> float:
    """Return the last event time before anticipation that some cohort has."""
    since = panel.time[:, None] - panel.cohorts[None, :]
    return float(since[since < -panel.anticipation].max())


def _row(sample: Sample, panel: Panel, clusters: Codes, effect: _Effect, estimand: str) -> tuple[Estimate, Groups]:
    """Return the row of one coefficient and the persons behind it."""
    groups = describe_groups(
        sample=sample,
        used=effect.treated | effect.comparison,
        series=panel.series,
        columns=effect.columns,
        w=effect.w,
        clusters=clusters,
        comparison=effect.comparison,
    )
    pooled = len(panel.cohorts) > 1
    row = Estimate(
        method="event_study",
        estimand=f"VW{estimand}" if pooled else estimand,
        outcome=panel.name,
        horizon=effect.event_time,
        unit=panel.series.unit,
        value=effect.value,
        inference=effect.inference,
        **interval(value=effect.value, std_error=effect.std_error, df=effect.df, outcome=panel.name, scale=panel.scale),
        **groups.fields(),
    )
    return row, groups
