"""What the gate does in worlds that break an assumption: a table of shares, and the worlds it must not be blind to."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from effekt.rehearsal.run import rehearse
from effekt.synthetic.shipped import world_names
from effekt.synthetic.world import load_world

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
GATE = ROOT / "benchmarks" / "results" / "gate.csv"


@pytest.mark.parametrize("name", sorted({*world_names()} - {"karriereveiledning", "national"}))
def test_a_study_can_be_rehearsed_on_every_named_world(name: str, tmp_path: Path) -> None:
    world = load_world(name).switched(persons=4000)
    found = rehearse(ROOT / "specs" / "veiledning_mini.yaml", world=world, draws=1, work=tmp_path, streams=1)
    (drawn,) = found.drawn
    assert drawn.refused or drawn.rows
    assert found.world.purpose or name == "tiny"


def test_the_table_of_the_manual_says_so_of_many_draws() -> None:
    rows = list(csv.DictReader(GATE.read_text(encoding="utf-8").splitlines()))
    stopped = {
        row["world"]: float(row["share"])
        for row in rows
        if row["spec"] == "karriereveiledning" and not row["check"] and row["verdict"] == "stopped"
    }
    assert stopped["pretrend"] >= 0.9 and stopped["confounded"] >= 0.8
    assert 0 < stopped["contaminated"] < 1, "part of what nobody recorded is seen, and part is not"
    warned = {row["world"]: float(row["share"]) for row in rows if row["verdict"] == "warned" and not row["check"]}
    assert warned["shocks"] == 1
