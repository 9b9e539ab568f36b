"""Write expected.json: differences in means by statsmodels, scipy and dense matrices. Shares no code with effekt.

Run: python tests/reference/difference/make_expected.py
"""

import json
import platform
from pathlib import Path

import causaldata
import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import stats

HERE = Path(__file__).parent


def experiment():
    data = causaldata.nsw_mixtape.load_pandas().data
    treated, y = data["treat"].to_numpy() == 1, data["re78"].to_numpy(dtype=np.float64)
    s1, s0 = (y[a].var(ddof=1) / a.sum() for a in (treated, ~treated))
    test = stats.ttest_ind(y[treated], y[~treated], equal_var=False)
    interval = test.confidence_interval(0.95)
    n1, n0 = int(treated.sum()), int((~treated).sum())
    # Bell-McCaffrey: known before the outcome is, unlike Welch's (Imbens and Kolesar 2016, section III).
    df = (n1 + n0) ** 2 * (n1 - 1) * (n0 - 1) / (n1**2 * (n1 - 1) + n0**2 * (n0 - 1))
    return {
        "value": float(y[treated].mean() - y[~treated].mean()),
        "std_error": float(np.sqrt(s1 + s0)),
        "df": df,
        "welch_low": float(interval.low),
        "welch_high": float(interval.high),
    }


def simulated():
    rng = np.random.default_rng(20260)
    n = 240
    office = rng.integers(0, 24, n)
    treated = office % 3 == 0
    w = rng.uniform(0.5, 3.0, n)
    y = 1.0 + 0.5 * treated + rng.normal(0, 1, 24)[office] + rng.normal(0, 1, n)
    return {"office": office, "treated": treated, "w": w, "y": y}


def weighted(data):
    X = sm.add_constant(data["treated"].astype(float))
    fit = sm.WLS(data["y"], X, weights=data["w"]).fit(cov_type="HC2")
    return {"value": float(fit.params[1]), "std_error": float(fit.bse[1])}


def clustered(data):
    """CR2 with A_g = (I - H_gg)^(-1/2) from n x n matrices, without weights."""
    X = sm.add_constant(data["treated"].astype(float))
    y, n = data["y"], len(data["y"])
    M = np.linalg.inv(X.T @ X)
    H = X @ M @ X.T
    e, c = y - H @ y, np.array([0.0, 1.0])
    meat, P = 0.0, []
    for g in np.unique(data["office"]):
        m = data["office"] == g
        values, vectors = np.linalg.eigh(np.eye(m.sum()) - H[np.ix_(m, m)])
        A = (vectors / np.sqrt(values)) @ vectors.T
        a = A @ X[m] @ M @ c
        meat += float(a @ e[m]) ** 2
        P.append((np.eye(n) - H)[:, m] @ a)
    V = np.array(P) @ np.array(P).T
    return {
        "value": float((M @ X.T @ y)[1]),
        "std_error": float(np.sqrt(meat)),
        "df": float(np.trace(V) ** 2 / np.sum(V * V)),
    }


def main():
    data = simulated()
    expected = {
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "statsmodels": statsmodels.__version__,
            "causaldata": "0.1.5",
        },
        "nsw": experiment(),
        "weighted": weighted(data),
        "clustered": clustered(data),
        "data": {k: np.asarray(v).tolist() for k, v in data.items()},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
