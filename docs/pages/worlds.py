"""`worlds.md`: the worlds there are, what each is for, what the gate sees in it, and how well Norway is met."""

from __future__ import annotations

import csv
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path

from effekt.synthetic import careers, offered
from effekt.synthetic.calibration.tables import HEADS, as_markdown
from effekt.synthetic.shipped import world_names
from effekt.synthetic.world import World, load_world
from pages.markdown import ROOT, code, opening, table
from pages.methods import set_manual

RESULTS = ROOT / "benchmarks" / "results"
MARKS = {"stopped": "stops", "warned": "warns", "refused": "refused"}

INTRODUCTION = """\
A world is a YAML file that declares a population, working lives and a programme with a **known effect**; drawing it
writes registers. `effekt synth NAME --out FOLDER` draws one, `effekt rehearse SPEC --world NAME --draws 20` walks a
study through many draws of it, and `--vary world.KEY=V1,V2` turns one of its switches.

The worlds of one assumption each are `tiny` with that one thing changed (`include: [tiny.yaml]`), so that what differs
between two rehearsals is the assumption. A switch that is not said is off, and draws luck of its own when it is on:
every person has the same luck under every regime of the programme, whatever else is switched on.
"""

GATE = """\
## What the gate sees

Shares of draws (Monte Carlo error in brackets), made by [`benchmarks/gate.py`](../benchmarks/gate.py). A check that
`warns` leaves the gate open and is printed with the result. The numbers stand in
[`gate.csv`](../benchmarks/results/gate.csv).
"""

UNSEEN = """\
## How far the estimates are off

Of the primary outcome, in points, over the same draws, whatever the gate said; where the truth is known:
"""

NO_GATE = """\
**What no gate can see.** A check before outcomes looks at what was so before time zero. Selection that leaves no trace
there is invisible to it: in `awakened` somebody changes their mind in one month, takes part that very month more often
and finds work more often for two years. Motivation that acts all life long (`confounded`) is only seen by the traces it
leaves. Only knowledge of how people came to take part, or a design that does not lean on it, helps.
"""

CALIBRATION = """\
## How `karriereveiledning` meets what is published

`effekt calibrate karriereveiledning` makes this table. Bands: counts within 2% and shares within 1.5 points where the
number stands in its source as it is used here (*published*), 5% and 3 points where it is an estimate, of some
participants only, or moved to another year (*derived*). An *assumption* is shown and not tested. Counts are of the
country: persons of the world times what each stands for. Volumes are expected starts, summed from everybody's chance
of one in every month, with projects in their own size: a draw has `programme.enlarged` times as many.
"""


def page() -> str:
    """Return the page."""
    lines = opening("Worlds", "the worlds, the models of `src/effekt/synthetic` and `benchmarks/results`")
    lines += [INTRODUCTION]
    lines += ["## The worlds", "", *_worlds()]
    lines += [GATE, *_gate(), UNSEEN, *_bias(), NO_GATE, *_switches()]
    lines += [CALIBRATION, as_markdown([tuple(row[head] for head in HEADS) for row in _read("calibration.csv")])]
    return "\n".join(lines).rstrip() + "\n"


def _worlds() -> list[str]:
    said = [load_world(name) for name in world_names()]
    heads = ("world", "what it is", "what it is for", "what it breaks")
    return table(heads, ((code(w.world), _what(w), w.purpose, w.breaks or "nothing") for w in said))


def _what(world: World) -> str:
    persons = f"{world.persons.number:,} persons"
    return f"{world.label}; {persons}" if world.label else persons


def _gate() -> Iterator[str]:
    rows = _read("gate.csv")
    for spec in dict.fromkeys(row["spec"] for row in rows):
        ours = [row for row in rows if row["spec"] == spec]
        worlds = list(dict.fromkeys(row["world"] for row in ours))
        draws = ours[0]["draws"]
        yield f"`specs/{spec}.yaml`, {draws} draws of each world:"
        yield ""
        checks = sorted({(row["analysis"], row["check"]) for row in ours if row["check"]})
        lines = [("any check", *(_cell(ours, world, "", "") for world in worlds))]
        lines += [
            (f"{analysis}: {check}", *(_cell(ours, world, analysis, check) for world in worlds))
            for analysis, check in checks
        ]
        yield from table(("", *(code(world) for world in worlds)), lines)


def _cell(rows: Iterable[dict[str, str]], world: str, analysis: str, check: str) -> str:
    found = [r for r in rows if (r["world"], r["analysis"], r["check"]) == (world, analysis, check)]
    return ", ".join(
        f"{MARKS[r['verdict']]} {100 * float(r['share']):.0f}% ({100 * float(r['mcse']):.0f})"
        for r in found
        if float(r["share"]) > 0
    )


def _bias() -> list[str]:
    rows = [row for row in _read("gate_bias.csv") if row["truth"]]
    heads = (
        "spec",
        "world",
        "analysis",
        "draws",
        "truth",
        "estimate",
        "bias (Monte Carlo error)",
        "intervals that cover",
    )
    return table(
        heads,
        (
            (
                code(row["spec"]),
                code(row["world"]),
                row["analysis"],
                row["draws"],
                _points(row["truth"]),
                _points(row["estimate"]),
                f"{_points(row['bias'])} ({_points(row['mcse'])})",
                f"{100 * float(row['coverage']):.0f}%",
            )
            for row in rows
        ),
    )


def _points(text: str) -> str:
    return f"{100 * float(text):.1f}"


def _switches() -> Iterator[str]:
    yield from ("## What a world may say", "")
    for room in (careers, offered):
        for name, model in vars(room).items():
            if inspect.isclass(model) and model.__module__ == room.__name__:
                text = set_manual(inspect.getdoc(model) or "").replace("\n\n", "<br>").replace("\n", " ")
                keys = ", ".join(code(field.alias or key) for key, field in model.model_fields.items())
                yield f"**{name}** ({keys}). {text}"
                yield ""


def _read(name: str) -> list[dict[str, str]]:
    path: Path = RESULTS / name
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
