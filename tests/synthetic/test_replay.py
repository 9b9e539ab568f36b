"""Regimes differ by the programme alone: the same luck, the same past, and no difference where there is no effect."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from effekt.literals import MonthRange
from effekt.registers.schema import tables
from effekt.synthetic.draw import Draw, draw
from effekt.synthetic.programme import Regime
from effekt.synthetic.replay import replay
from effekt.synthetic.world import World

Lived = Mapping[Regime, Mapping[str, pa.Table]]


@pytest.fixture(scope="module")
def small(tiny: World) -> World:
    return tiny.switched(persons=1000)


@pytest.fixture(scope="module")
def observed(small: World) -> Draw:
    return draw(small)


@pytest.fixture(scope="module")
def lived(small: World) -> Lived:
    return {regime: replay(small, regime=regime, streams=range(4)) for regime in ("natural", "wait", "off")}


def at_home(table: pa.Table, name: str) -> pa.Table:
    """The rows under the persons' own keys, sorted by the key of the table."""
    plain = pc.replace_substring_regex(table["person_id"], "~.*", "")
    table = table.set_column(table.column_names.index("person_id"), "person_id", plain)
    return table.sort_by([(key, "ascending") for key in tables()[name].key])


def jobs(replayed: Mapping[str, pa.Table]) -> pd.Series:
    """Whether employed, by person_id and month."""
    frame = replayed["arbeidsforhold"].to_pandas(date_as_object=False)
    return frame.set_index(["person_id", "maaned"])["kontantlonn"]


def starts(replayed: Mapping[str, pa.Table]) -> pd.Series:
    """The day each person took part."""
    return replayed["deltakelse"].to_pandas(date_as_object=False).set_index("person_id")["dato"]


def test_the_natural_course_on_the_luck_that_was_is_what_was_observed(lived: Lived, observed: Draw) -> None:
    treated = observed.tables["deltakelse"]["person_id"]
    for name, table in lived["natural"].items():
        real = table.filter(pc.ends_with(table["person_id"], "~0"))
        seen = observed.tables[name]
        seen = seen.filter(pc.is_in(seen["person_id"], treated.combine_chunks()))
        assert at_home(real, name).equals(at_home(seen, name)), name
    keys = set(lived["natural"]["person"]["person_id"].to_pylist())
    assert keys == {f"{key}~{stream}" for key in treated.to_pylist() for stream in range(4)}


@pytest.mark.parametrize("regime", ["natural", "wait", "off"])
def test_everything_up_to_the_start_is_as_it_was_on_every_stream(lived: Lived, observed: Draw, regime: Regime) -> None:
    began = starts(observed.tables).dt.to_period("M")
    seen = jobs(observed.tables).reset_index()
    was = seen[seen["maaned"].dt.to_period("M") <= seen["person_id"].map(began)]
    again = jobs(lived[regime]).reset_index()
    again["of"] = again["person_id"].str.partition("~")[0]
    past = again[again["maaned"].dt.to_period("M") <= again["of"].map(began)]
    for stream in (1, 3):
        mine = past[past["person_id"].str.endswith(f"~{stream}")]
        assert len(mine) == len(was) > 1000
        assert (mine["kontantlonn"].to_numpy() == was["kontantlonn"].to_numpy()).all()


def test_who_waits_does_not_start_then_and_may_start_later(lived: Lived, observed: Draw) -> None:
    began = starts(observed.tables).dt.to_period("M")
    waiting = starts(lived["wait"]).dt.to_period("M")
    later = waiting.to_numpy() > began[[key.partition("~")[0] for key in waiting.index]].to_numpy()
    assert later.all()
    assert 20 < len(waiting) < 4 * len(began)


def test_off_means_that_nobody_starts(lived: Lived) -> None:
    assert lived["off"]["deltakelse"].num_rows == 0
    assert lived["off"]["person"].num_rows == lived["natural"]["person"].num_rows


def test_without_an_effect_only_participation_tells_the_regimes_apart(small: World) -> None:
    null = small.switched(effect=False)
    natural, wait = (replay(null, regime=regime, streams=range(2)) for regime in ("natural", "wait"))
    for name in natural:
        if name != "deltakelse":
            assert natural[name].equals(wait[name]), name
    assert not natural["deltakelse"].equals(wait["deltakelse"])


def test_an_effect_moves_work_first_down_then_up_and_nothing_it_cannot_reach(lived: Lived) -> None:
    natural, off = lived["natural"], lived["off"]
    assert natural["person"].equals(off["person"]) and natural["bosted"].equals(off["bosted"])
    began = starts(natural)
    began = began[began < "2027-12-01"].dt.to_period("M")
    employed = {name: jobs(lives).index for name, lives in (("natural", natural), ("off", off))}
    gain = {}
    for after in (2, 24):
        wanted = pd.MultiIndex.from_arrays([began.index, (began + after).dt.to_timestamp()])
        gain[after] = wanted.isin(employed["natural"]).mean() - wanted.isin(employed["off"]).mean()
    assert gain[2] < 0 < gain[24]


def test_replaying_everybody_leaves_the_others_as_they_were(small: World, observed: Draw) -> None:
    everybody = replay(small, regime="off", streams=range(1), only_treated=False)
    assert everybody["person"].num_rows == observed.tables["person"].num_rows
    treated = observed.tables["deltakelse"]["person_id"].combine_chunks()
    spells, seen = (at_home(t["vedtak14a"], "vedtak14a") for t in (everybody, observed.tables))
    rest, others = (t.filter(pc.invert(pc.is_in(t["person_id"], treated))) for t in (spells, seen))
    assert rest.equals(others)


def test_a_replay_of_some_starts_lives_the_same_lives(small: World, lived: Lived) -> None:
    some = replay(small, regime="wait", streams=range(2), started=MonthRange.parse("2024-01..2025-06"))
    began = starts(lived["natural"])
    asked = set(began[began.between("2024-01-01", "2025-06-30")].index)
    keys = set(some["person"]["person_id"].to_pylist())
    assert keys == {key for key in asked if key.endswith(("~0", "~1"))}
    wanted = pa.array(sorted(keys), pa.string())
    for name, table in some.items():
        whole = lived["wait"][name]
        assert table.equals(whole.filter(pc.is_in(whole["person_id"], wanted)))


def test_several_regimes_at_once_are_those_one_by_one(small: World, lived: Lived) -> None:
    both = replay(small, regime=("natural", "wait"), streams=range(4), wanted=("deltakelse", "arbeidsforhold"))
    for name, table in both.items():
        number = pc.cast(pc.replace_substring_regex(table["person_id"], ".*~", ""), pa.int64())
        natural, wait = table.filter(pc.less(number, 4)), table.filter(pc.greater_equal(number, 4))
        assert natural.equals(lived["natural"][name])
        renumbered = [f"{key}~{int(life) - 4}" for key, life in (p.split("~") for p in wait["person_id"].to_pylist())]
        wait = wait.set_column(wait.column_names.index("person_id"), "person_id", pa.array(renumbered, pa.string()))
        assert wait.equals(lived["wait"][name])
