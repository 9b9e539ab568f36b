"""9,999 Webb draws of the wild cluster restricted bootstrap: 100,000 rows, 12 columns, 15 clusters, 5 treated."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from measure import Job, Numbers, main

ROWS, CLUSTERS, COVARIATES, DRAWS = 100_000, 15, 10, 9_999


def prepare(folder: Path) -> None:
    """Write the design matrix, the outcome and the clusters."""
    X, y, cluster = draw(ROWS)
    np.savez(folder / "data.npz", X=X, y=y, cluster=cluster)


def draw(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X (n, 12): constant, treatment, covariates with unit spread; y (n,); cluster (n,)."""
    rng = np.random.default_rng(20240502)
    cluster = rng.choice(CLUSTERS, size=n, p=np.arange(1, CLUSTERS + 1) / (CLUSTERS * (CLUSTERS + 1) / 2))
    treated = (cluster % 3 == 0).astype(np.float64)
    covariates = rng.normal(size=(n, COVARIATES)) + 0.2 * rng.normal(size=(CLUSTERS, COVARIATES))[cluster]
    y = 0.15 * treated + covariates @ np.linspace(-0.2, 0.2, COVARIATES)
    y += 0.15 * rng.normal(size=CLUSTERS)[cluster] + rng.normal(size=n)
    return np.column_stack([np.ones(n), treated, covariates]), y, cluster


def _load(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    data = np.load(folder / "data.npz")
    return data["X"], data["y"], data["cluster"]


def effekt(folder: Path) -> Job:
    """Sufficient statistics by cluster, then matrix products of the draws."""
    from effekt.numerics.wild import wild_cluster_test

    def job(X: np.ndarray, y: np.ndarray, cluster: np.ndarray) -> Numbers:
        rng = np.random.default_rng(1)
        test = wild_cluster_test(
            X=X, y=y, cluster=cluster, coefficient=1, multipliers="webb", draws=DRAWS, rng=rng
        )  # fmt: skip
        return [test.t, test.p]

    job(*draw(2_000))
    data = _load(folder)
    return lambda: job(*data)


def wildboottest_package(folder: Path) -> Job:
    """Time the package that pyfixest, too, calls for this test."""
    import statsmodels.api as sm
    from wildboottest.wildboottest import wildboottest

    def job(X: np.ndarray, y: np.ndarray, cluster: np.ndarray) -> Numbers:
        table = wildboottest(
            sm.OLS(y, X), param="x1", cluster=cluster, B=DRAWS, weights_type="webb", seed=2, show=False
        )  # fmt: skip
        return [float(np.squeeze(table[column].iloc[0])) for column in ("statistic", "p-value")]

    job(*draw(2_000))
    data = _load(folder)
    return lambda: job(*data)


def refitting(folder: Path) -> Job:
    """Refit the regression on every bootstrap sample, the (X'X)^-1 X' kept: what a careful user writes with numpy."""

    def job(X: np.ndarray, y: np.ndarray, cluster: np.ndarray, draws: int = DRAWS) -> Numbers:
        rng = np.random.default_rng(3)
        points = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])
        bread = np.linalg.inv(X.T @ X)
        order = np.argsort(cluster, kind="stable")
        X, y, cluster = X[order], y[order], cluster[order]
        starts = np.flatnonzero(np.append(True, np.diff(cluster) != 0))

        def t(outcome: np.ndarray) -> float:
            beta = bread @ (X.T @ outcome)
            residuals = outcome - X @ beta
            scores = np.add.reduceat(X * residuals[:, None], starts)
            return beta[1] / np.sqrt((bread @ scores.T @ scores @ bread)[1, 1] * CLUSTERS / (CLUSTERS - 1))

        others = np.delete(X, 1, axis=1)
        fitted = others @ np.linalg.lstsq(others, y, rcond=None)[0]
        residuals = y - fitted
        observed = t(y)
        multipliers = points[rng.integers(0, 6, size=(draws, CLUSTERS))]
        extreme = sum(abs(t(fitted + residuals * v[cluster])) >= abs(observed) for v in multipliers)
        return [observed, (1 + extreme) / (1 + draws)]

    job(*draw(2_000), draws=10)
    data = _load(folder)
    return lambda: job(*data)


def judge(numbers: Mapping[str, Numbers]) -> list[str]:
    """The t are the same up to the small-sample factor; p may differ by what so many draws leave open."""
    ours = numbers["effekt"]
    remarks = [f"effekt: CR1 t {ours[0]:.8f}, p {ours[1]:.4f}"]
    for name, theirs in list(numbers.items())[1:]:
        p = 0.5 * (ours[1] + theirs[1])
        error = np.sqrt(2.0 * p * (1.0 - p) / DRAWS)
        within = "within" if abs(ours[1] - theirs[1]) <= 3.0 * error else "OUTSIDE"
        remarks.append(
            f"{name}: t {theirs[0]:.8f}, p {theirs[1]:.4f}, {within} three Monte Carlo standard errors ({error:.4f})"
        )
    return remarks


if __name__ == "__main__":
    main(
        name="wild",
        prepare=prepare,
        candidates={"effekt": effekt, "wildboottest": wildboottest_package, "numpy, refitting": refitting},
        packages=("effekt", "numpy", "wildboottest"),
        judge=judge,
        once=frozenset({"numpy, refitting"}),
    )
