"""Nearest neighbours: 100,000 treated and 1,000,000 comparisons in 300 exact cells, one match within 0.2 SD."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from measure import Job, Numbers, main

TREATED, COMPARISONS, CELLS, CALIPER = 100_000, 1_000_000, 300, 0.2
Arm = tuple[np.ndarray, np.ndarray]


def prepare(folder: Path) -> None:
    """Write scores and cells of both arms."""
    for name, (score, cell) in zip(("treated", "comparison"), draw(TREATED, COMPARISONS), strict=True):
        np.save(folder / f"{name}_score.npy", score)
        np.save(folder / f"{name}_cell.npy", cell)


def draw(treated: int, comparisons: int) -> tuple[Arm, Arm]:
    """Scores in standard deviations, the treated's half a one higher; cells of equal chance."""
    rng = np.random.default_rng(20240504)

    def arm(n: int, mean: float) -> Arm:
        return rng.normal(mean, 1, n), rng.integers(0, CELLS, n)

    return arm(treated, 0.5), arm(comparisons, 0.0)


def _load(folder: Path) -> tuple[Arm, Arm]:
    return tuple(  # type: ignore[return-value]
        (np.load(folder / f"{name}_score.npy"), np.load(folder / f"{name}_cell.npy"))
        for name in ("treated", "comparison")
    )


def _sides(arms: tuple[Arm, Arm]):
    from effekt.numerics.neighbours import Side

    first = 0
    for score, cell in arms:
        yield Side(score=score, cell=cell, person=np.arange(first, first + len(score)))
        first += len(score)


def _said(count: int, distance: float) -> Numbers:
    return [float(count), float(distance)]


def with_replacement(folder: Path) -> Job:
    """Match by effekt, every tie kept."""
    from effekt.numerics.neighbours import with_replacement as match

    return _effekt(folder, match)


def without_replacement(folder: Path) -> Job:
    """Match by effekt, each comparison once."""
    from effekt.numerics.neighbours import without_replacement as match

    return _effekt(folder, match)


def _effekt(folder: Path, match) -> Job:
    def job(arms: tuple[Arm, Arm]) -> Numbers:
        treated, comparison = _sides(arms)
        pairs = match(treated=treated, comparison=comparison, ratio=1, caliper=CALIPER, tolerance=1e-10)
        gap = np.abs(treated.score[pairs.treated] - comparison.score[pairs.comparison])
        return _said(len(np.unique(pairs.treated)), gap.sum())

    job(draw(2_000, 20_000))
    arms = _load(folder)
    return lambda: job(arms)


def tree_per_cell(folder: Path) -> Job:
    """Match by a k-d tree of scipy in every cell, which is what scikit-learn's NearestNeighbors builds on a line."""
    from scipy.spatial import cKDTree

    def job(arms: tuple[Arm, Arm]) -> Numbers:
        (score_t, cell_t), (score_c, cell_c) = arms
        count, total = 0, 0.0
        for cell in np.unique(cell_t):
            tree = cKDTree(score_c[cell_c == cell][:, None])
            distance, _ = tree.query(score_t[cell_t == cell][:, None], k=1, distance_upper_bound=CALIPER)
            near = np.isfinite(distance)
            count, total = count + int(near.sum()), total + float(distance[near].sum())
        return _said(count, total)

    job(draw(2_000, 20_000))
    arms = _load(folder)
    return lambda: job(arms)


def sklearn_per_cell(folder: Path) -> Job:
    """Match by scikit-learn's NearestNeighbors in every cell."""
    from sklearn.neighbors import NearestNeighbors

    def job(arms: tuple[Arm, Arm]) -> Numbers:
        (score_t, cell_t), (score_c, cell_c) = arms
        count, total = 0, 0.0
        for cell in np.unique(cell_t):
            fitted = NearestNeighbors(n_neighbors=1).fit(score_c[cell_c == cell][:, None])
            distance = fitted.kneighbors(score_t[cell_t == cell][:, None])[0][:, 0]
            near = distance <= CALIPER
            count, total = count + int(near.sum()), total + float(distance[near].sum())
        return _said(count, total)

    job(draw(2_000, 20_000))
    arms = _load(folder)
    return lambda: job(arms)


def judge(numbers: Mapping[str, Numbers]) -> list[str]:
    """With replacement all find the same treated at the same distances; without, distances are larger."""
    ours = numbers["effekt"]
    remarks = [f"effekt: {ours[0]:.0f} treated matched, summed distance {ours[1]:.10f}"]
    for name, theirs in list(numbers.items())[1:]:
        if name == "effekt, without replacement":
            remarks.append(f"{name}: {theirs[0]:.0f} treated matched, summed distance {theirs[1]:.10f}")
            continue
        same = theirs[0] == ours[0] and abs(theirs[1] - ours[1]) <= 1e-9 * ours[1]
        remarks.append(f"{name}: {'the same matches' if same else 'DIFFERENT'}, summed distance {theirs[1]:.10f}")
    return remarks


def _candidates() -> dict:
    from importlib.util import find_spec

    found = {
        "effekt": with_replacement,
        "effekt, without replacement": without_replacement,
        "scipy cKDTree per cell": tree_per_cell,
    }
    return {**found, "scikit-learn per cell": sklearn_per_cell} if find_spec("sklearn") else found


if __name__ == "__main__":
    main(
        name="neighbours",
        prepare=prepare,
        candidates=_candidates(),
        packages=("effekt", "numpy", "scipy"),
        judge=judge,
    )
