"""The columns a spec asks of a prepared table, each with the key that names it."""

from __future__ import annotations

from collections.abc import Iterator

from effekt.errors import SpecPath
from effekt.spec.prepared import Prepared

PREPARED = "prepared"


def columns_asked(prepared: Prepared) -> Iterator[tuple[str, SpecPath]]:
    """Yield every column the spec names with the path of the key that names it."""
    for key in ("unit", "time", "treated", "first_treated", "weight", "persons"):
        column = getattr(prepared, key)
        if column is not None:
            yield column, (PREPARED, key)
    for level, column in prepared.cluster.items():
        yield column, (PREPARED, "cluster", level)
    for position, column in enumerate(prepared.covariate_columns):
        yield column, (PREPARED, "covariates", position)
    for name, outcome in prepared.outcomes.items():
        for key in ("column", "numerator", "denominator"):
            column = getattr(outcome, key)
            if column is not None:
                yield column, (PREPARED, "outcomes", name, key)
