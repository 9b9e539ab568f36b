"""Nav's registers: arbeidssoeker, vedtak14a, tiltak, ytelse."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from effekt.synthetic.programme import first_day
from effekt.synthetic.registers.columns import Record, coded, table
from effekt.synthetic.shocks import Ints
from effekt.synthetic.spells import Dates, Spells, day_of, spells
from effekt.synthetic.state import GROUPS, NEDSATT
from effekt.synthetic.support import BENEFITS, TILTAK

_STATUS = np.array(["", "HL", "DS", "NO", "NT"])
"""Unemployed, partly unemployed, reduced capacity without and with a measure: microdata.no ARBEIDSSOKER_AS_HOVED."""


def arbeidssoeker(record: Record) -> pa.Table:
    """Return registered job seekers by status."""
    group, job, tiltak = (record.months[name] for name in ("group", "job", "tiltak"))
    reduced = np.where(tiltak > 0, 4, 3)
    status = np.where(group == 0, 0, np.where(group >= NEDSATT, reduced, np.where(job > 0, 2, 1)))
    runs = spells(status)
    return table(
        "arbeidssoeker",
        {**_registered(record, runs), "hovedstatus": coded(_STATUS, runs.value)},
    )


def vedtak14a(record: Record) -> pa.Table:
    """Decisions on the need for assistance; a new decision follows the last without a gap."""
    runs = spells(record.months["group"])
    return table(
        "vedtak14a",
        {
            **_registered(record, runs),
            "innsatsgruppe": coded(np.array(["", *GROUPS]), runs.value),
            "hovedmaal": coded(np.array(["SKAFFE_ARBEID", "BEHOLDE_ARBEID"]), _works(record, runs)),
        },
    )


def _works(record: Record, runs: Spells) -> Ints:
    return (record.months["job"][runs.row, runs.begin] > 0).astype(np.int64)


def _registered(record: Record, runs: Spells) -> dict[str, object]:
    office = record.months["office"][runs.row, runs.begin].astype(np.int64)
    return {
        "person_id": coded(record.ids, runs.row),
        "start": _start(record, runs),
        "slutt": record.until_first(runs.end),
        "nav_kontor": coded(record.where.office, office),
    }


def _start(record: Record, runs: Spells) -> Dates:
    """Return the day registration began if it began in that month, else the first of the month."""
    group = record.months["group"]
    new = (runs.begin > 0) & (group[runs.row, np.maximum(runs.begin - 1, 0)] == 0)
    day = first_day(record.shocks, *record.luck(runs.row, runs.begin))
    return day_of(record.first + runs.begin, np.where(new, day, 1))


def tiltak(record: Record) -> pa.Table:
    """Labour-market measures, in whole months."""
    runs = spells(record.months["tiltak"])
    return table(
        "tiltak",
        {
            "person_id": coded(record.ids, runs.row),
            "start": record.from_first(runs.begin),
            "slutt": record.until_first(runs.end),
            "tiltakskode": coded(np.array(["", *(code for code, *_ in TILTAK)]), runs.value),
            "gruppe": coded(np.array(["", *(group for _, group, *_ in TILTAK)]), runs.value),
            "deltakelsesprosent": np.full(len(runs.row), 100.0),
        },
    )


def ytelse(record: Record) -> pa.Table:
    """Benefits, in whole months."""
    runs = spells(record.months["benefit"])
    return table(
        "ytelse",
        {
            "person_id": coded(record.ids, runs.row),
            "start": record.from_first(runs.begin),
            "slutt": record.until_first(runs.end),
            "ytelse": coded(np.array(["", *BENEFITS]), runs.value),
            "grad": np.full(len(runs.row), 100.0),
        },
    )
