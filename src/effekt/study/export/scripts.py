"""The script that re-estimates the main row in Stata or R, and prints effekt's number beside its own.

Point estimates agree to rounding. Standard errors do where the other tool has the same estimator: HC0-HC3 and CR0-CR3
in R (`sandwich`, `clubSandwich`), HC and CR1S in Stata; where it has not, the script says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from effekt.results import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class MainRow:
    """What a script needs to know. file : of the data. outcome, covariates : columns. panel : rows are unit-periods."""

    file: str
    reference: str
    estimate: Estimate
    outcome: str
    covariates: tuple[str, ...]
    panel: bool


def stata(row: MainRow) -> str:
    """Return a .do file."""
    e = row.estimate
    kind = e.inference.split(" ", maxsplit=1)[0]
    if row.panel:
        body = [f"areg {row.outcome} d i.period [aweight=weight], absorb(lopenr) vce(cluster assigned)"]
        shown = "d"
    else:
        vce = kind.lower() if kind in {"HC2", "HC3"} else "cluster assigned" if kind.startswith("CR") else "robust"
        body = [f"regress {' '.join([row.outcome, 'treated', *row.covariates])} [aweight=weight], vce({vce})"]
        shown = "treated"
    lines = [
        *(f"* {text}" for text in _about(row)),
        *(f"* {text}" for text in _DIFFER.get(kind, ())),
        "version 17",
        *_opened(row.file),
        "keep if weight > 0",
        *body,
        f'display "this script: " %21.15g _b[{shown}] "   effekt: {e.value!r}"',
        f"assert reldif(_b[{shown}], {e.value!r}) < 1e-6",
    ]
    return "\n".join(lines) + "\n"


_DIFFER = {
    "CR2": ("Stata has no CR2 with Satterthwaite degrees of freedom under weights: compare the coefficient.",),
    "Abadie-Imbens": ("The standard error of matching is another one than a regression's: compare the coefficient.",),
}
"""Kinds of inference that the script's own command does not have."""


def _opened(file: str) -> list[str]:
    """Return the lines that open the data; Stata itself does not read parquet."""
    if file.endswith(".parquet"):
        return ["* Needs the package pq: ssc install pq", f'pq use using "{file}", clear']
    return [f'use "{file}", clear']


def r(row: MainRow) -> str:
    """Return an R script."""
    e = row.estimate
    kind = e.inference.split(" ", maxsplit=1)[0]
    right = "d + factor(period) + factor(lopenr)" if row.panel else " + ".join(["treated", *row.covariates])
    shown = "d" if row.panel else "treated"
    if kind.startswith("HC"):
        vcov = [f'v <- sandwich::vcovHC(fit, type = "{kind}")']
    elif kind.startswith("CR"):
        vcov = [f'v <- clubSandwich::vcovCR(fit, cluster = data$assigned, type = "{kind}")']
    else:
        vcov = [f"v <- NULL  # {_DIFFER[kind][0] if kind in _DIFFER else 'a rank test: no standard error to compare'}"]
    parquet = row.file.endswith(".parquet")
    data = f'arrow::read_parquet("{row.file}")' if parquet else f'haven::read_dta("{row.file}")'
    lines = [
        *(f"# {text}" for text in _about(row)),
        f"data <- as.data.frame({data})",
        "data <- data[data$weight > 0, ]",
        f"fit <- lm({row.outcome} ~ {right}, data = data, weights = weight)",
        *vcov,
        f'cat("this script:", format(coef(fit)[["{shown}"]], digits = 15), "  effekt: {e.value!r}\\n")',
        f'if (!is.null(v)) cat("standard error:", format(sqrt(v["{shown}", "{shown}"]), digits = 15),',
        f'  "  effekt: {e.std_error!r}\\n")',
        f'stopifnot(abs(coef(fit)[["{shown}"]] - ({e.value!r})) <= 1e-6 * max(1e-9, abs({e.value!r})))',
    ]
    return "\n".join(lines) + "\n"


def _about(row: MainRow) -> list[str]:
    e = row.estimate
    horizon = "" if e.horizon is None else f", horizon {e.horizon}"
    return [
        f"{row.reference}: analysis {e.analysis}, {e.method}, outcome {e.outcome}{horizon}, {e.inference}.",
        "The data hold one row per person or unit and stay in the zone.",
    ]
