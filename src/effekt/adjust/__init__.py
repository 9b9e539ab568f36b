"""Sample -> Weights. One file per method, one line per method in the union."""

from typing import Annotated

from pydantic import Field

from effekt.adjust.exact import ExactCells
from effekt.adjust.none import NoAdjustment

AnyAdjustment = Annotated[
    NoAdjustment | ExactCells,
    Field(discriminator="method"),
]
