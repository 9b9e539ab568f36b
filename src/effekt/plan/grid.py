"""The grid of assumptions that a plan walks through, and what each of them leaves to be found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

from effekt.plan.arithmetic import PersonDesign

PARTICIPANTS = (0.5, 1.0, 2.0, 4.0)
"""Multiples of the participants that the world has, where none are asked for."""

CONTAMINATION = (0.0, 0.2, 0.4)
IDENTIFIED = (1.0, 0.7)
HIDDEN_BIAS = (0.0, 0.02, 0.03, 0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """The values of each assumption; the first of ``contamination`` and ``identified`` is the best case."""

    participants: tuple[int, ...]
    contamination: tuple[float, ...] = CONTAMINATION
    identified: tuple[float, ...] = IDENTIFIED
    hidden_bias: tuple[float, ...] = HIDDEN_BIAS
    power: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One row of the grid, effects in the outcome's unit.

    formula : the least effect by the formula. rehearsed : by the error that the study's own estimator had on a draw,
    None = it gave none. false_positive : per hidden bias, probabilities, by the larger of the two errors.
    """

    participants: int
    contamination: float
    identified: float
    formula: float
    rehearsed: float | None
    false_positive: tuple[float, ...]

    @property
    def detectable(self) -> float:
        """The larger of the two: a plan should not promise what the estimator does not keep."""
        return self.formula if self.rehearsed is None else max(self.formula, self.rehearsed)


def grid(design: PersonDesign, assumed: Assumed, *, std_error: float | None = None) -> tuple[Cell, ...]:
    """Return a row for every combination.

    design : as it is on the draw; it gives the outcome and the comparisons for each participant. std_error : of the
    estimate on that draw; it is carried over to other numbers of participants by their root.
    """
    # What the estimator loses against the formula: reuse of comparisons, weights, what matching leaves over.
    lost = None if std_error is None else std_error / design.std_error
    found = []
    for n, leaked, known in product(assumed.participants, assumed.contamination, assumed.identified):
        here = replace(design, participants=n, contamination=leaked, identified=known)
        honest = here if lost is None else replace(here, sd=here.sd * max(1.0, lost))
        formula = here.detectable(power=assumed.power)
        found.append(
            Cell(
                participants=n,
                contamination=leaked,
                identified=known,
                formula=formula,
                rehearsed=None if lost is None else formula * lost,
                false_positive=tuple(honest.false_positive(bias) for bias in assumed.hidden_bias),
            )
        )
    return tuple(found)


def worst(cells: Iterable[Cell], participants: int) -> Cell:
    """Return the row of so many participants that finds least."""
    return max((cell for cell in cells if cell.participants == participants), key=lambda cell: cell.detectable)


def best(cells: Iterable[Cell], participants: int) -> Cell:
    """Return the row of so many participants that finds most."""
    return min((cell for cell in cells if cell.participants == participants), key=lambda cell: cell.detectable)


def participants_for(cell: Cell, detectable: float) -> int:
    """Return how many participants would find an effect of that size under the assumptions of a row.

    The error falls with the root of their number.
    """
    return round(cell.participants * (cell.detectable / detectable) ** 2)
