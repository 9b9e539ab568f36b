"""Sample -> Weights. One file per method, one line per method in the union."""

from typing import Annotated

from pydantic import Field

from effekt.adjust.exact import ExactCells
from effekt.adjust.nearest import Nearest
from effekt.adjust.none import NoAdjustment

AnyAdjustment = Annotated[
    NoAdjustment | ExactCells | Nearest,
    Field(discriminator="method"),
]
