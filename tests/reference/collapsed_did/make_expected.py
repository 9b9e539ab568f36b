"""Write expected.json: a 15-unit DiD by Welch, by all 3,003 assignments and all 2^15 sign patterns, each refitted.

Run: python tests/reference/collapsed_did/make_expected.py    (about a minute; shares no code with effekt)
"""

import itertools
import json
import platform
from pathlib import Path

import numpy as np
import scipy
import synthdid
from scipy import stats

HERE = Path(__file__).parent


def welch_t(delta, treated):
    a, b = delta[treated], delta[~treated]
    return (a.mean() - b.mean()) / np.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size)


def cr1_t(y, treated):
    """The statistic of WCR: t with the cluster-robust variance of clusters of one, factor G/(G-1)."""
    G, d = y.size, treated - treated.mean()
    b = d @ y / (d @ d)
    e = y - y.mean() - b * d
    return b / np.sqrt(G / (G - 1) * np.sum((d * e) ** 2) / (d @ d) ** 2)


def main():
    rng = np.random.default_rng(20264)
    n, T, start = 15, 9, 6
    treated = np.zeros(n, dtype=bool)
    treated[[0, 3, 7, 8, 12]] = True
    values = rng.normal(0, 1, (n, 1)) + np.cumsum(rng.normal(0, 0.3, (n, T)), axis=1)
    values[treated, start:] += 0.6
    delta = values[:, start:].mean(axis=1) - values[:, :start].mean(axis=1)
    a, b = delta[treated], delta[~treated]
    observed = abs(welch_t(delta, treated))
    masks = np.array([np.isin(np.arange(n), c) for c in itertools.combinations(range(n), 5)])
    rank = sum(abs(welch_t(delta, m)) >= observed * (1 - 1e-9) for m in masks)
    d = treated.astype(float)
    restricted, mean = delta - delta.mean(), delta.mean()
    t = abs(cr1_t(delta, d))
    signs = (np.array(s) for s in itertools.product((1.0, -1.0), repeat=n))
    wild = sum(abs(cr1_t(mean + s * restricted, d)) >= t * (1 - 1e-9) for s in signs)
    n1, n0 = a.size, b.size
    frame = synthdid.load_california_prop99().pivot(index="State", columns="Year", values="PacksPerCapita")
    change = frame.loc[:, 1989:].mean(axis=1) - frame.loc[:, :1988].mean(axis=1)
    gap = {s: change[s] - change.drop(s).mean() for s in change.index}
    expected = {
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "synthdid-py": synthdid.__version__,
        },
        "value": float(a.mean() - b.mean()),
        "std_error": float(np.sqrt(a.var(ddof=1) / n1 + b.var(ddof=1) / n0)),
        "df": (n1 + n0) ** 2 * (n1 - 1) * (n0 - 1) / (n1**2 * (n1 - 1) + n0**2 * (n0 - 1)),
        "half": float(stats.t.ppf(0.975, 8.1) * np.sqrt(a.var(ddof=1) / n1 + b.var(ddof=1) / n0)),
        "ri_t": [int(rank), len(masks)],
        "wcr": [int(wild), 2**n],
        "prop99": {
            "value": float(gap["California"]),
            "rank": [int(sum(abs(g) >= abs(gap["California"]) * (1 - 1e-9) for g in gap.values())), len(gap)],
        },
        "data": {"values": values.tolist(), "treated": treated.tolist(), "start": start},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
