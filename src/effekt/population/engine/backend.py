"""What the engine asks of a database: all that is DuckDB's and not Ibis'.

The operators are one piece in Ibis. A backend stores rows, runs the SQL that Ibis writes in its dialect, and turns its
own faults into problems of ours, since the messages of a database quote cells, paths and passwords.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import ibis
import pyarrow as pa

from effekt.errors import DataError, Problem
from effekt.population.engine.written import Held
from effekt.population.extract.manifest import RegisterFile


class Backend(Protocol):
    """A database with the tables of one extract.

    Every method raises
    ------
    DataError
        E105, E701 or E710 in words of ours. An interrupt is an interrupt.
    """

    dialect: str
    """The name of its SQL: equal expressions become equal text on every connection with the same."""

    def sql(self, expr: ibis.Table) -> str:
        """Return an expression in the dialect of the database."""
        ...

    def delivered(self, file: RegisterFile, columns: Sequence[str]) -> Held:
        """Return those of the columns that a register was delivered with, in this order."""
        ...

    def keep(self, name: str, sql: str, schema: ibis.Schema) -> None:
        """Run a query and store its rows under a name, as long as the backend is open."""
        ...

    def view(self, name: str, sql: str, schema: ibis.Schema) -> None:
        """Give a query a name, without running it."""
        ...

    def read(self, sql: str, schema: ibis.Schema) -> pa.Table:
        """Run a query and return its rows in its order, with the types of a schema."""
        ...

    def upload(self, name: str, table: pa.Table) -> None:
        """Store rows of ours under a name."""
        ...

    def close(self) -> None:
        """Disconnect and remove everything that was written; a second time does nothing."""
        ...


def own_folder(temp: Path | None) -> Path:
    """Return a new folder that nobody else can read, as `mkdtemp` makes them.

    Raises
    ------
    DataError
        E710 if it cannot be made.
    """
    with suppress(OSError):
        return Path(tempfile.mkdtemp(prefix="effekt-", dir=temp))
    raise DataError(
        Problem(code="E710", sentence="the temporary folder cannot be written", help="name one that you may write to")
    )


def removed(folder: Path) -> None:
    """Remove a folder of ours, whatever is in it."""
    shutil.rmtree(folder, ignore_errors=True)


def means_nothing(what: str, help_: str) -> DataError:
    """Return the refusal of means that an engine cannot be given."""
    return DataError(Problem(code="E105", sentence=f"the {what} for the engine is not valid", help=help_))
