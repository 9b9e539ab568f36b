"""What a synthetic world says of the study: how many take part, how varied the outcome is, what the design would do.

Outcomes are read here, so the registers must be synthetic: on real ones a plan would be a look behind the seal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from effekt.errors import FreezeError, Problem
from effekt.numerics.arrays import Floats
from effekt.numerics.balance import effective_sample_size
from effekt.results import Estimate
from effekt.sample import Sample, Weights
from effekt.study import Study

_REASON = "a plan on a synthetic world"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsSeen:
    """A study of persons on one draw of a world.

    participants : the treated that the main analysis keeps, of ``found`` in the registers. comparisons : effective
    number for each of them. mean, sd : of the primary outcome among comparisons, in ``unit``. r2 : share of its
    variance that the covariates explain, adjusted. std_error : of the primary estimate. stopped : checks that would
    keep the gate closed.
    """

    participants: int
    found: int
    comparisons: float
    mean: float
    sd: float
    unit: str
    r2: float
    std_error: float | None
    stopped: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsSeen:
    """A study of counties on one draw. detectable : MDE of the rate; per_participant : divided by the share exposed.

    treated, others : numbers of units; treated 0 = all have a dose. None = not evaluated by the design's checks.
    """

    treated: int
    others: int
    unit: str
    detectable: float | None
    per_participant: float | None
    stopped: tuple[str, ...]


def look_at_persons(study: Study) -> PersonsSeen:
    """Return what a world says of a study of persons. Reads outcomes.

    Raises
    ------
    FreezeError
        E604 for registers that are not synthetic.
    """
    _refuse_real(study)
    stopped = _stopped(study)
    study.freeze(overrides=dict.fromkeys(stopped, _REASON))
    branch = study.branches[0]
    name, weights = next(iter(branch.weights.items()))
    row = _primary(study, study.estimates()[name].rows)
    series = study.outcomes_of(branch).series[study.spec.primary.outcome]
    y = series.values[:, int(np.flatnonzero(series.time == row.horizon)[0])]
    w, treated = weights.w * branch.sample.sampling_weight, branch.sample.treated
    compared = (w > 0) & ~treated & np.isfinite(y)
    kept = int((treated & weights.kept).sum())
    mean = float(np.average(y[compared], weights=w[compared]))
    return PersonsSeen(
        participants=kept,
        found=int(treated.sum()),
        comparisons=effective_sample_size(w[compared]) / kept,
        mean=mean,
        sd=float(np.sqrt(np.average((y[compared] - mean) ** 2, weights=w[compared]))),
        unit=row.unit,
        r2=explained(branch.sample.baseline.to_numpy(np.float64)[compared], y[compared]),
        std_error=row.std_error,
        stopped=stopped,
    )


def look_at_units(study: Study) -> UnitsSeen:
    """Return what a world says of a study of counties; only its design stage is run."""
    _refuse_real(study)
    branch = study.branches[0]
    main = next(iter(branch.weights))
    primary = study.spec.primary.outcome
    found = {f.check: f for f in study.findings if f.analysis == main and f.subject == primary}
    return UnitsSeen(
        **_sides(branch.sample, branch.weights[main]),
        unit=branch.sample.history[primary].unit if primary in branch.sample.history else "",
        detectable=found["mde"].value if "mde" in found else None,
        per_participant=found["dilution"].value if "dilution" in found else None,
        stopped=_stopped(study),
    )


def explained(X: Floats, y: Floats) -> float:
    """Return the adjusted R2 of least squares of y on X and a constant, never below zero.

    X : (n, k), columns that are constant or not observed are left out; y : (n,). Zero without residual degrees of
    freedom. Theil (1961).
    """
    X = X[:, np.isfinite(X).all(axis=0)]
    X = np.column_stack([np.ones(len(y)), X])
    beta, _, rank, _ = np.linalg.lstsq(X, y, rcond=None)
    left, spread = y - X @ beta, y - y.mean()
    df = len(y) - int(rank)
    if df <= 0 or not spread @ spread > 0:
        return 0.0
    return max(0.0, float(1.0 - (left @ left / df) / (spread @ spread / (len(y) - 1))))


def _sides(sample: Sample, weights: Weights) -> dict[str, int]:
    treated = sample.treated & weights.kept
    return {"treated": int(treated.sum()), "others": int((weights.kept & ~treated).sum())}


def _primary(study: Study, rows: tuple[Estimate, ...]) -> Estimate:
    spec = study.spec
    return next(r for r in rows if (r.outcome, r.horizon) == (spec.primary.outcome, spec.primary_horizon))


def _stopped(study: Study) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.check for finding in study.gate().closed))


def _refuse_real(study: Study) -> None:
    if not study.source.synthetic:
        raise FreezeError(
            Problem(
                code="E604",
                sentence="a plan reads outcomes, and these registers are real",
                help="plan on a world: `--world tiny`",
                note="what real registers can say before a freeze is what `effekt design` shows",
            )
        )
