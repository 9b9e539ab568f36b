"""Numbers built at run time: nobody alive can have them, and none is written down in this repository.

Births are in 1855-1899 with individual numbers 500-599, which belong to that century.
"""

from __future__ import annotations

import numpy as np

K1 = (3, 7, 6, 1, 8, 9, 4, 5, 2)
K2 = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

FAMILIES = {
    "birth number": (0, 0),
    "D number": (40, 0),
    "NPID": (0, 20),
    "H number": (0, 40),
    "D and H": (40, 40),
    "NPID synthetic": (0, 60),
    "NHN synthetic": (0, 65),
    "Tenor": (0, 80),
    "D and Tenor": (40, 80),
}


def finish(nine: list[int], residue: int) -> list[int] | None:
    """Return the eleven digits with check digits of a residue, or None where a check digit would be 10."""
    first = (residue - sum(w * d for w, d in zip(K1, nine, strict=True))) % 11
    ten = [*nine, first]
    second = -sum(w * d for w, d in zip(K2, ten, strict=True)) % 11
    return None if first == 10 or second == 10 else [*ten, second]


def numbers(family: str, n: int, seed: int = 1, residues: tuple[int, ...] = (0, 1, 2, 3)) -> list[str]:
    """Return ``n`` numbers of a family as text of eleven digits."""
    day_offset, month_offset = FAMILIES[family]
    rng = np.random.default_rng(seed)
    made: list[str] = []
    while len(made) < n:
        month = int(rng.integers(1, 13))
        day = int(rng.integers(1, DAYS[month - 1] + 1))
        year, individual = int(rng.integers(55, 100)), int(rng.integers(500, 600))
        nine = f"{day + day_offset:02d}{month + month_offset:02d}{year:02d}{individual:03d}"
        whole = finish([int(c) for c in nine], int(rng.choice(residues)))
        if whole is not None:
            made.append("".join(map(str, whole)))
    return made


def health_numbers(n: int, seed: int = 1) -> list[str]:
    """Return auxiliary health numbers: first digit 8 or 9, no date."""
    rng = np.random.default_rng(seed)
    made: list[str] = []
    while len(made) < n:
        whole = finish([int(rng.integers(8, 10)), *rng.integers(0, 10, 8).tolist()], 0)
        if whole is not None:
            made.append("".join(map(str, whole)))
    return made
