"""The identity guard: no table with a Norwegian person number gets in, and no flag lets it in.

Every row of every column is scanned, column names and the file name too. A message names the column, the count
and the first rows; never a value, and never a column name that is a number itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from effekt.errors import DataError, PrivacyError, Problem
from effekt.population.files.tables import TableFile, no_rows
from effekt.population.identity.birth import Candidates, refused_pairs
from effekt.population.identity.numbers import Tally, refusal
from effekt.population.identity.spelling import hits_in_text, tally_cells
from effekt.population.wording import counted

_HASH = r"^([0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})$"
_MOSTLY = 0.9

_HELP = "replace person numbers with pseudonyms before the table comes here; nothing switches this off"


@dataclass(frozen=True, slots=True)
class Scan:
    """What was scanned: number of rows, and notes on what was not refused but needs a thought."""

    n_rows: int
    notes: tuple[str, ...]


def guard(file: TableFile, *, key_column: str) -> Scan:
    """Scan the whole table. ``key_column`` : the unit; a note is made if it looks like an unsalted hash.

    Raises
    ------
    PrivacyError
        E501 with every column that is refused.
    DataError
        E701 if the table has no rows.
    """
    problems = list(name_problems(file.path.name, file.header))
    notes: list[str] = []
    candidates = Candidates()
    n_rows = 0
    for columns in file.batches():
        n_rows = columns.num_rows
        for name, cells in zip(columns.column_names, columns.columns, strict=True):
            problems += _column(name, cells)
            candidates.look_at(name, cells)
            if name == key_column and looks_hashed(cells):
                notes.append(f"column `{name}` looks like an unsalted hash: whoever can list the originals can undo it")
    if n_rows == 0:
        raise DataError(no_rows())
    problems += [birth_problem(*pair) for pair in refused_pairs(file, candidates)]
    if problems:
        raise PrivacyError(problems)
    return Scan(n_rows, tuple(notes))


def name_problems(file: str, header: Sequence[str]) -> list[Problem]:
    """Problems of the name of a file and of its columns, which are not repeated."""
    places = [("the name of the file", file)]
    places += [(f"the name of column {position}", name) for position, name in enumerate(header, start=1)]
    return [
        Problem(code="E501", sentence=f"{place} holds what looks like a Norwegian person number", help=_HELP)
        for place, text in places
        if hits_in_text(text)
    ]


def _column(name: str, cells: pa.ChunkedArray) -> list[Problem]:
    tally = tally_cells(cells)
    reason = refusal(name, tally)
    return [] if reason is None else [column_problem(name, tally, reason)]


def column_problem(name: str, tally: Tally, reason: str) -> Problem:
    """Return E501 for a column, with counts and positions and no value."""
    shown = "a column" if hits_in_text(name) else f"column `{name}`"
    rows = ", ".join(str(row + 1) for row in tally.rows)
    found = counted(tally.hits + tally.undated_hits, "cell")
    return Problem(
        code="E501",
        sentence=f"{shown} looks like Norwegian person numbers: {reason} ({found}; first rows: {rows})",
        help=_HELP,
    )


def birth_problem(date: str, number: str, rows: int) -> Problem:
    """Return E501 for two columns that make person numbers together."""
    return Problem(
        code="E501",
        sentence=f"column `{date}` beside column `{number}` looks like a birth date and the rest of a Norwegian "
        f"person number ({counted(rows, 'row')})",
        help="keep the year or month of birth, and remove the number",
    )


def looks_hashed(cells: pa.ChunkedArray) -> bool:
    """Whether most cells are of the length and the digits of a common hash."""
    if not pa.types.is_large_string(cells.type) and not pa.types.is_string(cells.type):
        return False
    known = pc.drop_null(cells)
    return len(known) > 0 and bool(pc.mean(pc.match_substring_regex(known, _HASH)).as_py() >= _MOSTLY)
