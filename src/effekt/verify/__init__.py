"""Published value, ours, difference, source: `effekt verify`.

``rows()`` reproduces every number of ``data/published.csv`` on the machine at hand, offline, and yields each as
soon as it is computed. Nothing is printed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from effekt.verify.few_units import (
    collapsed,
    county15,
    county15_changes,
    county15_dose,
    degrees_of_freedom,
    grunfeld,
    grunfeld_dummies,
    grunfeld_wild,
)
from effekt.verify.matching import cattaneo_matching, nsw_matching
from effekt.verify.row import Row, compare, references
from effekt.verify.sources import refuse_missing_packages
from effekt.verify.studies import castle, nsw, prop99

BLOCKS: tuple[Callable[[], Iterator[tuple[str, float]]], ...] = (
    nsw,
    castle,
    prop99,
    nsw_matching,
    cattaneo_matching,
    grunfeld,
    grunfeld_dummies,
    grunfeld_wild,
    collapsed,
    degrees_of_freedom,
    county15,
    county15_changes,
    county15_dose,
)
"""Each yields (key of a row, our number); a key without a row, or a row without a number, is a bug."""


def rows() -> Iterator[Row]:
    """Yield every row as it is computed, published studies first; the longest wait is a few seconds.

    Raises
    ------
    MissingPackage
        E807 before anything is computed if a data package is not installed; its help is the install command.
    """
    refuse_missing_packages()
    return _computed()


def _computed() -> Iterator[Row]:
    waiting = {reference.key: reference for reference in references()}
    for block in BLOCKS:
        for key, ours in block():
            yield compare(waiting.pop(key), ours)
    if waiting:
        raise RuntimeError(f"no number was computed for {', '.join(waiting)}")
