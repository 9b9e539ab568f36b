"""What stands first of each code, without sorting where codes are a run of whole numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_SPARSE = 8
"""Places a row, on average, beyond which sorting the codes is cheaper than a place for each."""


def first_rows(codes: Ints) -> Ints:
    """(k,) int: the first row of each code, in the order of the codes. codes : (n,) int.

    What ``np.unique`` says by sorting: the first row of each is written last, over the others.
    """
    low = int(codes.min(initial=0))
    size = int(codes.max(initial=0)) - low + 1
    if size > _SPARSE * (len(codes) + 1):
        return np.asarray(np.unique(codes, return_index=True)[1], dtype=np.int64)
    first = np.full(size, -1, dtype=np.int64)
    first[codes[::-1] - low] = np.arange(len(codes), dtype=np.int64)[::-1]
    return first[first >= 0]
