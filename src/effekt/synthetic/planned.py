"""A world's guidance in arrays: who is offered it when and where, in which form, what it does, what is seen of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from effekt.literals import IntRange, Window
from effekt.synthetic.offered import ON, Effect, Identified, Ordinary, Project
from effekt.synthetic.parts import FORMS, Form
from effekt.synthetic.places import Places
from effekt.synthetic.shocks import Floats, Ints, Module, Shocks
from effekt.synthetic.state import Flags, State
from effekt.synthetic.world import World

_ORDINARY_FORMS: Mapping[Form, float] = {"individuell": 0.8, "gruppe": 0.2}
UNSEEN = 2 * len(FORMS)
"""A ``hidden_form`` above it is that of a start which no register shows."""
_MOST = 0.9
NO_END = 200
"""An age that nobody reaches."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guidance:
    """A world's programme in arrays; k counties, f forms, T months, m municipalities.

    first : its first month. ordinary, project, others : (T, k) monthly rates for somebody whose log-odds of selection
    are zero: of the registered by the ordinary service and the project, and of those who are not registered. grown :
    (T, k) how far a project has grown up. targets : of each county's project. forms : (2, k, f) cumulative shares,
    ordinary and project. effects : log-odds of what guidance acts on, (4f + 1, H) by a state's ``form`` or
    ``hidden_form`` and months since the start. office : (m,) log-odds of each Nav office. shown : (T, k) share of
    starts that a register shows.
    """

    first: int
    ordinary: Floats
    project: Floats
    others: Floats
    grown: Floats
    targets: Mapping[int, Target]
    forms: Floats
    effects: Mapping[str, Floats]
    office: Floats
    shown: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """Whom a project is for. offices : (m,) those it began in, until the month ``pilot``."""

    low: int
    high: int
    without_upper_secondary: bool
    offices: Flags
    pilot: int


def guidance(world: World, seed: int, where: Places, first: int) -> Guidance:
    """Return the programme of a world from its month ``first`` on."""
    months = np.arange(first, world.months[1] + 1)
    programme = world.programme
    ordinary = _ordinary(programme.ordinary, seed, where, np.maximum(months - world.months[0], 0) / 12)
    project, grown = np.zeros_like(ordinary), np.zeros_like(ordinary)
    forms = np.tile(_cumulative(_ORDINARY_FORMS), (2, len(where.county_codes), 1))
    targets = {}
    for code, ours in programme.projects.items():
        county = where.position(code)
        grown[:, county] = np.clip((months - ours.start.ordinal + 1) / ours.ramp, 0, 1)
        project[:, county] = np.minimum(programme.enlarged * ours.monthly.value, _MOST) * grown[:, county]
        forms[1, county] = _cumulative({form: share.value for form, share in ours.forms.items()})
        targets[county] = _target(ours, programme.target, where, county)
    # Before the coverage nobody could see a start, and who has started cannot start again.
    seen = months[:, None] >= world.months[0]
    offices = Shocks(seed).normals(Module.OFFICES, np.arange(len(where.office)))[0]
    return Guidance(
        first=first,
        ordinary=np.where(seen, ordinary, 0.0),
        project=np.where(seen, project, 0.0),
        others=np.where(seen, _others(programme.ordinary, ordinary), 0.0),
        grown=grown,
        targets=targets,
        forms=forms,
        effects={on: _effects(programme.effect, on) for on in ON},
        office=programme.selection.office * offices,
        shown=_shown(programme.identified, where, months),
    )


def _target(ours: Project, everybody: IntRange, where: Places, county: int) -> Target:
    ages = ours.age or everybody
    here = np.flatnonzero(where.county == county)
    largest = here[np.argsort(-where.people[here], kind="stable")]
    offices = np.zeros(len(where.county), dtype=bool)
    if ours.pilot and ours.pilot.at:
        offices[here[np.isin(where.codes[-1, here], ours.pilot.at)]] = True
    else:
        offices[largest[: ours.pilot.offices] if ours.pilot else here] = True
    return Target(
        low=ages.low or 0,
        high=ages.high or NO_END,
        without_upper_secondary=ours.without_upper_secondary,
        offices=offices,
        pilot=ours.pilot.until.ordinal if ours.pilot else -1,
    )


def _shown(identified: Identified | None, where: Places, months: Ints) -> Floats:
    """(T, k): the share of starts that a register shows."""
    shown = np.ones((len(months), len(where.county_codes)))
    if identified is None:
        return shown
    shown[:] = identified.elsewhere.value
    for code, said in identified.counties.items():
        shown[:, where.position(code)] = np.where(months >= said.from_.ordinal, said.share.value, 0.0)
    return shown


def _ordinary(ordinary: Ordinary, seed: int, where: Places, years: Floats) -> Floats:
    """(T, k): the ordinary service grows in every county, in some of them fast."""
    low, high = ordinary.growth.low.value, ordinary.growth.high.value
    u = Shocks(seed).uniforms(Module.COUNTY, np.arange(len(where.county_codes)), block=1)[0]
    return np.asarray(ordinary.monthly.value + years[:, None] * (low + (high - low) * u), dtype=np.float64)


def _others(said: Ordinary, ordinary: Floats) -> Floats:
    """(T, k): of those who are not registered, growing as that of the registered does."""
    start = said.monthly.value
    return said.others.value * (ordinary / start if start else np.ones_like(ordinary))


def _cumulative(shares: Mapping[Form, float]) -> Floats:
    return np.asarray(np.cumsum([shares.get(form, 0.0) for form in FORMS]), dtype=np.float64)


def _effects(effect: Mapping[Form, Effect] | None, on: str) -> Floats:
    by_form: dict[Form, Mapping[Window, float]] = {form: getattr(said, on) for form, said in (effect or {}).items()}
    longest = max((window.months[1] for said in by_form.values() for window in said), default=0)
    found = np.zeros((len(FORMS), longest + 2))
    for row, form in enumerate(FORMS):
        for window, log_odds in by_form.get(form, {}).items():
            first, last = window.months
            found[row, first : last + 1] += log_odds
    return np.vstack([np.zeros((1, longest + 2)), found, found, found, found])


def felt(table: Floats, state: State, month: int) -> Floats:
    """(n,) log-odds that guidance begun before this month adds; what lies beyond the table is zero."""
    recorded = state.started >= 0
    began = np.where(recorded, state.started, state.hidden)
    since = np.where(began >= 0, month - began, 0)
    form = np.where(recorded, state.form, state.hidden_form)
    return np.asarray(table[form, np.minimum(since, table.shape[1] - 1)], dtype=np.float64)
