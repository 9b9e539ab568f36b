"""Luck as a function: counter-based random numbers, so that nothing depends on order, threads or company.

A shock is addressed by (seed, module, person, month, stream) and never taken from a sequence. One module can
change what it draws without reshuffling another; half the persons get the shocks they get in the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Words = NDArray[np.uint64]
"""32-bit words in 64-bit cells, so that a product of two fits."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ROUNDS = 10


class Module(IntEnum):
    """Who draws. The numbers are part of every draw ever made: new modules get new ones."""

    TRAITS = 1
    HOME = 2
    COUNTY = 3
    MOVES = 4
    SCHOOLING = 5
    JOBS = 6
    REGISTRATION = 7
    MEASURES = 8
    PROGRAMME = 9
    JOB_TRAITS = 10
    SPELL_DAYS = 11
    SESSIONS = 12
    OFFICES = 13
    IDENTIFIED = 14
    REGIONS = 15
    AWAKENING = 16
    SPREAD = 17
    DISABILITY = 18


@dataclass(frozen=True, slots=True)
class Shocks:
    """The luck of one draw. seed : 0 .. 2**63 - 1."""

    seed: int

    def uniforms(
        self,
        module: Module,
        person: Ints,
        month: Ints | int = 0,
        stream: Ints | int = 0,
        *,
        block: int = 0,
    ) -> Floats:
        """(4, n) numbers strictly between 0 and 1; another ``block`` gives four more for the same address."""
        shape = np.broadcast_shapes(np.shape(person), np.shape(month), np.shape(stream))
        counter = (
            np.asarray(person, dtype=np.uint64),
            np.asarray((block << 16) + int(module), dtype=np.uint64),
            np.asarray(month, dtype=np.uint64),
            np.asarray(stream, dtype=np.uint64),
        )
        words = philox(counter, (self.seed & 0xFFFFFFFF, self.seed >> 32))
        found = np.empty((4, *shape))
        for row, word in zip(found, words, strict=True):
            row[...] = (word + 0.5) * 2.0**-32
        return found

    def normals(
        self,
        module: Module,
        person: Ints,
        month: Ints | int = 0,
        stream: Ints | int = 0,
        *,
        block: int = 0,
    ) -> Floats:
        """(4, n) standard normals, by inversion: one uniform makes one normal on every platform."""
        return np.asarray(ndtri(self.uniforms(module, person, month, stream, block=block)), dtype=np.float64)


def philox(counter: tuple[Words, ...], key: tuple[int, int], *, rounds: int = _ROUNDS) -> tuple[Words, ...]:
    """Return four 32-bit words per counter: Philox4x32 of Salmon, Moraes, Dror and Shaw (SC 2011), section 3.3.

    Agrees with the known answers that Random123 publishes (`kat_vectors`); parts of a counter broadcast.
    """
    first, second, third, fourth = counter
    for one, other in _schedule(key, rounds):
        low, high = _MULTIPLIERS[0] * first, _MULTIPLIERS[1] * third
        first = (high >> _HALF) ^ (second ^ one)
        third = (low >> _HALF) ^ (fourth ^ other)
        second, fourth = high & _LOW, low & _LOW
    return first, second, third, fourth


@cache
def _schedule(key: tuple[int, int], rounds: int) -> tuple[tuple[np.uint64, np.uint64], ...]:
    """Return the key of every round: a Weyl sequence."""
    one, other = (
        [np.uint64((part + turn * step) & 0xFFFFFFFF) for turn in range(rounds)]
        for part, step in zip(key, _WEYL, strict=True)
    )
    return tuple(zip(one, other, strict=True))
