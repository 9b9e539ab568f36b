"""Write expected.json: event studies by pyfixest 0.60.0. Shares no code with effekt.

Run: python tests/reference/event_study/make_expected.py    (needs pyfixest==0.60.0)
HC2 errors of the one-cohort study are Welch's on changes since the reference period, by numpy.
"""

import json
import platform
from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest as pf

HERE = Path(__file__).parent
NEVER = -1000


def simulated(rng, starts):
    n, T = 50, 7
    start = rng.choice(starts, n)
    unit, time = np.repeat(np.arange(n), T), np.tile(np.arange(T), n)
    since = np.where(start[unit] == NEVER, NEVER, time - start[unit])
    y = rng.normal(0, 1, n)[unit] + 0.2 * time + 0.5 * (since >= 0) + rng.normal(0, 1, n * T)
    return pd.DataFrame({"unit": unit, "time": time, "start": start[unit], "since": since, "y": y})


def fitted(frame):
    """Regress on a dummy per event time but -1, none for the never treated, by hand: no factor syntax to trust."""
    times = sorted(set(frame["since"]) - {NEVER, -1})
    frame = frame.assign(**{f"e{j}": (frame["since"] == e).astype(float) for j, e in enumerate(times)})
    terms = " + ".join(f"e{j}" for j in range(len(times)))
    fit = pf.feols(f"y ~ {terms} | unit + time", frame, vcov={"CRV1": "unit"}, fixef_tol=1e-13)
    return {str(e): [float(fit.coef()[f"e{j}"]), float(fit.se()[f"e{j}"])] for j, e in enumerate(times)}


def welch(frame):
    wide, start = frame.pivot(index="unit", columns="time", values="y"), frame.groupby("unit")["start"].first()
    treated = (start != NEVER).to_numpy()
    change = wide.sub(wide[3], axis=0).drop(columns=3).to_numpy()
    a, b = change[treated], change[~treated]
    return np.sqrt(a.var(axis=0, ddof=1) / len(a) + b.var(axis=0, ddof=1) / len(b)).tolist()


def main():
    rng = np.random.default_rng(20266)
    one = simulated(rng, [4, NEVER])
    pooled = simulated(rng, [3, 5, NEVER])
    holed = one[rng.random(len(one)) < 0.9]
    expected = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "pyfixest": pf.__version__},
        "one": fitted(one),
        "one_hc2": welch(one),
        "unbalanced": fitted(holed),
        "pooled": fitted(pooled),
        "kept": holed.index.tolist(),
        "data": {"one": {k: one[k].tolist() for k in one}, "pooled": {k: pooled[k].tolist() for k in pooled}},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
