"""Write expected.json: least effects per participant from Welch's error by scipy and mean doses by loops.

Run: python tests/reference/checks/dilution/make_expected.py
"""

import json
import platform
from pathlib import Path

import numpy as np
import scipy
from scipy import stats

HERE = Path(__file__).parent


def main():
    rng = np.random.default_rng(20268)
    treated = [1] * 5 + [0] * 10
    values = (0.4 + 0.01 * rng.normal(size=(15, 6))).tolist()
    dose = [round(float(d), 6) for d in rng.uniform(0.0, 0.02, size=15) + 0.06 * np.array(treated)]
    change = [sum(row[3:]) / 3 - sum(row[:3]) / 3 for row in values]
    arms = [[c for c, d in zip(change, treated, strict=True) if d == arm] for arm in (1, 0)]
    error = float(np.sqrt(sum(np.var(arm, ddof=1) / len(arm) for arm in arms)))
    mde = float((stats.t.ppf(0.975, 8.1) + stats.t.ppf(0.8, 8.1)) * error)
    means = [sum(x for x, d in zip(dose, treated, strict=True) if d == arm) / treated.count(arm) for arm in (1, 0)]
    expected = {
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__},
        "exposure": means[0] - means[1],
        "mde": mde,
        "least": mde / (means[0] - means[1]),
        "data": {"treated": treated, "values": values, "dose": dose},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
