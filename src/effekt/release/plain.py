"""A plain difference of two shares is released whole as a function of the rounded counts.

Everything in such a row follows from four numbers of persons: the estimate, Neyman's error, the interval and p. With
one decimal in points they single the four out among all that round alike, whatever one of them would leave open. So
the estimate is computed anew from the rounded counts, and the rest from it. An estimate that is adjusted or weighted
follows from more than counts and is not touched.
"""

from __future__ import annotations

import math

from effekt.release.disguises import as_count
from effekt.release.rules import Rules
from effekt.results import Table

_SAME = 1e-9
_LEVEL = 0.95
DERIVED = ("value", "std_error", "ci_low", "ci_high", "p_value")
_NEEDED = frozenset(
    {*DERIVED, "treated_part", "comparison_part", "n_persons_treated", "n_persons_comparison", "inference"}
)

Row = dict[str, float | None]


def derived_row(table: Table, i: int, rules: Rules) -> Row | None:
    """Return the row's numbers computed from rounded counts; None if it is not a plain difference of shares.

    Values are None where rounding leaves nobody with it, or nobody without. Where persons were assigned or matched
    in groups the error follows from more than counts, and the row is no plain difference.
    """
    if not set(table.data) >= _NEEDED or not str(table.data["inference"][i]).startswith("HC"):
        return None
    parts = [table.data[f"{arm}_part"][i] for arm in ("treated", "comparison")]
    wholes = [table.data[f"n_persons_{arm}"][i] for arm in ("treated", "comparison")]
    if None in parts or None in wholes:
        return None
    k, n = [as_count(part) for part in parts], [as_count(whole) for whole in wholes]
    if abs(float(table.data["value"][i] or 0) - (k[0] / n[0] - k[1] / n[1])) > _SAME:
        return None
    top, bottom = [rules.rounded(c) for c in k], [rules.rounded(c) for c in n]
    if not all(0 < a < b for a, b in zip(top, bottom, strict=True)):
        return dict.fromkeys(DERIVED)
    shares = [a / b for a, b in zip(top, bottom, strict=True)]
    return _neyman(shares, bottom)


def _neyman(shares: list[float], n: list[int]) -> Row:
    """Return the difference of two shares with Neyman's error, interval and p."""
    # `scipy.stats` has the same numbers and takes half a second to import.
    from scipy.special import stdtr, stdtrit

    value = shares[0] - shares[1]
    error = math.sqrt(sum(p * (1 - p) / (m - 1) for p, m in zip(shares, n, strict=True)))
    df = sum(n) - 2
    half = float(stdtrit(df, 0.5 + _LEVEL / 2)) * error
    p = float(2 * stdtr(df, -abs(value) / error))
    return {"value": value, "std_error": error, "ci_low": value - half, "ci_high": value + half, "p_value": p}
