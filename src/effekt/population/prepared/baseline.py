"""What is known of a unit at time zero: covariates, weight, clusters.

In a cross-section every row is a baseline. In a panel it is the unit's row in the last period before the seal:
later rows are not read, so a covariate that moves with treatment cannot enter, and a unit that changes county
afterwards stays where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effekt.errors import Problem
from effekt.population.files.cells import codes_as_text
from effekt.population.files.tables import Rows, TableFile
from effekt.population.flow import Mask
from effekt.population.prepared.columns import decimal_of, number_column, refuse_negative
from effekt.population.prepared.records import Fields, Labels, cluster_columns
from effekt.sample import Array
from effekt.spec.prepared import Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """covariates : name -> (n,). clusters : level -> (n,) text. weight (n,). missing : column -> (n,) bool."""

    covariates: Mapping[str, Array]
    clusters: Mapping[str, Labels]
    weight: Array
    missing: Fields


def read_baseline(
    file: TableFile,
    prepared: Prepared,
    *,
    rows: Rows,
    unit: NDArray[np.intp],
    n: int,
    problems: list[Problem],
) -> Baseline:
    """Return the baseline of ``n`` units; a unit without a row there has every cell missing.

    rows : (N,) bool, the baseline rows of the file. unit : (m,) codes of the units they belong to.
    """
    clusters = cluster_columns(prepared)
    weighted = [] if prepared.weight is None else [prepared.weight]
    as_number = [*prepared.covariate_columns, *weighted]
    if not as_number and not clusters:
        return Baseline(covariates={}, clusters={}, weight=np.ones(n), missing={})
    table = file.read([*as_number, *(column for column, _ in clusters.values())], rows)
    decimal = decimal_of(file, table, as_number, prepared.csv)
    at = np.flatnonzero(rows)
    missing: dict[str, tuple[Mask, tuple[str | int, ...]]] = {}

    def read(column: str, *path: str | int) -> Array:
        spec_path = ("prepared", *path)
        cells = number_column(table, column, spec_path, decimal=decimal, at=at, problems=problems)
        values, gaps = np.full(n, np.nan), np.ones(n, dtype=bool)
        values[unit], gaps[unit] = cells.values, cells.missing
        missing[column] = (gaps, spec_path)
        return values

    def read_labels(column: str, path: tuple[str | int, ...]) -> Labels:
        labels = np.full(n, None, dtype=object)
        labels[unit] = codes_as_text(table.column(column))
        missing[column] = (np.array([label is None for label in labels], dtype=bool), path)
        return labels

    covariates = {column: read(column, "covariates", i) for i, column in enumerate(prepared.covariate_columns)}
    weight = np.ones(n) if prepared.weight is None else read(prepared.weight, "weight")
    if prepared.weight is not None:
        refuse_negative(weight[unit], prepared.weight, ("prepared", "weight"), at, problems)
    labels = {level: read_labels(column, path) for level, (column, path) in clusters.items()}
    return Baseline(covariates=covariates, clusters=labels, weight=weight, missing=missing)
