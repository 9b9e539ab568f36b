"""Change in uptake between two years, by county of residence before the first record of the year.

The register of the treatment is read, entries where the target group is the denominator, and no outcome: the dose may
be known at the design stage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from effekt.errors import DataError, Problem
from effekt.literals import Refusal
from effekt.population.cohort.people import RESIDENT
from effekt.population.cohort.reading import as_date, days, ints, read_spells
from effekt.population.cohort.spells import Ints, first_day, month_of
from effekt.population.counties.entries import read_entries
from effekt.population.counties.units import Units
from effekt.population.engine.connection import Engine
from effekt.registers.geography import county_of, county_population, nav_region_of
from effekt.registers.schema import tables
from effekt.sample import Array
from effekt.spec.registered import CountyStudy, Dose


@dataclass(frozen=True, kw_only=True, eq=False)
class Uptake:
    """Persons who took part and persons who could have, by unit, in two years. participants, among : (n, 2)."""

    participants: Array
    among: Array

    @property
    def change(self) -> Array:
        """(n,): share of the second year less that of the first, NaN without anybody."""
        share = np.divide(self.participants, self.among, out=np.full(self.among.shape, np.nan), where=self.among > 0)
        return np.asarray(share[:, 1] - share[:, 0])


def uptake_of(engine: Engine, spec: CountyStudy, dose: Dose, units: Units, *, scope: str = "") -> Uptake:
    """Return uptake in the two years of a dose.

    Per population: participants of a unit among its residents on 1 January. A delivery holds the persons that were
    asked for and not a county's whole population, which Statistics Norway's published figures give; a synthetic
    extract is its world. Per target group: participants among those who entered in the year.

    Raises
    ------
    DataError
        E201 and E301 where the register is missing or does not cover a year, E204 and E206 for what is not known.
    """
    _refuse_uncovered(engine, dose)
    n = len(units.codes)
    found = [
        _target_group(engine, spec, dose, units, year=year, name=f"{scope}dose_{year}_people")
        if dose.per == "target_group"
        else (_participants(engine, dose, units, year), _population(engine, units, year))
        for year in dose.change
    ]
    participants, among = (np.column_stack([part[k] for part in found]).reshape(n, 2) for k in (0, 1))
    return Uptake(participants=participants, among=among)


def _refuse_uncovered(engine: Engine, dose: Dose) -> None:
    file = engine.extract.tables[dose.table]
    first, last = (month.ordinal for month in file.coverage)
    for position, year in enumerate(dose.change):
        if 12 * year < first or 12 * year + 11 > last:
            raise DataError(
                Problem(
                    code="E301",
                    sentence=f"{dose.table} does not cover the whole of {year}",
                    help="write two years of `change` that it covers",
                    note=f"{dose.table} is covered from {file.coverage[0]} to {file.coverage[1]}",
                    path=("treatment", "dose", "change", position),
                )
            )


def _first_records(engine: Engine, dose: Dose, year: int) -> tuple[Ints, Ints]:
    """Return persons with a record in a year, ascending, and the day of their first one in it."""
    held = engine.table(dose.table)
    begins = "dato" if tables()[dose.table].kind == "event" else "start"
    first, last = _year(year)
    inside = (held[begins] >= as_date(first)) & (held[begins] <= as_date(last))
    rows = engine.fetch(held.filter(inside).select("pid", begins))
    pid, day = ints(rows, "pid"), days(rows, begins)
    order = np.lexsort((day, pid))
    persons, at = np.unique(pid[order], return_index=True)
    return persons, day[order][at]


def _year(year: int) -> tuple[int, int]:
    """Return the first and last day of a year."""
    return int(first_day(np.array([12 * year]))[0]), int(first_day(np.array([12 * year + 12]))[0]) - 1


def _participants(engine: Engine, dose: Dose, units: Units, year: int) -> Array:
    """(n,): persons with a record in the year, where they lived before the month of the first."""
    pid, day = _first_records(engine, dose, year)
    return _counted(_home(engine, units, pid, first_day(month_of(day)) - 1, year), units)


def _population(engine: Engine, units: Units, year: int) -> Array:
    """(n,): residents on 1 January."""
    if engine.extract.synthetic:
        everyone = ints(engine.fetch(engine.table("bosted").select("pid").distinct()), "pid")
        first, _ = _year(year)
        return _counted(_home(engine, units, everyone, np.full(len(everyone), first), year), units)
    if units.region:
        raise _problem("E204", "populations of Nav's regions are not in this version", "write `per: target_group`")
    try:
        population = county_population(year)
    except Refusal as refusal:
        raise _problem(refusal.code, refusal.sentence, refusal.help or "", "change") from None
    return np.array([population[code] for code in units.codes], dtype=np.float64)


def _target_group(
    engine: Engine, spec: CountyStudy, dose: Dose, units: Units, *, year: int, name: str
) -> tuple[Array, Array]:
    """Return (n,) entrants of the year who took part in it, and (n,) all entrants."""
    months = np.arange(12 * year, 12 * year + 12, dtype=np.int64)
    group = np.zeros(12, dtype=np.int64)
    entries = read_entries(engine, spec, units, months=months, group=group, name=name)
    pid, _ = _first_records(engine, dose, year)
    took_part = np.isin(entries.pid, pid)
    return _counted(entries.unit[took_part], units), _counted(entries.unit, units)


def _home(engine: Engine, units: Units, pid: Ints, day: Ints, year: int) -> Ints:
    """(k,) position of the unit each person is resident in on a day, -1 = none."""
    _, last = _year(year)
    residence = read_spells(engine, "bosted", ("kommunenr", "status"), until=last)
    row = residence.covering(pid, day)
    status = residence.text["status"]
    here = status.among(np.array([name == RESIDENT for name in status.names], dtype=bool), row)
    code = residence.text["kommunenr"].at(np.where(here, row, -1))
    names = np.array(residence.text["kommunenr"].names, dtype=object)
    above = nav_region_of(names) if units.region else county_of(names)
    position = {unit: place for place, unit in enumerate(units.codes)}
    return np.array([*(position.get(unit, -1) for unit in above), -1], dtype=np.int64)[code]


def _counted(unit: Ints, units: Units) -> Array:
    return np.bincount(unit[unit >= 0], minlength=len(units.codes)).astype(np.float64)


def _problem(code: str, sentence: str, help_: str, *path: str) -> DataError:
    return DataError(Problem(code=code, sentence=sentence, help=help_, path=("treatment", "dose", *(path or ("per",)))))
