"""Write expected.json: the dose of 15 counties by dense matrices on the whole panel; seven counties permuted by loops.

Run: python tests/reference/dose_slope/make_expected.py    (a few seconds; shares no code with effekt)
"""

import itertools
import json
import platform
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
from scipy import stats

HERE = Path(__file__).parent


def dense_cr2(X, y, cluster, column):
    """Coefficient, CR2 standard error and Satterthwaite df from n x n matrices, working model identity."""
    n = len(y)
    X = np.linalg.qr(np.column_stack([np.delete(X, column, axis=1), X[:, column]]))
    Z, R = X
    H = Z @ Z.T
    IH = np.eye(n) - H
    e = IH @ y
    c = np.linalg.solve(R.T, np.eye(X[1].shape[0])[-1])
    rows, meat = [], 0.0
    for g in np.unique(cluster):
        m = cluster == g
        values, vectors = np.linalg.eigh(IH[np.ix_(m, m)])
        root = np.array([v**-0.5 if v > 1e-12 else 0.0 for v in values])
        A = vectors @ np.diag(root) @ vectors.T
        a = A @ Z[m] @ c
        meat += (a @ e[m]) ** 2
        rows.append(IH[m].T @ a)
    P = np.array(rows) @ np.array(rows).T
    beta = c @ (Z.T @ y)
    return float(beta), float(np.sqrt(meat)), float(np.trace(P) ** 2 / np.sum(P**2))


def slope_t(y, x):
    """Slope and CR2 t of a regression of n changes on n doses, straight from the matrices."""
    X = np.column_stack([np.ones(len(x)), x])
    M = np.linalg.inv(X.T @ X)
    h = np.diag(X @ M @ X.T)
    b = M @ X.T @ y
    e = y - X @ b
    variance = M @ (X.T * (e**2 / (1 - h))) @ X @ M
    return b[1], b[1] / np.sqrt(variance[1, 1])


def ranks(x):
    return (stats.rankdata(x) - 1) / (len(x) - 1)


def main():
    county = pd.read_csv(HERE.parent / "few_units" / "county15.csv")
    codes = pd.factorize(county.county)[0]
    D = (codes[:, None] == np.arange(15)).astype(float)
    T = (county.year.to_numpy()[:, None] == np.unique(county.year)[1:]).astype(float)
    dose, y = county.groupby(codes).dose.max().to_numpy(), county.rate.to_numpy()
    scales = {"raw": dose, "log1p": np.log1p(dose), "rank": ranks(dose)}
    panel = {
        name: dense_cr2(np.column_stack([x[codes] * county.post, D, T]), y, codes, 0) for name, x in scales.items()
    }
    high = dose > np.median(dose)
    split = dense_cr2(np.column_stack([high[codes] * county.post, D, T]), y, codes, 0)

    rng = np.random.default_rng(20267)
    values = rng.normal(0, 1, (7, 1)) + np.cumsum(rng.normal(0, 0.3, (7, 8)), axis=1)
    few = rng.lognormal(0, 1, 7)
    delta = values[:, 5:].mean(axis=1) - values[:, :5].mean(axis=1)
    permuted = {}
    for name, x in {"raw": few, "log1p": np.log1p(few), "rank": ranks(few)}.items():
        slope, t = slope_t(delta, x)
        draws = [abs(slope_t(delta, x[list(order)])[1]) for order in itertools.permutations(range(7))]
        permuted[name] = [float(slope), sum(d >= abs(t) * (1 - 1e-9) for d in draws), len(draws)]
    expected = {
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "pandas": pd.__version__,
        },
        "county15": panel | {"high": split},
        "first_stage": float(dose[high].mean() - dose[~high].mean()),
        "seven": permuted,
        "data": {"values": values.tolist(), "dose": few.tolist(), "start": 5},
    }
    expected["seven"] = {k: [v[0], int(v[1]), int(v[2])] for k, v in permuted.items()}
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
