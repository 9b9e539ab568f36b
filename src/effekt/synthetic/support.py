"""What the registered take part in and live on: labour-market measures and benefits. One step of a month."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from effekt.synthetic.careers import Careers
from effekt.synthetic.shocks import Floats, Ints
from effekt.synthetic.state import Flags, Now, State

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

_DAGP_MONTHS, _DAGP_EARNED = 24, 10
"""Months of unemployment benefit at most, and of the last 24 worked to earn it."""
_AAP, _SOSHJ = 0.7, 0.3


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


def pay(state: State, before: State, u: Floats) -> State:
    """Return the state after benefits were granted and stopped; before : last month's; u : (4, n).

    Unemployment benefit is earned by work; the others follow from reduced capacity, measures and need.
    """
    new = state.registered & ~before.registered
    granted = _granted(state, u)
    in_need = state.registered & (state.job == 0)
    benefit = np.where(new, granted, before.benefit)
    newly_reduced = state.reduced & ~before.reduced & ~new
    benefit = np.where(newly_reduced & (u[0] < _AAP), AAP, benefit)
    benefit = np.where((benefit == DAGP) & (before.benefit_months >= _DAGP_MONTHS), 0, benefit)
    benefit = np.where((benefit == 0) & (state.tiltak > 0), TILTP, benefit)
    benefit = np.where((benefit == TILTP) & (state.tiltak == 0), 0, benefit)
    benefit = np.where(in_need, benefit, 0)
    benefit = np.where(state.disabled & state.here, UFORE, benefit)
    same = (benefit > 0) & (benefit == before.benefit)
    return replace(
        state,
        benefit=benefit.astype(np.int16),
        benefit_months=np.where(same, before.benefit_months + 1, benefit > 0).astype(np.int16),
    )


def _granted(state: State, u: Floats) -> Ints:
    """Return the benefit that a new registration leads to, 0 = none."""
    other = np.where(u[1] < _SOSHJ, SOSHJ, 0)
    able = np.where(state.worked >= _DAGP_EARNED, DAGP, other)
    return np.where(state.reduced & (u[0] < _AAP), AAP, able)
