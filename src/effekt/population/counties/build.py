"""Build the sample of a county study: rates of everybody whose outcome window ends before the first start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from effekt.errors import DataError, Problem, SpecPath
from effekt.literals import Month
from effekt.population.cohort.observed import of_predicate
from effekt.population.cohort.spells import Mask
from effekt.population.counties.calendar import Calendar, Start, calendar_of
from effekt.population.counties.doses import Uptake, uptake_of
from effekt.population.counties.entries import Entries, read_entries
from effekt.population.counties.rates import rates
from effekt.population.counties.units import Units, units_of
from effekt.population.engine.connection import Engine
from effekt.population.extract.opening import Extract
from effekt.population.keys import keyed_hash
from effekt.registers.geography import VERSIONS
from effekt.results import Attrition
from effekt.sample import Array, Sample
from effekt.spec.registered import CountyStudy, Dose

_FIRST_KNOWN = Month(int(VERSIONS[0]), 2)
"""The first month of entry whose month before has municipality numbers that geography knows."""

_BUILT: WeakKeyDictionary[Engine, int] = WeakKeyDictionary()
"""Samples built on each engine, so that the steps of the second have names of their own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CountyCohort:
    """What a county study is about. sample : known before the first start, one row per unit.

    uptake : what the dose was computed from, in the order of ``units``; scope : prefix of its steps in the engine.
    """

    engine: Engine
    spec: CountyStudy
    sample: Sample
    calendar: Calendar
    units: Units
    uptake: Uptake | None
    scope: str

    @property
    def flow(self) -> Mapping[str, Attrition]:
        """Entries and persons, from the register to the rates of the history."""
        return {"entries": self.sample.attrition}

    def again(self) -> CountyCohort:
        """Return the same study with names of its own in the engine, so that it can be read more than once."""
        return replace(self, scope=_scope(self.engine))

    def entries(self, *, sealed: bool) -> Entries:
        """Read who enters in the periods before the seal, or after it."""
        return _entries(self.engine, self.spec, self.calendar, self.units, sealed=sealed, scope=self.scope)


def registers_of(spec: CountyStudy) -> Mapping[str, SpecPath]:
    """Return every register a study needs, with the key that asks for it first."""
    wanted: dict[str, SpecPath] = {}
    for name, path in _asked(spec):
        wanted.setdefault(name, path)
    return wanted


def _asked(spec: CountyStudy) -> Iterator[tuple[str, SpecPath]]:
    yield spec.population.table, ("population", "from")
    yield from (("person", ("population",)), ("bosted", ("population",)))
    for key in ("include", "exclude"):
        for position, predicate in enumerate(getattr(spec.population, key)):
            yield from of_predicate(predicate, ("population", key, position))
    for name, outcome in spec.outcomes.items():
        yield outcome.table, ("outcomes", name, "from")
    if spec.treatment.dose is not None:
        yield spec.treatment.dose.table, ("treatment", "dose", "from")


def build_counties(engine: Engine, spec: CountyStudy, extract: Extract) -> CountyCohort:
    """Return the sample of a county study; of outcomes, nothing dated at or after the first start is looked at.

    Raises
    ------
    DataError
        E201 for registers that are missing; E301 and E310 for time that they do not cover; E306 without a comparison.
    SpecError
        E307 or E309 where no period lies before or after a start.
    """
    _refuse_missing(spec, extract)
    scope = _scope(engine)
    units = units_of(spec)
    dose = spec.treatment.dose
    uptake = None if dose is None else uptake_of(engine, spec, dose, units, scope=scope)
    starts = _starts(spec, units, uptake)
    calendar = calendar_of(spec, last_entry(spec, extract), starts)
    entries = _entries(engine, spec, calendar, units, sealed=False, scope=scope)
    history = rates(engine, spec, calendar, entries, n=len(units.codes), sealed=False, name=f"{scope}history_moments")
    sample = Sample(
        units=_rows(spec, units, calendar, entries, uptake),
        clusters={"unit": np.arange(len(units.codes)), units.grain: np.arange(len(units.codes))},
        cluster_names={"unit": units.names, units.grain: units.names},
        cells=np.zeros(len(units.codes), dtype=np.int64),
        baseline=pd.DataFrame(index=range(len(units.codes))),
        history={name: series for name, series in history.items() if len(series.time)},
        placebo={},
        grain=units.grain,
        assigned_at=spec.assigned_at,
        assigned="observational",
        attrition=entries.attrition,
        anticipation=calendar.anticipation,
    )
    return CountyCohort(
        engine=engine, spec=spec, sample=sample, calendar=calendar, units=units, uptake=uptake, scope=scope
    )


def _scope(engine: Engine) -> str:
    """Return a prefix for the names of steps: none for the first reading on an engine."""
    _BUILT[engine] = count = _BUILT.get(engine, 0) + 1
    return "" if count == 1 else f"counties{count}_"


def _entries(
    engine: Engine, spec: CountyStudy, calendar: Calendar, units: Units, *, sealed: bool, scope: str
) -> Entries:
    after = calendar.period >= calendar.sealed
    part = after if sealed else ~after
    name = f"{scope}{'sealed' if sealed else 'history'}_people"
    return read_entries(engine, spec, units, months=calendar.months[part], group=calendar.period[part], name=name)


def _starts(spec: CountyStudy, units: Units, uptake: Uptake | None) -> dict[str, Start]:
    """Return the start of every treated unit: as declared, or the years of the dose for those above its median."""
    declared = spec.treatment.start
    if declared:
        _refuse_no_comparison(set(units.codes) <= set(declared))
        return {unit: Start(before=month.ordinal - 1, after=month.ordinal) for unit, month in declared.items()}
    dose = spec.treatment.dose
    assert dose is not None and uptake is not None  # the grammar asks for one of the two
    high = above_median(uptake.change, dose)
    years = Start(before=12 * dose.change[0] + 11, after=12 * dose.change[1])
    return {unit: years for unit, above in zip(units.codes, high, strict=True) if above}


def above_median(change: Array, dose: Dose) -> Mask:
    """(n,) bool: units whose dose lies above the median; the greatest where more than half share it.

    Raises
    ------
    DataError
        E704 for a dose that is not known, E804 where all are alike.
    """
    unknown = ~np.isfinite(change)
    if unknown.any():
        code, sentence = "E704", f"{int(unknown.sum())} units have nobody to compute a dose from"
    elif np.ptp(change) == 0.0:
        code, sentence = "E804", "uptake changed by the same in every unit, so the dose has no first stage"
    else:
        above = change > np.median(change)
        return np.asarray(above if above.any() else change == change.max())
    help_ = f"choose other years than {dose.change[0]} and {dose.change[1]}, or leave such units out"
    raise DataError(Problem(code=code, sentence=sentence, help=help_, path=("treatment", "dose")))


def _refuse_no_comparison(everybody: bool) -> None:
    if everybody:
        raise DataError(
            Problem(
                code="E306",
                sentence="every unit starts, so no comparison is never treated",
                help="declare a `dose`, and leave `start` out",
                path=("treatment", "start"),
            )
        )


def _rows(spec: CountyStudy, units: Units, calendar: Calendar, entries: Entries, uptake: Uptake | None) -> pd.DataFrame:
    """One row per unit. persons : distinct persons behind its history."""
    n = len(units.codes)
    people = np.unique(np.column_stack([entries.unit, entries.pid]), axis=0)[:, 0]
    first = np.array([calendar.start.get(unit, -1) for unit in units.codes])
    rows = pd.DataFrame(
        {
            "key": keyed_hash(np.array(units.codes, dtype=object), spec.study),
            "entity": np.arange(n),
            "treated": (first >= 0).astype(np.int64),
            "arm": None,
            "index_period": calendar.label[calendar.sealed],
            "first_treated": np.where(first >= 0, calendar.label[first], np.nan),
            "sampling_weight": 1.0,
            "persons": np.bincount(people, minlength=n).astype(np.float64),
        }
    )
    if spec.unit_weights == "population":
        rows["sampling_weight"] = np.maximum(rows["persons"], 1.0)
    if uptake is not None:
        rows["dose"] = uptake.change
        rows["dose_persons"] = uptake.participants.min(axis=1)
    return rows


def last_entry(spec: CountyStudy, extract: Extract) -> Month:
    """Return the last month of entry, which must be covered as the first must.

    Raises
    ------
    DataError
        E310 where accrual begins before the registers do, E309 where it goes on after they end.
    """
    accrual = spec.population.accrual
    names = (spec.population.table, "bosted")
    begins = max(extract.tables[name].coverage[0] for name in names)
    ends = min(extract.tables[name].coverage[1] for name in names)
    late = accrual.last is not None and accrual.last > ends
    if accrual.first.ordinal < _FIRST_KNOWN.ordinal:
        raise DataError(
            Problem(
                code="E310",
                sentence=f"residence before {accrual.first} is in municipalities whose counties of 2024 are not known",
                help=f"begin `accrual` at {max(begins, _FIRST_KNOWN)}",
                note="municipality numbers are known from 2018 on, and residence is that of the month before",
                path=("population", "accrual"),
            )
        )
    if accrual.first < begins or late:
        which = "goes on after" if late else "begins before"
        raise DataError(
            Problem(
                code="E309" if late else "E310",
                sentence=f"`accrual` {which} the months that {names[0]} and bosted cover",
                help=f"write `accrual: {max(begins, accrual.first)}..{min(ends, accrual.last or ends)}`",
                path=("population", "accrual"),
            )
        )
    return accrual.last or ends


def _refuse_missing(spec: CountyStudy, extract: Extract) -> None:
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
