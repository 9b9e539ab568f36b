"""Write expected.json: exact-cell weights and their estimate by pandas groupby. Shares no code with effekt.

Run: python tests/reference/exact/make_expected.py
"""

import json
import platform
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def main():
    rng = np.random.default_rng(20262)
    n = 200
    frame = pd.DataFrame({"a": rng.integers(0, 4, n), "b": rng.integers(0, 3, n)})
    frame["treated"] = (rng.random(n) < 0.15 + 0.1 * frame["a"]).astype(int)
    frame.loc[(frame["a"] == 3) & (frame["b"] == 2), "treated"] = 1
    frame["y"] = frame["a"] + 2.0 * frame["treated"] + rng.normal(0, 1, n)
    cells = frame.groupby(["a", "b"])["treated"].agg(["sum", "count"]).reset_index()
    merged = frame.merge(cells, on=["a", "b"], how="left", sort=False)
    n1, n0 = merged["sum"], merged["count"] - merged["sum"]
    both = (n1 > 0) & (n0 > 0)
    w = np.where(both, np.where(frame["treated"] == 1, 1.0, n1 / n0.where(n0 > 0, 1)), 0.0)
    means = [np.average(frame["y"][frame["treated"] == d], weights=w[frame["treated"] == d]) for d in (1, 0)]
    # Residuals within cells, then HC2 on the two weighted means.
    m0 = frame[frame["treated"] == 0].groupby(["a", "b"])["y"].agg(["mean", "size"]).rename(columns={"size": "n_c"})
    joined = frame.join(m0, on=["a", "b"])
    gap = frame["y"] - joined["mean"]
    d, used = (frame["treated"] == 1).to_numpy(), w > 0
    r1 = (gap - (means[0] - means[1])).to_numpy()[d & used]
    scale = np.sqrt(joined["n_c"] / (joined["n_c"] - 1))
    r0, w0 = (gap * scale).to_numpy()[~d & used], w[~d & used]
    share = w0 / w0.sum()
    variance = np.sum(r1**2) / (len(r1) ** 2 * (1 - 1 / len(r1))) + np.sum(share**2 * r0**2 / (1 - share))
    expected = {
        "std_error": float(np.sqrt(variance)),
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "pandas": pd.__version__},
        "weights": w.tolist(),
        "value": float(means[0] - means[1]),
        "data": {k: frame[k].tolist() for k in frame},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
