"""A world too large for memory: the same bytes for any number of threads, whole or not there, and in order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from effekt.errors import SpecError
from effekt.population.extract.opening import open_extract
from effekt.synthetic import persons, streamed
from effekt.synthetic.draw import draw
from effekt.synthetic.persons import numbers_of, stretches
from effekt.synthetic.streamed import write_world
from effekt.synthetic.world import World, load_world

OF_EVERYBODY = ("person", "bosted", "utdanningsnivaa", "arbeidsforhold", "inntekt_aar")


@pytest.fixture(scope="module")
def crowd() -> World:
    """A hundred persons with a life and nine hundred others."""
    said = load_world("national").model_dump(mode="json", by_alias=True)
    said["persons"]["number"], said["others"]["number"] = 100, 900
    return World.model_validate(said)


@pytest.fixture(scope="module", autouse=True)
def short_stretches() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(persons, "STRETCH", 128)
        patch.setattr(streamed, "_ROW_GROUP", 5_000)
        yield


@pytest.fixture(scope="module")
def registers(crowd: World, short_stretches: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crowd") / "registers"
    write_world(crowd, folder, threads=2)
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def test_any_number_of_threads_writes_the_same_bytes(crowd: World, registers: Path, tmp_path: Path) -> None:
    for threads in (1, 3):
        write_world(crowd, tmp_path / f"by_{threads}", threads=threads)
        assert digests(tmp_path / f"by_{threads}") == digests(registers)


def test_who_has_a_life_lives_as_without_the_others(crowd: World, registers: Path) -> None:
    alone = draw(crowd.model_copy(update={"others": None}), persons=numbers_of(crowd))
    ids = alone.tables["person"]["person_id"]
    for name, table in alone.tables.items():
        whole = pq.read_table(registers / f"{name}.parquet")
        rows = whole.filter(pc.is_in(whole["person_id"], ids)) if "person_id" in whole.column_names else whole
        order = [(column, "ascending") for column in rows.column_names]
        assert rows.sort_by(order).equals(table.sort_by(order)), name


def test_everybody_is_there_once_and_in_order(crowd: World, registers: Path) -> None:
    assert len(numbers_of(crowd)) == 100
    assert sum(count for _, _, count in stretches(crowd)) == 1000
    for name in OF_EVERYBODY:
        ids = pq.read_table(registers / f"{name}.parquet")["person_id"].to_numpy()
        assert (ids[1:] >= ids[:-1]).all(), name
    everybody = pq.read_table(registers / "person.parquet")["person_id"].to_numpy()
    assert len(np.unique(everybody)) == len(everybody) == 1000


def test_others_never_meet_nav(crowd: World, registers: Path) -> None:
    lived = {f"S{number:07d}" for number in numbers_of(crowd)}
    for name in ("vedtak14a", "arbeidssoeker", "tiltak", "deltakelse"):
        assert set(pq.read_table(registers / f"{name}.parquet")["person_id"].to_pylist()) <= lived


def test_the_registers_are_what_a_study_opens(registers: Path) -> None:
    extract = open_extract(registers, wanted=(*OF_EVERYBODY, "vedtak14a", "deltakelse"))
    assert extract.tables["person"].rows == 1000


def test_others_earn_what_their_jobs_paid_and_work_when_they_may(crowd: World, registers: Path) -> None:
    lived = {f"S{number:07d}" for number in numbers_of(crowd)}
    jobs = pq.read_table(registers / "arbeidsforhold.parquet").to_pandas()
    jobs = jobs[~jobs.person_id.isin(lived)]
    jobs["aar"] = [month.year for month in jobs.maaned]
    paid = jobs.groupby(["person_id", "aar"]).kontantlonn.sum()
    earned = pq.read_table(registers / "inntekt_aar.parquet").to_pandas().set_index(["person_id", "aar"]).wlonn
    assert (earned.loc[paid.index] == paid).all()
    assert not jobs.duplicated(["person_id", "maaned"]).any()
    born = pq.read_table(registers / "person.parquet").to_pandas().set_index("person_id").foedselsaar
    age = jobs.aar - born.loc[jobs.person_id].to_numpy()
    assert age.between(20, 67).all()
    share = len(jobs) / (84 * ((born >= 1957) & (born <= 1998)).sum())
    assert share == pytest.approx(0.75, abs=0.15)


def test_an_interrupt_leaves_nothing(crowd: World, tmp_path: Path) -> None:
    def interrupted(done: int, of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_world(crowd, tmp_path / "registers", told=interrupted)
    assert list(tmp_path.iterdir()) == []


def test_it_is_told_how_far_it_has_come(crowd: World, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    write_world(crowd, tmp_path / "registers", told=lambda done, of: heard.append((done, of)))
    assert heard == [(k, 8) for k in range(1, 9)]


def test_it_is_not_drawn_in_memory(crowd: World) -> None:
    with pytest.raises(SpecError, match="E204"):
        draw(crowd)


def test_more_persons_than_a_pseudonym_has_room_for_are_refused() -> None:
    said = load_world("national").model_dump(mode="json", by_alias=True)
    said["others"]["number"] = 9_900_000
    with pytest.raises(ValueError, match="running number"):
        World.model_validate(said)
