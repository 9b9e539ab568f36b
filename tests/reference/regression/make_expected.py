"""Write expected.json: regressions by statsmodels, Lin's estimator by hand. Shares no code with effekt.

Run: python tests/reference/regression/make_expected.py
"""

import json
import platform
from pathlib import Path

import numpy as np
import statsmodels
import statsmodels.api as sm

HERE = Path(__file__).parent


def simulated():
    rng = np.random.default_rng(20261)
    n = 300
    office = rng.integers(0, 30, n)
    x1, x2 = rng.normal(0, 1, n), rng.integers(0, 2, n).astype(float)
    treated = rng.random(n) < 1 / (1 + np.exp(-0.5 * x1))
    y = 2.0 + (1.0 + 0.4 * x1) * treated + x1 - 0.5 * x2 + rng.normal(0, 1 + 0.5 * x2, n)
    return {"office": office, "treated": treated, "x1": x1, "x2": x2, "y": y, "w": rng.uniform(0.5, 2.0, n)}


def fits(data):
    X = sm.add_constant(np.column_stack([data["treated"], data["x1"], data["x2"]]).astype(float))
    model = sm.WLS(data["y"], X, weights=data["w"])
    found = {}
    for kind in ("HC0", "HC1", "HC2", "HC3"):
        fit = model.fit(cov_type=kind)
        found[kind] = {"value": float(fit.params[1]), "std_error": float(fit.bse[1])}
    groups = {"groups": data["office"]}
    stata = model.fit(cov_type="cluster", cov_kwds=groups)
    plain = model.fit(cov_type="cluster", cov_kwds={**groups, "use_correction": False})
    G = len(np.unique(data["office"]))
    found["CR1S"] = {"value": float(stata.params[1]), "std_error": float(stata.bse[1])}
    found["CR0"] = {"value": float(plain.params[1]), "std_error": float(plain.bse[1])}
    found["CR1"] = {"value": float(plain.params[1]), "std_error": float(plain.bse[1] * np.sqrt(G / (G - 1)))}
    return found


def lin(data, target):
    """Coefficient on treatment with covariates centred at the mean of ``target`` and interacted."""
    x = np.column_stack([data["x1"], data["x2"]])
    centred = x - x[target].mean(axis=0)
    d = data["treated"].astype(float)
    fit = sm.OLS(data["y"], sm.add_constant(np.column_stack([d, centred, d[:, None] * centred]))).fit(cov_type="HC2")
    return {"value": float(fit.params[1]), "std_error": float(fit.bse[1])}


def main():
    data = simulated()
    everybody = np.ones(len(data["y"]), dtype=bool)
    versions = {"python": platform.python_version(), "numpy": np.__version__, "statsmodels": statsmodels.__version__}
    expected = {
        "versions": versions,
        **fits(data),
        "lin_ate": lin(data, everybody),
        "lin_att": lin(data, data["treated"]),
        "data": {k: np.asarray(v).tolist() for k, v in data.items()},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
