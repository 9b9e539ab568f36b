"""The words of a plan in one language; all of them are in ``words.csv``, numbers are written as the report does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from effekt.plan.grid import best
from effekt.plan.horizons import Followed
from effekt.plan.planning import Plan
from effekt.plan.verdict import Answer, Reason
from effekt.release.language import Language
from effekt.release.told import words_of_room


@dataclass(frozen=True, slots=True)
class Words:
    """One language. unit : of the primary outcome; shares are said in points."""

    language: Language
    unit: str

    def say(self, key: str, **values: object) -> str:
        """Return the words for a key with ``{names}`` filled in."""
        return words_of_room("effekt.plan", self.language.code)[key].format(**values)

    def effect(self, value: float) -> str:
        """Return an effect with the outcome's unit."""
        unit = self.say("unit.points") if self.unit == "share" else self.language.unit(self.unit)
        return f"{self.size(value)} {unit}".rstrip()

    def size(self, value: float | None) -> str:
        """Return an effect without its unit; infinite where nobody is identified."""
        if value is None:
            return self.language.text("not_applicable")
        if math.isinf(value):
            return "∞"
        return self.language.number(100 * value, 1) if self.unit == "share" else self.language.number(value)

    @property
    def short_unit(self) -> str:
        """The outcome's unit as it stands in the head of a column."""
        return "pp" if self.unit == "share" else self.language.unit(self.unit)

    def share(self, value: float) -> str:
        """Return a share in percent."""
        space = "\u00a0" if self.language.code == "nb" else ""
        return f"{self.language.number(100 * value, 0)}{space}%"

    def count(self, value: float) -> str:
        """Return a number of persons."""
        return self.language.number(round(value), 0)

    def reason(self, reason: Reason, part: str = "reason") -> str:
        """Return a reason, or what it would ``takes``."""
        return self.say(f"{part}.{reason.key}", **{key: self._value(key, v) for key, v in self._all(reason)})

    def _all(self, reason: Reason) -> Iterator[tuple[str, float | int | str]]:
        yield from reason.values.items()
        if "treated" in reason.values:
            yield "units", int(reason.values["treated"]) + int(reason.values["others"])

    def _value(self, key: str, value: float | int | str) -> str:
        if isinstance(value, str):
            return value
        if key == "false":
            return self.language.number(100 * value, 0)
        if key == "least_p":
            return self.language.number(value, 3)
        if isinstance(value, int):
            return self.count(value)
        return self.effect(value)


def words_of(plan: Plan, code: str) -> Words:
    """Return the words in a language for the outcome of a plan."""
    seen = plan.persons or plan.units
    return Words(Language(code), seen.unit if seen else "")


def front_page(plan: Plan, words: Words) -> tuple[tuple[str, str], ...]:
    """Return heading and text of the page for who decides, at most 150 words in all but the question."""
    reasons = plan.verdict.reasons
    takes = [words.reason(reason, "takes") for reason in reasons if reason.answer is not Answer.GO][:2]
    parts = {
        "why": " ".join(words.reason(reason) for reason in reasons[:2]),
        "takes": " ".join(dict.fromkeys(takes)) or words.reason(reasons[0], "takes"),
        "possible": _possible(plan, words),
        "when": when(main_horizon(plan), words),
        "price": _price(plan, words),
        "assumed": _assumed(plan, words),
    }
    if plan.verdict.answer is not Answer.NO:
        del parts["possible"]
    return tuple((words.say(f"head.{head}"), text) for head, text in parts.items())


def main_horizon(plan: Plan) -> Followed:
    """Return the calendar's row of the primary outcome."""
    primary = plan.spec.primary
    return next(row for row in plan.calendar if (row.outcome, row.horizon) == (primary.outcome, primary.at.months))


def when(row: Followed, words: Words) -> str:
    """Return when an outcome can be measured."""
    if row.complete is None:
        return words.say("when.open")
    if row.delivered is None:
        return words.say("when.lag_not_known", months=row.horizon, complete=row.complete)
    return words.say("when.known", months=row.horizon, complete=row.complete, delivered=row.delivered)


def _possible(plan: Plan, words: Words) -> str:
    if plan.persons is not None and plan.participants is not None:
        return words.say("possible.persons", best=words.effect(best(plan.cells, plan.participants).detectable))
    return words.say("possible.units" if plan.units is not None else "possible.nobody")


def _price(plan: Plan, words: Words) -> str:
    price = plan.asked.price
    if price is None:
        return words.say("price.not_known")
    said = words.language.number(price, 0)
    if plan.persons is None or plan.participants is None or plan.persons.unit != "share":
        return words.say("price.known", price=said)
    points = 100 * best(plan.cells, plan.participants).detectable
    return words.say("price.per_point", price=said, per_point=words.language.number(round(price / points), 0))


def _assumed(plan: Plan, words: Words) -> str:
    seen = plan.persons
    if seen is None:
        return words.say("assumed.units" if plan.units is not None else "assumed.nobody", world=plan.world)
    power = words.share(plan.assumed.power if plan.assumed else 0.8)
    comparisons = words.language.number(seen.comparisons, 1)
    if seen.unit != "share":
        return words.say("assumed.persons_amount", world=plan.world, comparisons=comparisons, power=power)
    return words.say(
        "assumed.persons", world=plan.world, mean=words.share(seen.mean), comparisons=comparisons, power=power
    )
