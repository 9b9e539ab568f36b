"""Samples from arrays, for tests that hold an estimator to a stored number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from effekt.analysis import Analysis
from effekt.results import Attrition, Estimates
from effekt.sample import Outcomes, Sample, Series


def sample_of(
    *,
    treated: Any,
    first_treated: Any = None,
    weight: Any = None,
    dose: Any = None,
    covariates: Any = None,
    clusters: Any = None,
    history: dict[str, Series] | None = None,
    grain: str = "person",
    assigned_at: str = "person",
    assigned: str = "random",
) -> Sample:
    """Build a sample in the order of the arrays: keys are the row numbers."""
    n = len(treated)
    units = pd.DataFrame(
        {
            "key": np.arange(n, dtype="uint64"),
            "entity": np.arange(n),
            "treated": np.asarray(treated).astype("int8"),
            "arm": None,
            "index_period": np.nan,
            "first_treated": np.nan if first_treated is None else np.asarray(first_treated, dtype=float),
            "sampling_weight": 1.0 if weight is None else np.asarray(weight, dtype=float),
            "persons": 1.0,
        }
    )
    if dose is not None:
        units["dose"] = np.asarray(dose, dtype=float)
    return Sample(
        units=units,
        clusters={"unit": np.arange(n), grain: np.arange(n), **(clusters or {})},
        cells=np.zeros(n, dtype=np.int64),
        baseline=pd.DataFrame({} if covariates is None else covariates, index=range(n)).astype(float),
        history=history or {},
        placebo={},
        grain=grain,
        assigned_at=assigned_at,
        assigned=assigned,
        attrition=Attrition(steps=()),
    )


def cross_section(y: Any, **parts: Any) -> tuple[Sample, Outcomes]:
    """Return a sample and one outcome ``y`` measured once."""
    sample = sample_of(**parts)
    series = Series(values=np.asarray(y, dtype=float)[:, None], time=np.zeros(1), clock="event")
    return sample, Outcomes(series={"y": series}, sample_digest=sample.digest, freeze_digest="f")


def panel(values: Any, time: Any, first_treated: Any, **parts: Any) -> tuple[Sample, Outcomes]:
    """Return a sample whose history ends where the first cohort starts, and the outcome ``y`` after it."""
    values, time, first = (np.asarray(a, dtype=float) for a in (values, time, first_treated))
    cut = int(np.searchsorted(time, np.nanmin(first)))
    before, after = (
        Series(values=values[:, k], time=time[k], clock="calendar") for k in (slice(cut), slice(cut, None))
    )
    sample = sample_of(
        treated=~np.isnan(first),
        first_treated=first,
        history={"y": before},
        **{"grain": "county", "assigned_at": "county", "assigned": "observational", **parts},
    )
    return sample, Outcomes(series={"y": after}, sample_digest=sample.digest, freeze_digest="f")


def estimates(method: dict[str, Any], sample: Sample, outcomes: Outcomes, **adjust: Any) -> Estimates:
    """Run one analysis as a spec would write it."""
    return Analysis.model_validate({"estimate": method, **adjust}).estimates(sample, outcomes)
