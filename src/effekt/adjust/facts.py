"""What a referee asks of a matching, as a table in which no number gives back the persons it was computed from.

Everything here is a ratio of counts, and a ratio with three digits names both counts to whoever knows them to the
nearest five. A share is therefore derived from its rounded part and whole, and a mean per record is printed no finer
than five records can move it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effekt.results import Cell, Column, Table
from effekt.sample import Array, Matches, Sample

_COLUMNS = (
    Column(name="fact", kind="label"),
    Column(name="number", kind="statistic", of="persons_behind", whole=("whole",), lattice="lattice", part="part"),
    *(Column(name=name, kind="count", internal=True) for name in ("persons_behind", "whole")),
    *(Column(name=name, kind="label", internal=True) for name in ("part", "lattice")),
)

_MANY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fact:
    """One row. part, whole : records; lattice : what one record moves the sum by; see ``Column``."""

    fact: str
    number: float | None
    persons_behind: int | None
    whole: int
    part: int | None = None
    lattice: float | None = None


def matching_facts(
    sample: Sample,
    matches: Matches,
    w: Array,
    *,
    tied: NDArray[np.bool_],
    eligible: NDArray[np.bool_],
    pseudo_r2: float | None,
) -> Table:
    """Return how many were lost, tied, reused and dropped, and how well covariates tell the arms apart.

    w : (n,) weights; tied : (treated,) bool; eligible : (n,) bool, False where a score was too high to be compared.
    """
    treated, kept = sample.treated, w > 0
    used, arm = kept & ~treated, np.flatnonzero(treated)
    reuse = np.bincount(matches.comparison, minlength=len(sample))
    tied_rows = np.zeros(len(sample), dtype=bool)
    tied_rows[arm] = tied
    facts = [
        _share(sample, "share of treated without a match", treated & ~kept, treated),
        _share(sample, "share of treated with ties", tied_rows, treated),
        _mean(sample, "comparisons used per treated", int(used.sum()), treated & kept, also=used),
        _mean(sample, "mean number of sets per comparison used", int(reuse[used].sum()), used, also=used),
        _share(sample, "share of comparisons used in several sets", used & (reuse > 1), used),
        _share(sample, "share of comparisons with a score too high", ~treated & ~eligible, ~treated),
        _Fact(
            fact="pseudo-R2 of the propensity score",
            number=pseudo_r2,
            persons_behind=sample.persons_in(treated),
            whole=len(arm),
        ),
    ]
    data: dict[str, tuple[Cell, ...]] = {c.name: tuple(getattr(f, c.name) for f in facts) for c in _COLUMNS}
    return Table(name="matching", title="Matching", columns=_COLUMNS, data=data)


def _share(sample: Sample, fact: str, part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> _Fact:
    """Return a share with the persons in its smaller part; an empty part gives away the whole, and is no fraction."""
    k, n = int(part.sum()), int(whole.sum())
    counts = [sample.persons_in(rows) for rows in (part, whole & ~part)]
    behind = None if None in counts else min((c for c in counts if c), default=0)
    return _Fact(fact=fact, number=k / n, persons_behind=behind, part=k if 0 < k < n else None, whole=n)


def _mean(sample: Sample, fact: str, total: int, over: NDArray[np.bool_], *, also: NDArray[np.bool_]) -> _Fact:
    """Return a mean of whole numbers over records, with the fewer persons of those it is over and ``also``.

    From ten on it may itself be a number of persons (everybody tied with everybody), and is rounded as one.
    """
    n = int(over.sum())
    counts = [sample.persons_in(rows) for rows in (over, also)]
    behind = None if None in counts else min(c for c in counts if c is not None)
    lattice = 1.0 if total < _MANY * n else float(n)
    return _Fact(fact=fact, number=total / n, persons_behind=behind, whole=n, lattice=lattice)
