"""A rehearsal as flat rows: what its files and the terminal are made from. NaN is written as nothing, never zero."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from effekt.numerics.monte_carlo import Measure, Performance
from effekt.provenance.digests import versions
from effekt.provenance.folders import MANIFEST
from effekt.rehearsal.drawn import KEY
from effekt.rehearsal.page import PAGE, render
from effekt.rehearsal.summary import Line, Summary
from effekt.rehearsal.varied import Setting

MEASURES = tuple(f.name for f in fields(Performance))
"""How an estimator did, in the order in which it is told."""

SHARES = ("claimed", "associated")


def files_of(settings: Sequence[Setting]) -> dict[str, bytes]:
    """Return name -> bytes of everything a rehearsal leaves: the same for the same draws."""
    files = {
        "rehearsal.json": _text({"settings": [as_json(setting) for setting in settings], "versions": versions()}),
        "rehearsal.csv": as_csv(settings),
        PAGE: render(settings),
    }
    return {**files, MANIFEST: _text({"format": "effekt-rehearsal/1", "files": sorted(files)})}


def as_json(setting: Setting) -> dict[str, Any]:
    """Return everything a rehearsal found, and what it was made from."""
    rehearsal = setting.rehearsal
    summary = rehearsal.summary
    return {
        "setting": dict(setting.named),
        "study": rehearsal.study,
        "spec": rehearsal.spec.digest,
        "world": {"name": rehearsal.world.world, "digest": rehearsal.world.digest},
        "draws": summary.draws,
        "seeds": [rehearsal.drawn[0].seed, rehearsal.drawn[-1].seed],
        "streams": rehearsal.streams,
        "treated": _plain(summary.treated),
        "stopped": _plain(summary.stopped),
        "refused": _plain(summary.refused),
        "warned": _plain(summary.warned),
        "stops": [{"analysis": a, "check": c, **_plain(m)} for (a, c), m in summary.stops.items()],
        "warnings": [{"analysis": a, "check": c, **_plain(m)} for (a, c), m in summary.warnings.items()],
        "refusals": [{"code": code, **_plain(m)} for code, m in summary.refusals.items()],
        "overclaims": summary.overclaims,
        "rows": [_line(line) for line in summary.lines],
    }


def as_csv(settings: Sequence[Setting]) -> bytes:
    """Return one row per setting, row of the estimates and group of draws, UTF-8.

    Each measure has its Monte Carlo standard error beside it, `_mcse`. Draws are `everywhere` or `told`.
    """
    rows = [{**setting.named, **row} for setting in settings for row in _flat(setting.rehearsal.summary)]
    heads = dict.fromkeys(name for row in rows for name in row) or dict.fromkeys((*settings[0].named, *KEY))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(heads), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _flat(summary: Summary) -> Iterator[dict[str, Any]]:
    for line in summary.lines:
        for draws in ("everywhere", "told"):
            done: Performance = getattr(line, draws)
            row: dict[str, Any] = {**dict(zip(KEY, line.key, strict=True)), "unit": line.unit, "draws": draws}
            measures = {name: getattr(done, name) for name in MEASURES}
            measures |= {"realised": line.realised, "treated": summary.treated}
            measures |= {"stopped": summary.stopped, "warned": summary.warned, "refused": summary.refused}
            measures |= {name: getattr(line, name) for name in SHARES}
            measures |= {f"level_{level}": measure for level, measure in line.levels.items()}
            for name, measure in measures.items():
                row |= {name: _finite(measure.value), f"{name}_mcse": _finite(measure.error)}
            yield row | {"n": done.estimate.n}


def _line(line: Line) -> dict[str, Any]:
    groups = {
        draws: {name: _plain(getattr(getattr(line, draws), name)) for name in MEASURES}
        for draws in ("everywhere", "told")
    }
    shares = {name: _plain(getattr(line, name)) for name in SHARES}
    levels = {level: _plain(measure) for level, measure in line.levels.items()}
    key = dict(zip(KEY, line.key, strict=True))
    return {**key, "unit": line.unit, **groups, "realised": _plain(line.realised), **shares, "levels": levels}


def _plain(measure: Measure) -> dict[str, float | int | None]:
    return {"value": _finite(measure.value), "error": _finite(measure.error), "n": measure.n}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _text(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()
