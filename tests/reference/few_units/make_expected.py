"""Write expected.json: the few-unit estimators the slow way, sharing no code with effekt.

Run: python tests/reference/few_units/make_expected.py
Dense n x n hat matrices for CR0-CR3 and their df; the bootstrap by refitting both regressions for every sign
pattern; randomisation by a loop over combinations; CR3 with dummies by leaving firms out.
"""

import itertools
import json
import platform
from pathlib import Path

import numpy as np
import pandas as pd
import scipy
import statsmodels
import statsmodels.api as sm
from statsmodels.datasets import grunfeld

HERE = Path(__file__).parent


def dense_cr(X, y, cluster, w, kind):
    """Covariance and df for each coefficient from n x n matrices; working model identity."""
    n, k = X.shape
    labels = np.unique(cluster)
    G = len(labels)
    W = np.diag(np.ones(n) if w is None else w)
    # Orthogonal columns first: X'X of dummies and levels would cost the digits that tell zero from small.
    R = np.linalg.qr(np.sqrt(W) @ X, mode="r")
    Z = X @ np.linalg.inv(R)
    M = np.linalg.inv(Z.T @ W @ Z)
    H = Z @ M @ Z.T @ W
    IH = np.eye(n) - H
    e = IH @ y
    meat, rows = np.zeros((k, k)), []
    for g in labels:
        m = cluster == g
        Wg, sg = W[np.ix_(m, m)], m.sum()
        if kind == "CR2":
            B = IH[m] @ IH[m].T
            values, vectors = np.linalg.eigh((B + B.T) / 2)
            A = vectors @ np.diag([v**-0.5 if v > 1e-12 else 0.0 for v in values]) @ vectors.T
        elif kind == "CR3":
            root = np.sqrt(np.diag(Wg))
            B = np.eye(sg) - root[:, None] * (Z[m] @ M @ Z[m].T) * root
            A = np.linalg.pinv((B + B.T) / 2, rcond=1e-10, hermitian=True)
            A = A * root[None, :] / root[:, None]
        else:
            A = np.eye(sg)
        score = Z[m].T @ Wg @ A @ e[m]
        meat += np.outer(score, score)
        rows.append(IH[m].T @ A.T @ Wg @ Z[m] @ M)
    factor = {"CR1": G / (G - 1), "CR1S": G / (G - 1) * (n - 1) / (n - k)}.get(kind, 1.0)
    back = np.linalg.inv(R)
    se = np.sqrt(factor * np.diag(back @ M @ meat @ M @ back.T))
    df = []
    for j in range(k):
        p = np.array([r @ back[j] for r in rows])
        P = p @ p.T
        df.append(np.trace(P) ** 2 / np.sum(P**2))
    return back @ M @ Z.T @ W @ y, se, np.array(df)


def cr_table(X, y, cluster, w, names):
    out = {name: {} for name in names}
    for kind in ("CR0", "CR1", "CR1S", "CR2", "CR3"):
        beta, se, df = dense_cr(X, y, cluster, w, kind)
        for name, j in names.items():
            out[name]["beta"] = float(beta[j])
            out[name][kind] = [float(se[j]), float(df[j])]
    return out


def wild_by_refitting(X, y, cluster, j, null):
    """CR1 t under every sign pattern, each time with two regressions; returns t and all |t*|."""
    labels, codes = np.unique(cluster, return_inverse=True)
    G = len(labels)
    others = np.delete(np.arange(X.shape[1]), j)
    M = np.linalg.inv(X.T @ X)

    def t(outcome):
        b = np.linalg.lstsq(X, outcome, rcond=None)[0]
        e = outcome - X @ b
        s = np.array([X[codes == g].T @ e[codes == g] for g in range(G)])
        return (b[j] - null) / np.sqrt((M @ s.T @ s @ M)[j, j] * G / (G - 1))

    restricted = np.linalg.lstsq(X[:, others], y - null * X[:, j], rcond=None)[0]
    fitted = X[:, others] @ restricted + null * X[:, j]
    draws = [abs(t(fitted + np.array(v)[codes] * (y - fitted))) for v in itertools.product([1, -1], repeat=G)]
    return float(t(y)), np.array(draws)


def jackknife(X, y, cluster):
    beta = np.linalg.lstsq(X, y, rcond=None)[0]
    left_out = [np.linalg.lstsq(X[cluster != g], y[cluster != g], rcond=None)[0] for g in np.unique(cluster)]
    return np.sqrt(np.sum((np.array(left_out) - beta) ** 2, axis=0))


def main():
    out = {"versions": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__,
                        "pandas": pd.__version__, "statsmodels": statsmodels.__version__}}  # fmt: skip
    data = grunfeld.load_pandas().data
    firm, y = pd.factorize(data.firm)[0], data.invest.to_numpy()
    two = data[["value", "capital"]].to_numpy()
    X = np.column_stack([np.ones(len(y)), two])
    out["grunfeld"] = cr_table(X, y, firm, None, {"value": 1, "capital": 2})
    D = (firm[:, None] == np.arange(11)).astype(float)
    out["grunfeld_firm_dummies"] = cr_table(np.hstack([two, D]), y, firm, None, {"value": 0, "capital": 1})
    out["grunfeld_firm_dummies"]["jackknife"] = [float(v) for v in jackknife(np.hstack([two, D]), y, firm)[:2]]
    for name, j in {"value": 1, "capital": 2}.items():
        t, draws = wild_by_refitting(X, y, firm, j, 0.0)
        out["grunfeld"][name]["wild"] = {"t": t, "count": int(np.sum(draws >= abs(t) * (1 - 1e-9)))}
    ols = sm.OLS(y, X).fit()
    out["grunfeld"]["HC"] = {kind: [float(v) for v in ols.get_robustcov_results(kind).bse] for kind in
                             ("HC0", "HC1", "HC2", "HC3")}  # fmt: skip

    county = pd.read_csv(HERE / "county15.csv")
    codes = pd.factorize(county.county)[0]
    D = (codes[:, None] == np.arange(15)).astype(float)
    T = (county.year.to_numpy()[:, None] == np.unique(county.year)[1:]).astype(float)
    out["county15"] = {}
    for name, column, w in (("d", "d", None), ("d_weighted", "d", county["pop"].to_numpy()), ("dose", "dose", None)):
        X = np.column_stack([county[column], D, T])
        out["county15"] |= cr_table(X, county.rate.to_numpy(), codes, w, {name: 0})
    means = county.pivot_table(index="county", columns="post", values="rate", sort=False)
    delta = (means[1] - means[0]).to_numpy()
    treated = county.groupby("county", sort=False).treated.first().to_numpy() == 1

    def statistics(chosen):
        a, b = delta[chosen], delta[~chosen]
        gap = a.mean() - b.mean()
        return gap, gap / np.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size)

    here, all_of_them = statistics(treated), []
    for chosen in itertools.combinations(range(15), 5):
        mask = np.zeros(15, dtype=bool)
        mask[list(chosen)] = True
        all_of_them.append(statistics(mask))
    counts = np.sum(np.abs(all_of_them) >= np.abs(here) * (1 - 1e-9), axis=0)
    out["county15"]["randomisation"] = {"beta": int(counts[0]), "t": int(counts[1]), "total": len(all_of_them)}

    small = pd.read_csv(HERE / "collapsed.csv")
    X = np.column_stack([np.ones(16), small.selfemployed, small.post, small.post_self])
    t, draws = wild_by_refitting(X, small.hasinsurance.to_numpy(), small.year.to_numpy(), 3, 0.04)
    out["collapsed"] = {"t_CR1": t, "rademacher_count": int(np.sum(draws >= abs(t) * (1 - 1e-9))), "total": len(draws)}
    (HERE / "expected.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
