"""Education: upper secondary from sixteen, dropping out, coming back, higher education. One step of a month."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from effekt.synthetic.careers import Careers
from effekt.synthetic.persons import Persons
from effekt.synthetic.shocks import Floats, Ints
from effekt.synthetic.state import Flags, Now, State, chance, logit

BASIC, BEGUN, UPPER, HIGHER = 2, 3, 4, 6
"""First digit of NUS2000: lower secondary, upper secondary not completed and completed, higher."""

_JANUARY, _JULY, _AUGUST = 1, 7, 8
_AT_SIXTEEN = 0.96
_STRAIGHT_ON = 0.35
"""Share who go straight on from upper secondary to higher education."""
_OLDEST_STUDENT = 45
_IN_JANUARY, _IN_JOB, _PER_YEAR_OF_AGE = -1.6, -0.8, -0.06
"""Log-odds of beginning a course."""
_YEARS_YOUNG, _YEARS_ADULT, _YEARS_HIGHER = 3, 2, 3


def may_change_school(state: State, now: Now) -> Flags:
    """Return who can drop out or begin this month."""
    return (state.course > 0) | (now.calendar in (_JANUARY, _AUGUST))


def study(state: State, now: Now, careers: Careers, u: Floats) -> State:
    """Return the state after courses have ended and begun; u : (4, n)."""
    turning_sixteen = now.month // 12 - now.persons.born // 12
    level = np.where((now.calendar == _JULY) & (turning_sixteen >= 16) & (state.level < BASIC), BASIC, state.level)
    finishes = (state.course > 0) & (state.course_end == now.month)
    drops = (state.course > 0) & ~finishes & (u[0] < _drop_out(state, now.persons, careers))
    nearly = drops & (state.course == UPPER) & (state.course_end - now.month <= 12) & (level == BASIC)
    level = np.where(finishes, np.maximum(level, state.course), np.where(nearly, BEGUN, level))
    course = np.where(finishes | drops, 0, state.course)
    begins = state.here & (course == 0) & ~drops & (u[1] < _begin(state, now, level, turning_sixteen, careers))
    leads_to = np.where(level < UPPER, UPPER, HIGHER)
    return replace(
        state,
        level=level.astype(np.int16),
        course=np.where(begins, leads_to, course).astype(np.int16),
        course_end=np.where(begins, _end(now, leads_to, turning_sixteen), state.course_end),
    )


def _drop_out(state: State, persons: Persons, careers: Careers) -> Floats:
    odds = logit(careers.school.drop_out.value) + careers.frailty * persons.frailty
    odds = odds - 0.3 * (persons.parents == HIGHER) - 0.5 * (state.course == HIGHER)
    return chance(odds)


def _begin(state: State, now: Now, level: Ints, turning_sixteen: Ints, careers: Careers) -> Floats:
    """Return the chance of beginning a course this month: in August, and less so in January."""
    if now.calendar not in (_JANUARY, _AUGUST):
        return np.zeros(len(level))
    odds = (
        logit(careers.school.resume.value)
        + now.on_school
        + _PER_YEAR_OF_AGE * (now.age - 22)
        + _IN_JOB * (state.job > 0)
    )
    odds = odds + _IN_JANUARY * (now.calendar == _JANUARY)
    adult = np.where((level < HIGHER) & (now.age <= _OLDEST_STUDENT), chance(odds), 0.0)
    straight = (level == UPPER) & (turning_sixteen == 19) & (now.calendar == _AUGUST)
    found = np.where(straight, np.maximum(adult, _STRAIGHT_ON), adult)
    found = np.where(turning_sixteen == 16, _AT_SIXTEEN * (now.calendar == _AUGUST), found)
    return np.where(turning_sixteen < 16, 0.0, found)


def _end(now: Now, leads_to: Ints, turning_sixteen: Ints) -> Ints:
    """Return the July in which a course that begins now is finished."""
    years = np.where(leads_to == HIGHER, _YEARS_HIGHER, np.where(turning_sixteen == 16, _YEARS_YOUNG, _YEARS_ADULT))
    return (now.month // 12 + years) * 12 + _JULY - 1


def schooled(state: State, month: int, persons: Persons, u: Floats) -> State:
    """Return a first state for people past sixteen: levels by age and disadvantage, the youngest in school."""
    years = month // 12 - persons.born // 12
    grown = years >= 19
    rank = u[0] + 0.12 * persons.frailty - 0.08 * (persons.parents == HIGHER)
    level = np.select([rank > 0.62, rank > 0.46, rank > 0.12], [BASIC, BEGUN, UPPER], HIGHER)
    level = np.where((level == HIGHER) & (years < 24), UPPER, level)
    level = np.where(grown, level, np.where(years > 16, BASIC, state.level))
    in_school: Flags = (years > 16) & (years < 19) & (u[1] < _AT_SIXTEEN)
    return replace(
        state,
        level=level.astype(np.int16),
        course=np.where(in_school, UPPER, 0).astype(np.int16),
        course_end=np.where(in_school, (persons.born // 12 + 19) * 12 + _JULY - 1, state.course_end),
    )
