"""How a world measures each moment: sums over some persons, which add up over all of them.

A measure returns (part, whole). A share is the one over the other; a count has whole 0 and is worth ``part`` times what
a person stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from effekt.synthetic.calibration.block import Block
from effekt.synthetic.places import places
from effekt.synthetic.schooling import UPPER
from effekt.synthetic.state import GODE, NEDSATT, VEILEDNING, Flags, Small
from effekt.synthetic.support import BENEFITS, DAGP, UFORE

Arguments = Mapping[str, str]
Measure = Callable[[Block, Arguments], tuple[float, float]]

_YEARS = 60
_SOON = 12
"""Months within which work came soon."""
_LONG = 24
_GROUPS = {"GODE": (GODE,), "VEILEDNING": (VEILEDNING,), "NEDSATT": (NEDSATT, NEDSATT + 1, NEDSATT + 2)}


def people(block: Block, asked: Arguments) -> tuple[float, float]:
    """Residents at a month."""
    return float(block.there(asked, block.at(asked["at"])).sum()), 0.0


def level(block: Block, asked: Arguments) -> tuple[float, float]:
    """Share with some levels of education."""
    at = block.at(asked["at"])
    everybody = {name: value for name, value in asked.items() if name != "levels"}
    return float(block.there(asked, at).sum()), float(block.there(everybody, at).sum())


def works(block: Block, asked: Arguments) -> tuple[float, float]:
    """Share in work, a mean over months."""
    at = block.at(asked["at"])
    return _among(block, asked, block.months["job"][:, at] > 0)


def outside(block: Block, asked: Arguments) -> tuple[float, float]:
    """Those in neither work, education nor a measure, a mean over months."""
    at = block.at(asked["at"])
    busy = [block.months[name][:, at] > 0 for name in ("job", "course", "tiltak")]
    return _among(block, asked, ~np.any([*busy, _in_compulsory_school(block, at)], axis=0))


def _in_compulsory_school(block: Block, at: slice) -> Flags:
    month = block.months.first + np.arange(at.start, at.stop)
    sixteen = 12 * (block.persons.born // 12 + 16) + 7
    return np.asarray(month[None, :] < sixteen[:, None], dtype=np.bool_)


def registered(block: Block, asked: Arguments) -> tuple[float, float]:
    """Those registered with Nav, a mean over months."""
    return _among(block, asked, block.months["group"][:, block.at(asked["at"])] > 0)


def supported(block: Block, asked: Arguments) -> tuple[float, float]:
    """Those on some benefits, a mean over months."""
    return _among(block, asked, np.isin(block.months["benefit"][:, block.at(asked["at"])], _benefits(asked)))


def unemployed(block: Block, asked: Arguments) -> tuple[float, float]:
    """Unemployed or in a measure, without reduced capacity, among them and those in work."""
    at = block.at(asked["at"])
    there, job = block.there(asked, at), block.months["job"][:, at] > 0
    without = there & ~job & (block.months["group"][:, at] > 0) & (block.months["group"][:, at] < NEDSATT)
    return float(without.sum()), float((without | (there & job)).sum())


def finishes(block: Block, asked: Arguments) -> tuple[float, float]:
    """Share of those who began upper secondary in August 2015 at sixteen and completed it within some years."""
    start = block.at("2015-08..2015-08").start
    young = block.persons.born // 12 == 2015 - 16
    began = young & (block.months["course"][:, start] == UPPER)
    done = block.months["level"][:, start + 12 * int(asked["years"])] >= UPPER
    return float((began & done).sum()), float(began.sum())


def ever(block: Block, asked: Arguments) -> tuple[float, float]:
    """Share of the entrants who were on some benefits within five years."""
    found = _ever(block, asked)
    return float(found.sum()), float(len(found))


def works_after(block: Block, asked: Arguments) -> tuple[float, float]:
    """Share of the entrants in work some months after; `unregistered` : and away from Nav, `or_studies` : or there."""
    months = int(asked["months"])
    job, group, course = (_after(block, name, months)[:, -1] for name in ("job", "group", "course"))
    found = job > 0
    if "unregistered" in asked:
        found = found & (group == 0)
    if "or_studies" in asked:
        found = found | (course > UPPER)
    among: Flags = np.ones(len(found), dtype=np.bool_)
    if "benefits" in asked:
        among = _ever(block, asked)
    if "group" in asked:
        among = among & _entered_as(block, asked["group"])
    return float((found & among).sum()), float(among.sum())


def track(block: Block, asked: Arguments) -> tuple[float, float]:
    """Share of the entrants on a track: `soon` away from Nav to work, `later` or to studies, `reduced`, `out`."""
    away = (_after(block, "job", _YEARS) > 0) & (_after(block, "group", _YEARS) == 0)
    pensioned = (_after(block, "benefit", _YEARS) == UFORE).any(axis=1)
    reduced = ~pensioned & ((_after(block, "group", _YEARS) >= NEDSATT).sum(axis=1) >= _LONG)
    soon = ~reduced & ~pensioned & away[:, : _SOON + 1].any(axis=1)
    studies = (_after(block, "course", _YEARS)[:, -1] > UPPER) & (_after(block, "group", _YEARS)[:, -1] == 0)
    later = ~reduced & ~pensioned & ~soon & (away.any(axis=1) | studies)
    tracks = {"reduced": reduced, "soon": soon, "later": later, "out": ~(reduced | pensioned | soon | later)}
    return float(tracks[asked["track"]].sum()), float(len(reduced))


def reduced_at_entry(block: Block, _: Arguments) -> tuple[float, float]:
    """Share of the entrants whose capacity was reduced when they registered."""
    found = _entered_as(block, "NEDSATT")
    return float(found.sum()), float(len(found))


def long_benefit(block: Block, _: Arguments) -> tuple[float, float]:
    """Share of those who entered with reduced capacity and were long on a benefit for it, or got a pension."""
    benefit = _after(block, "benefit", _YEARS)
    found = np.isin(benefit, [BENEFITS.index(name) + 1 for name in ("AAP", "UFORE")]).sum(axis=1) >= _LONG
    among = _entered_as(block, "NEDSATT")
    return float((found & among).sum()), float(among.sum())


def in_tiltak(block: Block, _: Arguments) -> tuple[float, float]:
    """Share of the entrants ever found in need of guidance or more who were in a measure within five years."""
    among = (_after(block, "group", _YEARS) >= VEILEDNING).any(axis=1)
    found = (_after(block, "tiltak", _YEARS) > 0).any(axis=1)
    return float((found & among).sum()), float(among.sum())


def starts_school(block: Block, asked: Arguments) -> tuple[float, float]:
    """Share of the entrants without upper secondary who began it within a year."""
    row, at = block.entrants
    among = _entered_as(block, asked["group"]) & (block.months["level"][row, at] < UPPER)
    course = _after(block, "course", 12)
    found = ((course[:, 1:] == UPPER) & (course[:, :-1] == 0)).any(axis=1)
    return float((found & among).sum()), float(among.sum())


def exhausted(block: Block, _: Arguments) -> tuple[float, float]:
    """Share in work six months after unemployment benefit ran out."""
    at = block.at("2017-01..2021-12")
    drawing = block.months["benefit"] == DAGP
    whole_period = block.world.careers.support.months
    part = whole = 0.0
    for column in range(at.start, at.stop):
        all_the_time = drawing[:, column - whole_period : column].all(axis=1)
        out = all_the_time & ~drawing[:, column] & (block.months["job"][:, column] == 0)
        part += float((out & (block.months["job"][:, column + 6] > 0)).sum())
        whole += float(out.sum())
    return part, whole


def participants(block: Block, asked: Arguments) -> tuple[float, float]:
    """Share of the projects' participants, by the chances they had."""
    offers = block.offers
    found = np.ones(len(offers.age), dtype=np.bool_)
    if "ages" in asked:
        low, high = (int(end) for end in asked["ages"].split(".."))
        found = (offers.age >= low) & (offers.age <= high)
    if "men" in asked:
        found = ~offers.woman
    if "levels" in asked:
        found = np.isin(offers.level, [int(part) for part in asked["levels"].split("|")])
    if "tiltak" in asked:
        found = offers.in_tiltak
    return float(offers.chance[found].sum()), float(offers.chance.sum())


def volume(block: Block, asked: Arguments) -> tuple[float, float]:
    """Count the expected participants of the projects, or of one; `identified` : those a register shows."""
    offers, said = block.offers, block.world.programme.identified
    if "county" not in asked:
        return float(offers.chance.sum()), 0.0
    ours = float(offers.chance[offers.county == places().position(asked["county"])].sum())
    if "identified" in asked and said is not None:
        shown = said.counties.get(asked["county"])
        ours *= said.elsewhere.value if shown is None else shown.share.value
    return ours, 0.0


def users(block: Block, asked: Arguments) -> tuple[float, float]:
    """Count the expected users of the ordinary service in a year; `men` : the share of them."""
    everybody, men = block.users[int(asked["year"])]
    return (float(men), float(everybody)) if "men" in asked else (float(everybody), 0.0)


def triangle(block: Block, asked: Arguments) -> tuple[float, float]:
    """Share of a project's individual guidance that is given together with Nav."""
    forms = block.world.programme.projects[asked["county"]].forms
    together, alone = (forms[form].value if form in forms else 0.0 for form in ("trekant", "individuell"))
    return together, together + alone


MEASURES: Mapping[str, Measure] = {
    measure.__name__: measure
    for measure in (
        people,
        level,
        works,
        outside,
        registered,
        supported,
        unemployed,
        finishes,
        ever,
        works_after,
        track,
        reduced_at_entry,
        long_benefit,
        in_tiltak,
        starts_school,
        exhausted,
        participants,
        volume,
        users,
        triangle,
    )
}
"""By the name that ``moments_claimed.csv`` uses."""


def _among(block: Block, asked: Arguments, found: Flags) -> tuple[float, float]:
    """Return those who are found among those there; with `count`, how many there are in a month."""
    at = block.at(asked["at"])
    there = block.there(asked, at)
    if "count" in asked:
        return float((there & found).sum()) / (at.stop - at.start), 0.0
    return float((there & found).sum()), float(there.sum())


def _ever(block: Block, asked: Arguments) -> Flags:
    """(entrants,) whether they were on some benefits within five years."""
    on: Flags = np.isin(_after(block, "benefit", _YEARS), _benefits(asked))
    return np.asarray(on.any(axis=1), dtype=np.bool_)


def _benefits(asked: Arguments) -> list[int]:
    return [BENEFITS.index(name) + 1 for name in asked["benefits"].split("|")]


def _after(block: Block, name: str, months: int) -> Small:
    """(entrants, months + 1): what was so from the month of entry on."""
    row, at = block.entrants
    found: Small = block.months[name][row[:, None], at[:, None] + np.arange(months + 1)[None, :]]
    return found


def _entered_as(block: Block, group: str) -> Flags:
    row, at = block.entrants
    return np.isin(block.months["group"][row, at], _GROUPS[group])
