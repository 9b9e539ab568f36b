"""A risk-set sample from arrays: persons at risk month after month, several records each, no effect of treatment."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from effekt.results import Attrition
from effekt.sample import Outcomes, Sample, Series

BEFORE, AFTER, MONTHS = 12, 6, 8


@dataclass(frozen=True, eq=False)
class RiskSet:
    """sample and outcomes; person, u : (n,) the records, in the sample's order; y : (persons, calendar months)."""

    sample: Sample
    outcomes: Outcomes
    person: np.ndarray
    u: np.ndarray
    y: np.ndarray


def risk_set(*, persons: int = 400, seed: int = 1, candidates: int = 40, persistence: float = 1.0) -> RiskSet:
    """Draw persons who may start in any of eight months; those still waiting are comparisons in that month.

    x raises both the chance to start and the outcome, and is all that does; ``persistence`` scales what a person
    carries through all months beside it. candidates : comparisons kept per month, with sampling weights.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=persons)
    y = 0.6 * x[:, None] + persistence * rng.normal(size=(persons, 1))
    y = y + rng.normal(size=(persons, BEFORE + MONTHS + AFTER + 1))
    start = np.full(persons, MONTHS)
    for month in range(MONTHS):
        waiting = start == MONTHS
        start[waiting & (rng.random(persons) < 1 / (1 + np.exp(3.4 - 0.8 * x)))] = month
    records = []
    for month in np.unique(start[start < MONTHS]):
        waiting = np.flatnonzero(start > month)
        kept = rng.choice(waiting, size=min(candidates, len(waiting)), replace=False)
        records += [(p, month, 1, 1.0) for p in np.flatnonzero(start == month)]
        records += [(p, month, 0, len(waiting) / len(kept)) for p in kept]
    person, u, treated, weight = (np.array(column) for column in zip(*records, strict=True))
    return _built(x, y, person, u, treated, weight, rng)


def _built(x, y, person, u, treated, weight, rng) -> RiskSet:
    n = len(person)
    key = rng.permutation(10 * n)[:n].astype(np.uint64)
    order = np.argsort(key)
    person, u, treated, weight, key = (a[order] for a in (person, u, treated, weight, key))
    zero = BEFORE + u
    months = np.arange(-BEFORE, AFTER + 1)
    values = y[person[:, None], zero[:, None] + months[None, :]]
    units = pd.DataFrame(
        {
            "key": key,
            "entity": person,
            "treated": treated.astype("int8"),
            "arm": None,
            "index_period": u.astype(float),
            "first_treated": np.nan,
            "sampling_weight": weight,
            "persons": 1.0,
        }
    )
    lag = values[:, months == -1][:, 0]
    sample = Sample(
        units=units,
        clusters={"unit": np.arange(n), "person": person},
        cells=u.astype(np.int64),
        baseline=pd.DataFrame({"x": x[person], "last_month": lag}),
        history={"y": Series(values=values[:, months < 0], time=months[months < 0].astype(float), clock="event")},
        placebo={},
        grain="person",
        assigned_at="person",
        assigned="observational",
        attrition=Attrition(steps=()),
        lags=frozenset({"last_month"}),
    )
    path = Series(values=values[:, months > 0], time=months[months > 0].astype(float), clock="event")
    last = Series(values=path.values[:, [-1]], time=path.time[[-1]], clock="event")
    outcomes = Outcomes(series={"y": last}, paths={"y": path}, sample_digest=sample.digest, freeze_digest="0" * 64)
    return RiskSet(sample, outcomes, person, u, y)


def with_missing(data: RiskSet, rows: np.ndarray, month: int) -> RiskSet:
    """Return the same records, some of them unobserved from a month on."""
    path = data.outcomes.paths["y"]
    values = np.where(rows[:, None] & (path.time >= month)[None, :], np.nan, path.values)
    holed = Series(values=values, time=path.time, clock="event")
    return replace(data, outcomes=replace(data.outcomes, paths={"y": holed}))
