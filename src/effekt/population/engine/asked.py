"""What is asked of a register for every record, freed from the spec: a measure, codes, months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from effekt.errors import SpecPath
from effekt.spec.codes import CodeList, CodeSet, Selection
from effekt.spec.measured import Covariate, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A measure of a table over months relative to month(t0), ``first`` to ``last``, both included.

    Months below 0 are history, above 0 outcomes; ``first == last`` for a measure that is read at a time.
    codes : codes of the table's column of codes that are selected; ``None`` = any row.
    path : where the spec asks for it, for what is wrong with it.
    """

    table: str
    measure: str
    codes: tuple[str, ...] | None = None
    first: int
    last: int
    path: SpecPath | None = None

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError("the months asked for are reversed")

    @property
    def history(self) -> bool:
        """True if everything that is asked lies before time zero."""
        return self.last < 0


def asked_outcome(
    outcome: Outcome, position: int, lists: Mapping[str, CodeList] | None = None, *, path: SpecPath | None = None
) -> Asked:
    """Return the outcome at the ``position``-th of its times and windows, in the order of ``outcome.horizons``.

    lists : ``spec.code_lists``, needed where codes are a set of a list. path : such as ``("outcomes", "i_jobb")``.
    """
    spans = [(time.months, time.months) for time in outcome.at] + [window.months for window in outcome.window]
    first, last = spans[position]
    codes = _codes(outcome.codes, lists)
    return Asked(table=outcome.table, measure=outcome.measure, codes=codes, first=first, last=last, path=path)


def asked_covariate(
    covariate: Covariate, lists: Mapping[str, CodeList] | None = None, *, path: SpecPath | None = None
) -> Asked:
    """Return the covariate over its window, or as of the last day of the month before time zero."""
    first, last = (-1, -1) if covariate.window is None else covariate.window.months
    codes = _codes(covariate.codes, lists)
    return Asked(table=covariate.table, measure=covariate.measure, codes=codes, first=first, last=last, path=path)


def _codes(selection: Selection | None, lists: Mapping[str, CodeList] | None) -> tuple[str, ...] | None:
    if isinstance(selection, CodeSet):
        return (lists or {})[str(selection)].codes
    return selection
