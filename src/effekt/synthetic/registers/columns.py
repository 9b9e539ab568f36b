"""Columns as the canonical schema types them, so that every table has exactly the columns it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from effekt.registers.schema import tables
from effekt.synthetic.life import Lives
from effekt.synthetic.places import Places
from effekt.synthetic.shocks import Ints, Shocks
from effekt.synthetic.spells import Dates, first_of
from effekt.synthetic.state import Months

_TYPES = {
    "text": pa.string(),
    "code": pa.string(),
    "int": pa.int32(),
    "float": pa.float64(),
    "date": pa.date32(),
    "bool": pa.bool_(),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """All that tables are made from. ids : (n,) person_id of each row."""

    lives: Lives
    months: Months
    ids: NDArray[np.str_]
    shocks: Shocks
    where: Places

    @property
    def first(self) -> int:
        """Ordinal of the first month."""
        return self.months.first

    @property
    def length(self) -> int:
        """How many months there are."""
        return self.months.length

    def luck(self, row: Ints, at: Ints) -> tuple[Ints, Ints, Ints]:
        """Return (number, month, stream): the address of the luck of rows at positions in time."""
        month = self.first + at
        return self.lives.persons.number[row], month, self.lives.stream_at(month, row)

    def from_first(self, at: Ints) -> Dates:
        """Return the first day of positions in time."""
        return first_of(self.first + at)

    def until_first(self, end: Ints) -> pa.Array:
        """Return the first day of positions in time, null where the run goes on."""
        return pa.array(self.from_first(end), pa.date32(), mask=end >= self.length)


def table(name: str, columns: Mapping[str, Any], *, encoded: bool = False) -> pa.Table:
    """Return a canonical table; every column the schema requires must be there, and no other than it knows.

    encoded : leave text as positions in a list of names, as it is written; what reads the file sees text.
    """
    known = tables()[name].columns
    missing = {column for column, said in known.items() if not said.optional} - set(columns)
    if missing or set(columns) - set(known):
        raise KeyError(f"columns of {name} do not fit the schema: {sorted(missing | (set(columns) - set(known)))}")
    order = [column for column in known if column in columns]
    made = pa.table({column: _typed(columns[column], _TYPES[known[column].type], encoded) for column in order})
    return encoded_text(made) if encoded else made


def encoded_text(plain: pa.Table) -> pa.Table:
    """Return a table with its text as positions in a list of names."""
    for position, field in enumerate(plain.schema):
        if pa.types.is_string(field.type):
            plain = plain.set_column(position, field.name, plain.column(position).dictionary_encode())
    return plain


def _typed(values: Any, kind: pa.DataType, encoded: bool) -> pa.Array:
    if encoded and isinstance(values, pa.DictionaryArray):
        return values
    if isinstance(values, pa.Array):
        return values.cast(kind)
    return pa.array(np.asarray(values), kind)


def coded(names: NDArray[np.str_], index: NDArray[np.integer]) -> pa.DictionaryArray:
    """Return text by position in a list of names; made from the list, since rows are many and names few."""
    return pa.DictionaryArray.from_arrays(pa.array(index, pa.int32()), pa.array(names.tolist(), pa.string()))
