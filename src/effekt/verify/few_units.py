"""Robust standard errors, degrees of freedom and enumerated tests with few clusters, straight from ``numerics``.

Each block yields (key, our number) for the rows of ``data/published.csv`` that start with its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from effekt.estimators.contrast import fit_contrast
from effekt.numerics.arrays import Floats
from effekt.numerics.ols import fit_ols
from effekt.numerics.student import pooled, t_test, welch
from effekt.numerics.vcov import CrKind, vcov_cr
from effekt.numerics.wild import WildTest, wild_cluster_test
from effekt.verify import sources

Numbers = Iterator[tuple[str, float]]

_KINDS: tuple[CrKind, ...] = ("CR0", "CR1", "CR1S", "CR2", "CR3")


def grunfeld() -> Numbers:
    """Yield coefficients, five standard errors and their degrees of freedom, firms as clusters."""
    y, X, firm = _grunfeld()
    for name, column in (("value", 1), ("capital", 2)):
        yield from _least_squares(f"grunfeld.{name}", X=X, y=y, cluster=firm, column=column, kinds=_KINDS)
    fit = fit_ols(X=X, y=y)
    cr2 = vcov_cr(X=X, residuals=fit.residuals, cluster=firm, kind="CR2")
    yield "grunfeld.value.CR2.p", t_test(estimate=fit.beta[1], std_error=cr2.std_errors[1], df=cr2.df[1]).p


def grunfeld_dummies() -> Numbers:
    """Yield the standard errors with a dummy per firm, where (I - H)_gg is singular."""
    y, X, firm = _grunfeld()
    X = np.hstack([X[:, 1:], _indicators(firm)])
    for name, column in (("value", 0), ("capital", 1)):
        key = f"grunfeld.dummies.{name}"
        residuals = fit_ols(X=X, y=y).residuals
        cr2 = vcov_cr(X=X, residuals=residuals, cluster=firm, kind="CR2")
        yield f"{key}.CR2", cr2.std_errors[column]
        yield f"{key}.CR2.df", cr2.df[column]
        yield f"{key}.CR3", vcov_cr(X=X, residuals=residuals, cluster=firm, kind="CR3").std_errors[column]


def grunfeld_wild() -> Numbers:
    """Yield how many of 2^11 sign patterns are at least as extreme as the data."""
    y, X, firm = _grunfeld()
    for name, column in (("value", 1), ("capital", 2)):
        yield f"grunfeld.{name}.wcr", wild_cluster_test(X=X, y=y, cluster=firm, coefficient=column).count


def collapsed() -> Numbers:
    """Yield t in the precision of its source, and p by enumeration of Webb's and Rademacher's points."""
    data = sources.shipped("collapsed")
    X = np.column_stack([np.ones(len(data)), data[["selfemployed", "post", "post_self"]]])
    y, year = data["hasinsurance"].to_numpy(), data["year"].to_numpy()
    single = y.astype(np.float32).astype(np.float64)
    fit = fit_ols(X=X, y=single)
    cr1s = vcov_cr(X=X, residuals=fit.residuals, cluster=year, kind="CR1S", with_df=False)
    yield "collapsed.t", (fit.beta[3] - 0.04) / cr1s.std_errors[3]

    def enumerated(multipliers: Literal["webb", "rademacher"]) -> WildTest:
        return wild_cluster_test(X=X, y=y, cluster=year, coefficient=3, null=0.04, multipliers=multipliers)

    yield "collapsed.webb", enumerated("webb").p
    yield "collapsed.rademacher", enumerated("rademacher").p


def degrees_of_freedom() -> Numbers:
    """Yield the Bell-McCaffrey df of two groups of units, from the engine and not from the closed form."""
    for treated, comparison in ((5, 10), (2, 13), (3, 12), (4, 11)):
        n = treated + comparison
        X = np.column_stack([np.ones(n), np.arange(n) < treated])
        found = vcov_cr(X=X, residuals=np.zeros(n), cluster=np.arange(n), kind="CR2")
        yield f"df.{treated}_{comparison}", found.df[1]


def county15() -> Numbers:
    """Yield two-way fixed effects with every effect as a dummy: plain, weighted by population, on the dose."""
    data = sources.shipped("county15")
    y, county = data["rate"].to_numpy(), data["county"].to_numpy()
    dummies = np.hstack([_indicators(county), _indicators(data["year"].to_numpy())[:, 1:]])
    weighted = data["pop"].to_numpy(dtype=np.float64)
    for name, column, w in (("d", "d", None), ("weighted", "d", weighted), ("dose", "dose", None)):
        kinds = _KINDS if name == "d" else ("CR1", "CR2")
        X = np.column_stack([data[column], dummies])
        yield from _least_squares(f"county15.{name}", X=X, y=y, cluster=county, column=0, kinds=kinds, w=w)


def county15_changes() -> Numbers:
    """Yield two-sample t tests on the counties' changes."""
    data = sources.shipped("county15")
    means = data.pivot_table(index=["county", "treated"], columns="post", values="rate")
    change = (means[1] - means[0]).to_numpy()
    treated = means.index.get_level_values("treated").to_numpy() == 1
    yield "county15.pooled.p", pooled(treated=change[treated], comparison=change[~treated]).p
    test = welch(treated=change[treated], comparison=change[~treated])
    yield "county15.welch.p", test.p
    yield "county15.welch.df", test.df


def _least_squares(
    key: str,
    *,
    X: Floats,
    y: Floats,
    cluster: NDArray[Any],
    column: int,
    kinds: tuple[CrKind, ...],
    w: Floats | None = None,
) -> Numbers:
    """Yield one coefficient, its standard errors and their Satterthwaite degrees of freedom."""
    fit = fit_ols(X=X, y=y, w=w)
    yield f"{key}.beta", fit.beta[column]
    for kind in kinds:
        found = vcov_cr(X=X, residuals=fit.residuals, cluster=cluster, w=w, kind=kind)
        yield f"{key}.{kind}", found.std_errors[column]
        yield f"{key}.{kind}.df", found.df[column]


def _grunfeld() -> tuple[Floats, Floats, NDArray[Any]]:
    """Investment (220,), [constant, value, capital] (220, 3) and the firm of each row."""
    data = sources.grunfeld()
    X = np.column_stack([np.ones(len(data)), data[["value", "capital"]]])
    return data["invest"].to_numpy(dtype=np.float64), X, data["firm"].to_numpy()


def _indicators(labels: NDArray[Any]) -> Floats:
    """(n, levels): one 0/1 column per level."""
    return np.asarray(labels[:, None] == np.unique(labels)[None, :], dtype=np.float64)


def county15_dose() -> Numbers:
    """Yield the slope on the dose from the collapsed changes, with the interval's error and degrees of freedom."""
    data = sources.shipped("county15")
    means = data.pivot_table(index="county", columns="post", values="rate")
    change = (means[1] - means[0]).to_numpy()
    X = np.column_stack([np.ones(len(change)), data.groupby("county")["dose"].max()])
    own = np.arange(len(change))
    fit = fit_contrast(X=X, y=change, w=np.ones(len(change)), clusters=own, names=["(constant)", "dose"], vcov="CR2")
    yield "county15.dose_slope.beta", fit.value
    yield "county15.dose_slope.CR2", fit.std_error
    yield "county15.dose_slope.CR2.df", fit.df
