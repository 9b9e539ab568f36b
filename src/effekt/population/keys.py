"""Unit ids become keys, and labels become codes; neither depends on the order of a file."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from effekt.errors import DataError, Problem
from effekt.sample import Codes

Keys = NDArray[np.uint64]

_HASH_KEY_LENGTH = 16


def keyed_hash(ids: NDArray[Any], study: str) -> Keys:
    """(n,) uint64: SipHash of each id under a key that belongs to the study.

    Two studies on the same table order their units differently, so no tie is broken the same way twice. The
    key is not a secret: the hash serves ordering, and keys never leave the zone.

    ids : (n,) object, distinct text.

    Raises
    ------
    DataError
        E705 if two ids share a key, which happens once in about 10^19 / n^2 studies.
    """
    key = hashlib.sha256(f"effekt unit key\x1f{study}".encode()).hexdigest()[:_HASH_KEY_LENGTH]
    keys: Keys = pd.util.hash_array(ids, hash_key=key, categorize=False)
    if len(np.unique(keys)) != len(keys):
        raise DataError(
            Problem(
                code="E705",
                sentence="two units have the same key",
                help="change the name of the study by a character: keys depend on it",
            )
        )
    return keys


def coded(labels: NDArray[Any]) -> tuple[Codes, tuple[str, ...]]:
    """Return (n,) int codes of text labels in the order of the alphabet, and the label of each code."""
    codes, names = pd.factorize(labels, sort=True)
    return codes.astype(np.int64), tuple(str(name) for name in names)


def grouped(ids: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Return (m,) codes of the units behind rows, and the (n,) distinct ids by code."""
    codes, distinct = pd.factorize(ids)
    return codes.astype(np.intp), np.asarray(distinct, dtype=object)
