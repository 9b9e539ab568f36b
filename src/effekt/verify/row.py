"""One published number, how near ours must come to it, and the verdict."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any, Literal, cast

ToleranceRule = Literal["closed", "iterative", "copies", "printed"]
"""``copies``: the data circulate in copies that differ in their 7th digit, so the number can hold no better."""

_RELATIVE: dict[ToleranceRule, float] = {"closed": 1e-8, "iterative": 1e-6, "copies": 1e-5}
_ROUNDING = 1.0 + 1e-9
"""A number exactly half a unit away was rounded by the source; binary fractions miss that half by a hair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A published number. expected : every digit the source prints, as text."""

    key: str
    what: str
    expected: str
    tolerance: ToleranceRule
    source: str
    note: str

    @property
    def allowed(self) -> float:
        """Largest absolute difference that is not a deviation."""
        if self.tolerance == "printed":
            exponent = Decimal(self.expected).as_tuple().exponent
            assert isinstance(exponent, int)
            return 0.5 * 10.0**exponent * _ROUNDING
        return _RELATIVE[self.tolerance] * abs(float(self.expected))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Published value, ours, and their difference (ours minus published)."""

    key: str
    what: str
    expected: str
    ours: float
    difference: float
    ok: bool
    source: str
    note: str


def references() -> Iterator[Reference]:
    """Yield the published numbers in the order of their file."""
    lines = files("effekt.verify").joinpath("data/published.csv").read_text(encoding="utf-8").splitlines()
    for record in csv.DictReader(lines):
        yield Reference(**cast("dict[str, Any]", record))


def compare(reference: Reference, ours: float) -> Row:
    """Hold our number against the published one; NaN is off."""
    difference = ours - float(reference.expected)
    return Row(
        key=reference.key,
        what=reference.what,
        expected=reference.expected,
        ours=ours,
        difference=difference,
        ok=abs(difference) <= reference.allowed,
        source=reference.source,
        note=reference.note,
    )
