"""Amounts of a spec in the units of an outcome."""

from __future__ import annotations

from effekt.errors import EstimationError, Problem
from effekt.literals import Amount


def in_units_of(amount: Amount, *, unit: str, spread: float, check: str, key: str) -> float:
    """Return an amount in the outcome's units; ``sd`` is taken of ``spread``.

    Raises
    ------
    EstimationError
        E805 if the amount has another unit than the outcome: points for a sum of money, say.
    """
    if amount.unit == "sd":
        return amount.value * spread
    same = unit == "share" if amount.unit in {"pp", "%"} else unit == amount.unit
    if not same:
        raise EstimationError(
            Problem(
                code="E805",
                sentence=f"`{amount}` cannot be compared with an outcome in {unit or 'its own units'}",
                help="write the margin in SDs, as `0.2 sd`, or in the outcome's unit",
                path=("checks", check, key),
            )
        )
    return amount.value
