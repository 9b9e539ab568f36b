"""Write expected.json: two-way fixed effects by pyfixest 0.60.0. Shares no code with effekt.

Run: python tests/reference/twfe/make_expected.py    (needs pyfixest==0.60.0 and causaldata==0.1.5)
The published castle coefficient, 0.0818116169306475, is the weighted sum that R bacondecomp 0.1.0 documents.
"""

import json
import platform
from pathlib import Path

import causaldata
import numpy as np
import pandas as pd
import pyfixest as pf

HERE = Path(__file__).parent


def castle():
    data = causaldata.castle.load_pandas().data[["sid", "year", "post", "l_homicide"]].sort_values(["sid", "year"])
    # causaldata's `post` begins the year after adoption; the published number counts the year itself.
    d = data.groupby("sid")["post"].shift(-1).fillna(data["post"]).astype(float)
    return pd.DataFrame({"unit": data["sid"], "time": data["year"], "d": d, "y": data["l_homicide"].astype(float)})


def staggered(rng):
    n, T = 60, 8
    start = rng.choice([4.0, 6.0, np.inf], n)
    unit, time = np.repeat(np.arange(n), T), np.tile(np.arange(T), n)
    d = (time >= start[unit]).astype(float)
    y = rng.normal(0, 1, n)[unit] + 0.1 * time + 0.7 * d + rng.normal(0, 1, n * T)
    frame = pd.DataFrame({"unit": unit, "time": time, "d": d, "y": y, "w": rng.uniform(0.5, 2, n)[unit]})
    return frame, frame[rng.random(n * T) < 0.85]


def fitted(frame, weights=None):
    fit = pf.feols("y ~ d | unit + time", frame, vcov={"CRV1": "unit"}, weights=weights, fixef_tol=1e-13)
    return {"value": float(fit.coef()["d"]), "std_error": float(fit.se()["d"])}


def main():
    whole, holed = staggered(np.random.default_rng(20265))
    expected = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "pyfixest": pf.__version__},
        "castle": fitted(castle()),
        "balanced": fitted(whole),
        "weighted": fitted(whole, "w"),
        "unbalanced": fitted(holed),
        "kept": holed.index.tolist(),
        "data": {k: whole[k].tolist() for k in whole},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
