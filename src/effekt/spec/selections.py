"""The codes a study selects by: they exist in their classification, on every day they are asked about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from effekt.errors import Problem, SpecPath
from effekt.literals import Month, Refusal
from effekt.registers.codes import classification, gaps
from effekt.registers.measures import check_value
from effekt.registers.schema import Column, tables
from effekt.spec.codes import CodeList, CodeSet, Selection
from effekt.spec.measured import Covariate, Outcome
from effekt.spec.predicates import Values, columns_named
from effekt.spec.registered import OnRegisters, RegisterStudy


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """Codes asked for in a column. path : where they stand. first, last : the months they are asked about.

    ``last`` is ``None`` where the study has no end.
    """

    path: SpecPath
    column: Column
    codes: Selection
    first: Month
    last: Month | None


def selection_problems(spec: OnRegisters, lists: Mapping[str, CodeList]) -> Iterator[Problem]:
    """Yield E206 for codes that no classification knows, or that it does not know all the time they are asked about.

    lists : the code lists that could be read, by their reference.
    """
    for selected in _selections(spec):
        listed = isinstance(selected.codes, CodeSet)
        if isinstance(selected.codes, CodeSet):
            found = lists.get(str(selected.codes))
            codes = found.codes if found is not None else ()
        else:
            codes = selected.codes
        for position, code in enumerate(codes):
            path = selected.path if listed else (*selected.path, position)
            yield from _unknown(selected.column, code, path, selected.codes)
        yield from _not_all_the_time(selected, codes, listed=listed)


def _unknown(column: Column, code: str, path: SpecPath, written: Selection) -> Iterator[Problem]:
    try:
        check_value(column, code)
    except Refusal as refusal:
        where = f", in `{written}`" if isinstance(written, CodeSet) else ""
        sentence = f"{refusal.sentence}{where}"
        yield Problem(code=refusal.code, sentence=sentence, help=refusal.help, note=refusal.note, path=path)


def _not_all_the_time(selected: Selected, codes: tuple[str, ...], *, listed: bool) -> Iterator[Problem]:
    if selected.column.match != "exact" or not selected.column.classification:
        return
    last = f"{selected.last}-28" if selected.last is not None else f"{selected.first}-28"
    for code, why in gaps(selected.column.classification, codes, f"{selected.first}-01", last).items():
        asked = f"{selected.first}..{selected.last if selected.last is not None else ''}"
        yield Problem(
            code="E206",
            sentence=f"`{code}` is not a code of {selected.column.name} in all of {asked}: {why}",
            help=_beside(selected.column.classification, code),
            note="a code that is not in use would look like nobody having it",
            path=selected.path if listed else (*selected.path, codes.index(code)),
        )


def _beside(name: str, code: str) -> str:
    """Return what to ask for besides a code that holds only part of the time."""
    known = classification(name)
    kin = known[code].becomes or tuple(older for older, row in known.items() if code in row.becomes)
    named = " and ".join(f"`{other}`" for other in kin)
    return f"add {named}, or shorten the time it is asked about" if kin else f"leave out `{code}`"


def _selections(spec: OnRegisters) -> Iterator[Selected]:
    accrual = spec.population.accrual
    for key in ("include", "exclude"):
        for position, predicate in enumerate(getattr(spec.population, key)):
            if isinstance(predicate, Values):
                names = (spec.population.table, "person")
                yield from _of_column(predicate, names, ("population", key, position), accrual.first, accrual.last)
    for name, outcome in spec.outcomes.items():
        yield from _of_outcome(outcome, ("outcomes", name), accrual.first, accrual.last)
    if isinstance(spec, RegisterStudy):
        yield from _of_persons(spec)


def _of_persons(spec: RegisterStudy) -> Iterator[Selected]:
    first, last = spec.population.accrual.first, spec.population.accrual.last
    for position, covariate in enumerate(spec.covariates):
        if isinstance(covariate, Covariate):
            yield from _of_covariate(covariate, ("covariates", position), first, last)
    for name, subgroup in spec.subgroups.items():
        if isinstance(subgroup.where, Values):
            yield from _of_column(subgroup.where, tuple(tables()), ("subgroups", name), first, last)
    columns = tables()[spec.treatment.table].columns
    for arm, described in spec.treatment.arms.items():
        for column, codes in described.where.items():
            path = ("treatment", "arms", arm, column)
            yield Selected(path=path, column=columns[column], codes=codes, first=first, last=last)


def _of_column(
    predicate: Values, names: tuple[str, ...], path: SpecPath, first: Month, last: Month | None
) -> Iterator[Selected]:
    """Yield the first variable of that name; those of the same name share their classification."""
    for column in columns_named(names, predicate.column)[:1]:
        yield Selected(path=(*path, predicate.column), column=column, codes=predicate.values, first=first, last=last)


def _of_outcome(outcome: Outcome, path: SpecPath, first: Month, last: Month | None) -> Iterator[Selected]:
    table = tables()[outcome.table]
    if outcome.codes is not None and table.codes_in:
        begins = [time.months for time in outcome.at] + [window.months[0] for window in outcome.window]
        ends = None if last is None else last.plus(max(outcome.horizons))
        column = table.columns[table.codes_in]
        at = (*path, "codes")
        yield Selected(path=at, column=column, codes=outcome.codes, first=first.plus(min(begins)), last=ends)


def _of_covariate(covariate: Covariate, path: SpecPath, first: Month, last: Month | None) -> Iterator[Selected]:
    table = tables()[covariate.table]
    if covariate.codes is not None and table.codes_in:
        back = -1 if covariate.window is None else covariate.window.months[0]
        ends = None if last is None else last.plus(-1)
        column = table.columns[table.codes_in]
        at = (*path, "codes")
        yield Selected(path=at, column=column, codes=covariate.codes, first=first.plus(back), last=ends)
