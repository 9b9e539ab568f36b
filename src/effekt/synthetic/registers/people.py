"""Who people are, where they live and what they have studied: person, bosted, utdanningsnivaa, utdanningsforloep."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from effekt.synthetic.leaving import DEAD
from effekt.synthetic.places import era_of
from effekt.synthetic.registers.columns import Record, coded, table
from effekt.synthetic.spells import spells
from effekt.synthetic.state import UNBORN

_STATUS = np.array(["bosatt", "utvandret", "doed"])
_LEVELS = np.array([f"{level}99999" for level in range(10)])
"""NUS2000 with an unspecified field: the level is all that a world knows."""
_DIGITS = np.array([str(level) for level in range(10)])


def person(record: Record) -> pa.Table:
    """One row per person."""
    persons, gone = record.lives.persons, record.months["gone"]
    dead = gone[:, -1] == DEAD
    died = record.from_first(np.argmax(gone == DEAD, axis=1))
    return table(
        "person",
        {
            "person_id": record.ids,
            "foedselsaar": persons.born // 12,
            "foedselsmaaned": persons.born % 12 + 1,
            "kjoenn": coded(np.array(["1", "2"]), persons.woman.astype(np.int64)),
            "innvkat": persons.origin,
            "doed": pa.array(died, pa.date32(), mask=~dead),
            "foreldre_utdanning": coded(_DIGITS, persons.parents),
        },
    )


def bosted(record: Record) -> pa.Table:
    """Residence: a spell ends when a person moves, and when a reform gives the municipality a new number."""
    where, months = record.where, record.months
    codes, number = np.unique(where.codes, return_inverse=True)
    era = era_of(record.first + np.arange(record.length))
    living = number.reshape(where.codes.shape)[era[None, :], months["place"]] + 1
    gone = months["gone"].astype(np.int64)
    runs = spells(np.where(gone == UNBORN, 0, np.where(gone > 0, -gone, living)))
    left = runs.value < 0
    kommunenr = coded(codes, np.where(left, 0, runs.value - 1))
    return table(
        "bosted",
        {
            "person_id": coded(record.ids, runs.row),
            "start": record.from_first(runs.begin),
            "slutt": record.until_first(runs.end),
            "kommunenr": pa.array(kommunenr.to_pylist(), pa.string(), mask=left),
            "status": coded(_STATUS, np.where(left, -runs.value, 0)),
        },
    )


def utdanningsnivaa(record: Record) -> pa.Table:
    """Highest education attained."""
    runs = spells(np.where(record.months["gone"] == UNBORN, 0, record.months["level"]))
    return table(
        "utdanningsnivaa",
        {
            "person_id": coded(record.ids, runs.row),
            "start": record.from_first(runs.begin),
            "slutt": record.until_first(runs.end),
            "nus2000": coded(_LEVELS, runs.value),
            "nivaa": coded(_DIGITS, runs.value),
        },
    )


def utdanningsforloep(record: Record) -> pa.Table:
    """Courses and how they ended: completed if the level they lead to was reached then."""
    runs = spells(record.months["course"])
    goes_on = runs.end >= record.length
    after = record.months["level"][runs.row, np.minimum(runs.end, record.length - 1)]
    outcome = np.where(goes_on, 2, np.where(after >= runs.value, 0, 1))
    works = record.months["job"][runs.row, runs.begin] > 0
    return table(
        "utdanningsforloep",
        {
            "person_id": coded(record.ids, runs.row),
            "start": record.from_first(runs.begin),
            "slutt": record.until_first(runs.end),
            "kurs_id": np.char.add("K", (record.first + runs.begin).astype(np.str_)),
            "nus2000": coded(_LEVELS, runs.value),
            "utfall": coded(np.array(["fullfoert", "avbrutt", "igang"]), outcome),
            "heltid": ~works,
        },
    )
