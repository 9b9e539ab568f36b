"""Who is treated: a person's first record in the register of the treatment, and the arm it puts them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from effekt.errors import DataError, Problem
from effekt.population.cohort.conditions import codes_of, matching
from effekt.population.cohort.reading import as_date, coded_column, days, ints
from effekt.population.cohort.spells import NEVER, Ints, Mask
from effekt.population.engine.connection import Engine
from effekt.population.engine.written import Query, Registers
from effekt.registers.schema import tables
from effekt.spec.registered import RegisterStudy

NO_ARM = -1
MIN_ARM = 10
"""Persons below which an arm is pooled with others, under every disclosure profile but `open`."""

POOLED = "pooled"
TREATED, COMPARISON = "treated", "comparison"

_BEGINS = {"event": "dato", "spell": "start"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Participants:
    """Persons with a record in the register of the treatment. pid : (q,) ascending; first : (q,) day of the first.

    arm : (q,) position among the declared arms, ``NO_ARM`` = none of them, 0 where none is declared.
    """

    pid: Ints
    first: Ints
    arm: Ints

    def first_day(self, pid: Ints) -> Ints:
        """(n,): the day of the first record, ``NEVER`` = none by the end of accrual."""
        if not len(self.pid):
            return np.full(len(pid), NEVER)
        at = np.minimum(np.searchsorted(self.pid, pid), len(self.pid) - 1)
        return np.where(self.pid[at] == pid, self.first[at], NEVER)


def read_participants(engine: Engine, spec: RegisterStudy, *, until: int) -> Participants:
    """Return the first record of every person in the register of the treatment, none of them after ``until``.

    Every record that is delivered counts, however old: who took part five years ago is not new. Several records on
    the first day give one arm only if they agree.

    Raises
    ------
    DataError
        E204 for a register without days to begin on, E109 where two arms hold the same record.
    """
    table = tables()[spec.treatment.table]
    if table.kind not in _BEGINS or "person_id" not in table.columns:
        raise DataError(
            Problem(
                code="E204",
                sentence=f"a treatment that begins in `{table.name}` is not in this version",
                help="name a register of dated events or spells of persons, such as `deltakelse` or `tiltak`",
                path=("treatment", "from"),
            )
        )
    begins = _BEGINS[table.kind]
    columns = sorted({column for described in spec.treatment.arms.values() for column in described.where})
    rows = engine.fetch(Query(_begun, (table.name, begins, tuple(columns), until)))
    pid, day = ints(rows, "pid"), days(rows, begins)
    text = {column: coded_column(rows, column) for column in columns}
    order = np.lexsort((day, pid))
    persons, start = np.unique(pid[order], return_index=True)
    first = day[order][start]
    of_person = np.searchsorted(persons, pid)
    on_first_day = day == first[of_person]
    arm = np.zeros(len(persons), dtype=np.int64)
    if spec.treatment.arms:
        holds = {
            name: np.logical_and.reduce(
                [
                    np.append(matching(text[c].names, c, codes_of(spec, values)), False)[text[c].codes]
                    for c, values in described.where.items()
                ]
                or [np.ones(len(pid), dtype=bool)]
            )
            for name, described in spec.treatment.arms.items()
        }
        arm = _arms(holds, of_person, on_first_day, len(persons))
    return Participants(pid=persons, first=first, arm=arm)


def _begun(registers: Registers, name: str, begins: str, columns: tuple[str, ...], until: int) -> Any:
    held = registers.table(name)
    return held.filter(held[begins] <= as_date(until)).select("pid", *dict.fromkeys((begins, *columns)))


def _arms(holds: Mapping[str, Mask], of_person: Ints, on_first_day: Mask, n: int) -> Ints:
    """(n,): the arm all records of a person's first day are in; ``NO_ARM`` if there is none such."""
    several = np.sum([held & on_first_day for held in holds.values()], axis=0) > 1
    if several.any():
        both = [name for name, held in holds.items() if (held & several).any()]
        raise DataError(
            Problem(
                code="E109",
                sentence=f"the arms {', '.join(f'`{name}`' for name in both)} hold the same records",
                help="let the arms differ in the values of one column, so that a record is in one of them",
                path=("treatment", "arms", both[0]),
            )
        )
    which = np.full(len(of_person), NO_ARM)
    for position, held in enumerate(holds.values()):
        which[held] = position
    low, high = np.full(n, len(holds)), np.full(n, NO_ARM)
    np.minimum.at(low, of_person[on_first_day], which[on_first_day])
    np.maximum.at(high, of_person[on_first_day], which[on_first_day])
    return np.where(low == high, low, NO_ARM)


def arm_names(spec: RegisterStudy, arm: Ints) -> NDArray[np.object_]:
    """(n,) object: names of the arms of treated persons; arms of too few persons are pooled.

    Arms below ``MIN_ARM`` persons become one arm, and while that one is below it the next smallest joins it. Under
    `disclosure: open` every arm stays as it is.
    """
    declared = tuple(spec.treatment.arms) or (TREATED,)
    names = np.array(declared, dtype=object)
    counts = np.bincount(arm, minlength=len(declared))
    present = [p for p in np.argsort(counts, kind="stable").tolist() if counts[p] > 0]
    if spec.disclosure != "open" and len(present) > 1:
        together: list[int] = []
        while len(together) < len(present):
            following = present[len(together)]
            if counts[following] >= MIN_ARM and (not together or counts[together].sum() >= MIN_ARM):
                break
            together.append(following)
        if len(together) == 1:
            together.append(present[1])
        names[together] = POOLED
    return names[arm]
