"""Write expected.json: Welch on a placebo outcome, and the 90% interval, by scipy.

Run: python tests/reference/checks/placebo/make_expected.py
"""

import json
import platform
from pathlib import Path

import numpy as np
import scipy
from scipy import stats

HERE = Path(__file__).parent


def main():
    rng = np.random.default_rng(20270)
    treated = np.arange(150) < 50
    in_work = (rng.random(150) < np.where(treated, 0.45, 0.4)).astype(float)
    a, b = in_work[treated], in_work[~treated]
    test = stats.ttest_ind(a, b, equal_var=False)
    low, high = test.confidence_interval(0.90)
    expected = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
        "value": float(a.mean() - b.mean()),
        "low": float(low),
        "high": float(high),
        "spread": float(in_work.std(ddof=1)),
        "data": {"treated": treated.tolist(), "in_work": in_work.tolist()},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
