"""The identity guard over rows that come a stretch at a time: what a whole table would be refused for, is refused here.

Hits add up over the stretches of a column. Of dates beside five-digit numbers the distinct pairs are kept, since
chance works on pairs; see :mod:`effekt.population.identity.birth`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from effekt.errors import Problem
from effekt.population.identity.birth import Candidates, Pairs, whole_numbers
from effekt.population.identity.guard import birth_problem, column_problem, looks_hashed, name_problems
from effekt.population.identity.numbers import Tally, refusal
from effekt.population.identity.spelling import tally_cells


@dataclass(slots=True)
class Watch:
    """What one file has shown so far. name : its path as delivered; header : its columns; key : that of persons."""

    name: str
    header: Sequence[str]
    key: str | None = None
    rows: int = 0
    notes: list[str] = field(default_factory=list)
    _tallies: dict[str, Tally] = field(default_factory=dict)
    _pairs: dict[tuple[str, str], Pairs] = field(default_factory=dict)
    _candidates: Candidates = field(default_factory=Candidates)

    def look(self, chunk: pa.RecordBatch) -> None:
        """Look at the next rows, every column of them."""
        for name, cells in zip(chunk.schema.names, chunk.columns, strict=True):
            tally = tally_cells(pa.chunked_array([cells]))
            moved = replace(tally, rows=tuple(row + self.rows for row in tally.rows))
            self._tallies[name] = self._tallies.get(name, Tally()) + moved
            self._candidates.look_at(name, pa.chunked_array([cells]))
            if name == self.key and not self.rows and looks_hashed(pa.chunked_array([_plain(cells)])):
                self.notes.append(f"column `{name}` looks like an unsalted hash")
        self._look_at_pairs(chunk)
        self.rows += chunk.num_rows

    def problems(self) -> Iterator[Problem]:
        """Yield E501 for every name and column that is refused, after the last rows."""
        yield from name_problems(self.name, self.header)
        for name, tally in self._tallies.items():
            reason = refusal(name, tally)
            if reason is not None:
                yield column_problem(name, tally, reason)
        for (date, five), pairs in self._pairs.items():
            rows = pairs.refused(date, five)
            if rows:
                yield birth_problem(date, five, rows)

    def _look_at_pairs(self, chunk: pa.RecordBatch) -> None:
        dates, fives = dict.fromkeys(self._candidates.dates), dict.fromkeys(self._candidates.fives)
        wanted = [(date, five) for date in dates for five in fives if date != five]
        columns = {
            name: whole_numbers(pa.chunked_array([chunk.column(name)]))
            for name in dict.fromkeys(name for pair in wanted for name in pair)
        }
        for date, five in wanted:
            self._pairs.setdefault((date, five), Pairs()).add(columns[date], columns[five])


def _plain(cells: pa.Array) -> pa.Array:
    return cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells
