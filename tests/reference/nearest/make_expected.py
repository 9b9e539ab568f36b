"""Write expected.json: nearest neighbours by statsmodels' logit and every distance. Shares no code with effekt.

Pairs without replacement follow the rule of MatchIt 4.5 (``m.order = "largest"``, ``link = "linear.logit"``): treated
with the highest score first, each comparison once. Data have no ties, so that no order of rows can matter (MatchIt's
answer on the NSW data moves when its rows are shuffled). Run: python tests/reference/nearest/make_expected.py
"""

import json
import platform
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
import statsmodels
import statsmodels.api as sm

HERE = Path(__file__).parent
RATIO, CALIPER = 2, 0.2


def main():
    rng = np.random.default_rng(20263)
    n = 300
    x = pd.DataFrame({"age": rng.normal(30, 6, n), "months": rng.gamma(2, 4, n)})
    index = -1.2 + 0.05 * (x["age"] - 30) + 0.06 * (x["months"] - 8)
    treated = (rng.random(n) < 1 / (1 + np.exp(-index))).astype(int)
    cell = rng.integers(0, 3, n)
    y = 2.0 + 0.1 * x["age"].to_numpy() + 0.2 * x["months"].to_numpy() + 1.0 * treated + rng.normal(0, 1, n)
    fit = sm.Logit(treated, sm.add_constant(x)).fit(disp=0, method="newton", tol=1e-14, maxiter=100)
    score = np.asarray(sm.add_constant(x) @ fit.params)
    # In closed form: statsmodels finds the likelihood of a constant by iteration, to ten digits.
    p = treated.mean()
    nothing = n * (p * np.log(p) + (1 - p) * np.log(1 - p))
    assert len(np.unique(score)) == n
    score = score / score.std()
    expected = {
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "statsmodels": statsmodels.__version__,
        },
        "data": {**{k: x[k].tolist() for k in x}, "treated": treated.tolist(), "cell": cell.tolist(), "y": y.tolist()},
        "pseudo_r2": float(1 - fit.llf / nothing),
        "with_replacement": summary(with_replacement(score, treated, cell), treated, y),
        "without_replacement": summary(without_replacement(score, treated, cell), treated, y),
    }
    expected["with_replacement"]["std_error"] = abadie_imbens(score, treated, cell, y)
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


def candidates(score, treated, cell, i):
    far = np.abs(score - score[i])
    far[(treated == 1) | (cell != cell[i]) | (far > CALIPER)] = np.inf
    return [int(j) for j in np.argsort(far) if np.isfinite(far[j])]


def with_replacement(score, treated, cell):
    return {int(i): candidates(score, treated, cell, i)[:RATIO] for i in np.flatnonzero(treated)}


def without_replacement(score, treated, cell):
    sets = {int(i): [] for i in np.flatnonzero(treated)}
    used = set()
    for _ in range(RATIO):
        for i in sorted(sets, key=lambda i: -score[i]):
            free = [j for j in candidates(score, treated, cell, i) if j not in used]
            if free:
                sets[i].append(free[0])
                used.add(free[0])
    return sets


def summary(sets, treated, y):
    w = np.zeros(len(treated))
    for i, members in sets.items():
        if members:
            w[i] = 1.0
            w[members] += 1 / len(members)
    t, c = treated == 1, treated == 0
    value = np.average(y[t], weights=w[t]) - np.average(y[c], weights=w[c])
    return {"weights": w.tolist(), "pairs": sorted([i, j] for i, m in sets.items() for j in m), "value": float(value)}


def abadie_imbens(score, treated, cell, y):
    """Abadie and Imbens (2006), theorem 7, for the ATT: own value and two of the same arm behind each variance."""
    sets = {i: m for i, m in with_replacement(score, treated, cell).items() if m}
    gap = np.array([y[i] - y[m].mean() for i, m in sets.items()])
    used = np.zeros(len(y))
    squares = np.zeros(len(y))
    for m in sets.values():
        used[m] += 1 / len(m)
        squares[m] += 1 / len(m) ** 2
    total = np.sum((gap - gap.mean()) ** 2)
    for j in np.flatnonzero(used):
        far = np.abs(score - score[j])
        far[(treated == 1) | (cell != cell[j])] = np.inf
        far[j] = np.inf
        near = np.argsort(far)[:2]
        total += (used[j] ** 2 - squares[j]) * np.var(y[[j, *near]], ddof=1)
    return float(np.sqrt(total) / len(sets))


if __name__ == "__main__":
    main()
