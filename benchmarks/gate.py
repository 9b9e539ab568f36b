"""What the gate sees in worlds that break an assumption, and how far the estimate is off: many draws, one CSV each.

`python benchmarks/gate.py [FOLDER]` rehearses the specs below on the worlds below and writes `results/gate.csv` and
`results/gate_bias.csv`. Finished draws are kept in FOLDER (default `.effekt/gate`), so that it can be interrupted.
"""

import csv
import math
import sys
from collections.abc import Iterator
from pathlib import Path

from effekt.numerics.monte_carlo import Measure
from effekt.rehearsal.drawn import KEY
from effekt.rehearsal.run import Rehearsal, rehearse
from effekt.synthetic.world import load_world

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
DRAWS = 20
RUNS = {
    "karriereveiledning": ("confounded", "contaminated", "pretrend"),
    "karriereveiledning_fylke": ("shocks",),
}
"""Specs and the worlds they are rehearsed on."""

GATE = ("spec", "world", "draws", "treated", "analysis", "check", "verdict", "share", "mcse")
BIAS = (
    "spec",
    "world",
    "draws",
    "analysis",
    "outcome",
    "horizon",
    "truth",
    "estimate",
    "bias",
    "mcse",
    "coverage",
)


def main(folder: Path) -> None:
    """Rehearse what is not finished, and write both tables."""
    gate, bias = [], []
    for spec, worlds in RUNS.items():
        for name in worlds:
            path = ROOT / "specs" / f"{spec}.yaml"
            work = folder / spec / name
            found = rehearse(path, world=load_world(name), draws=DRAWS, work=work, streams=1)
            gate += [(spec, name, *row) for row in told(found)]
            bias += [(spec, name, *row) for row in off(found)]
            print(spec, name, flush=True)
    _write("gate.csv", GATE, gate)
    _write("gate_bias.csv", BIAS, bias)


def told(found: Rehearsal) -> Iterator[tuple[object, ...]]:
    """Yield the share of draws that were stopped, warned and refused, in all and by check."""
    summary = found.summary
    first = (summary.draws, round(summary.treated.value))
    for verdict, measure in (("stopped", summary.stopped), ("warned", summary.warned), ("refused", summary.refused)):
        yield (*first, "", "", verdict, *_numbers(measure, 2))
    for verdict, measures in (("stopped", summary.stops), ("warned", summary.warnings)):
        for (analysis, check), measure in measures.items():
            yield (*first, analysis, check, verdict, *_numbers(measure, 2))


def off(found: Rehearsal) -> Iterator[tuple[object, ...]]:
    """Yield how far the primary outcome's estimates of every whole analysis are from the truth."""
    primary = found.spec.primary
    for line in found.summary.lines:
        key = dict(zip(KEY, line.key, strict=True))
        whole = key["arm"] is None and key["subgroup"] is None and key["variant"] in {None, "", "base"}
        if not whole or key["outcome"] != primary.outcome or key["horizon"] not in {None, found.spec.primary_horizon}:
            continue
        done = line.everywhere
        truth, estimate = (_numbers(m, 4)[0] for m in (done.truth, done.estimate))
        row = (key["analysis"], key["outcome"], key["horizon"], truth, estimate, *_numbers(done.bias, 4))
        yield (found.summary.draws, *row, _numbers(done.coverage, 2)[0])


def _numbers(measure: Measure, decimals: int) -> tuple[object, object]:
    return tuple("" if math.isnan(number) else round(number, decimals) for number in (measure.value, measure.error))


def _write(name: str, heads: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with (RESULTS / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([heads, *rows])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".effekt" / "gate")
