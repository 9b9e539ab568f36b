"""All of a delivery in the style of Statistics Norway, and the months in its catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from effekt.errors import Problem, SpecError
from effekt.synthetic.deliveries.delivery import Delivery
from effekt.synthetic.deliveries.ssb import guidance, nav, people, work

_WRITERS = {
    "person": people.person,
    "bosted": people.bosted,
    "utdanningsnivaa": people.utdanningsnivaa,
    "utdanningsforloep": people.utdanningsforloep,
    "arbeidsforhold": work.arbeidsforhold,
    "arbeidssoeker": nav.arbeidssoeker,
    "vedtak14a": nav.vedtak14a,
    "tiltak": nav.tiltak,
    "ytelse": nav.ytelse,
    "inntekt_aar": work.inntekt_aar,
    "deltakelse": guidance.deltakelse,
    "fylkesrapportering": guidance.fylkesrapportering,
}


def deliver(delivery: Delivery) -> Mapping[str, str]:
    """Write every table; return what the words of the catalogue stand for.

    Raises
    ------
    SpecError
        E309 if the hole and the reform do not lie within the world, in that order.
    """
    words = _words(delivery)
    for write in _WRITERS.values():
        write(delivery)
    return words


def _words(delivery: Delivery) -> Mapping[str, str]:
    first, last = delivery.months("arbeidsforhold")
    hole, reform = delivery.artefacts.hole, delivery.artefacts.reform
    fits = hole is not None and reform is not None and reform.last is not None
    if hole is None or reform is None or reform.last is None or not fits:
        raise SpecError(_misplaced("this kind of delivery has a hole and a reform", "add `hole` and `reform`"))
    if not first < hole < reform.first.plus(-1) or not reform.last < last or reform.first.month != 1:
        where = f"the hole {hole} and the reform {reform} do not fit a world of {first} to {last}"
        raise SpecError(_misplaced(where, "name a month, and after it the first months of a year, within the world"))
    months = {
        "first": first,
        "last": last,
        "hole": hole,
        "before_hole": hole.plus(-1),
        "after_hole": hole.plus(1),
        "before_reform": reform.first.plus(-1),
        "reform": reform.first,
        "reform_end": reform.last,
        "after_reform": reform.last.plus(1),
        "reform_year_end": reform.first.plus(11),
        "after_reform_year": reform.first.plus(12),
    }
    return {"delivery": delivery.artefacts.delivery} | {name: str(month) for name, month in months.items()}


def _misplaced(sentence: str, help_: str) -> Problem:
    return Problem(code="E309", sentence=sentence, help=help_)
