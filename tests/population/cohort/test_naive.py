"""The risk set against a reference that walks through days and persons one at a time, as one would by hand."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from effekt.population.cohort.conditions import Condition
from effekt.population.cohort.hashing import DRAW, of_records
from effekt.population.cohort.participants import Participants
from effekt.population.cohort.people import REGISTRATION_GAP, People, standing
from effekt.population.cohort.risk_set import draw
from effekt.population.cohort.spells import NEVER, Coded, Spells, month_of

DAYS = 120
PERSONS = 8


@dataclass(frozen=True)
class Life:
    """What the registers hold of a person: spells (start, stop or None), homes (start, stop, place), first record."""

    registered: tuple[tuple[int, int | None], ...]
    homes: tuple[tuple[int, int | None, str], ...]
    first: int | None


spans = st.lists(st.integers(0, DAYS), min_size=2, max_size=6, unique=True).map(sorted)


@st.composite
def lives(draw_: st.DrawFn) -> Life:
    cuts = draw_(spans)
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    registered = tuple((a, None if draw_(st.booleans()) and b == pairs[-1][1] else b) for a, b in pairs)
    cuts = draw_(spans)
    homes = tuple((a, b, draw_(st.sampled_from(["11", "03", "out"]))) for a, b in pairwise(cuts))
    return Life(registered, homes, draw_(st.none() | st.integers(0, DAYS)))


def people_of(world: list[Life]) -> tuple[People, Participants]:
    def spells(rows: list[tuple[int, int, int, str]]) -> Spells:
        rows = sorted(rows)
        labels = [row[3] for row in rows]
        names = tuple(sorted({*labels, "11", "03", "out"}))
        place = Coded(np.array([names.index(label) for label in labels], dtype=np.int64), names)
        status = Coded(np.array([int(label == "out") for label in labels], dtype=np.int64), ("bosatt", "utvandret"))
        return Spells(
            pid=np.array([r[0] for r in rows], dtype=np.int64),
            start=np.array([r[1] for r in rows], dtype=np.int64),
            stop=np.array([r[2] for r in rows], dtype=np.int64),
            text={"kommunenr": place, "status": status},
        )

    def end(stop: int | None) -> int:
        return int(NEVER) if stop is None else stop

    registered = spells([(p, a, end(b), "11") for p, life in enumerate(world) for a, b in life.registered])
    residence = spells([(p, a, end(b), place) for p, life in enumerate(world) for a, b, place in life.homes])
    n = len(world)
    people = People(
        pid=np.arange(n),
        registered=registered,
        since=registered.since(REGISTRATION_GAP),
        residence=residence,
        fixed={},
        birth_year=np.full(n, 2000),
        birth_month=np.full(n, 1),
        dead=np.full(n, NEVER),
    )
    took = [(p, life.first) for p, life in enumerate(world) if life.first is not None]
    pid = np.array([p for p, _ in took], dtype=np.int64)
    first = np.array([day for _, day in took], dtype=np.int64)
    return people, Participants(pid=pid, first=first, arm=np.zeros(len(pid), dtype=np.int64))


def naive_place(life: Life, day: int) -> str | None:
    return next((place for a, b, place in life.homes if a <= day and (b is None or day < b)), None)


def naive_since(life: Life, day: int) -> int | None:
    """Return the day the registration that holds a day began; None if no spell holds it."""
    began, reach = None, None
    for a, b in life.registered:
        if a > day:
            break
        began = a if reach is None or a - reach > 28 else began
        reach = max(reach or 0, int(NEVER) if b is None else b)
        if a <= day and (b is None or day < b):
            return began
    return None


def naive_cell(life: Life, day: int) -> tuple[str, int] | None:
    place, since = naive_place(life, day), naive_since(life, day)
    if place in (None, "out") or since is None:
        return None
    months = int(month_of(np.array([day]))[0] - month_of(np.array([since]))[0])
    return place, 0 if months <= 1 else 1


def naive(world: list[Life]) -> dict[int, set[tuple[int, int]]]:
    """Return treated person -> (comparison, how many were at risk)."""
    found = {}
    for p, life in enumerate(world):
        if life.first is None or naive_cell(life, life.first) is None:
            continue
        day = life.first
        found[p] = {
            q
            for q, other in enumerate(world)
            if (other.first is None or other.first > day) and naive_cell(other, day) == naive_cell(life, day)
        }
    return found


def drawn(world: list[Life], candidates: int | None):
    people, participants = people_of(world)
    status = people.residence.text["kommunenr"]

    def place(at):
        return status.at(at.home)

    rules = (
        Condition(lost="registered", holds=lambda at: at.registered),
        Condition(lost="resident", holds=lambda at: at.resident),
    )
    starts = standing(people, participants.pid, participants.first)
    starts = starts.take(starts.registered & starts.resident)
    hashed = np.arange(len(world), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)

    def cells(at):
        return np.column_stack([place(at), (at.months_registered > 1).astype(np.int64)])

    def order(pid, day):
        return of_records(hashed[pid], day, DRAW)

    return starts, draw(people, participants, rules, starts, cells=cells, candidates=candidates, order=order)


worlds = st.lists(lives(), min_size=2, max_size=PERSONS)


@settings(max_examples=150, deadline=None)
@given(worlds)
def test_all_candidates_are_those_found_by_hand(world: list[Life]):
    expected = naive(world)
    starts, found = drawn(world, None)
    assert sorted(starts.pid.tolist()) == sorted(expected)
    wanted = {(q, world[p].first) for p, comparisons in expected.items() for q in comparisons}
    assert set(zip(found.pid.tolist(), found.day.tolist(), strict=True)) == wanted
    assert len(found.pid) == len(wanted), "one row per person and day"
    assert dict(zip(starts.pid.tolist(), found.at_risk.tolist(), strict=True)) == {
        p: len(comparisons) for p, comparisons in expected.items()
    }
    assert (found.weight == 1).all()
    steps = found.attrition.steps
    assert not steps or steps[-1].units == len(wanted)


@settings(max_examples=150, deadline=None)
@given(worlds, st.integers(1, 3))
def test_drawn_candidates_stand_for_all_of_them(world: list[Life], candidates: int):
    expected = naive(world)
    _, found = drawn(world, candidates)
    pairs = list(zip(found.pid.tolist(), found.day.tolist(), strict=True))
    assert set(pairs) <= {(q, world[p].first) for p, comparisons in expected.items() for q in comparisons}
    for p, comparisons in expected.items():
        day, cell = world[p].first, naive_cell(world[p], world[p].first or 0)
        mine = [w for (q, d), w in zip(pairs, found.weight, strict=True) if d == day and q in comparisons]
        together = sum(world[o].first == day and naive_cell(world[o], day or 0) == cell for o in expected)
        assert len(mine) == min(len(comparisons), candidates * together)
        assert np.isclose(sum(mine), len(comparisons))


@settings(max_examples=200, deadline=None)
@given(lives(), st.integers(0, DAYS))
def test_registrations_are_merged_as_by_hand(life: Life, day: int):
    people, _ = people_of([life])
    at = standing(people, np.array([0]), np.array([day]))
    since = naive_since(life, day)
    assert at.registered[0] == (since is not None)
    if since is not None:
        assert people.since[at.registration[0]] == since
