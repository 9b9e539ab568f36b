"""One linear contrast with its inference: what regressions on a treatment indicator share.

The linear model is fitted once; which covariance stands behind the interval follows from the clusters and the
``vcov`` key, in one place, so that two estimators cannot mean different things by "CR2".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from effekt.errors import EstimationError, Problem
from effekt.sample import Array, Codes

VcovKind = Literal["auto", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR1S", "CR2", "CR3"]
"""``auto``: HC2 where every unit was assigned by itself, CR2 where several were assigned as one."""

INFERENCES_OF_LEVELS = (
    *("HC0 + t(n-k)", "HC1 + t(n-k)", "HC2 + Satterthwaite", "HC3 + t(n-k)"),
    *("CR0 + t(G-1)", "CR1 + t(G-1)", "CR1S + t(G-1)", "CR2 + Satterthwaite", "CR3 + t(G-1)"),
)
"""What ``vcov`` can ask for, by the names that results use."""

_SATTERTHWAITE = frozenset({"HC2", "CR2"})


@dataclass(frozen=True, slots=True)
class Contrast:
    """A coefficient; influence : (n,) the estimate minus its target is their SUM; inference : see results."""

    value: float
    std_error: float
    df: float
    influence: Array
    inference: str


def fit_contrast(
    *,
    X: Array,
    y: Array,
    w: Array,
    clusters: Codes,
    names: list[str],
    vcov: VcovKind,
    position: int = 1,
    residuals: Array | None = None,
) -> Contrast:
    """Regress y on X by weighted least squares and test coefficient ``position``.

    X : (n, k) with its own constant. y, w : (n,). clusters : (n,) codes of the level of inference. residuals : (n,)
    to take in the place of the fit's own, where weights were made from cells.
    HC2 and CR2 carry Satterthwaite df (Bell and McCaffrey 2002; Imbens and Kolesar 2016), the other HC t(n-k),
    the other CR t(G-1), as R ``sandwich``/``clubSandwich`` and Stata report them.

    Raises
    ------
    EstimationError
        E401 if HC is asked for although clusters hold several units; E403 with fewer than two clusters.
    """
    from effekt.numerics.ols import fit_ols
    from effekt.numerics.vcov import CrKind, HcKind, vcov_cr, vcov_hc

    kind = resolve_vcov(vcov, clusters)
    fit = fit_ols(X=X, y=y, w=w, names=names)
    e = fit.residuals if residuals is None else residuals
    only = np.eye(X.shape[1])[[position]]
    if kind.startswith("HC"):
        v = vcov_hc(X=X, residuals=e, w=w, kind=cast(HcKind, kind), contrasts=only, with_df=True)
        residual_df: float = fit.df_resid
    else:
        v = vcov_cr(X=X, residuals=e, cluster=clusters, w=w, kind=cast(CrKind, kind), contrasts=only)
        residual_df = v.n_clusters - 1
    df = float(v.df[0]) if kind in _SATTERTHWAITE else float(residual_df)
    return Contrast(
        value=float(fit.beta[position]),
        std_error=float(v.std_errors[0]),
        df=df,
        influence=(X @ fit.bread[position]) * w * e,
        inference=inference_name(kind),
    )


def resolve_vcov(vcov: VcovKind, clusters: Codes) -> str:
    """Return the covariance to use; refuses HC where clusters hold several units."""
    singletons = len(np.unique(clusters)) == len(clusters)
    if vcov == "auto":
        return "HC2" if singletons else "CR2"
    if vcov.startswith("HC") and not singletons:
        raise EstimationError(
            Problem(
                code="E401",
                sentence=f"{vcov} treats units as independent, but several were assigned as one",
                help="use `vcov: CR2`, or leave `vcov` out",
            )
        )
    return vcov


def inference_name(kind: str) -> str:
    """Return the name under which results know this covariance and its reference distribution."""
    if kind in _SATTERTHWAITE:
        return f"{kind} + Satterthwaite"
    return f"{kind} + t(n-k)" if kind.startswith("HC") else f"{kind} + t(G-1)"


def refuse_single_cluster(*, treated: NDArray[np.bool_], clusters: Codes) -> None:
    """Refuse an arm that is one cluster: its variance cannot be estimated, and CR2 would set it to zero.

    Raises
    ------
    EstimationError
        E403 naming the arm.
    """
    arms = {"treated": np.unique(clusters[treated]), "comparison": np.unique(clusters[~treated])}
    mixed = np.intersect1d(arms["treated"], arms["comparison"]).size > 0
    for arm, codes in arms.items():
        if len(codes) < 2 and not mixed:
            raise EstimationError(
                Problem(
                    code="E403",
                    sentence=f"only one {arm} cluster: its variance cannot be estimated",
                    help="use `collapsed_did`, which reports rank tests when units are few",
                )
            )


def treatment_design(treated: NDArray[np.bool_]) -> Array:
    """(n, 2): a constant and the treatment."""
    return np.column_stack([np.ones(len(treated)), treated.astype(np.float64)])
