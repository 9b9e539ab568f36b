r"""Slope of county changes on the change in uptake, the dose, with inference for few units.

With :math:`\Delta_g` the mean after minus the mean before of cluster :math:`g` and :math:`x_g` the change in its
uptake,

.. math:: \Delta_g = \alpha + \beta f(x_g) + \varepsilon_g, \qquad
    f(x) \in \{x, \; \ln(1 + x), \; \mathrm{rank}(x)\},

by least squares; :math:`f(x) = x` gives the two-way fixed effects coefficient of dose times after exactly. The dose is
a CHANGE: a level from before the start is differenced out. Where the dose is a share of persons, :math:`\beta` is the
effect per participant if the dose worked through its participants alone. Clusters above the median dose are first held
against the others, which asks nothing of the dose but its order; then comes the slope. Each is returned with the CR2
interval and Bell-McCaffrey degrees of freedom and with the randomisation p of its t (RI-t), for the slope over
permutations of the doses. With few clusters only the latter. What a permutation says under the other scales
stands in a side table, and so does the first stage: the mean dose of the high less that of the low.

Use it when every county has some of the programme and its uptake grew more in some than in others.
Do not use it for a dose that is a level, or that shocks to the outcome also move: who grew more must be as good as
random. One outlying dose makes CR1 reject a true null in a quarter of samples; read the rank scale beside it.

References: Bell and McCaffrey (2002); Imbens and Kolesar (2016), REStat 98; DiCiccio and Romano (2017), JASA 112,
section 3; Callaway, Goodman-Bacon and Sant'Anna (2024), NBER WP 32117. Agrees with R
``clubSandwich::coef_test(vcov = "CR2")`` on the panel with unit and period effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from effekt.errors import EstimationError, Problem
from effekt.estimators.changes import MIN_COMPARISON, MIN_TREATED, Change, collapse
from effekt.estimators.collapsed_did import seeded_by_keys, tests_of_two_groups
from effekt.estimators.contrast import fit_contrast
from effekt.estimators.doses import dose_details
from effekt.estimators.panels import Panel, panel_of, refuse_no_window, refuse_unbalanced
from effekt.estimators.rows import Groups, describe_groups, interval
from effekt.method import Estimator
from effekt.results import Estimate, Estimates, Table
from effekt.sample import Array, Outcomes, Sample, Weights

if TYPE_CHECKING:
    from effekt.numerics.randomisation import RandomisationTest

Scale = Literal["raw", "log1p", "rank"]
SCALES: tuple[Scale, ...] = ("raw", "log1p", "rank")

HIGH = "high dose"
"""The arm of the rows that hold clusters above the median dose against the others."""


class DoseSlope(Estimator):
    """Slope of cluster changes on the dose, after the split at its median."""

    method: Literal["dose_slope"] = "dose_slope"
    scale: Scale = Field(default="raw", description="the dose as it is, ln(1 + dose), or its rank from 0 to 1")
    unit_weights: Literal["equal", "weight"] = Field(
        default="equal", description="each assigned cluster counts once, or by the sum of its weights"
    )

    required_checks: ClassVar[tuple[str, ...]] = ("clusters", "pre_trends", "mde", "dilution")
    inferences: ClassVar[tuple[str, ...]] = ("CR2 + Satterthwaite", "RI-t", "RI-beta", "WCR")

    def estimate(self, sample: Sample, outcomes: Outcomes, weights: Weights) -> Estimates:
        """Return the rows of every outcome, the first stage, and tables of changes and scales.

        Raises
        ------
        EstimationError
            E307 without a period before or after, E704 and E805 for a dose that is missing or not there, E708 for an
            unbalanced panel, E804 without variation in dose or outcome.
        """
        rows: list[Estimate] = []
        support: list[int | None] = []
        details: dict[str, Table] = {}
        for name in outcomes.series:
            panel = panel_of(sample, outcomes, weights, name)
            before, after = _windows(panel)
            refuse_unbalanced(panel, before | after, self.method)
            dosed = _dosed(sample, panel, before, after, by_weight=self.unit_weights == "weight")
            split = _split(sample, panel, dosed)
            groups = describe_groups(
                sample=split,
                used=panel.used,
                series=panel.series,
                columns=after,
                w=panel.w,
                clusters=sample.assignment_clusters,
            )
            tests = _permuted(dosed, sample)
            scaled(dosed.dose, self.scale)  # refuses a scale that is not defined, which has no test either
            for result in (_high_against_low(panel, dosed, sample, weights), self._slope(panel, dosed, tests)):
                rows += self._rows(panel, groups, result)
            support.extend([groups.support] * (len(rows) - len(support)))
            details |= dose_details(
                sample=sample,
                panel=panel,
                change=dosed.change,
                dose=dosed.dose,
                before=before,
                after=after,
                scales=[(scale, test.estimate, test.p) for scale, test in tests.items()],
            )
        return Estimates(rows=tuple(rows), support=tuple(support), details=details)

    def _slope(self, panel: Panel, dosed: _Dosed, tests: Mapping[Scale, RandomisationTest]) -> _Result:
        """Return the slope and the fields of every inference that so many clusters allow."""
        change, x = dosed.change, scaled(dosed.dose, self.scale)
        n = len(x)
        X, own = np.column_stack([np.ones(n), x]), np.arange(n)
        fit = fit_contrast(X=X, y=change.delta, w=change.w, clusters=own, names=["(constant)", "dose"], vcov="CR2")
        found = {}
        if n >= MIN_TREATED + MIN_COMPARISON:
            found[fit.inference] = interval(
                value=fit.value,
                std_error=fit.std_error,
                df=fit.df,
                outcome=panel.name,
                scale=panel.scale / float(np.abs(x).max()),
            )
        test = tests[self.scale]
        found["RI-t"] = {"p_value": test.p, "p_floor": test.floor}
        return _Result(None, "slope in the dose", fit.value, found)

    def _rows(self, panel: Panel, groups: Groups, result: _Result) -> list[Estimate]:
        return [
            Estimate(
                method=self.method,
                estimand=result.estimand,
                arm=result.arm,
                outcome=panel.name,
                unit=panel.series.unit,
                value=result.value,
                inference=inference,
                **fields,
                **groups.fields(),
            )
            for inference, fields in result.inferences.items()
        ]


@dataclass(frozen=True, slots=True)
class _Result:
    """One estimate. inferences : name -> the fields it fills."""

    arm: str | None
    estimand: str
    value: float
    inferences: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Dosed:
    """change : the clusters' changes, treated = above the median dose. dose : (G,), in its own units."""

    change: Change
    dose: Array


def _high_against_low(panel: Panel, dosed: _Dosed, sample: Sample, weights: Weights) -> _Result:
    found = tests_of_two_groups(panel, dosed.change, sample)
    return _Result(HIGH, weights.estimand, dosed.change.estimate(), found)


def scaled(dose: Array, scale: Scale) -> Array:
    """(G,): the dose as it is, ln(1 + dose), or its average rank from 0 (least) to 1 (greatest).

    Raises
    ------
    EstimationError
        E711 for a logarithm of a dose of -1 or less.
    """
    from scipy.stats import rankdata

    if scale == "rank":
        return np.asarray((rankdata(dose) - 1.0) / (len(dose) - 1.0), dtype=np.float64)
    if scale == "log1p" and (dose <= -1.0).any():
        raise EstimationError(
            Problem(
                code="E711",
                sentence="the logarithm of one plus the dose is not defined: a dose is -1 or less",
                help="use `scale: raw` or `scale: rank`",
            )
        )
    return np.log1p(dose) if scale == "log1p" else dose


def _windows(panel: Panel) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(T,) bool before the first start, less anticipation, and from the last start on; between is in neither."""
    refuse_no_window(panel)
    before, _ = panel.windows(float(panel.cohorts[0]))
    _, after = panel.windows(float(panel.cohorts[-1]))
    return before, after


def _dosed(
    sample: Sample, panel: Panel, before: NDArray[np.bool_], after: NDArray[np.bool_], *, by_weight: bool
) -> _Dosed:
    """Collapse changes and doses to the clusters that were assigned as one, split at the median dose."""
    dose = _dose(sample, panel)
    change = collapse(
        sample=sample,
        values=panel.values,
        used=panel.used,
        w=panel.w,
        before=before,
        after=after,
        by_weight=by_weight,
    )
    inverse = np.searchsorted(change.codes, sample.assignment_clusters[panel.used])
    w = panel.w[panel.used]
    mean = np.bincount(inverse, weights=w * dose) / np.bincount(inverse, weights=w)
    if np.ptp(mean) <= 1e-12 * np.abs(mean).max():
        raise EstimationError(
            Problem(
                code="E804",
                sentence="the dose does not vary between units: high less low is zero, so there is no first stage",
                help="choose the years of `change` so that uptake grew more in some than in others",
                path=("treatment", "dose"),
            )
        )
    above = mean > np.median(mean)
    # More than half may share the greatest dose: then they are the high ones.
    high = above if above.any() else mean == mean.max()
    return _Dosed(replace(change, treated=high), mean)


def _dose(sample: Sample, panel: Panel) -> Array:
    """Return the dose (used,) of the units in use.

    Raises
    ------
    EstimationError
        E805 if the sample has no dose, E704 if one is missing.
    """
    if sample.dose is None:
        raise EstimationError(
            Problem(
                code="E805",
                sentence="`dose_slope` needs a dose, and the sample has none",
                help="write `dose: {from: deltakelse, is: persons, per: population, change: [2021, 2026]}` under "
                "`treatment`, or use `collapsed_did`",
                path=("treatment",),
            )
        )
    dose = sample.dose[panel.used]
    if not np.isfinite(dose).all():
        raise EstimationError(
            Problem(
                code="E704",
                sentence=f"{int((~np.isfinite(dose)).sum())} units lack a dose",
                help="leave them out: a dose that is not known is not zero",
                path=("treatment", "dose"),
            )
        )
    return dose


def _split(sample: Sample, panel: Panel, dosed: _Dosed) -> Sample:
    """Return the sample with the units of high clusters as its treated."""
    high = np.isin(sample.assignment_clusters, dosed.change.codes[dosed.change.treated]) & panel.used
    return replace(sample, units=sample.units.assign(treated=high.astype(np.int8)), placebos={})


def _permuted(dosed: _Dosed, sample: Sample) -> dict[Scale, RandomisationTest]:
    """Permute the doses under every scale that is defined for them."""
    from effekt.numerics.randomisation import randomisation_test_dose

    return {
        scale: randomisation_test_dose(
            y=dosed.change.delta, dose=scaled(dosed.dose, scale), w=dosed.change.w, rng=seeded_by_keys(sample)
        )
        for scale in SCALES
        if scale != "log1p" or (dosed.dose > -1.0).all()
    }
