"""What stands first of each code is what sorting says."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from effekt.numerics.distinct import first_rows

lengths = st.integers(0, 30)
codes = st.sampled_from([(0, 5), (-3, 40), (-(10**12), 10**12)]).map(lambda ends: st.integers(*ends))
tables = st.tuples(lengths, codes).flatmap(lambda of: arrays(np.int64, of[0], elements=of[1]))


@given(tables)
def test_first_rows_are_those_that_sorting_finds(found: np.ndarray):
    assert first_rows(found).tolist() == np.unique(found, return_index=True)[1].tolist()
