"""An analysis-ready table and the sample it gives at the design stage.

``open_table`` refuses what cannot be used (no such column, a person number anywhere) and keeps the digest of the
file. ``PreparedTable.sample()`` reads what was known at time zero and nothing after it; outcomes after that are
read by :mod:`effekt.population.outcomes.prepared` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from effekt.errors import Problem
from effekt.population.files.tables import TableFile, open_file
from effekt.population.identity.guard import guard
from effekt.population.prepared.asked import columns_asked
from effekt.population.prepared.cross_section import read_cross_section
from effekt.population.prepared.panel import read_panel
from effekt.population.prepared.records import to_sample
from effekt.population.wording import refuse_if_any, unknown_column
from effekt.sample import Assignment, Sample
from effekt.spec.prepared import Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedTable:
    """A table that has passed the identity guard and holds every column the spec names.

    notes : what to think about though nothing was refused, in sentences without values.
    """

    file: TableFile
    prepared: Prepared
    assigned_at: Assignment
    study: str
    n_rows: int
    notes: tuple[str, ...]

    @property
    def digest(self) -> str:
        """sha256 of the bytes of the file."""
        return self.file.digest

    @property
    def header(self) -> tuple[str, ...]:
        """Column names as they stand in the file."""
        return self.file.header

    def sample(self) -> Sample:
        """Return everything known at time zero; no outcome after it is looked at.

        Raises
        ------
        DataError
            Every fault that keeps the table from being a sample, with row positions and without values.
        """
        read = read_cross_section if self.prepared.time is None else read_panel
        return to_sample(read(self.file, self.prepared), self.prepared, self.assigned_at, self.study)


def open_table(path: Path, prepared: Prepared, *, assigned_at: Assignment, study: str) -> PreparedTable:
    """Return the table at ``path``, scanned and with its digest.

    study : name of the study; unit keys depend on it.

    Raises
    ------
    DataError
        E701 and E702 if the file cannot be read, E202 for columns it does not have.
    PrivacyError
        E501 if a column, a column name or the file name looks like a Norwegian person number.
    """
    asked = list(columns_asked(prepared))
    file = open_file(Path(path), wanted=[column for column, _ in asked], csv=prepared.csv)
    scan = guard(file, key_column=prepared.unit)
    refuse_if_any(_unknown(asked, file.header))
    return PreparedTable(
        file=file, prepared=prepared, assigned_at=assigned_at, study=study, n_rows=scan.n_rows, notes=scan.notes
    )


def _unknown(asked: list[tuple[str, tuple[str | int, ...]]], header: tuple[str, ...]) -> list[Problem]:
    return [unknown_column(column, header, path) for column, path in asked if column not in header]
