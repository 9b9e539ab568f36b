"""Keys of records, and the order in which candidates are drawn: both from a person and a date, never from a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effekt.errors import DataError, Problem
from effekt.population.cohort.spells import Ints
from effekt.population.keys import Keys, keyed_hash

RECORD, DRAW = 1, 2
"""Two independent hashes of the same record: its key, and its place in the draw of candidates."""


def of_persons(ids: NDArray[np.object_], study: str) -> Keys:
    """(p,) uint64: keyed hash of each person under the name of the study."""
    return keyed_hash(ids, study)


def of_records(person: Keys, day: Ints, purpose: int) -> Keys:
    """(n,) uint64: hash of person and day, another one for each purpose.

    person : (n,) keyed hashes. The steps are the finaliser of splitmix64 (Steele, Lea and Flood 2014, OOPSLA), which
    maps different inputs to different outputs for each person.
    """
    with np.errstate(over="ignore"):
        salt = np.uint64(0x9E3779B97F4A7C15) * np.uint64(purpose)
        return _mixed(person ^ _mixed(day.astype(np.uint64) + salt))


def _mixed(z: Keys) -> Keys:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def refuse_shared(keys: Keys) -> None:
    """Raise E705 if two records share a key, which happens once in about 10^19 / n^2 studies."""
    if len(np.unique(keys)) != len(keys):
        raise DataError(
            Problem(
                code="E705",
                sentence="two records have the same key",
                help="change the name of the study by a character: keys depend on it",
            )
        )
