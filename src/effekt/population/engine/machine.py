"""The machine that a study on registers runs on: which engine, where it is, and what it may use."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from effekt.errors import DataError, Problem

Kind = Literal["duckdb", "spark", "postgres"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """An engine and its means.

    address : a Spark master or Connect address, or PostgreSQL's connection string; it may hold a password, so nothing
    prints it. memory : most memory, such as `8GB`. threads : most threads. temp : where what does not fit in memory
    is written, in a folder of its own that only its owner can read and that is removed at the end.
    """

    kind: Kind = "duckdb"
    address: str | None = field(default=None, repr=False)
    memory: str | None = None
    threads: int | None = None
    temp: Path | None = None

    @classmethod
    def of(
        cls, engine: str, *, memory: str | None = None, threads: int | None = None, temp: Path | None = None
    ) -> Machine:
        """Return the machine that `--engine` and the options beside it name.

        Raises
        ------
        DataError
            E105 for another engine, or one without the address it needs.
        """
        name, equals, address = engine.partition("=")
        kind = next((kind for kind in get_args(Kind) if kind == name), None)
        if kind is None:
            raise _not_valid("the engine is not one of duckdb, spark and postgres")
        if (kind == "duckdb" and equals) or (kind == "postgres" and not address) or (equals and not address):
            raise _not_valid(f"the engine {kind} takes {'no address' if kind == 'duckdb' else 'an address after `=`'}")
        return cls(kind=kind, address=address or None, memory=memory, threads=threads, temp=temp)


LOCAL = Machine()
"""DuckDB in this very process, with as much as it finds."""


def _not_valid(sentence: str) -> DataError:
    # What was written is not repeated: the mistake may be in front of a password.
    return DataError(
        Problem(
            code="E105",
            sentence=sentence,
            help="write `--engine duckdb`, `--engine spark`, `--engine spark=ADDRESS` or `--engine postgres=DSN`",
        )
    )
