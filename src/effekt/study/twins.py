"""Results of nearly the same persons: their difference is a result about the few that differ.

Whoever holds the whole and a cut of it holds the rest of the whole. So an arm or subgroup is withheld, and told, where
what it leaves of the whole is few persons in either arm, or few of those who have (or have not) a yes/no; where two
cuts lie inside each other that closely; and where the released arms together leave few. So is an analysis or variant
that weighs nearly the same persons of the same sample as one before it: a caliper may leave out a handful. Those of
different samples are not withheld but refused: which of the two to keep is a choice of the study's.

Comparisons from elsewhere (``between``) share the treated with the main analysis and none of the comparisons, so only
the treated are compared, and it is withheld as a cut is.

Reference: Hundepool et al. (2012), Statistical Disclosure Control, ch. 4 (differencing, secondary suppression).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from effekt.errors import PrivacyError, Problem
from effekt.release.rules import Rules
from effekt.results import Estimate, Estimates, Finding, Parts, Verdict
from effekt.study.branches import BASE, BETWEEN, Branch, Cut

if TYPE_CHECKING:
    from effekt.sample import Sample

_ARMS = ("n_persons_treated", "n_persons_comparison")
_TREATED = _ARMS[:1]

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


def withheld(branches: Sequence[Branch], estimates: Mapping[str, Estimates], rules: Rules) -> tuple[str, ...]:
    """Return the keys of the cuts, analyses and variants that may not stand beside the whole, in order.

    branches : the spec as it stands, then its variants.
    """
    if not rules.protects:
        return ()
    branch = branches[0]
    main = next(iter(branch.weights))
    hidden: list[str] = []
    kept: list[Cut] = []
    for cut in branch.cuts:
        beside = any(_nested_closely(branch.sample, cut.rows, other.rows, rules) for other in kept)
        if beside or _leaves_few(branch.sample, cut.rows, rules) or _few_left(estimates, main, cut.key, rules):
            hidden.append(cut.key)
        else:
            kept.append(cut)
    hidden += _arms_that_give_one_away(branch.sample, kept, estimates, rules)
    if _few_left(estimates, main, f"{main}/{BETWEEN}", rules, arms=_TREATED):
        hidden.append(f"{main}/{BETWEEN}")
    return (*hidden, *_twins_of_one_sample(branches, estimates, rules))


def _twins_of_one_sample(branches: Sequence[Branch], estimates: Mapping[str, Estimates], rules: Rules) -> Iterator[str]:
    """Yield analyses and variants that weigh nearly the same persons as one before them; never the first."""
    sample = branches[0].sample
    same = [b for b in branches if not b.beside and (b.sample is sample or b.sample.digest == sample.digest)]
    kept = {b.key(name): weights.kept for b in same for name, weights in b.weights.items() if b.key(name) in estimates}
    shown: list[str] = []
    for key, rows in kept.items():
        if any(_twin(sample, (rows, kept[o]), (estimates[key], estimates[o]), rules) for o in shown):
            yield key
        else:
            shown.append(key)


def _twin(sample: Sample, kept: tuple[Mask, Mask], both: tuple[Estimates, Estimates], rules: Rules) -> bool:
    """Return True if few are in one and not in the other, by design or by whose outcome is known."""
    a, b = kept
    x, y = map(_by_place, both)
    for side, arm in zip(_sides(sample), _ARMS, strict=True):
        if _few(sample.persons_in(side & (a ^ b)), rules):
            return True
        if (side & a & ~b).any() and (side & b & ~a).any():
            continue
        counts = [(getattr(x[place][0], arm), getattr(y[place][0], arm)) for place in x.keys() & y.keys()]
        if any(_few(n - m, rules) for n, m in counts if n is not None and m is not None):
            return True
    return False


def without(
    keys: tuple[str, ...], estimates: Mapping[str, Estimates], findings: tuple[Finding, ...]
) -> tuple[dict[str, Estimates], tuple[Finding, ...]]:
    """Return estimates and findings without the keys, and one finding that tells of each."""
    left = {key: part for key, part in estimates.items() if key not in keys}
    shown = tuple(finding for finding in findings if finding.analysis not in keys)
    return left, (*shown, *map(_told, keys))


def refuse_near_twins(estimates: Estimates, rules: Rules) -> None:
    """Refuse analyses and variants whose samples differ by fewer persons than the threshold.

    Rows are compared at the same outcome and horizon, in either arm.

    Raises
    ------
    PrivacyError
        E507 naming the two analyses.
    """
    if not rules.protects:
        return
    whole = [r for r in estimates.rows if not (r.arm or r.subgroup) and r.variant != BETWEEN]
    for place in sorted({_place(r) for r in whole}, key=str):
        rows = [r for r in whole if _place(r) == place]
        for arm in _ARMS:
            known = sorted((r for r in rows if getattr(r, arm) is not None), key=lambda r: int(getattr(r, arm)))
            for a, b in pairwise(known):
                if _few(getattr(b, arm) - getattr(a, arm), rules):
                    raise PrivacyError(_twins(a, b))


def _twins(a: Estimate, b: Estimate) -> Problem:
    names = [f"`{r.analysis}`" + ("" if r.variant == BASE else f" in `{r.variant}`") for r in (a, b)]
    return Problem(
        code="E507",
        sentence=f"{names[0]} and {names[1]} differ by fewer persons than may be shown",
        help="let all analyses and variants use the same persons, or leave one of the two out",
        note="their difference would be a number about those few persons",
        path=("analyses", b.analysis),
    )


def _told(key: str) -> Finding:
    return Finding(
        check="overlap",
        subject="the whole group",
        value=None,
        threshold=None,
        verdict=Verdict.NOT_EVALUATED,
        blocking=False,
        advice="not released: with the whole, or with another group, it would be a result about few persons",
        analysis=key,
    )


def _few(persons: int | None, rules: Rules) -> bool:
    """Return True if somebody is there, and fewer than may be shown; an unknown number is few."""
    return persons != 0 and rules.small(None if persons is None else abs(persons))


def _sides(sample: Sample) -> tuple[Mask, Mask]:
    return sample.treated, ~sample.treated


def _leaves_few(sample: Sample, rows: Mask, rules: Rules) -> bool:
    return any(_few(sample.persons_in(side & ~rows), rules) for side in _sides(sample))


def _nested_closely(sample: Sample, a: Mask, b: Mask, rules: Rules) -> bool:
    """Return True if in either arm one lies inside the other and little of the other is left."""
    for side in _sides(sample):
        only_a, only_b = side & a & ~b, side & b & ~a
        if not (only_a.any() and only_b.any()) and _few(sample.persons_in(only_a | only_b), rules):
            return True
    return False


def _few_left(
    estimates: Mapping[str, Estimates], main: str, key: str, rules: Rules, arms: tuple[str, ...] = _ARMS
) -> bool:
    """Return True if in a row a cut leaves few persons of the whole's, or few with or without the outcome."""
    if key not in estimates or main not in estimates:
        return False
    whole, part = _by_place(estimates[main]), _by_place(estimates[key])
    for place in whole.keys() & part.keys():
        (row, with_it), (cut, cut_with_it) = whole[place], part[place]
        for i in range(len(arms)):
            n, m = getattr(row, arms[i]), getattr(cut, arms[i])
            if n is None or m is None:
                continue
            k, j = with_it[i], cut_with_it[i]
            halves = [] if k is None or j is None or n == m else [k - j, (n - m) - (k - j)]
            if _few(n - m, rules) or any(rules.small(max(half, 0)) for half in halves):
                return True
    return False


def _arms_that_give_one_away(
    sample: Sample, kept: list[Cut], estimates: Mapping[str, Estimates], rules: Rules
) -> Iterator[str]:
    """Yield arms, smallest first, until the released arms leave nobody of the treated or enough of them."""
    shown = [cut for cut in kept if cut.arm and cut.key in estimates and _is_shown(estimates[cut.key], rules)]
    shown.sort(key=lambda cut: (-int((cut.rows & sample.treated).sum()), cut.key))
    while shown:
        rest = sample.treated & ~np.logical_or.reduce([cut.rows for cut in shown])
        if not _few(sample.persons_in(rest), rules):
            return
        yield shown.pop().key


def _is_shown(estimates: Estimates, rules: Rules) -> bool:
    return any(not rules.small(persons) for persons in estimates.support)


def _place(row: Estimate) -> tuple[Any, ...]:
    return row.outcome, row.horizon, row.first_treated, row.time


def _by_place(estimates: Estimates) -> dict[tuple[Any, ...], tuple[Estimate, Parts]]:
    return {_place(row): (row, parts) for row, parts in zip(estimates.rows, estimates.parts, strict=True)}
