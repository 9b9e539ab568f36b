r"""Nearest neighbours: each treated is compared with the comparisons whose propensity score is nearest to his.

The score :math:`\ell_i = x_i'\hat\beta` is the logit of the probability of treatment, fitted on all records. Within
exact cells a treated :math:`i` gets the set

.. math:: J_M(i) = \{ j : D_j = 0,\ |\ell_j - \ell_i| \le d_M(i) \},

where :math:`d_M(i)` is the distance of the :math:`M`-th nearest (``ratio``), at most ``caliper`` standard deviations of
the score. With replacement all that are as near as the last are kept, and share the weight; without, a comparison
serves once, treated with the highest score choose first, and a keyed hash of the record decides between equals. A
treated weighs 1 and a comparison :math:`w_j = \sum_i s_i / \sum_{k \in J(i)} s_k` over the sets it is in, :math:`s` =
sampling weight, so that :math:`w_j s_j` sum to the weight of the treated. Treated without anybody within the caliper
are lost, and the estimand is the ATT of those kept. Records of one person are never matched with each other.
Comparisons with a score above :math:`0.995` are dropped and counted; small scores are never moved.

``distance: mahalanobis`` measures nearness by all covariates, scaled by the inverse of their covariance, instead of
the score; it is built for ``replace: true`` without a caliper. ``leave_out: outcome_lags`` keeps past values of the
outcomes' registers out of what is matched on, which a placebo or a difference-in-differences over them needs.

Standard errors: with replacement and one record per person, Abadie and Imbens (2006), with the variance at a covariate
value from ``neighbours`` records of the same arm; without replacement, clustered by matched set; with several records
per person, or where offices assigned, weights are taken as fixed and the influence values are summed within the
person or office (see ``difference``). The bootstrap is refused: it is wrong for nearest neighbours with replacement
(Abadie and Imbens 2008).

Use it when many comparisons are available and few covariates decide treatment smoothly.
Do not use it to mend a lack of overlap, or with a handful of discrete covariates, where ``exact`` says the same.

References: Rosenbaum and Rubin (1983), Biometrika 70; Abadie and Imbens (2006), Econometrica 74, theorem 7; Abadie and
Imbens (2008), Econometrica 76; Sianesi (2004), REStat 86. Pairs are those of R
``MatchIt::matchit(distance = "glm", link = "linear.logit", m.order = "largest")`` on data without ties.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from effekt.adjust.facts import matching_facts
from effekt.errors import EstimationError, Problem
from effekt.literals import Amount, OrNone, in_unit
from effekt.method import Adjustment
from effekt.sample import Array, Codes, Matches, Sample, Weights

HIGHEST = 0.995
"""Comparisons with a higher propensity are dropped: nobody among the treated can be said not to be like them."""

Caliper = Annotated[Amount, in_unit("sd")]
"""SDs of the logit of the propensity score."""

_ROUNDING = 1e-10
"""Scores less than this many SDs apart are equal."""

_NO_SLOPE = 1e-9
"""A logit that varies less is rounding of a fit whose covariates are balanced: all scores are equal."""


class Nearest(Adjustment):
    """Match on the propensity score or on covariates, within exact cells."""

    method: Literal["nearest"] = "nearest"
    distance: Literal["propensity", "mahalanobis"] = Field(default="propensity", description="what nearness means")
    ratio: int = Field(default=1, ge=1, description="comparisons per treated")
    caliper: Annotated[Caliper | None, OrNone] = Field(
        default=None, description="largest distance, in SDs of the logit of the propensity score"
    )
    replace: bool = Field(default=False, description="a comparison may serve several treated")
    leave_out: Literal["outcome_lags", "none"] = Field(
        default="none", description="past values of the outcomes' registers are not matched on"
    )

    required_checks: ClassVar[tuple[str, ...]] = ("balance", "overlap", "placebo")

    def weigh(self, sample: Sample) -> Weights:
        """Return ATT weights and the pairs behind them.

        Raises
        ------
        EstimationError
            E202 without a covariate to match on, E306 if nobody can be matched, E801 and E802 for covariates that
            are collinear or separate the groups, E204 and E805 for what is not built or makes too many ties.
        """
        self._refuse_unbuilt()
        names = [str(c) for c in sample.baseline.columns if self.leave_out == "none" or c not in sample.lags]
        space = self._space(sample, names)
        t, c = (np.flatnonzero(space.eligible & arm) for arm in (sample.treated, ~sample.treated))
        treated, comparison, tied = self._pairs(sample, space, t, c)
        if not len(treated):
            raise _nobody_matched(self.caliper is not None)
        base = sample.sampling_weight
        total = np.bincount(treated, weights=base[comparison], minlength=len(sample))
        matches = Matches(
            treated=treated,
            comparison=comparison,
            share=base[comparison] / total[treated],
            position=space.position,
            cells=sample.cells,
            eligible=space.eligible,
            reuse=self.replace,
        )
        w = matches.weights(base)
        return Weights(
            w=w,
            group=None,
            estimand="ATT",
            method=self.method,
            conditioned=frozenset(names) | _histories_behind(sample, names),
            matches=matches,
            details={
                "matching": matching_facts(
                    sample, matches, w, tied=tied, eligible=space.eligible, pseudo_r2=space.pseudo_r2
                )
            },
        )

    def _refuse_unbuilt(self) -> None:
        if self.distance == "mahalanobis" and (self.caliper is not None or not self.replace):
            key, word = ("caliper", "a caliper") if self.caliper is not None else ("replace", "`replace: false`")
            raise EstimationError(
                Problem(
                    code="E204",
                    sentence=f"`distance: mahalanobis` with {word} is not in this version",
                    help="write `replace: true` and no caliper, or use `distance: propensity`",
                    path=("adjust", key),
                )
            )

    def _space(self, sample: Sample, names: list[str]) -> _Space:
        if not names:
            raise EstimationError(
                Problem(
                    code="E202",
                    sentence="there is no covariate to match on",
                    help="name covariates known at time zero under `covariates`",
                    note="`leave_out: outcome_lags` leaves out past values of the outcomes' registers",
                )
            )
        x = sample.baseline[names].to_numpy(dtype=np.float64)
        return _on_the_score(sample, x, names) if self.distance == "propensity" else _in_covariates(sample, x, names)

    def _pairs(self, sample: Sample, space: _Space, t: Codes, c: Codes) -> tuple[Codes, Codes, NDArray[np.bool_]]:
        """Match and return rows of the sample; rows are in the order of the key, which is what breaks ties."""
        from effekt.numerics.neighbours import Side, with_replacement, without_replacement
        from effekt.numerics.neighbours_in_space import all_as_near

        person = sample.units["entity"].to_numpy(dtype=np.int64)
        if self.distance == "mahalanobis":
            near = all_as_near(
                position=space.position,
                cell=sample.cells,
                person=person,
                targets=t,
                pool=c,
                ratio=self.ratio,
                tolerance=_ROUNDING,
            )
            return near.target, near.neighbour, np.bincount(near.target, minlength=len(sample))[t] > self.ratio
        score = space.position[:, 0]
        sides = [Side(score=score[rows], cell=sample.cells[rows], person=person[rows]) for rows in (t, c)]
        match = with_replacement if self.replace else without_replacement
        pairs = match(
            treated=sides[0],
            comparison=sides[1],
            ratio=self.ratio,
            caliper=np.inf if self.caliper is None else self.caliper.value,
            tolerance=_ROUNDING,
        )
        return t[pairs.treated], c[pairs.comparison], pairs.tied


@dataclass(frozen=True, slots=True)
class _Space:
    """position : (n, k), the score in its SDs or scaled covariates; eligible : (n,) bool; pseudo_r2 : McFadden's."""

    position: Array
    eligible: NDArray[np.bool_]
    pseudo_r2: float | None


def _on_the_score(sample: Sample, x: Array, names: list[str]) -> _Space:
    """Fit the propensity score, and put records at its logit, in standard deviations of the logit."""
    from scipy import special

    from effekt.numerics.logit import fit_logit
    from effekt.numerics.neighbours import levelled

    treated, base = sample.treated, sample.sampling_weight
    fit = fit_logit(X=x, y=treated.astype(np.float64), w=base, names=names)
    # Column by column, since a product by BLAS may give equal rows different last digits, and ties would be lost.
    index = np.zeros(len(sample))
    for j, slope in enumerate(fit.beta[1:]):
        index += slope * (x[:, j] - x[0, j])
    eligible = treated | (fit.probability < HIGHEST)
    mean = np.average(index[eligible], weights=base[eligible])
    sd = float(np.sqrt(np.average((index[eligible] - mean) ** 2, weights=base[eligible])))
    if sd < _NO_SLOPE:
        index, sd = np.zeros(len(sample)), 1.0
    share = float(np.average(treated, weights=base))
    nothing = float(base.sum()) * float(-special.entr(share) - special.entr(1 - share))
    return _Space(levelled(index / sd, _ROUNDING)[:, None], eligible, 1.0 - fit.log_likelihood / nothing)


def _in_covariates(sample: Sample, x: Array, names: list[str]) -> _Space:
    """Scale covariates by the root of the inverse of their covariance: distance is then Mahalanobis's."""
    from effekt.numerics.arrays import triangular_factor
    from effekt.numerics.ols import refuse_collinear

    base = sample.sampling_weight
    with_constant = np.column_stack([np.ones(len(x)), x])
    refuse_collinear(R=triangular_factor(X=with_constant), names=["(constant)", *names])
    centred = x - np.average(x, axis=0, weights=base)
    covariance = (centred * (base / base.sum())[:, None]).T @ centred
    root = np.linalg.cholesky(covariance)
    position = np.linalg.solve(root, centred.T).T
    return _Space(np.ascontiguousarray(position), np.ones(len(x), dtype=bool), None)


def _histories_behind(sample: Sample, names: list[str]) -> frozenset[str]:
    """Return every history if past values of an outcome's register were matched on: its placebo is then flat."""
    return frozenset(sample.history) if sample.lags & set(names) else frozenset()


def _nobody_matched(caliper: bool) -> EstimationError:
    return EstimationError(
        Problem(
            code="E306",
            sentence="no treated has a comparison in his cell" + (" within the caliper" if caliper else ""),
            help="widen the caliper" if caliper else "use coarser cells",
        )
    )
