"""Write expected.json: logit scores by statsmodels, min-max support and Kish's effective size by hand.

Run: python tests/reference/checks/overlap/make_expected.py
"""

import json
import platform
from pathlib import Path

import numpy as np
import statsmodels
import statsmodels.api as sm

HERE = Path(__file__).parent


def main():
    rng = np.random.default_rng(20268)
    n = 200
    x = rng.normal(0, 1, n)
    treated, w = rng.random(n) < 1 / (1 + np.exp(1 - 1.8 * x)), rng.uniform(0.5, 2.0, n)
    design = sm.add_constant(x)
    score = design @ sm.GLM(treated.astype(float), design, family=sm.families.Binomial()).fit(tol=1e-14).params
    outside = (score[treated] < score[~treated].min()) | (score[treated] > score[~treated].max())
    expected = {
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "statsmodels": statsmodels.__version__,
        },
        "outside": float(outside.mean()),
        "effective": float(w[~treated].sum() ** 2 / np.sum(w[~treated] ** 2)),
        "data": {"treated": treated.tolist(), "x": x.tolist(), "w": w.tolist()},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
