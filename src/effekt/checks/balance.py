r"""Balance: do treated and comparisons look alike at time zero, before and after weighting?

For each covariate the standardised mean difference

.. math:: d = \frac{\bar x_1 - \bar x_0}{s},

where :math:`s` is the unweighted standard deviation of the treated (estimand ATT) or the root mean square of
both groups' (ATE), the same before and after weighting, as in R ``cobalt::bal.tab`` with ``s.d.denom =
"treated"`` or ``"pooled"``. Variance ratios stand beside it, but for a covariate of two values, whose variance
follows from its mean. No p-values: they measure the sample size.

Under random assignment an imbalance is chance: it warns, and regression adjustment is the mend. Without it,
an imbalance above the threshold after weighting stops the study.

Past outcomes that an adjustment leaves out by design (``leave_out: outcome_lags``) are shown and not judged.

Use it when groups are compared in levels, after an adjustment as well as before.
Do not use it as a test: no size of a difference proves that unobserved variables are balanced.

References: Stuart (2010), Statistical Science 25, section 4.1; Austin (2009), Statistics in Medicine 28.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from effekt.analysis import Analysis
from effekt.checks.base import Check
from effekt.estimators.rows import persons_carrying
from effekt.results import Cell, Column, Finding, Table, Verdict
from effekt.sample import Array, Sample, Weights


class Balance(Check):
    """``max_smd``: the largest standardised mean difference allowed after weighting."""

    name: ClassVar[str] = "balance"

    max_smd: float = Field(default=0.1, gt=0, description="largest standardised mean difference, in SDs")

    def examine(self, sample: Sample, weights: Weights, analysis: Analysis) -> list[Finding]:
        """Return one finding: the covariate that differs most, with all of them in ``details``."""
        observational = sample.assigned == "observational"
        if sample.baseline.shape[1] == 0:
            return [self._nothing_to_compare(blocking=observational)]
        table = self._table(sample, weights)
        # None = infinite: the treated do not vary, and the comparisons lie elsewhere.
        x = sample.baseline.to_numpy(dtype=np.float64)
        size = np.array([np.inf if d is None else abs(float(d)) for d in table.data["smd_after"]])
        left_out = _left_out(sample, analysis)
        judged = np.array([name not in left_out for name in table.data["covariate"]])
        if not judged.any():
            return [self._nothing_to_compare(blocking=observational)]
        worst = int(np.flatnonzero(judged)[np.argmax(size[judged])])
        return [
            Finding(
                check=self.name,
                subject=str(table.data["covariate"][worst]),
                value=float(size[worst]) if np.isfinite(size[worst]) else None,
                threshold=self.max_smd,
                verdict=self._verdict(float(size[worst]), observational=observational),
                blocking=observational,
                advice=_ADVICE[observational] if size[worst] > self.max_smd else "",
                unit="sd",
                persons=_persons_behind(sample, weights, x[:, [worst]])[0],
                whole=tuple(p for p in _persons_in_arms(sample, weights) if p is not None),
                lattice=table.data["lattice_sd"][worst],  # type: ignore[arg-type]  # a column of floats
                details={"balance": table},
            )
        ]

    def _verdict(self, size: float, *, observational: bool) -> Verdict:
        if size <= self.max_smd:
            return Verdict.PASS
        return Verdict.FAIL if observational else Verdict.WARN

    def _nothing_to_compare(self, *, blocking: bool) -> Finding:
        return Finding(
            check=self.name,
            subject="covariates",
            value=None,
            threshold=self.max_smd,
            verdict=Verdict.NOT_EVALUATED,
            blocking=blocking,
            advice="name covariates known at time zero under `covariates`",
        )

    def _table(self, sample: Sample, weights: Weights) -> Table:
        from effekt.numerics.balance import compare_means

        x = sample.baseline.to_numpy(dtype=np.float64)
        base, pooled = sample.sampling_weight, weights.estimand == "ATE"
        before = compare_means(x=x, treated=sample.treated, w=base, pooled=pooled)
        after = compare_means(x=x, treated=sample.treated, w=base * weights.w, pooled=pooled, scale=before.scale)
        k, steps = x.shape[1], _lattices(x[weights.kept])
        two_valued = np.array([len(np.unique(column)) == 2 for column in x[weights.kept].T], dtype=bool)
        persons = _persons_in_arms(sample, weights)
        in_sd = [float(s / d) if s is not None and d > 0 else None for s, d in zip(steps, before.scale, strict=True)]
        data: dict[str, tuple[Cell, ...]] = {
            "covariate": tuple(map(str, sample.baseline.columns)),
            "mean_treated": tuple(after.mean_treated.tolist()),
            "mean_comparison": tuple(after.mean_comparison.tolist()),
            "smd_before": _finite(before.smd),
            "smd_after": _finite(after.smd),
            "variance_ratio": _finite(np.where(two_valued, np.nan, after.variance_ratio)),
            "persons_behind": _persons_behind(sample, weights, x),
            "persons_treated": (persons[0],) * k,
            "persons_comparison": (persons[1],) * k,
            "part_treated": _parts(sample, weights, x, treated=True),
            "part_comparison": _parts(sample, weights, x, treated=False),
            "lattice": steps,
            "lattice_sd": tuple(in_sd),
        }
        return Table(name="balance", title="Balance", columns=_COLUMNS, data=data)


def _left_out(sample: Sample, analysis: Analysis) -> frozenset[str]:
    """Return covariates that the adjustment leaves alone by design: shown, and not held against it.

    Past outcomes are left out where changes are compared; that their levels differ is what the changes take away.
    """
    return sample.lags if getattr(analysis.adjust, "leave_out", "none") == "outcome_lags" else frozenset()


_ADVICE = {
    True: "adjust for it, or choose comparisons that resemble the treated",
    False: "chance under random assignment; report a regression-adjusted estimate beside it",
}


_ROUNDING = 1e-13
_ARMS = ("treated", "comparison")
_OF = "persons_behind"
_COLUMNS = (
    Column(name="covariate", kind="label"),
    *(
        Column(
            name=f"mean_{arm}",
            kind="statistic",
            of=_OF,
            whole=(f"persons_{arm}",),
            lattice="lattice",
            part=f"part_{arm}",
        )
        for arm in _ARMS
    ),
    *(
        Column(
            name=name,
            kind="statistic",
            of=_OF,
            whole=tuple(f"persons_{arm}" for arm in _ARMS),
            lattice="lattice_sd",
        )
        for name in ("smd_before", "smd_after")
    ),
    Column(name="variance_ratio", kind="statistic", of=_OF),
    *(Column(name=n, kind="count", internal=True) for n in (_OF, *(f"persons_{arm}" for arm in _ARMS))),
    *(
        Column(name=n, kind="label", internal=True)
        for n in (*(f"part_{arm}" for arm in _ARMS), "lattice", "lattice_sd")
    ),
)


def _finite(values: Array) -> tuple[Cell, ...]:
    """Return the values with None where one is not a number."""
    return tuple(float(v) if np.isfinite(v) else None for v in values)


def _lattices(x: Array) -> tuple[float | None, ...]:
    """Return the smallest difference between two values of each column; None if all are the same."""
    kinds = [np.unique(x[:, j]) for j in range(x.shape[1])]
    return tuple(float(np.diff(k).min()) if len(k) > 1 else None for k in kinds)


def _persons_in_arms(sample: Sample, weights: Weights) -> tuple[int | None, int | None]:
    """Return the persons of each arm in use, None where they are not known."""
    return sample.persons_in(weights.kept & sample.treated), sample.persons_in(weights.kept & ~sample.treated)


def _parts(sample: Sample, weights: Weights, x: Array, *, treated: bool) -> tuple[int | None, ...]:
    """Return, per covariate, the persons of an arm who have it, where its mean is their share: 0/1, equal weights."""
    arm = weights.kept & (sample.treated == treated)
    w = (weights.w * sample.sampling_weight)[arm]
    inside = x[arm]
    alike = float(np.ptp(w)) <= _ROUNDING * w.max() and sample.persons_in(arm) == len(inside)
    one_each = sample.grain == "person" and alike
    yes_no = [one_each and bool(np.isin(inside[:, j], (0.0, 1.0)).all()) for j in range(x.shape[1])]
    return tuple([int(inside[:, j].sum()) if known else None for j, known in enumerate(yes_no)])


def _persons_behind(sample: Sample, weights: Weights, x: Array) -> tuple[int | None, ...]:
    """Return, per covariate, the smallest group of persons its means give away.

    For a covariate of two values that is the smaller of those with the one and the other, in either arm: a mean of
    0.02 among 100 persons says that two have it. A single value for everybody gives everybody away. Weights count
    too: a mean that one heavy person makes is that person's value.
    """
    arms = [weights.kept & sample.treated, weights.kept & ~sample.treated]
    behind = [sample.persons_in(arm) for arm in arms]
    if any(persons is None for persons in behind):
        return tuple([None] * x.shape[1])
    carried = [persons_carrying(sample, arm, weights.w * sample.sampling_weight) for arm in arms]
    smallest = min(persons for persons in (*behind, *carried) if persons is not None)
    kinds = [np.unique(x[weights.kept, j]) for j in range(x.shape[1])]
    parts = [
        min(sample.persons_in(arm & (x[:, j] == value)) or 0 for arm in arms for value in kinds[j])
        if len(kinds[j]) == 2
        else smallest * (len(kinds[j]) > 2)
        for j in range(x.shape[1])
    ]
    return tuple([int(min(p, smallest)) for p in parts])
