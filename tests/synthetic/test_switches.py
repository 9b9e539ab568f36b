"""Every switch of a world moves what it is about, draws luck of its own, and keeps regimes on common luck."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from effekt.registers.schema import tables
from effekt.synthetic.acting import county_shocks
from effekt.synthetic.careers import Together
from effekt.synthetic.draw import draw
from effekt.synthetic.life import Lives, live
from effekt.synthetic.persons import Persons, draw_persons
from effekt.synthetic.places import places
from effekt.synthetic.replay import replay
from effekt.synthetic.shipped import world_file
from effekt.synthetic.state import Months
from effekt.synthetic.world import World, load_world

SEED = 7
EVERYTHING = """
include: [tiny.yaml]
persons: {number: 500}
careers:
  drift: 0.2
  trends: {"11": 0.1}
  county_shocks: {country: 20%, region: 40%}
programme:
  projects:
    "11": {age: 19..29, without_upper_secondary: true, pilot: {offices: 2, until: 2023-12}}
  contamination: 20%
  selection: {drift: 0.8}
  motivation: {participation: 0.5}
  awakening: {monthly: 4%, participation: 1.0, work: 0.5}
  subgroups: {women: 2, under_25: 0.5}
  identified: {counties: {"11": {from: 2022-05, share: 60%}}, elsewhere: 90%}
  anticipation: {months: 2, job: -1}
  spill_over: -0.3
  effect: {individuell: {keep: {0..1y: 0.5}}}
concurrent:
  reform: {from: 2024-08, counties: ["11"], age: 19..24, education: 0.5}
"""


def world_of(folder: Path, text: str) -> World:
    """A world that says some things on top of tiny."""
    with world_file("tiny") as tiny:
        (folder / "tiny.yaml").write_text(tiny.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "verden.yaml").write_text(text, encoding="utf-8")
    return load_world(folder / "verden.yaml")


def lived(folder: Path, said: str, number: int = 2000) -> tuple[Persons, Months]:
    world = world_of(folder, f"include: [tiny.yaml]\n{said}").switched(persons=number)
    persons = draw_persons(world, SEED)
    return persons, live(world, SEED, Lives.observed(persons))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Persons, Months]:
    return lived(tmp_path_factory.mktemp("plain"), "")


def at_home(table: pa.Table, name: str) -> pa.Table:
    """The rows under the persons' own keys, sorted by the key of the table."""
    plain = pc.replace_substring_regex(table["person_id"], "~.*", "")
    table = table.set_column(table.column_names.index("person_id"), "person_id", plain)
    return table.sort_by([(key, "ascending") for key in tables()[name].key])


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> World:
    return world_of(tmp_path_factory.mktemp("all"), EVERYTHING)


def test_with_every_switch_on_the_natural_course_is_what_was_observed(everything: World) -> None:
    observed = draw(everything).tables
    treated = observed["deltakelse"]["person_id"].combine_chunks()
    assert len(treated) > 20
    for name, table in replay(everything, regime="natural", streams=range(2)).items():
        seen = observed[name].filter(pc.is_in(observed[name]["person_id"], treated))
        real = table.filter(pc.ends_with(table["person_id"], "~0"))
        assert at_home(real, name).equals(at_home(seen, name)), name


def test_with_every_switch_on_regimes_are_alike_up_to_the_start(everything: World) -> None:
    wanted = ("arbeidsforhold", "vedtak14a", "deltakelse")
    natural, wait, off = (
        replay(everything, regime=regime, streams=range(2), wanted=wanted) for regime in ("natural", "wait", "off")
    )
    assert off["deltakelse"].num_rows == 0
    start = dict(zip(*(natural["deltakelse"][name].to_pylist() for name in ("person_id", "dato")), strict=True))
    for other in (wait, off):
        was, is_ = (
            {
                (who, month, pay)
                for who, month, pay in zip(
                    *(lives["arbeidsforhold"][name].to_pylist() for name in ("person_id", "maaned", "kontantlonn")),
                    strict=True,
                )
                if month <= start[who.replace("~1", "~0")].replace(day=1)
            }
            for lives in (natural, other)
        )
        assert was == is_
    assert not natural["arbeidsforhold"].equals(wait["arbeidsforhold"])


def test_part_of_the_persons_live_as_in_the_whole_with_every_switch_on(everything: World) -> None:
    some = np.array([401, 7, 33])
    part, whole = draw(everything, persons=some).tables, draw(everything).tables
    ids = part["person"]["person_id"].combine_chunks()
    for name in ("arbeidsforhold", "vedtak14a", "deltakelse"):
        of_them = whole[name].filter(pc.is_in(whole[name]["person_id"], ids))
        assert at_home(part[name], name).equals(at_home(of_them, name)), name


def employed(persons: Persons, months: Months, who: np.ndarray, since: int = 120) -> float:
    return float((months["job"][who, since:] > 0).mean())


def test_an_unidentified_start_is_in_no_register_and_works_as_any_other(tmp_path: Path, plain) -> None:
    counties = ", ".join(f'"{code}": {{from: 2022-05, share: 50%}}' for code in ("11", "18", "34"))
    _, months = lived(tmp_path, f"programme: {{identified: {{counties: {{{counties}}}}}}}")
    known, all_of_them = (int((m.started >= 0).sum()) for m in (months, plain[1]))
    assert 0.35 < known / all_of_them < 0.75
    shown = (months.started >= 0) & (plain[1].started >= 0)
    assert (months.started == plain[1].started)[shown].all(), "who is shown started when they would have"
    unseen = (months.started < 0) & (plain[1].started >= 0)
    assert (months["job"][unseen] == plain[1]["job"][unseen]).all(), "and who is not lives the same life"


def test_counties_report_also_those_who_are_not_identified(tmp_path: Path) -> None:
    said = "programme: {identified: {elsewhere: 40%}}"
    world = world_of(tmp_path, f"include: [tiny.yaml]\n{said}").switched(persons=1500)
    seen = draw(world).tables
    reported = pc.sum(seen["fylkesrapportering"]["deltakere"]).as_py()
    everybody = draw(load_world("tiny").switched(persons=1500), world.seed).tables["deltakelse"].num_rows
    assert seen["deltakelse"].num_rows < 0.6 * everybody
    assert reported == pytest.approx(everybody, rel=0.02)


def test_a_project_takes_only_those_it_is_for_and_begins_in_its_pilot(tmp_path: Path) -> None:
    said = '{"11": {age: 22..30, without_upper_secondary: true, pilot: {offices: 1, until: 2023-12}}}'
    persons, months = lived(tmp_path, f"programme: {{projects: {said}, ordinary: {{monthly: 0%, growth: 0%..0%}}}}")
    started = np.flatnonzero(months.started >= 0)
    at = months.started[started] - months.first
    place = months["place"][started, at - 1]
    ours = places().county_codes[places().county[place]] == "11"
    age = (months.started[started] - persons.born[started]) // 12
    assert ours.sum() > 20
    assert age[ours].min() >= 22 > age[~ours].min()
    assert (months["level"][started, at - 1][ours] < 4).all()
    early = ours & (months.started[started] <= 12 * 2023 + 11)
    assert len(np.unique(months["office"][started, at][early])) == 1
    assert len(np.unique(months["office"][started, at][ours & ~early])) > 3


def test_an_effect_is_larger_on_those_it_is_said_to_be_larger_on(tmp_path: Path, plain) -> None:
    persons, months = lived(tmp_path, "programme: {subgroups: {women: 3, men: 0}}")
    took = plain[1].started >= 0
    gain = months["job"].astype(bool).mean(axis=1) - plain[1]["job"].astype(bool).mean(axis=1)
    assert gain[took & persons.woman].mean() > 0 > gain[took & ~persons.woman].mean()
    assert not gain[~took & (months.started < 0)].any()


def test_guidance_can_keep_people_in_work(tmp_path: Path, plain) -> None:
    kinds = ", ".join(f"{form}: {{keep: {{0..5y: 2}}}}" for form in ("individuell", "trekant", "gruppe"))
    _, months = lived(tmp_path, f"programme: {{effect: {{{kinds}}}}}")
    took = plain[1].started >= 0
    assert months["job"][took].astype(bool).mean() > plain[1]["job"][took].astype(bool).mean() + 0.02


def test_who_foresees_a_start_works_less_before_it(tmp_path: Path, plain) -> None:
    _, months = lived(tmp_path, "programme: {anticipation: {months: 6, job: -4}}")
    for lives, fewer in ((months, True), (plain[1], False)):
        took = np.flatnonzero(lives.started >= months.first + 12)
        at = lives.started[took] - lives.first
        found = [(lives["job"][took, at - k] > 0) & (lives["job"][took, at - k - 1] == 0) for k in range(1, 6)]
        assert (np.mean(found) < 0.005) == fewer


@pytest.mark.parametrize(
    ("said", "inside"),
    [
        ("programme: {spill_over: -2}", True),
        ('careers: {trends: {"11": -0.3, "18": -0.3, "34": -0.3}}', True),
        ('concurrent: {x: {from: 2022-05, counties: ["11", "18", "34"], job: -2}}', True),
        ("programme: {awakening: {monthly: 5%, participation: 0, work: -2}}", False),
    ],
)
def test_work_is_rarer_where_a_switch_says_so(tmp_path: Path, plain, said: str, inside: bool) -> None:
    persons, months = lived(tmp_path, said)
    ours = np.isin(places().county_codes, ["11", "18", "34"])[places().county[months["place"][:, 0]]]
    stayed = (months["place"] == months["place"][:, :1]).all(axis=1)
    there, elsewhere = (
        employed(persons, months, who & stayed) - employed(*plain, who & stayed) for who in (ours, ~ours)
    )
    assert there < -0.03
    assert (elsewhere == 0) == inside


def test_drift_sends_working_lives_apart_and_the_programme_can_take_those_who_rise(tmp_path: Path) -> None:
    persons, months = lived(tmp_path, "careers: {drift: 0.5}\nprogramme: {selection: {drift: 3}}")
    up = persons.drift > 0
    assert employed(persons, months, up) > employed(persons, months, ~up) + 0.05
    assert persons.drift[months.started >= 0].mean() > 0.4


def test_who_wakes_takes_part_and_nothing_before_shows_it(tmp_path: Path, plain) -> None:
    said = "programme: {awakening: {monthly: 5%, participation: 4, work: 0}}"
    _, months = lived(tmp_path, said)
    assert (months.started >= 0).sum() > (plain[1].started >= 0).sum()
    later = (months.started < 0) | (plain[1].started == months.started)
    assert (months["job"][later] == plain[1]["job"][later]).mean() > 0.95


@pytest.mark.parametrize(("country", "region", "near", "far"), [(0, 0, 0.0, 0.0), (20, 60, 0.8, 0.2)])
def test_counties_share_as_much_of_their_shocks_as_is_said(country: int, region: int, near: float, far: float) -> None:
    said = Together.model_validate({"sd": 0.3, "persistence": 0.5, "country": f"{country}%", "region": f"{region}%"})
    found = np.corrcoef(county_shocks(said, 1, places(), 0, 4000).T)
    codes = places().county_codes.tolist()
    assert found[codes.index("15"), codes.index("50")] == pytest.approx(near, abs=0.08)
    assert found[codes.index("15"), codes.index("11")] == pytest.approx(far, abs=0.08)
    assert county_shocks(said, 1, places(), 0, 4000).std() == pytest.approx(0.3, rel=0.05)
