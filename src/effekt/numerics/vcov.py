"""Heteroskedasticity- and cluster-robust covariances with Satterthwaite degrees of freedom.

Every estimator here is M [sum_g E_g' e_g e_g' E_g] M with M = (X'WX)^-1, E_g = A_g W_g X_g and an adjustment
A_g:

=====  ============================================================
========================================== CR0    identity
Liang and Zeger 1986 CR1    sqrt(G / (G-1))                                               clubSandwich "CR1"
CR1S   sqrt(G (N-1) / ((G-1) (N-K)))                                 Stata `vce(cluster)`; clubSandwich "CR1S"
CR2    (I-H)_gg^(-1/2) under an identity working model               Bell and McCaffrey 2002; Pustejovsky and
                                                                     Tipton 2018, eq. 7; clubSandwich "CR2"
CR3    (I-H_gg)^-1, generalised inverse where singular               Bell and McCaffrey 2002; clubSandwich
"CR3"
=====  ============================================================
==========================================

Degrees of freedom for a contrast c: the estimator is a quadratic form in the errors, sum_g (p_g' eps)^2 with
p_g = (I-H)_g' E_g M c; under the working model df = (tr P)^2 / ||P||_F^2 with P_gh = p_g'p_h (Pustejovsky and
Tipton 2018, eq. 11; clubSandwich `coef_test(test = "Satterthwaite")`).

All of it is done in coordinates where X'WX = I, which makes the answers free of the scale of the columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from effekt.errors import EstimationError, Problem
from effekt.numerics.arrays import Floats, Groups, Ints, group_rows, solve_upper, triangular_factor

HcKind = Literal["HC0", "HC1", "HC2", "HC3"]
CrKind = Literal["CR0", "CR1", "CR1S", "CR2", "CR3"]

_SINGULAR = 1e-12
"""Eigenvalues of (I-H)_gg below this are zero, as in clubSandwich `matrix_power(tol = -12)`."""

_STACK_FLOATS = 1 << 20
"""Numbers held at once for clusters of one size (8 MB an array)."""


@dataclass(frozen=True, slots=True)
class Vcov:
    """Robust covariance of the coefficients, and the tests it allows.

    matrix : (k, k); std_errors : (q,) of the contrasts (of the coefficients unless contrasts were given);
    df : (q,) Satterthwaite, NaN if not asked for or not defined; n_clusters : G; kind : the name of the
    estimator.
    """

    matrix: Floats
    std_errors: Floats
    df: Floats
    n_clusters: int
    kind: str


@dataclass(frozen=True, slots=True)
class _Basis:
    """Rows in coordinates where X'WX = I.

    Z : (n, k) = X R^-1; w : (n,) weights, ones if none; e : (n,) residuals; Q : (k, k) = Z'W²Z; C : (k, q)
    contrasts, R^-T c; plain : no weights; even : weights do not vary within a cluster, so that the column space of
    WZ is that of Z.
    """

    Z: Floats
    w: Floats
    e: Floats
    Q: Floats
    C: Floats
    plain: bool
    even: bool


def vcov_cr(
    *,
    X: Floats,
    residuals: Floats,
    cluster: NDArray[Any],
    w: Floats | None = None,
    kind: CrKind = "CR2",
    n_params: int | None = None,
    contrasts: Floats | None = None,
    with_df: bool = True,
) -> Vcov:
    """Cluster-robust covariance of least squares, as clubSandwich `vcovCR(lm(...), cluster, type = kind)`.

    X : (n, k) of full rank, dummies included; residuals : (n,), unweighted; cluster : (n,) any labels;
    w : (n,) least-squares weights (the working model stays identity, clubSandwich's default for `lm`);
    n_params : K of CR1S where columns were absorbed (default k); contrasts : (q, k), default each
    coefficient. CR2 needs every column that is not nested in the clusters as a column of X: absorbing time
    effects changes it (Pustejovsky and Tipton 2018, section 3.2). CR0, CR1 and CR1S share the df of their
    common form.
    """
    if kind not in get_args(CrKind):
        raise ValueError(f"kind is one of {', '.join(get_args(CrKind))}")
    groups = group_rows(cluster)
    if groups.n_groups < 2:
        raise EstimationError(
            Problem(code="E808", sentence="cluster-robust inference needs at least two clusters, found one")
        )
    n, k = X.shape
    G, K = groups.n_groups, k if n_params is None else n_params
    if kind == "CR1S" and n <= K:
        raise EstimationError(Problem(code="E803", sentence=f"CR1S needs more rows than its {K} parameters"))
    factor = {"CR1": G / (G - 1), "CR1S": G / (G - 1) * (n - 1) / max(n - K, 1)}.get(kind, 1.0)
    return _sandwich(
        X=X, e=residuals, w=w, groups=groups, kind=kind, factor=factor, contrasts=contrasts, with_df=with_df
    )


def vcov_hc(
    *,
    X: Floats,
    residuals: Floats,
    w: Floats | None = None,
    kind: HcKind = "HC2",
    contrasts: Floats | None = None,
    with_df: bool = False,
) -> Vcov:
    """Heteroskedasticity-robust covariance, as R sandwich `vcovHC(lm(..., weights = w), type = kind)`.

    X : (n, k); residuals : (n,), unweighted; w : (n,); contrasts : (q, k). With weights HC2 and HC3 use the
    weighted leverage h_i = w_i x_i'Mx_i (MacKinnon and White 1985), which is not CR2 with clusters of one:
    there the working model is identity. df as in Imbens and Kolesár 2016. A row of leverage 1 adds nothing.
    """
    if kind not in get_args(HcKind):
        raise ValueError(f"kind is one of {', '.join(get_args(HcKind))}")
    n, k = X.shape
    rows = np.arange(n, dtype=np.int64)
    groups = Groups(rows, rows, rows, np.ones(n, dtype=np.int64))
    n_used = n if w is None else int(np.count_nonzero(w))
    if kind == "HC1" and n_used <= k:
        raise EstimationError(Problem(code="E803", sentence=f"HC1 needs more rows than its {k} parameters"))
    factor = n_used / (n_used - k) if kind == "HC1" else 1.0
    return _sandwich(
        X=X, e=residuals, w=w, groups=groups, kind=kind, factor=factor, contrasts=contrasts, with_df=with_df
    )


def _sandwich(
    *,
    X: Floats,
    e: Floats,
    w: Floats | None,
    groups: Groups,
    kind: str,
    factor: float,
    contrasts: Floats | None,
    with_df: bool,
) -> Vcov:
    """Run over stacks of equally large clusters, summing the meat and what the degrees of freedom need."""
    k = X.shape[1]
    R, basis = _orthonormal_basis(X=X, e=e, w=w, groups=groups, contrasts=contrasts)
    meat = np.zeros((k, k))
    moments = _Moments(k=k, q=basis.C.shape[1], weighted=w is not None)
    for rows in _stacks(groups, k * max(1, basis.C.shape[1] if with_df else 1)):
        Z, weight = basis.Z[rows], basis.w[rows][..., None]
        E = _adjusted_rows(Z=Z, w=weight, basis=basis, kind=kind)
        scores = np.einsum("bmk,bm->bk", E, basis.e[rows])
        meat += scores.T @ scores
        if with_df:
            moments.add(E=E, Z=Z, w=weight, C=basis.C)
    root = solve_upper(R, np.eye(k))
    spread = np.einsum("kq,kl,lq->q", basis.C, meat, basis.C)
    return Vcov(
        matrix=factor * root @ meat @ root.T,
        std_errors=np.sqrt(factor * spread),
        df=moments.satterthwaite(basis.Q) if with_df else np.full(basis.C.shape[1], np.nan),
        n_clusters=groups.n_groups,
        kind=kind,
    )


def _orthonormal_basis(
    *, X: Floats, e: Floats, w: Floats | None, groups: Groups, contrasts: Floats | None
) -> tuple[Floats, _Basis]:
    """Rotate the regressors so that X'WX = I; returns the triangular factor R and the rotated rows."""
    k = X.shape[1]
    R = triangular_factor(X=X, w=w)
    Z = solve_upper(R, X.T, transposed=True).T
    # Once more: the first pass loses cond(X) digits, and singular (I-H)_gg must be told from small ones at
    # 1e-12.
    second = triangular_factor(X=Z, w=w)
    Z = np.ascontiguousarray(solve_upper(second, Z.T, transposed=True).T)
    R = second @ R
    weights = np.ones(X.shape[0]) if w is None else w
    scaled = Z * weights[:, None]
    low, high = (f.reduceat(weights[groups.order], groups.starts) for f in (np.minimum, np.maximum))
    C = solve_upper(R, np.eye(k) if contrasts is None else contrasts.T, transposed=True)
    even = bool(np.array_equal(low, high))
    return R, _Basis(Z=Z, w=weights, e=e, Q=scaled.T @ scaled, C=C, plain=w is None, even=even)


def _stacks(groups: Groups, width: int) -> Iterator[Ints]:
    """Row numbers (b, m) of b clusters of equal size m, so that linear algebra runs over many clusters at once."""
    for size in np.unique(groups.counts):
        members = np.flatnonzero(groups.counts == size)
        step = max(1, _STACK_FLOATS // (int(size) * width))
        for start in range(0, members.size, step):
            first = groups.starts[members[start : start + step]]
            yield groups.order[first[:, None] + np.arange(size)]


def _adjusted_rows(*, Z: Floats, w: Floats, basis: _Basis, kind: str) -> Floats:
    """E_g = A_g W_g Z_g for a stack of clusters; Z : (b, m, k), w : (b, m, 1); returns (b, m, k)."""
    if kind == "CR2":
        return _cr2_rows(Z=Z, w=w, basis=basis)
    if kind == "CR3":
        return _cr3_rows(Z=Z, w=w)
    if kind in {"HC2", "HC3"}:
        slack = 1.0 - w * np.sum(Z * Z, axis=2, keepdims=True)
        return w * Z * _power(slack, -0.5 if kind == "HC2" else -1.0)
    return w * Z


def _cr2_rows(*, Z: Floats, w: Floats, basis: _Basis) -> Floats:
    """Bell-McCaffrey rows: A_g = B^(-1/2), B = (I-H)_g (I-H)_g' = I - ZZ'W - WZZ' + ZQZ' within the cluster.

    B differs from I only within the span of [Z, WZ]. In an orthonormal basis U of that span B = I + USU' with
    S of order 2k at most, so a cluster of 100,000 rows never forms a matrix of its own size.
    """
    if basis.plain and Z.shape[1] > Z.shape[2]:
        # (I - ZZ')^(-1/2) Z = Z (I - Z'Z)^(-1/2), with zero eigenvalues in the same directions.
        return Z @ _symmetric_power(np.eye(Z.shape[2]) - Z.mT @ Z, -0.5)
    WZ, Q = w * Z, basis.Q
    if Z.shape[1] == 1:
        h, spread = np.sum(Z * Z, axis=2, keepdims=True), np.einsum("bmk,kl,bml->bm", Z, Q, Z)[..., None]
        return WZ * _power(1.0 - 2.0 * w * h + spread, -0.5)
    span = Z if basis.even else np.concatenate([Z, WZ], axis=2)
    if Z.shape[1] <= span.shape[2]:
        cross = WZ @ Z.mT
        return _symmetric_power(np.eye(Z.shape[1]) - cross - cross.mT + Z @ Q @ Z.mT, -0.5) @ WZ
    U = np.linalg.qr(span)[0]
    Zu, Wu = U.mT @ Z, U.mT @ WZ
    cross = Wu @ Zu.mT
    inner = np.eye(U.shape[2]) - cross - cross.mT + Zu @ Q @ Zu.mT
    return WZ + U @ (_symmetric_power(inner, -0.5) @ Wu - Wu)


def _cr3_rows(*, Z: Floats, w: Floats) -> Floats:
    """Jackknife-like rows: A_g = (I - H_gg)^-1 with H_gg = Z Z'W, made symmetric by the root of the weights."""
    root = np.sqrt(w)
    Y = root * Z
    if Z.shape[1] == 1:
        return root * Y * _power(1.0 - np.sum(Y * Y, axis=2, keepdims=True), -1.0)
    if Z.shape[1] <= Z.shape[2]:
        return root * (_symmetric_power(np.eye(Z.shape[1]) - Y @ Y.mT, -1.0) @ Y)
    # (I - YY')^-1 Y = Y (I - Y'Y)^-1, with zero eigenvalues in the same directions.
    return root * (Y @ _symmetric_power(np.eye(Z.shape[2]) - Y.mT @ Y, -1.0))


def _crossed(v: Floats, Z: Floats) -> Floats:
    """Multiply v'Z within every cluster of a stack, (b, q, k); clusters of one row need no BLAS for it."""
    crossed: Floats = v.mT * Z if Z.shape[1] == 1 else v.mT @ Z
    return crossed


def _symmetric_power(B: Floats, power: float) -> Floats:
    """Raise symmetric matrices (b, m, m) to a negative power, zero eigenvalues staying zero (Moore-Penrose)."""
    values, vectors = np.linalg.eigh((B + B.mT) / 2.0)
    raised: Floats = (vectors * _power(values, power)[..., None, :]) @ vectors.mT
    return raised


def _power(values: Floats, power: float) -> Floats:
    """Raise to a negative power where the value is not zero up to rounding; zero elsewhere."""
    kept = values > _SINGULAR
    return np.where(kept, np.where(kept, values, 1.0) ** power, 0.0)


class _Moments:
    """Sums over clusters from which tr P and ||P||_F follow without the G x G matrix P.

    In coordinates with X'WX = I, P = diag(d) + Y K Y' with d_g = v_g'v_g, v_g = E_g c and rows
    Y_g = [Z'Wv, Z'v], K = [[0, -I], [-I, Q]]. Without weights both halves agree and Q = I, so Y_g = Z'v, K = -I.
    """

    def __init__(self, *, k: int, q: int, weighted: bool) -> None:
        self.weighted = weighted
        width = 2 * k if weighted else k
        self.d = np.zeros(q)
        self.d2 = np.zeros(q)
        self.YY = np.zeros((q, width, width))
        self.dYY = np.zeros((q, width, width))

    def add(self, *, E: Floats, Z: Floats, w: Floats, C: Floats) -> None:
        """Add a stack of clusters: E, Z (b, m, k), w (b, m, 1), C (k, q)."""
        v = (E.reshape(-1, E.shape[2]) @ C).reshape(*E.shape[:2], C.shape[1])
        d = np.sum(v * v, axis=1)
        Y = _crossed(v, Z)
        if self.weighted:
            Y = np.concatenate([_crossed(w * v, Z), Y], axis=2)
        Yq = Y.transpose(1, 2, 0)
        self.d += d.sum(axis=0)
        self.d2 += (d * d).sum(axis=0)
        self.YY += Yq @ Yq.mT
        self.dYY += (Yq * d.T[:, None, :]) @ Yq.mT

    def satterthwaite(self, Q: Floats) -> Floats:
        """(tr P)² / ||P||_F² for every contrast; NaN where the estimator is identically zero."""
        k = Q.shape[0]
        eye, zero = np.eye(k), np.zeros((k, k))
        K = np.block([[zero, -eye], [-eye, Q]]) if self.weighted else -eye
        trace = self.d + np.einsum("qij,ji->q", self.YY, K)
        KY = K @ self.YY
        norm = self.d2 + 2.0 * np.einsum("qij,ji->q", self.dYY, K) + np.einsum("qij,qji->q", KY, KY)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(norm > 0.0, trace**2 / norm, np.nan)
