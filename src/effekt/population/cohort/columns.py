"""Covariates become columns: indicators for categories, and none that a propensity score could not use.

The rules look at who is treated and at covariates, never at outcomes, and everything they take away is told:

- a category with fewer than ``MIN_PERSONS`` persons in either arm is pooled into `andre`; if `andre` is still too
  small it joins the reference, which is the largest category (the first in the alphabet among equals) and has no
  column of its own. Unknown is a category, `ukjent`.
- a number that is not known counts as 0 beside an indicator `...: ukjent`.
- a column that is the same for all but fewer than ``MIN_PERSONS`` persons of an arm is dropped: a score would tell
  the arms apart by those few, and has no maximum if the few are in one arm.
- a column that earlier ones explain is dropped: counties are sums of their offices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from effekt.population.cohort.spells import Coded, Ints, Mask
from effekt.population.wording import counted, named
from effekt.sample import Array

MIN_PERSONS = 10
UNKNOWN, OTHERS = "ukjent", "andre"

_EXPLAINED = 1e-9
"""Share of a column's variance that earlier columns must leave for it to stay."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Number:
    """A covariate that is a number. values : (n,), NaN = not known. group : of covariates. source : register."""

    name: str
    values: Array
    group: str
    source: str

    def rows(self, rows: slice) -> Number:
        """Return the covariate of some records."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Category:
    """A covariate that is one of several. labels : (n,) codes, -1 = unknown.

    inside : (n,) codes of what its values are parts of (offices of a county), None = of nothing. Small values are then
    pooled inside it, so that no combination of the two is left in which one arm is missing.
    """

    name: str
    labels: Coded
    group: str
    source: str
    inside: Coded | None = None

    def rows(self, rows: slice) -> Category:
        """Return the covariate of some records."""
        inside = None if self.inside is None else Coded(self.inside.codes[rows], self.inside.names)
        return replace(self, labels=Coded(self.labels.codes[rows], self.labels.names), inside=inside)


Covariate = Number | Category


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Baseline:
    """frame : (n, k) in the order of the records. groups, sources : column -> group, register. notes : what went."""

    frame: pd.DataFrame
    groups: Mapping[str, str]
    sources: Mapping[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arms:
    """Who the records are about. person : (n,) codes; treated : (n,) bool."""

    person: Ints
    treated: Mask

    def smaller(self, rows: Mask) -> int:
        """Return the persons in the smaller arm among some records."""
        return min(len(np.unique(self.person[rows & arm])) for arm in (self.treated, ~self.treated))


def baseline(covariates: Sequence[Covariate], arms: Arms) -> Baseline:
    """Return the columns of the covariates that the two arms can be compared in."""
    notes: list[str] = []
    numbers = [number for covariate in covariates for number in _numbers(covariate, arms, notes)]
    kept = [number for number in numbers if _varies(number.values, arms)]
    _tell(notes, numbers, kept, f"(nearly) the same for all but fewer than {MIN_PERSONS} persons of an arm")
    independent = _independent(kept)
    _tell(notes, kept, independent, "explained by the columns before")
    return Baseline(
        frame=pd.DataFrame({n.name: n.values for n in independent}, index=pd.RangeIndex(len(arms.person))),
        groups={n.name: n.group for n in independent},
        sources={n.name: n.source for n in independent},
        notes=tuple(notes),
    )


def _tell(notes: list[str], before: Sequence[Number], after: Sequence[Number], why: str) -> None:
    left = {number.name for number in after}
    gone = [number.name for number in before if number.name not in left]
    if gone:
        notes.append(f"{counted(len(gone), 'covariate')} left out, {why}: {named(gone)}")


def _numbers(covariate: Covariate, arms: Arms, notes: list[str]) -> Iterator[Number]:
    if isinstance(covariate, Category):
        yield from _indicators(covariate, arms, notes)
        return
    unknown = np.isnan(covariate.values)
    if not unknown.any():
        yield covariate
        return
    name, group, source = covariate.name, covariate.group, covariate.source
    yield Number(name=name, values=np.where(unknown, 0.0, covariate.values), group=group, source=source)
    yield Number(name=f"{name}: {UNKNOWN}", values=unknown.astype(np.float64), group=group, source=source)


def _indicators(category: Category, arms: Arms, notes: list[str]) -> Iterator[Number]:
    """Yield a column per category that is large enough in both arms, but the reference."""
    names = (*category.labels.names, UNKNOWN)
    labels = np.where(category.labels.codes < 0, len(names) - 1, category.labels.codes)
    members = {name: labels == code for code, name in enumerate(names) if (labels == code).any()}
    if category.inside is not None:
        members = _pooled_inside(category.inside, members, arms)
    rare = [name for name, rows in members.items() if arms.smaller(rows) < MIN_PERSONS]
    if rare and len(members) > 1:
        pooled = np.logical_or.reduce([members.pop(name) for name in rare])
        notes.append(f"{category.name}: {counted(len(rare), 'small group')} pooled, with too few persons in an arm")
        if arms.smaller(pooled) >= MIN_PERSONS or not members:
            members[OTHERS] = pooled
    if not members:
        return
    reference = min(members, key=lambda name: (-len(np.unique(arms.person[members[name]])), name))
    for name in sorted(members):
        if name != reference:
            yield Number(
                name=f"{category.name}: {name}",
                values=members[name].astype(np.float64),
                group=category.group,
                source=category.source,
            )


def _pooled_inside(inside: Coded, members: Mapping[str, Mask], arms: Arms) -> dict[str, Mask]:
    """Pool values with too few persons in an arm inside what they are parts of, with its smallest if need be.

    members : value -> (n,) bool. A value that lies in several wholes counts once in each.
    """
    pooled: dict[str, Mask] = {}
    for code, whole in enumerate((*inside.names, UNKNOWN)):
        rows = inside.codes == (code if code < len(inside.names) else -1)
        parts = sorted(((name, there & rows) for name, there in members.items() if (there & rows).any()), key=_named)
        parts.sort(key=lambda part: arms.smaller(part[1]), reverse=True)
        small = np.zeros(len(rows), dtype=bool)
        while parts and min(arms.smaller(part) for part in (parts[-1][1], small) if part.any()) < MIN_PERSONS:
            small |= parts.pop()[1]
        for name, there in parts:
            pooled[name] = pooled.get(name, np.zeros(len(rows), dtype=bool)) | there
        if small.any():
            pooled[f"{OTHERS}, {whole}"] = small
    return pooled


def _named(part: tuple[str, Mask]) -> str:
    return part[0]


def _varies(values: Array, arms: Arms) -> bool:
    """Whether enough persons of each arm differ from the commonest value."""
    found, counts = np.unique(values, return_counts=True)
    commonest = found[np.argmax(counts)]
    return len(found) > 1 and arms.smaller(values != commonest) >= MIN_PERSONS


def _independent(numbers: Sequence[Number]) -> list[Number]:
    """Return the columns that earlier ones do not explain, by sweeping correlations from the first column on."""
    if not numbers:
        return []
    X = np.column_stack([number.values for number in numbers])
    X = X - X.mean(axis=0)
    X /= np.sqrt((X * X).sum(axis=0))
    C = X.T @ X
    kept = []
    for j, number in enumerate(numbers):
        if C[j, j] <= _EXPLAINED:
            continue
        kept.append(number)
        C -= np.outer(C[:, j], C[j]) / C[j, j]
    return kept
