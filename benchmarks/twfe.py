"""Static two-way fixed effects with clustered standard errors: 100,000 units x 20 periods, staggered starts."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from measure import Job, Numbers, main

UNITS, PERIODS = 100_000, 20
COHORTS = np.arange(5.0, 19.0, 2.0)
"""First treated periods; a third of the units are never treated."""


def prepare(folder: Path) -> None:
    """Write the panel wide and long."""
    values, first = draw(UNITS)
    np.savez(folder / "wide.npz", values=values, first=first)
    long_frame(values, first).to_parquet(folder / "long.parquet")


def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes (n, T) and first treated periods (n,), NaN = never."""
    rng = np.random.default_rng(20240501)
    first = rng.choice(np.append(COHORTS, np.nan), size=n, p=[*np.full(len(COHORTS), 2 / 3 / len(COHORTS)), 1 / 3])
    shocks = rng.normal(size=(n, PERIODS)).cumsum(axis=1) * 0.3
    values = rng.normal(size=(n, 1)) + 0.1 * np.arange(PERIODS) + shocks
    values += 0.25 * (np.arange(PERIODS) >= first[:, None])
    return values, first


def long_frame(values: np.ndarray, first: np.ndarray) -> pd.DataFrame:
    """One row per unit and period, in random order as files come."""
    n = len(values)
    d = (np.arange(PERIODS) >= first[:, None]).astype(np.float64)
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), PERIODS),
            "time": np.tile(np.arange(PERIODS), n),
            "d": d.ravel(),
            "y": values.ravel(),
        }
    )
    return frame.sample(frac=1.0, random_state=1).reset_index(drop=True)


def sample_and_outcomes(values: np.ndarray, first: np.ndarray):
    """The panel as the estimator wants it."""
    from effekt.results import Attrition
    from effekt.sample import Outcomes, Sample, Series

    n, time = len(values), np.arange(PERIODS, dtype=np.float64)
    seal = int(np.nanmin(first))
    units = pd.DataFrame(
        {
            "key": np.arange(n, dtype="uint64"),
            "entity": np.arange(n),
            "treated": (~np.isnan(first)).astype("int8"),
            "arm": None,
            "index_period": np.nan,
            "first_treated": first,
            "sampling_weight": 1.0,
            "persons": 1.0,
        }
    )
    before = Series(values=values[:, :seal], time=time[:seal], clock="calendar")
    sample = Sample(
        units=units,
        clusters={"unit": np.arange(n), "person": np.arange(n)},
        cells=np.zeros(n, dtype=np.int64),
        baseline=pd.DataFrame(index=range(n)),
        history={"y": before},
        placebo={},
        grain="person",
        assigned_at="person",
        assigned="observational",
        attrition=Attrition(steps=()),
    )
    after = Series(values=values[:, seal:], time=time[seal:], clock="calendar")
    return sample, Outcomes(series={"y": after}, sample_digest="", freeze_digest="")


def _estimate(sample, outcomes) -> Numbers:
    from effekt.analysis import Analysis

    row = Analysis.model_validate({"estimate": "twfe"}).estimates(sample, outcomes).rows[0]
    return [row.value, row.std_error]


def effekt_sample(folder: Path) -> Job:
    """Time the estimator on a ready sample."""
    _estimate(*sample_and_outcomes(*draw(200)))
    data = np.load(folder / "wide.npz")
    sample, outcomes = sample_and_outcomes(data["values"], data["first"])
    return lambda: _estimate(sample, outcomes)


def effekt_long(folder: Path) -> Job:
    """Time a long data frame -> sample -> estimate."""

    def job(frame: pd.DataFrame) -> Numbers:
        wide = frame.pivot(index="unit", columns="time", values="y")
        first = frame[frame["d"] == 1].groupby("unit")["time"].min().reindex(wide.index)
        return _estimate(*sample_and_outcomes(wide.to_numpy(), first.to_numpy(dtype=np.float64)))

    job(long_frame(*draw(200)))
    frame = pd.read_parquet(folder / "long.parquet")
    return lambda: job(frame)


def pyfixest_long(folder: Path) -> Job:
    """Time pyfixest on the same long data frame."""
    import pyfixest as pf

    def job(frame: pd.DataFrame) -> Numbers:
        fit = pf.feols("y ~ d | unit + time", data=frame, vcov={"CRV1": "unit"})
        return [fit.coef()["d"], fit.se()["d"]]

    job(long_frame(*draw(200)))
    frame = pd.read_parquet(folder / "long.parquet")
    return lambda: job(frame)


def judge(numbers: Mapping[str, Numbers]) -> list[str]:
    """Coefficients and standard errors of all candidates must agree."""
    ours = np.array(numbers["effekt, ready sample"])
    remarks = [f"effekt: coefficient {ours[0]:.10f}, CR1S standard error {ours[1]:.10f}"]
    for name, theirs in numbers.items():
        gap = np.abs(np.array(theirs) / ours - 1.0)
        remarks.append(f"{name}: relative difference {gap[0]:.1e} in the coefficient, {gap[1]:.1e} in its SE")
    return remarks[:1] + remarks[2:]


if __name__ == "__main__":
    main(
        name="twfe",
        prepare=prepare,
        candidates={
            "effekt, ready sample": effekt_sample,
            "effekt, long data frame": effekt_long,
            "pyfixest, long data frame": pyfixest_long,
        },
        packages=("effekt", "numpy", "pandas", "pyfixest"),
        judge=judge,
    )
