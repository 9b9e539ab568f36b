"""Stays behind local unemployment: whoever has two overlapping spells in a municipality lives there once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from effekt.population.cohort.local import _stays

SPELL = st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 12), st.integers(1, 6))


@given(st.lists(SPELL, max_size=12))
def test_stays_hold_the_days_of_their_spells_and_each_day_once(spells: list[tuple[int, int, int, int]]):
    pid, place, start, length = np.array(spells, dtype=np.int64).reshape(-1, 4).T
    stays = list(zip(*(part.tolist() for part in _stays(pid, place, start, start + length)), strict=True))
    lived = [(p, k, day) for p, k, first, stop in stays for day in range(first, stop)]
    assert len(lived) == len(set(lived))
    assert set(lived) == {(p, k, day) for p, k, first, days in spells for day in range(first, first + days)}
