"""What the registered take part in and live on: labour-market measures and benefits. One step of a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.special import ndtr, ndtri

from effekt.literals import Amount, IntRange
from effekt.synthetic.careers import Careers, Support
from effekt.synthetic.persons import Persons
from effekt.synthetic.shocks import Floats, Ints
from effekt.synthetic.state import Flags, Now, State, by_age, chance, logit

TILTAK = (
    ("ARBEIDSTRENING", "arbeidstrening", 0.40, 3),
    ("OPPFOLGING", "oppfolging", 0.20, 6),
    ("GRUPPE_ARBEIDSMARKEDSOPPLAERING", "opplaering", 0.15, 4),
    ("MIDLERTIDIG_LONNSTILSKUDD", "lonnstilskudd", 0.10, 6),
    ("ARBEIDSFORBEREDENDE_TRENING", "arbeidsforberedende trening (AFT)", 0.10, 9),
    ("JOBBKLUBB", "oppfolging", 0.05, 2),
)
"""Code, group, share, months; a state's ``tiltak`` is the position here plus 1. Codes: navikt/mulighetsrommet."""

BENEFITS = ("DAGP", "AAP", "SOSHJ", "TILTP", "UFORE")
"""A state's ``benefit`` is the position here plus 1."""
DAGP, AAP, SOSHJ, TILTP, UFORE = range(1, 6)


_FRAIL = 0.5
"""Correlation of disability at the first month with frailty."""


def take_part(state: State, now: Now, careers: Careers, u: Floats) -> State:
    """Return the state after measures have begun and ended; u : (4, n)."""
    goes_on = (state.tiltak > 0) & (state.tiltak_end > now.month) & state.registered & (state.job == 0)
    may = state.registered & (state.job == 0) & (state.course == 0) & (state.waited >= 1) & ~goes_on
    begins: Flags = may & (u[0] < careers.nav.tiltak.value)
    kind = np.searchsorted(np.cumsum([share for *_, share, _ in TILTAK])[:-1], u[1]) + 1
    months = np.array([0, *(length for *_, length in TILTAK)])[kind]
    return replace(
        state,
        tiltak=np.where(begins, kind, np.where(goes_on, state.tiltak, 0)).astype(np.int16),
        tiltak_end=np.where(begins, now.month + months, state.tiltak_end),
    )


def pay(state: State, before: State, persons: Persons, support: Support, u: Floats) -> State:
    """Return the state after benefits were granted and stopped; before : last month's; u : (4, n).

    Unemployment benefit is earned by work; the others follow from reduced capacity, measures and need.
    """
    new = state.registered & ~before.registered
    granted = _granted(state, persons, support, u)
    in_need = state.registered & (state.job == 0)
    benefit = np.where(new, granted, before.benefit)
    newly_reduced = state.reduced & ~before.reduced & ~new
    benefit = np.where(newly_reduced & (u[0] < support.aap.value), AAP, benefit)
    if support.again.value:
        left_out = state.reduced & (benefit == 0) & ~new & (u[1] < support.again.value)
        benefit = np.where(left_out, AAP, benefit)
    if support.measures_pay:
        benefit = np.where((benefit == SOSHJ) & (state.tiltak > 0), TILTP, benefit)
    out = (benefit == DAGP) & (before.benefit_months >= support.months)
    benefit = np.where(out, 0, benefit)
    benefit = np.where((benefit == 0) & (state.tiltak > 0), TILTP, benefit)
    benefit = np.where((benefit == TILTP) & (state.tiltak == 0), 0, benefit)
    benefit = np.where(in_need, benefit, 0)
    benefit = np.where(state.disabled & state.here, UFORE, benefit)
    same = (benefit > 0) & (benefit == before.benefit)
    return replace(
        state,
        benefit=benefit.astype(np.int16),
        benefit_months=np.where(same, before.benefit_months + 1, benefit > 0).astype(np.int16),
        ran_out=np.where(out, 1, np.where(before.ran_out > 0, before.ran_out + 1, 0)).astype(np.int16),
    )


def _granted(state: State, persons: Persons, support: Support, u: Floats) -> Ints:
    """Return the benefit that a new registration leads to, 0 = none."""
    soshj = (
        chance(logit(support.soshj.value) + support.frail * persons.frailty) if support.frail else support.soshj.value
    )
    other = np.where(u[1] < soshj, SOSHJ, 0)
    earns = (state.worked >= support.earned) & (u[0] < support.dagp.value)
    able = np.where(earns, DAGP, other)
    return np.where(state.reduced & (u[0] < support.aap.value), AAP, able)


def disable(state: State, disables: Mapping[IntRange, Amount], now: Now, u: Floats) -> State:
    """Return the state after some have been granted a disability pension by age alone; u : (n,)."""
    rate = by_age({ages: share.value for ages, share in disables.items()}, now.age)
    new = state.here & ~state.disabled & (u < rate)
    return replace(state, disabled=state.disabled | new, group=np.where(new, 0, state.group).astype(np.int16))


def disabled_at_first(state: State, shares: Mapping[IntRange, Amount], age: Ints, persons: Persons, u: Floats) -> State:
    """Return a first state in which some are disabled, the frail more often; u : (n,)."""
    share = by_age({ages: said.value for ages, said in shares.items()}, age)
    frail = ndtr(np.sqrt(1 - _FRAIL**2) * ndtri(u) - _FRAIL * persons.frailty)
    disabled = state.here & (frail < share)
    return replace(state, disabled=disabled, job=np.where(disabled, 0, state.job).astype(np.int16))
