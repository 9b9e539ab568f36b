"""The tiny world, drawn once for all tests of the room."""

from __future__ import annotations

import pytest

from effekt.synthetic.draw import Draw, draw
from effekt.synthetic.world import World, load_world


@pytest.fixture(scope="session")
def tiny() -> World:
    return load_world("tiny")


@pytest.fixture(scope="session")
def drawn(tiny: World) -> Draw:
    return draw(tiny)
