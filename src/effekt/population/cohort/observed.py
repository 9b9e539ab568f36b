"""What a study asks of registers must lie within the months they cover, or it is refused before anyone is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from effekt.errors import DataError, Problem, SpecError, SpecPath
from effekt.literals import Month, MonthRange
from effekt.population.cohort.spells import Ints, first_day
from effekt.population.extract.opening import Extract
from effekt.spec.logic_registers import observation_problems
from effekt.spec.measured import Covariate
from effekt.spec.predicates import Completed, Had, NotCompleted, Predicate
from effekt.spec.registered import RegisterStudy
from effekt.spec.standard import STANDARD

STANDARD_REGISTERS = tuple(dict.fromkeys(covariate.table for covariate in STANDARD))
"""The registers that the standard covariates are made from."""


def registers_of(spec: RegisterStudy) -> Mapping[str, SpecPath]:
    """Return every register a study needs, with the key that asks for it first."""
    wanted: dict[str, SpecPath] = {}
    for name, path in _asked(spec):
        wanted.setdefault(name, path)
    return wanted


def _asked(spec: RegisterStudy) -> Iterator[tuple[str, SpecPath]]:
    yield spec.population.table, ("population", "from")
    yield from (("person", ("population",)), ("bosted", ("population",)))
    yield spec.treatment.table, ("treatment", "from")
    for key in ("include", "exclude"):
        for position, predicate in enumerate(getattr(spec.population, key)):
            yield from of_predicate(predicate, ("population", key, position))
    for name, group in spec.subgroups.items():
        yield from of_predicate(group.where, ("subgroups", name))
    for name, outcome in spec.outcomes.items():
        yield outcome.table, ("outcomes", name, "from")
    for position, covariate in enumerate(spec.covariates):
        tables = (covariate.table,) if isinstance(covariate, Covariate) else STANDARD_REGISTERS
        yield from ((table, ("covariates", position)) for table in tables)


def of_predicate(predicate: Predicate, path: SpecPath) -> Iterator[tuple[str, SpecPath]]:
    """Yield the registers that a predicate is read from."""
    if isinstance(predicate, Had):
        yield predicate.had, (*path, "had")
    elif isinstance(predicate, Completed | NotCompleted):
        yield from (("utdanningsnivaa", path), ("utdanningsforloep", path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """First and last month of time zero."""

    first: Month
    last: Month

    @property
    def days(self) -> tuple[int, int]:
        """First and last day that time zero can fall on."""
        ends: Ints = first_day(_ordinals(self.first.ordinal, self.last.ordinal + 1))
        return int(ends[0]), int(ends[1]) - 1


def _ordinals(*months: int) -> Ints:
    import numpy as np

    return np.array(months, dtype=np.int64)


def accrual_of(spec: RegisterStudy, extract: Extract) -> Span:
    """Return the months of time zero; an open end is the last month that every register about time zero covers.

    Raises
    ------
    DataError
        E201 for registers that are not in the extract; E309, E310 where time zero or the wash-out lies outside what
        the registers cover; E306 where nobody is recorded as treated.
    SpecError
        E301 for horizons that the last entrant reaches after a register's last month.
    """
    _refuse_missing(spec, extract)
    at_zero = dict.fromkeys((spec.population.table, spec.treatment.table, "bosted"))
    ends = {name: extract.tables[name].coverage[1] for name in at_zero}
    earliest = min(ends.values())
    accrual = spec.population.accrual
    span = Span(first=accrual.first, last=accrual.last or earliest)
    problems = [*_nobody_recorded(spec), *_ends(span, ends), *_begins(spec, span, extract)]
    if problems:
        raise DataError(problems)
    _refuse_unobserved(spec, span, extract)
    return span


def _refuse_missing(spec: RegisterStudy, extract: Extract) -> None:
    problems = [
        Problem(
            code="E201",
            sentence=f"the extract has no register `{name}`, which this study needs",
            help=f"deliver `{name}`, or take out what asks for it",
            note=f"registers there: {', '.join(sorted(extract.tables))}",
            path=path,
        )
        for name, path in registers_of(spec).items()
        if name not in extract.tables
    ]
    if problems:
        raise DataError(problems)


def _nobody_recorded(spec: RegisterStudy) -> Iterator[Problem]:
    if spec.treatment.recorded is not None and not spec.treatment.recorded:
        yield Problem(
            code="E306",
            sentence="participants are identified nowhere, so nobody can be said to be treated",
            help="have counties record who takes part, by person and first date, and write since when: "
            '`recorded: {"11": 2022-05}`',
            note="counts of participants do not say whose outcomes to look at; `effekt plan` says what to record first",
            path=("treatment", "recorded"),
        )


def _ends(span: Span, ends: Mapping[str, Month]) -> Iterator[Problem]:
    late = {name: end for name, end in ends.items() if end < span.last}
    if late:
        first = min(late.values())
        yield Problem(
            code="E309",
            sentence=f"`accrual` goes on to {span.last}, and {', '.join(sorted(late))} ends before",
            help=f"end `accrual` at {first}",
            note="; ".join(f"{name} is covered to {end}" for name, end in sorted(late.items())),
            path=("population", "accrual"),
        )


def _begins(spec: RegisterStudy, span: Span, extract: Extract) -> Iterator[Problem]:
    look_back = spec.population.wash_out
    for name, months, path in (
        (spec.treatment.table, look_back.months, ("population", "wash_out")),
        (spec.population.table, 0, ("population", "accrual")),
        ("bosted", 0, ("population", "accrual")),
    ):
        begins = extract.tables[name].coverage[0]
        if begins > span.first.plus(-months):
            observed = span.first.ordinal - begins.ordinal
            shorter = f", or write `wash_out: {observed}m`" if months and observed > 0 else ""
            what = f"{look_back} of wash-out before {span.first}" if months else f"time zero in {span.first}"
            yield Problem(
                code="E310",
                sentence=f"{what} cannot be observed in {name}",
                help=f"begin `accrual` at {begins.plus(months)}{shorter}",
                note=f"{name} is covered from {begins}"
                + ("; who took part before it would look new" if months else ""),
                path=path,
            )


def _refuse_unobserved(spec: RegisterStudy, span: Span, extract: Extract) -> None:
    accrual = MonthRange(span.first, span.last)
    closed = spec.model_copy(update={"population": spec.population.model_copy(update={"accrual": accrual})})
    coverage = {name: file.coverage[1] for name, file in extract.tables.items()}
    problems = [*observation_problems(closed, coverage), *_residence(spec, span, coverage["bosted"])]
    if problems:
        raise SpecError(tuple(spec.located(problem) for problem in problems))


def _residence(spec: RegisterStudy, span: Span, end: Month) -> Iterator[Problem]:
    """Emigration is missing only if it is seen, so residence must be known as long as outcomes are."""
    complete = [o for o in spec.outcomes.values() if o.follow_up == "complete"]
    horizon = max((months for outcome in complete for months in outcome.horizons), default=0)
    if spec.follow_up.emigration == "missing" and span.last.plus(horizon) > end:
        yield Problem(
            code="E301",
            sentence=f"who has emigrated {horizon} months after time zero cannot be seen for this accrual",
            help=f"end `accrual` at {end.plus(-horizon)}, or read outcomes earlier",
            note=f"bosted is covered to {end}",
            path=("follow_up", "emigration") if "follow_up" in spec.model_fields_set else ("population", "accrual"),
        )
