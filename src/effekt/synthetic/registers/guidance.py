"""Career guidance: deltakelse, fylkesrapportering."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from effekt.synthetic.parts import FORMS
from effekt.synthetic.planned import UNSEEN
from effekt.synthetic.programme import session_day
from effekt.synthetic.registers.columns import Record, coded, table
from effekt.synthetic.shocks import Floats, Ints, Module
from effekt.synthetic.spells import day_of

_DIGITAL, _WITH_NAV = 0.2, 0.5
_MOST_SESSIONS = 4


def deltakelse(record: Record) -> pa.Table:
    """Return the first session of everybody who took part, in the borders of the day."""
    row, at = _starts(record)
    number, month, stream = record.luck(row, at)
    u = record.shocks.uniforms(Module.SESSIONS, number, month, stream)
    form = (record.months.form[row] - 1).astype(np.int64)
    kind = form % len(FORMS)
    group = kind == FORMS.index("gruppe")
    kommunenr, centre = _where(record, row, at)
    return table(
        "deltakelse",
        {
            "person_id": coded(record.ids, row),
            "dato": day_of(month, session_day(record.shocks, number, month, stream)),
            "form": coded(np.array(FORMS), kind),
            "kanal": coded(np.array(["fysisk", "digital"]), ((u[1] < _DIGITAL) & ~group).astype(np.int64)),
            "modul_nr": pa.array(np.ones(len(row), dtype=np.int32), mask=~group),
            "i_samarbeid_med_nav": (kind == FORMS.index("trekant")) | (u[2] < _WITH_NAV),
            "fylkesnr": kommunenr.astype("<U2"),
            "senter_id": np.char.add("SENTER", centre),
            "nav_kontor": coded(record.where.office, record.months["office"][row, at].astype(np.int64)),
            "antall_samtaler": _sessions(u[3]),
            "kilde": coded(np.array(["ordinaer", "prosjekt"]), form // len(FORMS)),
        },
    )


def _starts(record: Record) -> tuple[Ints, Ints]:
    at = record.months.started - record.first
    row = np.flatnonzero((at >= 0) & (record.months.started >= 0))
    return row, at[row]


def _where(record: Record, row: Ints, at: Ints) -> tuple[np.ndarray, np.ndarray]:
    """Return where they lived the month before, which is what decided: the number of that day, and the centre."""
    place = record.months["place"][row, np.maximum(at - 1, 0)].astype(np.int64)
    where = record.where
    return where.code_in(place, record.first + at), where.county_codes[where.county[place]]


def fylkesrapportering(record: Record) -> pa.Table:
    """Return what counties report, in the borders of the year: participants and sessions.

    Of everybody who took part, also where they are not identified; guidance nobody recorded is in no report.
    """
    row, at = _starts(record)
    unseen = np.flatnonzero((record.months.hidden_form > UNSEEN) & (record.months.hidden >= record.first))
    row = np.concatenate([row, unseen])
    at = np.concatenate([at, record.months.hidden[unseen] - record.first])
    kommunenr, _ = _where(record, row, at)
    u = record.shocks.uniforms(Module.SESSIONS, *record.luck(row, at))
    key = np.char.add(kommunenr.astype("<U2"), ((record.first + at) // 12).astype(np.str_))
    found, position = np.unique(key, return_inverse=True)
    return table(
        "fylkesrapportering",
        {
            "fylkesnr": np.array([text[:2] for text in found], dtype=np.str_),
            "aar": np.array([int(text[2:]) for text in found], dtype=np.int64),
            "deltakere": np.bincount(position),
            "samtaler": np.bincount(position, weights=_sessions(u[3])).astype(np.int64),
        },
    )


def _sessions(u: Floats) -> Ints:
    return 1 + (u * _MOST_SESSIONS).astype(np.int64)


def reported_together(parts: Sequence[pa.Table]) -> pa.Table:
    """Return the reports on several groups of persons as one."""
    whole = pa.concat_tables(parts)
    keys, sums = ["fylkesnr", "aar"], ["deltakere", "samtaler"]
    found = whole.group_by(keys).aggregate([(name, "sum") for name in sums])
    added = found.select([*keys, *(f"{name}_sum" for name in sums)]).rename_columns([*keys, *sums])
    return added.sort_by([(name, "ascending") for name in keys]).cast(whole.schema)
