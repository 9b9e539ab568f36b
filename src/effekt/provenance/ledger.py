"""The access ledger: append-only and hash-chained. Tamper-evident, not tamper-proof.

One JSON object per line: what was done (design, freeze, outcomes read, override, release ...), when, by which
digests, and the hash of the line before. Whoever can write the file can also write a new chain; what cannot
be done unseen is to change or drop a line of a chain somebody else has a copy of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from effekt.errors import FreezeError, Problem
from effekt.provenance.digests import digest
from effekt.provenance.folders import append_file, one_at_a_time

FILE = "ledger.jsonl"
_START = "0" * 64


class Ledger:
    """The ledger of one work folder."""

    def __init__(self, work: Path) -> None:
        self.path = work / FILE

    def append(self, event: str, **facts: Any) -> None:
        """Add one line, flushed to disk before this returns.

        Raises
        ------
        FreezeError
            E606 if the chain is broken: nothing is added to a ledger that was changed.
        DataError
            E710 if the line cannot be written; the ledger is then as it was.
        """
        with one_at_a_time(self.path):
            previous = _START
            for entry in self.entries():
                previous = entry["hash"]
            body = {"event": event, "at": datetime.now(UTC).isoformat(timespec="seconds"), **facts}
            line = {**body, "previous": previous}
            line["hash"] = digest(line)
            append_file(self.path, _written(line) + b"\n")

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield every entry, verified against the chain.

        Raises
        ------
        FreezeError
            E606 at the first line that does not fit.
        """
        if not self.path.exists():
            return
        previous = _START
        *lines, rest = self.path.read_bytes().split(b"\n")
        for number, line in enumerate([*lines, rest] if rest else lines, start=1):
            entry = _verified(line, previous) if number <= len(lines) else None
            if entry is None:
                raise FreezeError(
                    Problem(
                        code="E606",
                        sentence=f"line {number} of `{self.path.name}` was changed after it was written",
                        help="restore the file from a copy, or start again with an empty `--work` folder",
                    )
                )
            previous = entry["hash"]
            yield entry

    def holds(self, event: str) -> bool:
        """Return whether such an event was ever recorded."""
        return any(e["event"] == event for e in self.entries())


def _written(entry: dict[str, Any]) -> bytes:
    """Return the entry as its line; the only spelling of it that is accepted."""
    return json.dumps(entry, ensure_ascii=False, sort_keys=True).encode()


def _verified(line: bytes, previous: str) -> dict[str, Any] | None:
    """Return the entry if it is whole, spelt as it was written, and continues the chain."""
    try:
        entry: dict[str, Any] = json.loads(line)
        unsigned = {name: value for name, value in entry.items() if name != "hash"}
        intact = entry["previous"] == previous and digest(unsigned) == entry["hash"] and _written(entry) == line
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return entry if intact else None
