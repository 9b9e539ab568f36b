"""Logit of a propensity score: 1.1 million persons x 20 covariates, one in eleven treated."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from measure import Job, Numbers, main

ROWS = 1_100_000


def prepare(folder: Path) -> None:
    """Write covariates and treatment."""
    X, y = draw(ROWS)
    np.save(folder / "X.npy", X)
    np.save(folder / "y.npy", y)


def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
    """X (n, 20) on the scales of registers: age, earnings, months, and dummies; y (n,) 0/1."""
    rng = np.random.default_rng(20240503)
    earnings = rng.lognormal(12.0, 0.7, size=(n, 4))
    age, months = rng.integers(19, 31, size=n), rng.integers(0, 25, size=(n, 5))
    dummies = rng.random(size=(n, 10)) < np.linspace(0.05, 0.5, 10)
    X = np.column_stack([age, earnings, months, dummies]).astype(np.float64)
    slopes = np.concatenate([[-0.05], np.full(4, -4e-7), np.full(5, 0.02), np.linspace(-0.5, 0.5, 10)])
    index = X @ slopes
    chance = 1.0 / (1.0 + np.exp(-(index - index.mean() - 2.5)))
    return X, (rng.random(n) < chance).astype(np.float64)


def _load(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    return np.load(folder / "X.npy"), np.load(folder / "y.npy")


def effekt(folder: Path) -> Job:
    """Blocked Newton steps on standardised covariates; the constant is added inside."""
    from effekt.numerics.logit import fit_logit

    def job(X: np.ndarray, y: np.ndarray) -> Numbers:
        fit = fit_logit(X=X, y=y)
        return [*fit.beta, *np.sqrt(np.diag(fit.covariance))]

    job(*draw(20_000))
    data = _load(folder)
    return lambda: job(*data)


def statsmodels_glm(folder: Path) -> Job:
    """Time `GLM(y, X, Binomial())`, iterated until the coefficients stand to 1e-12."""
    import statsmodels.api as sm

    def job(X: np.ndarray, y: np.ndarray) -> Numbers:
        fit = sm.GLM(y, sm.add_constant(X), family=sm.families.Binomial()).fit(tol=1e-12, tol_criterion="params")
        return [*fit.params, *fit.bse]

    job(*draw(20_000))
    data = _load(folder)
    return lambda: job(*data)


def statsmodels_logit(folder: Path) -> Job:
    """Time `Logit(y, X)` with Newton steps."""
    import statsmodels.api as sm

    def job(X: np.ndarray, y: np.ndarray) -> Numbers:
        fit = sm.Logit(y, sm.add_constant(X)).fit(disp=False, method="newton", tol=1e-12, maxiter=100)
        return [*fit.params, *fit.bse]

    job(*draw(20_000))
    data = _load(folder)
    return lambda: job(*data)


def judge(numbers: Mapping[str, Numbers]) -> list[str]:
    """Coefficients and standard errors must have the same digits."""
    ours = np.array(numbers["effekt"]).reshape(2, -1)
    remarks = []
    for name, theirs in list(numbers.items())[1:]:
        gap = np.max(np.abs(np.array(theirs).reshape(2, -1) / ours - 1.0), axis=1)
        remarks.append(f"{name}: largest relative difference {gap[0]:.1e} in coefficients, {gap[1]:.1e} in their SE")
    return remarks


if __name__ == "__main__":
    main(
        name="logit",
        prepare=prepare,
        candidates={"effekt": effekt, "statsmodels GLM": statsmodels_glm, "statsmodels Logit": statsmodels_logit},
        packages=("effekt", "numpy", "statsmodels"),
        judge=judge,
    )
