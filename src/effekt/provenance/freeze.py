"""The freeze: what was decided before any outcome was seen.

It stores digests of the resolved spec, table, sample, weights and findings, the overrides with their
reasons, and versions; no rows and no times, so that the same design gives the same freeze. An amendment is a
second freeze that names the first, with a field-level diff.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from effekt.errors import FreezeError, Problem
from effekt.provenance.digests import digest
from effekt.provenance.folders import write_file

FILE = "freeze.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A failed check that somebody decided to pass over, and why. Printed on page one."""

    check: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A change after an earlier freeze. ``outcomes_read``: outcomes had been seen by then."""

    reason: str
    previous: str
    outcomes_read: bool
    diff: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """The frozen design; ``digest`` identifies it.

    spec : the resolved spec as JSON, kept for the field-level diff of an amendment. weights : analysis and
    variant -> digest. all_stages_reason : why all stages were walked in one go on data that are not public
    ("" = they were not, or the data are public or synthetic).
    """

    study: str
    spec_digest: str
    spec: Mapping[str, Any]
    data_digest: str
    sample_digest: str
    weights: Mapping[str, str]
    findings_digest: str
    versions: Mapping[str, str]
    overrides: tuple[Override, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    all_stages_reason: str = ""

    @property
    def digest(self) -> str:
        """sha256 of everything above."""
        return digest(self.to_json())

    @property
    def exploratory(self) -> Literal["", "all_stages", "amended_after_outcomes"]:
        """Why results must be labelled exploratory; "" = they need not be."""
        if any(a.outcomes_read for a in self.amendments):
            return "amended_after_outcomes"
        return "all_stages" if self.all_stages_reason else ""

    def to_json(self) -> dict[str, Any]:
        """Return the freeze as JSON values."""
        return asdict(self)

    def write(self, work: Path) -> None:
        """Store the freeze under its digest and as the current one; earlier ones stay."""
        text = json.dumps({"digest": self.digest, "freeze": self.to_json()}, indent=1, ensure_ascii=False) + "\n"
        write_file(work / f"freeze-{self.digest[:8]}.json", text.encode())
        write_file(work / FILE, text.encode())

    @classmethod
    def read(cls, work: Path) -> Freeze | None:
        """Return the current freeze, or None.

        Raises
        ------
        FreezeError
            E606 if the file was changed by hand or is not readable.
        """
        path = work / FILE
        if not path.exists():
            return None
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            body = dict(stored["freeze"])
            body["overrides"] = tuple(Override(**o) for o in body["overrides"])
            body["amendments"] = tuple(Amendment(**{**a, "diff": tuple(a["diff"])}) for a in body["amendments"])
            freeze = cls(**body)
            intact = freeze.digest == stored["digest"]
        except (OSError, ValueError, KeyError, TypeError):
            intact = False
        if not intact:
            raise FreezeError(
                Problem(
                    code="E606",
                    sentence="the freeze in the work folder was changed after it was written, or cannot be read",
                    help="restore `freeze.json`, or start again with an empty `--work` folder",
                )
            )
        return freeze


def field_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Return one line per leaf that differs: ``path: old -> new``."""
    old, new = dict(leaves(before)), dict(leaves(after))
    absent = "(absent)"
    changed = sorted(k for k in old.keys() | new.keys() if old.get(k, absent) != new.get(k, absent))
    return tuple(f"{k}: {old.get(k, absent)} -> {new.get(k, absent)}" for k in changed)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every leaf of nested maps and lists: its dotted path, and its value as JSON."""
    if isinstance(value, Mapping) and value:
        for k, v in value.items():
            yield from leaves(v, f"{path}.{k}" if path else str(k))
    elif isinstance(value, list | tuple) and value:
        for i, v in enumerate(value):
            yield from leaves(v, f"{path}.{i}")
    else:
        yield path, json.dumps(value, ensure_ascii=False)
