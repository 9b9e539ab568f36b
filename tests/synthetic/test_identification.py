"""What a study can learn: right on observables, wrong on motivation; the truth by replay is what is estimated.

An adjustment written out here, free of the package's estimators: within county, quarter and band of months
registered, least squares among the comparisons predicts what the treated would have done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from effekt.synthetic.life import Lives, live
from effekt.synthetic.persons import Persons, draw_persons
from effekt.synthetic.places import places
from effekt.synthetic.replay import replay
from effekt.synthetic.state import Months
from effekt.synthetic.world import World

HORIZON = 12
ACCRUAL = range(84, 156)
PERSONS, SEEDS = 12_000, (1, 2, 3)

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Answer:
    """The mean gain of the treated a year on, adjusted and raw, with the standard error of either."""

    adjusted: float
    raw: float
    std_error: float


def last_months(flags: np.ndarray, back: int) -> np.ndarray:
    """(n, T): how many of the ``back`` months before each one."""
    total = np.cumsum(np.pad(flags.astype(np.int32), ((0, 0), (1, 0))), axis=1)
    at = np.arange(flags.shape[1])
    return total[:, at] - total[:, np.maximum(at - back, 0)]


def waited(registered: np.ndarray) -> np.ndarray:
    found = np.zeros(registered.shape, dtype=np.int64)
    for t in range(1, registered.shape[1]):
        found[:, t] = np.where(registered[:, t] & registered[:, t - 1], found[:, t - 1] + 1, 0)
    return found


def answer(people: Persons, months: Months) -> Answer:
    job, group = months["job"] > 0, months["group"]
    time = np.arange(months.first, months.last + 1)[None, :]
    age = (time - people.born[:, None]) // 12
    county = places().county[months["place"]]
    open_ = (group > 0) & (age >= 19) & (age <= 30)
    open_ &= (months.started[:, None] < 0) | (months.started[:, None] >= time)
    open_[:, : ACCRUAL[0]] = open_[:, ACCRUAL[-1] + 1 :] = False
    i, t = np.nonzero(open_)
    projects = np.isin(places().county_codes[county[i, t - 1]], ["11", "18", "34"])
    i, t = i[projects], t[projects]
    treated = months.started[i] == months.first + t
    band = np.digitize(waited(group > 0)[i, t], [3, 6, 12, 24])
    cell = np.unique((county[i, t - 1] * 10 + band) * 1000 + t // 3, return_inverse=True)[1]
    X = np.column_stack(
        [
            age[i, t] - 24, people.woman[i], months["level"][i, t - 1] >= 4, months["course"][i, t - 1] > 0,
            job[i, t - 1], last_months(job, 24)[i, t], last_months(job, 6)[i, t], group[i, t - 1] >= 3,
            group[i, t - 1] == 2, group[i, t - 1] == 0, last_months(months["tiltak"] > 0, 24)[i, t] > 0,
            months["benefit"][i, t - 1] == 2,
        ]
    ).astype(float)  # fmt: skip
    y = job[i, t + HORIZON].astype(float)
    return within_cells(y, X, treated, cell)


def within_cells(y: np.ndarray, X: np.ndarray, treated: np.ndarray, cell: np.ndarray) -> Answer:
    rest = ~treated
    size = np.bincount(cell[rest], minlength=cell.max() + 1)

    def less_mean(v: np.ndarray) -> np.ndarray:
        return v - (np.bincount(cell[rest], weights=v[rest], minlength=len(size)) / np.maximum(size, 1))[cell]

    Z, z = np.column_stack([less_mean(column) for column in X.T]), less_mean(y)
    beta = np.linalg.lstsq(Z[rest], z[rest], rcond=None)[0]
    left = (z - Z @ beta)[treated & (size[cell] > 0)]
    return Answer(
        adjusted=float(left.mean()),
        raw=float(y[treated].mean() - y[rest].mean()),
        std_error=float(left.std() / np.sqrt(len(left))),
    )


def answers(world: World) -> tuple[Answer, float]:
    """The mean answer over draws, and the Monte-Carlo error of its adjusted difference."""
    found = []
    for seed in SEEDS:
        people = draw_persons(world, seed)
        found.append(answer(people, live(world, seed, Lives.observed(people))))
    mean = Answer(*(float(np.mean([getattr(a, part) for a in found])) for part in ("adjusted", "raw", "std_error")))
    return mean, mean.std_error / len(SEEDS) ** 0.5


def selective(world: World) -> World:
    """The same world where those without work, with reduced capacity or in a measure start more often."""
    stronger = {"employed": -0.5, "months_employed": -0.4, "nedsatt": 0.3, "tiltak": 0.5, "long": 0.1}
    selection = world.programme.selection.model_copy(update=stronger)
    return world.model_copy(update={"programme": world.programme.model_copy(update={"selection": selection})})


def test_without_effect_raw_differences_mislead_and_adjusted_ones_do_not(tiny: World) -> None:
    mean, error = answers(selective(tiny).switched(persons=PERSONS, effect=False))
    assert abs(mean.adjusted) < 3 * error
    assert mean.raw < -0.03


def test_selection_on_motivation_survives_every_adjustment(tiny: World) -> None:
    mean, error = answers(tiny.switched(persons=PERSONS, effect=False, motivation=0.5))
    assert mean.adjusted > 3 * error


def test_the_truth_by_replay_is_what_the_adjusted_difference_finds(tiny: World) -> None:
    world = tiny.switched(persons=PERSONS)
    mean, error = answers(world)
    truth = float(np.mean([gain(world, seed) for seed in SEEDS[:1]]))
    assert 0.02 < truth < 0.12
    assert abs(mean.adjusted - truth) < 3 * error + 0.01


def gain(world: World, seed: int) -> float:
    """Employed a year on: started as they did, less had they waited; mean over four streams of luck."""
    lived = {regime: replay(world, seed, regime=regime, streams=range(1, 5)) for regime in ("natural", "wait")}  # type: ignore[arg-type]
    sessions = lived["natural"]["deltakelse"].to_pandas(date_as_object=False)
    sessions = sessions[sessions["dato"].dt.year.between(2022, 2027) & sessions["fylkesnr"].isin(["11", "18", "34"])]
    month = (sessions["dato"].dt.to_period("M") + HORIZON).astype(str)
    wanted = set(sessions["person_id"] + "@" + month)
    share = {regime: len(wanted & employed(tables)) / len(wanted) for regime, tables in lived.items()}
    return share["natural"] - share["wait"]


def employed(tables: Mapping[str, pa.Table]) -> set[str]:
    jobs = tables["arbeidsforhold"].to_pandas(date_as_object=False)
    return set(jobs["person_id"] + "@" + jobs["maaned"].dt.strftime("%Y-%m"))
