"""A rehearsal in the words of one language, all of them in ``words.csv``; numbers are written as the report does."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from effekt.numerics.monte_carlo import Measure
from effekt.rehearsal.drawn import KEY
from effekt.rehearsal.run import Rehearsal
from effekt.rehearsal.summary import Line
from effekt.rehearsal.varied import Setting
from effekt.release.language import Language
from effekt.release.told import Told, words_of_room
from effekt.spec.labels import ANALYSES, ARMS, SUBGROUPS


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    language: Language

    def say(self, key: str, **values: object) -> str:
        """Return the words for a key with ``{names}`` filled in."""
        return words_of_room("effekt.rehearsal", self.language.code)[key].format(**values)

    def share(self, measure: Measure) -> str:
        """Return a share in percent with its error."""
        space = "\u00a0" if self.language.code == "nb" else ""
        return self._with_error(measure, lambda value: f"{self.language.number(100 * value, 0)}{space}%")

    def size(self, measure: Measure, unit: str) -> str:
        """Return a number of a unit with its error; shares in points."""
        if unit == "share":
            return self._with_error(measure, lambda value: self.language.number(100 * value, 1))
        return self._with_error(measure, self.language.number)

    def _with_error(self, measure: Measure, written: Callable[[float], str]) -> str:
        unknown = self.language.text("not_applicable")
        value, error = (unknown if math.isnan(n) else written(n) for n in (measure.value, measure.error))
        return value if math.isnan(measure.value) else f"{value} ({error})"


def primary_line(rehearsal: Rehearsal) -> Line | None:
    """Return the line of the main analysis that is about the primary outcome, of everybody; None if there is none."""
    spec = rehearsal.spec
    for line in rehearsal.summary.lines:
        key = dict(zip(KEY, line.key, strict=True))
        whole = key["arm"] is None and key["subgroup"] is None
        if whole and key["outcome"] == spec.primary.outcome and spec.primary_horizon in {None, key["horizon"]}:
            return line
    return None


def points(rehearsal: Rehearsal, words: Words) -> Iterator[tuple[str, str]]:
    """Yield head and text of what a reader must know: bias, coverage, power, what is stopped, what would be said."""
    summary, line = rehearsal.summary, primary_line(rehearsal)
    if line is not None:
        done, unit = line.everywhere, line.unit
        sizes = {name: words.size(getattr(done, name), unit) for name in ("estimate", "truth", "bias")}
        yield (
            words.say("point.bias"),
            words.say("point.bias.text", unit=words.language.unit(unit) or unit, **sizes),
        )
        yield words.say("point.coverage"), words.say("point.coverage.text", coverage=words.share(done.coverage))
        yield words.say("point.power"), words.say("point.power.text", rejected=words.share(done.rejected))
    stopped = {"stopped": words.share(summary.stopped), "refused": words.share(summary.refused)}
    yield words.say("point.gate"), words.say("point.gate.text", **stopped)
    if line is not None:
        yield words.say("point.words"), words.say("point.words.text", claimed=words.share(line.claimed))


_SIZES = ("truth", "estimate", "bias", "rmse", "std_error")
_SHARES = ("coverage", "rejected", "type_s")


def rows_table(setting: Setting, words: Words, *, told: bool) -> Told:
    """Return how every estimate did, over all draws or over those with a report."""
    heads = ("row", *_SIZES, *_SHARES, "type_m", "claimed")
    rows = []
    for line in setting.rehearsal.summary.lines:
        done = line.told if told else line.everywhere
        rows.append(
            (
                _name(line, setting.rehearsal, words),
                *(words.size(getattr(done, name), line.unit) for name in _SIZES),
                *(words.share(getattr(done, name)) for name in _SHARES),
                words.size(done.type_m, ""),
                words.share(line.claimed),
            )
        )
    return Told(
        title=words.say("table.told" if told else "table.rows"),
        heads=tuple(words.say(f"head.{head}") for head in heads),
        rows=tuple(rows),
        numbers=frozenset(range(1, len(heads))),
        note=words.say("note"),
    )


def stops_table(setting: Setting, words: Words) -> Told | None:
    """Return what kept the study from a report, and how often; None if nothing did."""
    summary = setting.rehearsal.summary
    rows = [(f"{analysis}: {check}", words.share(measure)) for (analysis, check), measure in summary.stops.items()]
    rows += [(code, words.share(measure)) for code, measure in summary.refusals.items()]
    if not rows:
        return None
    heads = (words.say("head.check"), words.say("head.share"))
    return Told(title=words.say("table.stops"), heads=heads, rows=tuple(rows), numbers=frozenset({1}))


def _name(line: Line, rehearsal: Rehearsal, words: Words) -> str:
    key = dict(zip(KEY, line.key, strict=True))
    outcome = str(key["outcome"])
    labels = rehearsal.spec.labels_in(words.language.code)
    label = words.language.period(labels.get(outcome, outcome), key["horizon"], monthly=True)
    variant = key["variant"] if key["variant"] not in {"", "base"} else None
    cuts = ((ANALYSES, key["analysis"]), ("", variant), (ARMS, key["arm"]), (SUBGROUPS, key["subgroup"]))
    parts = [*(labels.get(f"{kind}{name}", name) for kind, name in cuts), label]
    by = "" if line.everywhere.std_error.n else f" ({key['inference']})"
    return ", ".join(str(part) for part in parts if part) + by
