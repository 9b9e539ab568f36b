"""What the world was made to show: volumes that a study needs, the dip, selection, a frail minority, the leaks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from effekt.synthetic.draw import Draw
from effekt.synthetic.life import Lives, live
from effekt.synthetic.persons import Persons, draw_persons
from effekt.synthetic.state import Months
from effekt.synthetic.world import World

ACCRUAL = slice(84, 156)
"""2022-01 .. 2027-12 in a record that begins in 2015-01."""


@pytest.fixture(scope="module")
def people(tiny: World) -> Persons:
    return draw_persons(tiny, tiny.seed)


@pytest.fixture(scope="module")
def months(tiny: World, people: Persons) -> Months:
    return live(tiny, tiny.seed, Lives.observed(people))


def ages(people: Persons, months: Months) -> np.ndarray:
    return (np.arange(months.first, months.last + 1)[None, :] - people.born[:, None]) // 12


def test_enough_take_part_where_it_is_recorded(drawn: Draw) -> None:
    sessions = drawn.tables["deltakelse"].to_pandas(date_as_object=False)
    recorded = sessions[sessions["fylkesnr"].isin(["11", "18", "34"]) & sessions["dato"].dt.year.between(2022, 2027)]
    assert 850 <= len(recorded) <= 1150
    assert (recorded["form"].value_counts() > 50).all()
    project = sessions[sessions["kilde"] == "prosjekt"].groupby("fylkesnr")["dato"].min()
    assert list(project.index) == ["11", "18", "34"]
    assert (project >= pd.to_datetime(["2022-05-01", "2023-07-01", "2025-01-01"])).all()
    assert sessions["person_id"].is_unique


def test_the_ordinary_service_grows_everywhere_and_not_alike(drawn: Draw) -> None:
    sessions = drawn.tables["deltakelse"].to_pandas(date_as_object=False).query("kilde == 'ordinaer'")
    by_year = sessions["dato"].dt.year.value_counts()
    assert by_year[range(2024, 2030)].sum() > 2 * by_year[range(2015, 2021)].sum()
    assert sessions[sessions["dato"].dt.year >= 2024]["senter_id"].nunique() >= 13


def test_most_are_young_clients_with_decisions_and_many_lack_upper_secondary(people: Persons, months: Months) -> None:
    age = ages(people, months)[:, ACCRUAL]
    young = (age >= 19) & (age <= 30) & (months["gone"][:, ACCRUAL] == 0)
    registered = months["group"][:, ACCRUAL] > 0
    assert young.any(axis=1).mean() > 0.7
    assert registered.any(axis=1).mean() > 0.6
    assert 0.25 < registered[young].mean() < 0.45
    assert 0.5 < (months["level"][:, ACCRUAL][young & registered] < 4).mean() < 0.8
    assert set(np.unique(months["group"])) == {0, 1, 2, 3, 4, 5}


def test_work_is_common_and_less_so_among_the_registered(people: Persons, months: Months) -> None:
    age = ages(people, months)
    young = (age >= 20) & (age <= 29) & (months["gone"] == 0)
    employed, registered = months["job"] > 0, months["group"] > 0
    assert 0.4 < employed[young].mean() < 0.7
    assert employed[young & registered].mean() < 0.15


def test_employment_dips_before_registration(months: Months) -> None:
    employed, registered = months["job"] > 0, months["group"] > 0
    row, at = np.nonzero(registered[:, 25:] & ~registered[:, 24:-1])
    path = [employed[row, at + 25 - back].mean() for back in (3, 2, 1)]
    assert path == sorted(path, reverse=True)
    assert path[0] - path[-1] > 0.15


def test_many_register_more_than_once(months: Months) -> None:
    registered = months["group"] > 0
    entries = (registered[:, 1:] & ~registered[:, :-1]).sum(axis=1)
    assert (entries >= 2).mean() > 0.3


def test_selection_can_be_seen_in_the_registers(people: Persons, months: Months) -> None:
    age, at_risk = ages(people, months), months["group"] > 0
    at_risk &= (age >= 19) & (age <= 30)
    began = np.flatnonzero(months.started >= months.first)
    at = months.started[began] - months.first
    worked = np.stack([(months["job"][:, t - 24 : t] > 0).sum(axis=1) for t in range(24, 180)], axis=1)
    late = at >= 24
    began, at, at_risk = began[late], at[late], at_risk[:, 24:]
    assert (months["level"][began, at] >= 4).mean() < (months["level"][:, 24:][at_risk] >= 4).mean() - 0.03
    # Who has worked decides little: a placebo before the last two years could not stand more.
    assert abs(worked[began, at - 24].mean() - worked[at_risk].mean()) < 0.5


def test_motivation_selects_only_if_the_world_says_so(tiny: World, people: Persons, months: Months) -> None:
    driven = live(tiny.switched(motivation=0.8), tiny.seed, Lives.observed(people))
    for record, low, high in ((months, -0.1, 0.1), (driven, 0.4, 1.0)):
        waiting = ((record["group"] > 0) & (ages(people, record) >= 19) & (ages(people, record) <= 30)).sum(axis=1)
        usual = np.average(people.motivation, weights=waiting)
        assert low < people.motivation[record.started >= 0].mean() - usual < high


def test_contamination_changes_careers_and_no_register_of_guidance_before_they_diverge(tiny: World) -> None:
    persons = draw_persons(tiny, tiny.seed, np.arange(1000))
    lives = Lives.observed(persons)
    clean, leaky = (live(w, tiny.seed, lives) for w in (tiny, tiny.switched(contamination="40%")))
    assert 0.01 < (clean["job"] != leaky["job"]).mean() < 0.3
    assert (clean["gone"] == leaky["gone"]).all()


def test_dropping_what_one_module_draws_reshuffles_no_other(tiny: World, people: Persons, months: Months) -> None:
    null = live(tiny.switched(effect=False), tiny.seed, Lives.observed(people))
    untreated = months.started < 0
    for name, values in months.kept.items():
        assert (null[name][untreated] == values[untreated]).all(), name
