"""Residuals when comparisons are weighted within exact cells."""

from __future__ import annotations

import numpy as np

from effekt.numerics.arrays import Bools, Floats, Ints


def cell_residuals(*, y: Floats, treated: Bools, w: Floats, cells: Ints) -> Floats:
    """Return the residuals whose weighted squares are the variance of the ATT over exact cells, (n,).

    The estimate is the treated's mean of y less their cell's comparison mean m_c. A treated's residual is
    y - m_c - estimate; a comparison's is y - m_c, scaled by sqrt(n_c / (n_c - 1)) for the mean that was fitted
    (Abadie and Imbens 2006, theorem 7, with cells for matches). Residuals about the overall mean would count what
    the cells explain as noise. A comparison alone in its cell tells nothing about spread there, and is taken about
    the overall mean, which errs on the wide side.
    y : (n,); treated : (n,) bool; w : (n,) weights, cells of positive weight hold both arms; cells : (n,) codes.
    """
    size = int(cells.max()) + 1
    weight = np.bincount(cells, weights=w * ~treated, minlength=size)
    count = np.bincount(cells, weights=~treated & (w > 0), minlength=size)
    total = np.bincount(cells, weights=w * y * ~treated, minlength=size)
    overall = float(np.average(y[~treated], weights=w[~treated]))
    mean = np.divide(total, weight, out=np.full(size, overall), where=weight > 0)[cells]
    gap = y - mean
    estimate = np.average(gap[treated], weights=w[treated])
    alone = count[cells] < 2
    fitted = np.sqrt(np.divide(count, count - 1, out=np.ones(size), where=count > 1))[cells]
    comparison = np.where(alone, y - overall, gap * fitted)
    return np.where(treated, gap - estimate, comparison)
