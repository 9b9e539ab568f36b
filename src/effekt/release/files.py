"""The files of a release as bytes. The same content gives the same bytes, on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from effekt.release.contents import ReportInput, SideTable
from effekt.release.figures.gallery import file_name, unique
from effekt.release.findings import ReleasedFinding
from effekt.release.released import Released, seen
from effekt.results import ESTIMATE_FIELDS, Verdict

MANIFEST = "manifest.json"


def to_json(value: Any) -> bytes:
    """Return JSON as bytes: UTF-8, the shortest digits that round-trip, a newline at the end; no NaN."""
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def estimates_json(estimates: Released) -> bytes:
    """Return a list of rows with exactly the fields of an Estimate, in their order.

    null = suppressed, or not filled by the row's kind of inference.
    """
    return to_json([{name: row[name] for name in ESTIMATE_FIELDS} for row in seen(estimates).rows()])


def findings_json(findings: tuple[ReleasedFinding, ...]) -> bytes:
    """Return the checks' findings; a null value with ``suppressed: true`` stands on too few persons."""
    return to_json([_finding(f) for f in findings])


def _finding(finding: ReleasedFinding) -> dict[str, Any]:
    names = (
        "check",
        "subject",
        "analysis",
        "value",
        "unit",
        "threshold",
        "verdict",
        "blocking",
        "advice",
        "suppressed",
    )
    return {name: getattr(finding, name) for name in names}


def tables_csv(content: ReportInput) -> Iterator[tuple[str, bytes]]:
    """Yield every table with its path; tables of one name in several analyses carry the analysis."""
    for name, side in named_tables(content):
        yield f"tables/{name}.csv", seen(side.table).to_csv(content.reference).encode()


def named_tables(content: ReportInput) -> Iterator[tuple[str, SideTable]]:
    """Yield every released table under the name its file has, each name once."""
    named = [("estimates", SideTable(analysis="", table=content.estimates))]
    for slot in ("flow", "flow_comparison", "paths", "truth", "between", "bounds"):
        table = getattr(content, slot)
        if table is not None:
            named.append((slot, SideTable(analysis="", table=table)))
    named += [(file_name(side.table.name, side.analysis), side) for side in content.side_tables()]
    taken: dict[str, int] = {}
    for name, side in named:
        yield unique(name, taken), side


def spec_json(content: ReportInput) -> bytes:
    """Return the resolved study, every value in its place, so that whoever reads the results can ask again."""
    return to_json(_plain(content.spec))


def manifest_json(content: ReportInput, files: Mapping[str, bytes]) -> bytes:
    """Return what the release consists of and where it comes from; it lists every file but itself."""
    return to_json(
        {
            "reference": content.reference,
            "study": content.study,
            "disclosure": content.rules.name,
            "exploratory": content.exploratory,
            "overrides": dict(sorted(content.overrides.items())),
            "claims": _claim_facts(content),
            "provenance": _plain(content.provenance),
            "files": {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)},
        }
    )


def _claim_facts(content: ReportInput) -> dict[str, Any]:
    """Return what decides how far each analysis may claim to reach, for those who check the words by themselves."""
    passed: dict[str, set[str]] = {a: set() for a in content.designs}
    for side in content.in_slot("bounds"):
        for bound in side.table.rows():
            about = bound.get("analysis") or side.analysis
            for analysis in passed if not about else {str(about)} & passed.keys():
                if bound["verdict"] == Verdict.PASS.value:
                    passed[analysis].add(str(bound["sensitivity"]))
    designs = sorted(content.designs.items())
    return {
        "assigned": "random" if content.randomised else "",
        "reach": {name: design.reach for name, design in designs},
        "bounds": {name: sorted(design.bounds) for name, design in designs},
        "bounds_passed": {name: sorted(passed[name]) for name, _ in designs},
    }


def _plain(value: Any) -> Any:
    """Return nested maps and tuples as what JSON knows."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value
