"""The same world gives the same lives: whole or in part, on disk and off it, now and when it was committed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from effekt.errors import DataError
from effekt.registers.schema import tables
from effekt.synthetic.draw import Draw, draw
from effekt.synthetic.extract import write_extract
from effekt.synthetic.shipped import draw_folder, world_names
from effekt.synthetic.world import World

SMALL = 300


def of_persons(drawn: Draw, name: str, ids: list[str]) -> pa.Table:
    table = drawn.tables[name]
    return table.filter(pc.is_in(table["person_id"], pa.array(ids, pa.string())))


def test_two_draws_have_the_same_bytes(tiny: World, tmp_path: Path) -> None:
    small = tiny.switched(persons=SMALL)
    for name in ("a", "b"):
        write_extract(draw(small), tmp_path / name)
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


def test_a_part_of_the_persons_in_any_order_lives_as_in_the_whole(tiny: World, drawn: Draw) -> None:
    some = np.array([77, 3, 4001, 12, 900])
    part = draw(tiny, persons=some)
    ids = part.tables["person"]["person_id"].to_pylist()
    for name, table in part.tables.items():
        if "person_id" in table.column_names:
            whole = of_persons(drawn, name, ids)
            order = [(key, "ascending") for key in tables()[name].key]
            assert table.sort_by(order).equals(whole.sort_by(order)), name


def test_another_seed_is_another_world(tiny: World) -> None:
    small = tiny.switched(persons=SMALL)
    assert not draw(small).tables["person"].equals(draw(small, seed=1).tables["person"])


def test_the_committed_draw_is_what_the_world_gives_today(drawn: Draw, tmp_path: Path) -> None:
    write_extract(drawn, tmp_path / "fresh")
    with draw_folder("tiny") as committed:
        assert sum(file.stat().st_size for file in committed.iterdir()) < 2_000_000
        said = json.loads((committed / "manifest.json").read_text(encoding="utf-8"))
        assert said["world"] == {"name": "tiny", "seed": drawn.seed, "digest": drawn.world.digest}
        assert set(said["tables"]) == set(drawn.tables)
        for name, facts in said["tables"].items():
            old, new = committed / facts["file"], tmp_path / "fresh" / facts["file"]
            assert hashlib.sha256(old.read_bytes()).hexdigest() == facts["sha256"]
            assert pq.read_table(old).equals(drawn.tables[name]), name
            # Another version of the writer may lay the same rows out otherwise.
            if pq.read_metadata(old).created_by == pq.read_metadata(new).created_by:
                assert old.read_bytes() == new.read_bytes(), name


def test_a_draw_never_replaces_somebodys_files(tiny: World, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="E710"):
        write_extract(draw(tiny.switched(persons=10)), tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_an_earlier_draw_is_replaced_whole(tiny: World, tmp_path: Path) -> None:
    for persons in (10, 20):
        write_extract(draw(tiny.switched(persons=persons)), tmp_path / "out")
    assert pq.read_table(tmp_path / "out" / "person.parquet").num_rows == 20
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_tiny_is_shipped() -> None:
    assert "tiny" in world_names()
