"""Write expected.json: Welch on the change between the halves of the pre-period, and the 90% interval, by scipy.

Run: python tests/reference/checks/pre_trends/make_expected.py
"""

import json
import platform
from pathlib import Path

import numpy as np
import scipy
from scipy import stats

HERE = Path(__file__).parent


def main():
    rng = np.random.default_rng(20269)
    n1, n0, T = 6, 12, 7
    treated = np.r_[np.ones(n1), np.zeros(n0)].astype(bool)
    values = rng.normal(0, 1, (n1 + n0, 1)) + rng.normal(0, 0.2, (n1 + n0, T))
    change = values[:, 4:].mean(axis=1) - values[:, :4].mean(axis=1)
    a, b = change[treated], change[~treated]
    se = float(np.sqrt(a.var(ddof=1) / n1 + b.var(ddof=1) / n0))
    df = (n1 + n0) ** 2 * (n1 - 1) * (n0 - 1) / (n1**2 * (n1 - 1) + n0**2 * (n0 - 1))
    value, half = float(a.mean() - b.mean()), float(stats.t.ppf(0.95, df) * se)
    expected = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
        "value": value,
        "std_error": se,
        "df": df,
        "low": value - half,
        "high": value + half,
        "spread": float(values.mean(axis=1).std(ddof=1)),
        "data": {"treated": treated.tolist(), "values": values.tolist()},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
