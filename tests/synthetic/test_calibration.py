"""A world that stands for a country is held against every published moment, and none of them is dropped in silence."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest

from effekt.__main__ import run
from effekt.synthetic.calibration import calibrate as room
from effekt.synthetic.calibration.calibrate import Reached, calibrate
from effekt.synthetic.calibration.measures import MEASURES
from effekt.synthetic.calibration.moments import moments
from effekt.synthetic.calibration.planted import PLANTED
from effekt.synthetic.calibration.tables import HEADS, NOT_CLAIMED, as_csv, as_markdown, rows, summary, verdict
from effekt.synthetic.draw import draw
from effekt.synthetic.persons import draw_persons
from effekt.synthetic.places import places, shares_by_age
from effekt.synthetic.shipped import world_file
from effekt.synthetic.world import World, load_world

SMALL = 1500


@pytest.fixture(scope="module")
def norway() -> World:
    return load_world("karriereveiledning")


@pytest.fixture(scope="module")
def small(norway: World) -> Sequence[Reached]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "planted", lambda *_: {})  # whose lives cost more than all else
        return calibrate(norway.switched(persons=SMALL))


def test_every_moment_is_claimed_by_a_measure_or_left_with_a_reason() -> None:
    assert len(moments()) == 166
    known = {*MEASURES, *PLANTED}
    for moment in moments():
        assert (moment.measure in known) if moment.measure else moment.why, moment.id
        assert moment.source and moment.said


def test_bands_are_those_of_the_status() -> None:
    by_id = {moment.id: moment for moment in moments()}
    assert by_id["POP_NO"].band == pytest.approx((0.98 * 5594340, 1.02 * 5594340))
    assert by_id["SYS_ALLE"].band == pytest.approx((75.9, 78.9))
    assert by_id["NAV_U30_ANDEL"].band == pytest.approx((2.3, 8.3)), "derived"
    assert by_id["SYS_20-24_alle"].status == "derived", "a level of 2017 that was moved to 2022"
    assert by_id["SYS_20-24_alle"].target == pytest.approx(60.4 * 1.032)
    assert by_id["DELT_MENN"].status == "derived", "of 140 participants"
    assert by_id["VOLUM_TOT"].band == pytest.approx((475, 525)), "an estimate"
    assert by_id["EFF_JOBB"].band is None, "an assumption is shown, not tested"
    assert by_id["HOR_VGOFULL"].target is None and by_id["HOR_VGOFULL"].why, "a range is no number"


def test_all_moments_are_told_in_their_order_and_only_those_of_a_band_are_tested(small: Sequence[Reached]) -> None:
    assert [reached.moment.id for reached in small] == [moment.id for moment in moments()]
    for reached in small:
        if not reached.claimed:
            assert (reached.value, reached.within, verdict(reached)) == (None, None, NOT_CLAIMED)
        elif reached.moment.status == "assumption":
            assert (reached.within, verdict(reached)) == (None, "assumed")
        else:
            assert reached.within in {True, False}
    assert summary(small).startswith("166 moments: ")
    told = list(csv.DictReader(io.StringIO(as_csv(small))))
    assert [row["id"] for row in told] == [moment.id for moment in moments()]
    assert all(row["source"] for row in told)
    text = as_markdown(rows(small))
    assert all(f"`{moment.id}`" in text for moment in moments())


def test_counts_add_up_and_shares_are_shares(small: Sequence[Reached]) -> None:
    value = {reached.moment.id: reached.value for reached in small}
    counties = [n for key, n in value.items() if key.startswith("POP_") and key[4:].isdigit()]
    assert sum(counties) == pytest.approx(value["POP_NO"])
    for ages in ("16-19", "20-24", "40-49"):
        assert sum(n for key, n in value.items() if key.startswith(f"UTD_{ages}_")) == pytest.approx(100)
    assert all(0 <= r.value <= 100 for r in small if r.value is not None and r.moment.unit == "prosent")
    projects = sum(value[f"VOLUM_{code}"] for code in ("18", "32", "34", "50"))
    assert 0 < projects < value["VOLUM_TOT"]


def test_persons_lived_in_blocks_give_the_same_as_all_at_once(
    norway: World, small: Sequence[Reached], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_AT_A_TIME", 800)
    monkeypatch.setattr(room, "planted", lambda *_: {})
    for once, apart in zip(small, calibrate(norway.switched(persons=SMALL)), strict=True):
        if once.moment.measure in MEASURES:
            assert apart.value == pytest.approx(once.value, rel=1e-12), once.moment.id


def test_people_are_spread_over_counties_as_evenly_as_they_can_be(norway: World) -> None:
    persons = draw_persons(norway, 5)
    young = (persons.born // 12 >= 1996) & (persons.born // 12 <= 2008)
    share = np.bincount(places().county[persons.home][young]) / young.sum()
    assert share == pytest.approx(shares_by_age()[1], abs=1e-3)
    assert shares_by_age()[1][0] == pytest.approx(151033 / 974470)
    assert persons.woman.mean() == pytest.approx(0.47, abs=0.001)


def test_nobody_is_in_a_register_before_being_born(norway: World) -> None:
    drawn = draw(norway, persons=np.arange(400)).tables
    born = dict(
        zip(
            drawn["person"]["person_id"].to_pylist(),
            pc.add(pc.multiply(drawn["person"]["foedselsaar"], 12), drawn["person"]["foedselsmaaned"]).to_pylist(),
            strict=True,
        )
    )
    assert max(born.values()) > 12 * 2016, "some are born after the first month"
    for name in ("bosted", "utdanningsnivaa", "inntekt_aar"):
        table = drawn[name]
        year = table["aar"] if "aar" in table.column_names else pc.year(table["start"])
        for who, when in zip(table["person_id"].to_pylist(), year.to_pylist(), strict=True):
            assert 12 * when + 12 >= born[who], name


def test_the_command_shows_every_moment_writes_both_files_and_fails_if_one_is_off(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "planted", lambda *_: {})
    with world_file("karriereveiledning") as path:
        text, times = re.subn(r"(?m)^  number: \d+$", "  number: 500", path.read_text(encoding="utf-8"))
    assert times == 1
    (tmp_path / "liten.yaml").write_text(text, encoding="utf-8")
    assert run(["calibrate", str(tmp_path / "liten.yaml"), "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().out
    assert "NEET_2022" in said and "not claimed" in said and "outside their bands: " in said
    told = list(csv.DictReader((tmp_path / "out" / "calibration.csv").read_text(encoding="utf-8").splitlines()))
    assert tuple(told[0]) == HEADS and len(told) == 166
    assert (tmp_path / "out" / "calibration.md").read_text(encoding="utf-8").startswith("| moment |")
