"""Luck is a function of its address: nothing depends on company, order or threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from effekt.synthetic.shocks import Module, Shocks, philox

# Known answers of philox4x32-10, from `kat_vectors` of Random123 (D. E. Shaw Research): counter, key, result.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_the_generator_gives_the_published_known_answers(counter: str, key: str, answer: str) -> None:
    found = philox(tuple(np.asarray([word], dtype=np.uint64) for word in words(counter)), tuple(words(key)))
    assert [int(word[0]) for word in found] == words(answer)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30, unique=True), st.randoms(), st.integers(0, 2**40))
def test_a_persons_luck_does_not_depend_on_company_or_order(people: list[int], random: object, seed: int) -> None:
    shocks = Shocks(seed)
    whole = shocks.uniforms(Module.JOBS, np.array(people), 7, 1)
    shuffled = sorted(range(len(people)), key=lambda _: random.random())  # type: ignore[attr-defined]
    part = shocks.uniforms(Module.JOBS, np.array(people)[shuffled[:5]], 7, 1)
    assert np.array_equal(part, whole[:, shuffled[:5]])


def test_every_part_of_the_address_matters() -> None:
    person = np.arange(50)
    base = Shocks(1).uniforms(Module.JOBS, person, 3, 0)
    others = [
        Shocks(2).uniforms(Module.JOBS, person, 3, 0),
        Shocks(1 + 2**32).uniforms(Module.JOBS, person, 3, 0),
        Shocks(1).uniforms(Module.MOVES, person, 3, 0),
        Shocks(1).uniforms(Module.JOBS, person + 50, 3, 0),
        Shocks(1).uniforms(Module.JOBS, person, 4, 0),
        Shocks(1).uniforms(Module.JOBS, person, 3, 1),
        Shocks(1).uniforms(Module.JOBS, person, 3, 0, block=1),
    ]
    assert not any(np.isin(other, base).any() for other in others)


def test_uniforms_are_uniform_and_normals_normal() -> None:
    u = Shocks(3).uniforms(Module.TRAITS, np.arange(100_000))
    assert u.min() > 0
    assert u.max() < 1
    assert np.allclose(u.mean(axis=1), 0.5, atol=4 / np.sqrt(12 * 100_000))
    assert np.abs(np.corrcoef(u) - np.eye(4)).max() < 0.015
    z = Shocks(3).normals(Module.TRAITS, np.arange(100_000))
    assert np.allclose(z.std(axis=1), 1, atol=0.01)
