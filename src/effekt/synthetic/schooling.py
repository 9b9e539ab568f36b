"""Education: upper secondary from sixteen, dropping out, coming back, higher education. One step of a month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.special import ndtr, ndtri

from effekt.literals import Amount
from effekt.synthetic.careers import Careers, Level, School
from effekt.synthetic.persons import Persons
from effekt.synthetic.shocks import Floats, Ints
from effekt.synthetic.state import Flags, Now, State, by_age, chance, logit

BASIC, BEGUN, UPPER, HIGHER, LONG = 2, 3, 4, 6, 7
"""First digit of NUS2000: lower secondary, upper secondary not completed and completed, higher, its second degree."""

_JANUARY, _JULY, _AUGUST = 1, 7, 8
_AT_SIXTEEN = 0.96
_OLDEST_STUDENT = 45
_IN_JANUARY, _IN_JOB, _PER_YEAR_OF_AGE = -1.6, -0.8, -0.06
"""Log-odds of beginning a course."""
_YEARS_YOUNG, _YEARS_ADULT, _YEARS_HIGHER, _YEARS_LONG = 3, 2, 3, 2


_NO_END = 200
_LAST_STUDENTS = 24
_DISADVANTAGED = 0.3
"""Correlation of a low level at the first month with frailty."""


def may_change_school(state: State, now: Now) -> Flags:
    """Return who can drop out or begin this month."""
    return (state.course > 0) | (now.calendar in (_JANUARY, _AUGUST))


def study(state: State, now: Now, careers: Careers, u: Floats) -> State:
    """Return the state after courses have ended and begun; u : (4, n)."""
    turning_sixteen = now.month // 12 - now.persons.born // 12
    level = np.where((now.calendar == _JULY) & (turning_sixteen >= 16) & (state.level < BASIC), BASIC, state.level)
    due = (state.course > 0) & (state.course_end == now.month)
    late = due & (u[2] < careers.school.late.value)
    finishes = due & ~late
    drops = (state.course > 0) & ~finishes & (u[0] < _drop_out(state, now.persons, careers))
    nearly = drops & (state.course == UPPER) & (state.course_end - now.month <= 12) & (level == BASIC)
    level = np.where(finishes, np.maximum(level, state.course), np.where(nearly, BEGUN, level))
    course = np.where(finishes | drops, 0, state.course)
    goes_on = finishes & (state.course == HIGHER) & (u[3] < careers.school.long.value)
    begins = state.here & (course == 0) & ~drops & (u[1] < _begin(state, now, level, turning_sixteen, careers))
    leads_to = np.where(goes_on, LONG, np.where(level < UPPER, UPPER, HIGHER))
    course_end = np.where(late, now.month + 12, state.course_end)
    return replace(
        state,
        level=level.astype(np.int16),
        course=np.where(begins | goes_on, leads_to, course).astype(np.int16),
        course_end=np.where(begins | goes_on, _end(now, leads_to, turning_sixteen), course_end),
    )


def _drop_out(state: State, persons: Persons, careers: Careers) -> Floats:
    odds = logit(careers.school.drop_out.value) + careers.frailty * persons.frailty
    odds = odds - 0.3 * (persons.parents == HIGHER) - 0.5 * (state.course >= HIGHER)
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
    if careers.school.age:
        odds = odds + np.where(level >= UPPER, by_age(careers.school.age, now.age), 0.0)
    adult = np.where((level < HIGHER) & (now.age <= _OLDEST_STUDENT), chance(odds), 0.0)
    straight = (level == UPPER) & (turning_sixteen == 19) & (now.calendar == _AUGUST)
    found = np.where(straight, np.maximum(adult, careers.school.straight_on.value), adult)
    found = np.where(turning_sixteen == 16, _AT_SIXTEEN * (now.calendar == _AUGUST), found)
    return np.where(turning_sixteen < 16, 0.0, found)


def _end(now: Now, leads_to: Ints, turning_sixteen: Ints) -> Ints:
    """Return the July in which a course that begins now is finished."""
    years = np.where(leads_to == HIGHER, _YEARS_HIGHER, np.where(turning_sixteen == 16, _YEARS_YOUNG, _YEARS_ADULT))
    years = np.where(leads_to == LONG, _YEARS_LONG, years)
    return (now.month // 12 + years) * 12 + _JULY - 1


def schooled(state: State, month: int, persons: Persons, school: School, u: Floats) -> State:
    """Return a first state for people past sixteen: levels by age and disadvantage, the youngest in school."""
    years = month // 12 - persons.born // 12
    grown = years >= 19
    rank = u[0] + 0.12 * persons.frailty - 0.08 * (persons.parents == HIGHER)
    level = np.select([rank > 0.62, rank > 0.46, rank > 0.12], [BASIC, BEGUN, UPPER], HIGHER)
    level = np.where((level == HIGHER) & (years < 24), UPPER, level)
    for ages, shares in school.levels.items():
        rows = np.flatnonzero((years >= (ages.low or 0)) & (years <= (ages.high or _NO_END)))
        level[rows] = _ranked(shares, u[0][rows], persons.frailty[rows])
    level = np.where(grown, level, np.where(years > 16, BASIC, state.level))
    leaves = np.where(years < 19, 19, np.maximum(22, years + 1))
    student = _students(level, years, school, u[1])
    in_school: Flags = (years > 16) & (years < 19) & (u[1] < _AT_SIXTEEN)
    return replace(
        state,
        level=level.astype(np.int16),
        course=np.where(in_school, UPPER, np.where(student, HIGHER, 0)).astype(np.int16),
        course_end=np.where(in_school | student, (persons.born // 12 + leaves) * 12 + _JULY - 1, state.course_end),
    )


def _students(level: Ints, years: Ints, school: School, u: Floats) -> Flags:
    """Whether somebody studies at the first month, in a world whose levels at it are said."""
    of_age = (years >= 19) & (years <= _LAST_STUDENTS)
    return np.asarray(bool(school.levels) & (level == UPPER) & of_age & (u < school.straight_on.value), dtype=np.bool_)


def _ranked(shares: Mapping[Level, Amount], u: Floats, frailty: Floats) -> Ints:
    """Return levels in exactly these shares of a large group, the disadvantaged more often with the lower ones."""
    rank = ndtr(np.sqrt(1 - _DISADVANTAGED**2) * ndtri(u) + _DISADVANTAGED * frailty)
    levels = np.array([int(level) for level in sorted(shares)])
    upto = np.cumsum([shares[level].value for level in sorted(shares)])
    found = levels[np.minimum(np.searchsorted(upto, 1 - rank), len(levels) - 1)]
    return np.asarray(found, dtype=np.int64)
