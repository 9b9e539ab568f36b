"""Designs of a register study that the grammar holds and this version does not run (E204)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from effekt.errors import Problem, SpecPath
from effekt.registers.schema import tables
from effekt.spec.predicates import Had, Population, Predicate

_DATED = ("spell", "event", "monthly", "yearly")


_INSTEAD: Mapping[tuple[SpecPath, str], tuple[str, str | None]] = {
    (("comparison", "design"), "fixed_date"): (
        "write `design: risk_set`, which gives each comparison its match's date",
        None,
    ),
    (("comparison", "who"), "never_treated"): (
        "write `who: not_yet_treated`",
        "who is never treated is known only after time zero",
    ),
    (("comparison", "crossover"), "censor"): (
        "write `crossover: keep`: the estimand is now versus wait",
        "without weights for who is censored, those who would have waited longest stand for all",
    ),
    (("estimand",), "ATT"): (
        "write `estimand: ATT_now_vs_wait`",
        "comparisons may start later, so the contrast is starting now versus waiting",
    ),
}
"""Key and word -> what to write instead, and why."""


def unbuilt_choices(chosen: Mapping[SpecPath, str]) -> Iterator[Problem]:
    """Yield the words that choose a design which is not built. chosen : key -> its word."""
    for path, word in chosen.items():
        if (path, word) in _INSTEAD:
            yield _later(f"`{word}`", path, *_INSTEAD[path, word])


def unbuilt_controls(names: Iterable[str]) -> Iterator[Problem]:
    """Yield negative controls that do not move time zero. names : of those without `shift`."""
    for name in names:
        help_ = "write by how much time zero moves back: `shift: [36m]`"
        yield _later("a negative control without `shift`", ("negative_controls", name), help_)


def unbuilt_registers(population: Population, treatment: str, subgroups: Mapping[str, Predicate]) -> Iterator[Problem]:
    """Yield the registers that cannot play the part they are given. treatment : its register."""
    begins, starts = tables()[population.table], tables()[treatment]
    if begins.kind != "spell":
        help_ = "name a register of spells: who is in it on a day is registered, such as `vedtak14a`"
        yield _later(f"a population from `{begins.name}`", ("population", "from"), help_)
    if starts.kind not in ("event", "spell") or "person_id" not in starts.columns:
        help_ = "name a register of dated events or spells of persons, such as `deltakelse` or `tiltak`"
        yield _later(f"a treatment that begins in `{starts.name}`", ("treatment", "from"), help_)
    for key in ("include", "exclude"):
        for position, predicate in enumerate(getattr(population, key)):
            if isinstance(predicate, Had):
                yield from _had(predicate, ("population", key, position, "had"))
    for name, predicate in subgroups.items():
        if isinstance(predicate, Had):
            yield from _had(predicate, ("subgroups", name, "had"))


def _had(predicate: Had, path: SpecPath) -> Iterator[Problem]:
    table = tables()[predicate.had]
    if table.kind not in _DATED or "person_id" not in table.columns:
        yield _later(f"`had: {table.name}`", path, "name a register of dated rows of persons, such as `tiltak`")


def _later(what: str, path: SpecPath, help_: str, note: str | None = None) -> Problem:
    return Problem(code="E204", sentence=f"{what} is not in this version", help=help_, note=note, path=path)
