r"""Does it look like a Norwegian person number? The arithmetic, and what it means for a column.

A hit is eleven digits with a possible date under any family of numbers (month +0, +20, +40, +60, +65, +80; day
+40) and both check digits:

.. math:: 3d_1 + 7d_2 + 6d_3 + d_4 + 8d_5 + 9d_6 + 4d_7 + 5d_8 + 2d_9 + d_{10} \equiv 0, 1, 2, 3 \pmod{11}

.. math:: 5d_1 + 4d_2 + 3d_3 + 2d_4 + 7d_5 + 6d_6 + 5d_7 + 4d_8 + 3d_9 + 2d_{10} + d_{11} \equiv 0 \pmod{11}

(residues 1 to 3 of the first are issued from 2032). There is no test of the century. Ten digits are eleven whose
leading zero was lost: three births in ten fall on a day below 10.

By chance 1.3% of random eleven-digit numbers are hits, so a column is refused by its share of hits, or by more
hits than chance gives, or at one hit if its name says what it holds (:func:`refusal`). Auxiliary health numbers
(first digit 8 or 9, no date) are as common among random numbers as hits are, so they count for the share only.

Source: Skatteetaten, the national population register; families as in Nav's fnrvalidator 2.2.1.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

K1 = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0)
K2 = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
MONTH_OFFSETS = (0, 20, 40, 60, 65, 80)
DAY_OFFSETS = (0, 40)

SMALLEST, LARGEST = 10**9, 10**11
"""Ten or eleven digits: SMALLEST <= number < LARGEST."""

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LOW = 10**6
_FIRST_ELEVEN = 10**10
_LARGEST_RESIDUE = 3
_FIRST_WITHOUT_DATE = 80_000

CHANCE_ELEVEN = 0.0132
CHANCE_DATED = 4 / 121
"""Both check digits by chance, given a possible date: residue 0-3 of 11, times 0 of 11.

A ten-digit number is compared with this rate among those that show a date, not with one rate for all: Unix seconds
of a year, or a stamp of year, month, day and hour, show a "date" in every row."""
_REFUSED_SHARE = 0.20
_SIGMAS, _SPARE = 6.0, 3.0

_NAMES = re.compile(
    r"f[oø]e?dselsn|personn(umme)?r|fnr|(^|[^a-z])(d|h|p|s)nr\d*([^a-z]|$)|(^|[^a-z])(d|h)nummer"
    r"|(^|[^a-z])(norsk|person)?ident(nr|nummer)?\d*([^a-z]|$)|(^|[^a-z])ssn([^a-z]|$)"
)


def _residues(weights: tuple[int, ...], digits: int) -> NDArray[np.uint8]:
    """Weighted digit sums modulo 11 of every number of ``digits`` digits."""
    total = np.zeros(1, dtype=np.int64)
    for weight in weights:
        total = (total[:, None] + weight * np.arange(10)).reshape(-1)
    assert len(total) == 10**digits
    return (total % 11).astype(np.uint8)


def _possible_dates() -> Mask:
    """(10^5,) bool: five leading digits that begin with a day and a month of some family."""
    possible = np.zeros((100, 100), dtype=bool)
    for month, days in enumerate(_DAYS, start=1):
        for month_offset in MONTH_OFFSETS:
            for day_offset in DAY_OFFSETS:
                possible[day_offset + 1 : day_offset + days + 1, month_offset + month] = True
    return np.repeat(possible.reshape(-1), 10)


# The five leading and six trailing digits are looked up whole: one division per number instead of ten.
_K1_HIGH, _K1_LOW = _residues(K1[:5], 5), _residues(K1[5:], 6)
_K2_HIGH = _residues(K2[:5], 5)
_K2_NEEDED = (11 - _residues(K2[5:], 6)) % 11
_DATE = _possible_dates()


@dataclass(frozen=True, slots=True)
class Hits:
    """(m,) bool each. dated : hit with a date; undated : auxiliary health number; shows_date : date alone."""

    dated: Mask
    undated: Mask
    shows_date: Mask


def examine(numbers: Numbers) -> Hits:
    """Examine numbers of ten or eleven digits. numbers : (m,) int, ``SMALLEST <= number < LARGEST``."""
    high = numbers // _LOW
    low = numbers - high * _LOW
    shows_date = _DATE[high]
    dated, undated = np.zeros(len(numbers), dtype=bool), np.zeros(len(numbers), dtype=bool)
    # The second check digit first: it leaves one number in eleven.
    left = np.flatnonzero(_K2_HIGH[high] == _K2_NEEDED[low])
    residue = (_K1_HIGH[high[left]] + _K1_LOW[low[left]]) % 11
    dated[left] = shows_date[left] & (residue <= _LARGEST_RESIDUE)
    undated[left] = (high[left] >= _FIRST_WITHOUT_DATE) & (residue == 0)
    return Hits(dated, undated, shows_date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one column shows; tallies of stretches of a column add up.

    cells : not empty. bare : cells that are a number of ten or eleven digits, hits among them; embedded : keys
    with such a number inside (``P`` and eleven digits), hits among them; text_hits : numbers in free text.
    chance : hits expected by chance. rows : positions of the first hits in the file.
    """

    cells: int = 0
    bare: int = 0
    bare_hits: int = 0
    undated_hits: int = 0
    embedded: int = 0
    embedded_hits: int = 0
    text_hits: int = 0
    chance: float = 0.0
    rows: tuple[int, ...] = ()

    @property
    def hits(self) -> int:
        """Hits of any form."""
        return self.bare_hits + self.embedded_hits + self.text_hits

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            cells=self.cells + other.cells,
            bare=self.bare + other.bare,
            bare_hits=self.bare_hits + other.bare_hits,
            undated_hits=self.undated_hits + other.undated_hits,
            embedded=self.embedded + other.embedded,
            embedded_hits=self.embedded_hits + other.embedded_hits,
            text_hits=self.text_hits + other.text_hits,
            chance=self.chance + other.chance,
            rows=(self.rows + other.rows)[:ROWS_KEPT],
        )


ROWS_KEPT = 5


def tally_bare(numbers: Numbers, rows: NDArray[np.intp], *, cells: int) -> Tally:
    """Tally cells that are numbers. numbers : (m,) of ten or eleven digits; rows : (m,) their positions."""
    hits = examine(numbers)
    eleven = numbers >= _FIRST_ELEVEN
    chance = CHANCE_ELEVEN * int(eleven.sum()) + CHANCE_DATED * int((hits.shows_date & ~eleven).sum())
    found = hits.dated | hits.undated
    return Tally(
        cells=cells,
        bare=len(numbers),
        bare_hits=int(hits.dated.sum()),
        undated_hits=int(hits.undated.sum()),
        chance=chance,
        rows=tuple(rows[found][:ROWS_KEPT].tolist()),
    )


def more_than_chance(hits: int, chance: float) -> bool:
    """Return True if the hits cannot be chance: six standard deviations and three above what it gives."""
    return hits > chance + _SIGMAS * math.sqrt(chance) + _SPARE


def name_says_so(name: str) -> bool:
    """Return True if a column name says that it holds person numbers."""
    return _NAMES.search(name.lower()) is not None


def refusal(name: str, tally: Tally) -> str | None:
    """Return why a column is refused, in words without a value, or None."""
    if tally.text_hits:
        return "its free text holds what looks like one"
    if name_says_so(name) and tally.hits + tally.undated_hits:
        return "its name says so, and at least one cell fits"
    share = (tally.bare_hits + tally.undated_hits) >= _REFUSED_SHARE * tally.bare
    embedded_share = tally.embedded_hits >= _REFUSED_SHARE * tally.cells
    if (tally.bare and share) or (tally.embedded_hits and embedded_share):
        return "at least one number in five fits"
    if more_than_chance(tally.bare_hits + tally.embedded_hits, tally.chance):
        return "more numbers fit than chance allows"
    return None
