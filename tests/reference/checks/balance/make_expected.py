"""Write expected.json: standardised mean differences and variance ratios by hand, as R cobalt::bal.tab defines them.

Run: python tests/reference/checks/balance/make_expected.py
"""

import json
import platform
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def weighted_variance(x, w):
    """R stats::cov.wt(method = "unbiased")."""
    p = w / w.sum()
    return float(np.sum(p * (x - p @ x) ** 2) / (1 - np.sum(p**2)))


def main():
    rng = np.random.default_rng(20267)
    n = 120
    treated = rng.random(n) < 0.4
    x, w = rng.normal(0.5 * treated, 1 + 0.3 * treated), rng.uniform(0.5, 2.0, n)
    s1, s0 = x[treated].std(ddof=1), x[~treated].std(ddof=1)
    gap = x[treated].mean() - x[~treated].mean()
    means = [np.average(x[a], weights=w[a]) for a in (treated, ~treated)]
    v1, v0 = weighted_variance(x[treated], w[treated]), weighted_variance(x[~treated], w[~treated])
    expected = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
        "smd_att": float(gap / s1),
        "smd_ate": float(gap / np.sqrt((s1**2 + s0**2) / 2)),
        "weighted_smd_att": float((means[0] - means[1]) / np.sqrt(v1)),
        "variance_ratio": v1 / v0,
        "data": {"treated": treated.tolist(), "x": x.tolist(), "w": w.tolist()},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
