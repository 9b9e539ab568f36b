"""`measures.md`: the closed language of measures, by kind of register."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic_core import PydanticCustomError

from effekt.literals import Window
from effekt.registers.measures import COLUMN_MEASURES, MEASURES, clock_of, valid_measures
from effekt.registers.schema import tables
from effekt.spec.measured import refuse_unmeasurable
from pages.markdown import code, opening, table

INTRODUCTION = """\
`from` names a register, `is` one of its measures. There are no formulas: what is not here cannot be asked.
Month 0 is the month of time zero. It is neither history nor outcome.

- `at: 1y` reads month 12. `window: 0..1y` takes months 1 to 12, `1y..2y` months 13 to 24, `24m before` months -24 to
  -1.
- Nothing found is zero in a register where absence means zero ("absence means" below), else not observed. Outside a
  register's months nothing is observed. After emigration nothing is observed and after death all is zero, unless
  `follow_up` says otherwise.
- Spells are half open: a spell that ends on a day does not hold on that day. Without an end it is open.
- An amount of a spell is spread over its days. A code or amount that is unknown leaves the answer unknown.
- `codes` selects records. A code of education selects everything below it; other codes select themselves.

Their tests are their documentation: [`test_measures.py`](../tests/population/engine/test_measures.py) shows each on a
few rows, and [`naive_measures.py`](../tests/population/engine/naive_measures.py) says the same in plain loops, which
[the engine must equal](../tests/population/engine/test_engine_equals_naive.py) on random registers.
"""

MEANING = {
    ("active", "spell"): "1 if a spell covers the last day of the month",
    ("active", "monthly"): "1 if the month has a row",
    ("any", "spell"): "1 if a spell covers a day of the window",
    ("any", "monthly"): "1 if a month of the window has a row",
    ("any", "event"): "1 if an event is dated in the window",
    ("any_start", "spell"): "1 if a spell starts in the window",
    ("any_start", "event"): "1 if an event is dated in the window",
    ("any_completion", "spell"): "1 if a spell's last day is in the window and `utfall` is `fullfoert`",
    ("count", "event"): "number of events in the window",
    ("months_active", "spell"): "number of months of the window with a day of a spell",
    ("months_active", "monthly"): "number of months of the window with a row",
}
"""What a measure means in a kind of register; a new measure has no page until its meaning stands here."""

COLUMN_MEANING = {
    "sum": "sum of the column over the window; of years only whole calendar years",
    "value": "the column on the month's last day: of the spell that started last, the main job, the last year over",
}


def page() -> str:
    """Return the page."""
    lines = [*opening("What can be measured", "`src/effekt/registers/measures.py`"), INTRODUCTION, *_by_kind()]
    lines += ["## By register", ""]
    for register in tables().values():
        lines += _register(register.name)
    return "\n".join(lines).rstrip() + "\n"


def _by_kind() -> Iterator[str]:
    yield from ("## By kind of register", "")
    yield from table(
        ("measure", "kind of register", "read", "meaning"),
        (
            (code(name), kind, _clock(measure.clock), MEANING[name, kind])
            for name, measure in MEASURES.items()
            for kind in sorted(measure.kinds)
        ),
    )
    yield from table(
        ("measure", "columns that are", "read", "meaning"),
        (
            (
                code(f"{prefix}_COLUMN"),
                ", ".join(sorted(temporalities)),
                _clock(clock),
                f"{COLUMN_MEANING[prefix]}; {why}",
            )
            for prefix, (clock, temporalities, why) in COLUMN_MEASURES.items()
        ),
    )


def _register(name: str) -> Iterator[str]:
    register = tables()[name]
    rows = [(code(m), _clock(clock_of(m, register)), *_uses(m, name)) for m in valid_measures(register)]
    rows = [row for row in rows if any(row[2:])]
    if rows:
        holds = f"{register.description[0].upper()}{register.description[1:]}"
        yield from (f"### `{name}`", "", f"{holds}. Absence means {register.absence_means}.", "")
        yield from table(("measure", "read", "as an outcome", "as a covariate"), rows)


def _uses(measure: str, register: str) -> tuple[str, str]:
    return tuple("yes" if _measurable(measure, register, codes) else "" for codes in (False, True))


def _measurable(measure: str, register: str, codes: bool) -> bool:
    window = Window.parse("0..1y")
    try:
        refuse_unmeasurable(measure, register, window, codes=codes)
    except PydanticCustomError:
        return False
    return True


def _clock(clock: str) -> str:
    return "`at` a time" if clock == "at" else "over a `window`"
