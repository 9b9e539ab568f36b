"""Samples of every shape that a method may meet, as parts that a test can permute, relabel or spoil."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from effekt.results import Attrition, AttritionStep
from effekt.sample import Outcomes, Sample, Series


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """A sample and its outcomes before construction, in any row order.

    before, after : outcome -> (n, T) values; time_before, time_after : (T,). numerator, denominator : the same
    for rates, over both stretches joined.
    """

    key: np.ndarray
    treated: np.ndarray
    after: Mapping[str, np.ndarray]
    time_after: np.ndarray
    clock: str
    grain: str
    assigned_at: str
    assigned: str = "observational"
    first_treated: np.ndarray | None = None
    weight: np.ndarray | None = None
    persons: np.ndarray | None = None
    covariates: Mapping[str, np.ndarray] = field(default_factory=dict)
    clusters: Mapping[str, np.ndarray] = field(default_factory=dict)
    before: Mapping[str, np.ndarray] = field(default_factory=dict)
    time_before: np.ndarray | None = None
    population: np.ndarray | None = None
    unit: str = ""
    anticipation: int = 0
    conditioned: frozenset[str] = frozenset()
    dose: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.key)

    def build(self) -> tuple[Sample, Outcomes]:
        n = len(self)
        units = pd.DataFrame(
            {
                "key": self.key.astype(np.uint64),
                "entity": np.arange(n, dtype=np.int64),
                "treated": self.treated.astype(np.int8),
                "arm": None,
                "index_period": np.nan,
                "first_treated": np.full(n, np.nan) if self.first_treated is None else self.first_treated,
                "sampling_weight": np.ones(n) if self.weight is None else self.weight,
                "persons": np.full(n, np.nan) if self.persons is None else self.persons,
            }
        )
        if self.dose is not None:
            units["dose"] = self.dose
        sample = Sample(
            units=units,
            clusters={"unit": np.arange(n), **self.clusters},
            cells=np.zeros(n, dtype=np.int64),
            baseline=pd.DataFrame(dict(self.covariates), index=range(n)),
            history={k: self._series(v, self.time_before) for k, v in self.before.items()},
            placebo={},
            grain=self.grain,
            assigned_at=self.assigned_at,
            assigned=self.assigned,
            attrition=Attrition(steps=(AttritionStep(reason="in the table", units=n, persons=None),)),
            anticipation=self.anticipation,
            conditioned=self.conditioned,
        )
        order = np.argsort(self.key, kind="stable")
        series = {k: self._series(v, self.time_after).take(order) for k, v in self.after.items()}
        return sample, Outcomes(series=series, sample_digest=sample.digest, freeze_digest="0" * 64)

    def _series(self, values: np.ndarray, time: np.ndarray) -> Series:
        persons = {}
        if self.population is not None:
            people = np.repeat(self.population[:, None], values.shape[1], axis=1)
            persons = {"numerator": np.round(people * np.nan_to_num(values)), "denominator": people}
        return Series(values=values, time=time, clock=self.clock, unit=self.unit, **persons)

    def rows(self, order: np.ndarray) -> Parts:
        """Return the same units in another order, or some of them."""

        def taken(value: Any) -> Any:
            if isinstance(value, Mapping):
                return {k: v[order] for k, v in value.items()}
            return value[order] if isinstance(value, np.ndarray) else value

        by_row = ("key", "treated", "after", "first_treated", "weight", "persons", "covariates", "clusters", "before")
        return replace(self, **{name: taken(getattr(self, name)) for name in (*by_row, "population", "dose")})

    def relabelled(self, rng: np.random.Generator) -> Parts:
        """Return the same clusters under other codes."""
        new = {}
        for level, codes in self.clusters.items():
            names = rng.permutation(1000)[: int(codes.max()) + 1]
            new[level] = names[codes]
        return replace(self, clusters=new)

    def outcome(self, change: Any) -> Parts:
        """Return the sample with every outcome, history included, put through ``change``."""
        return replace(
            self,
            before={k: change(v) for k, v in self.before.items()},
            after={k: change(v) for k, v in self.after.items()},
        )


def cross_section(*, n: int = 60, assigned: str = "random", seed: int = 1) -> Parts:
    """Persons, half of them treated, one outcome and two covariates."""
    rng = np.random.default_rng(seed)
    treated = np.arange(n) % 2 == 0
    x, group = rng.normal(size=n), np.arange(n) // 2 % 3
    y = 1.0 + 0.5 * treated + x + 0.3 * group + rng.normal(size=n)
    return Parts(
        key=rng.permutation(10 * n)[:n],
        treated=treated,
        after={"y": y[:, None]},
        time_after=np.array([0.0]),
        clock="event",
        grain="person",
        assigned_at="person",
        assigned=assigned,
        persons=np.ones(n),
        covariates={"x": x, "group": group.astype(float)},
        clusters={"person": np.arange(n)},
    )


def weighted_cross_section(seed: int = 2) -> Parts:
    """Persons with sampling weights, without random assignment, and an outcome measured at two horizons."""
    parts = cross_section(n=80, assigned="observational", seed=seed)
    rng = np.random.default_rng(seed)
    later = parts.after["y"] + rng.normal(size=(80, 1))
    return replace(
        parts,
        after={"y": np.hstack([parts.after["y"], later])},
        time_after=np.array([6.0, 12.0]),
        weight=rng.uniform(0.5, 3.0, size=80),
    )


def office_cross_section(seed: int = 3) -> Parts:
    """Persons in twelve offices of different sizes, five offices treated, a 0/1 outcome."""
    rng = np.random.default_rng(seed)
    office = np.repeat(np.arange(12), [4, 6, 8, 5, 7, 9, 10, 4, 6, 8, 5, 12])
    n = len(office)
    shock = rng.normal(scale=0.5, size=12)[office]
    x = rng.normal(size=n)
    y = (rng.normal(size=n) + shock + 0.3 * x > 0).astype(float)
    return Parts(
        key=rng.permutation(5 * n)[:n],
        treated=office < 5,
        after={"in_work": y[:, None]},
        time_after=np.array([12.0]),
        clock="event",
        grain="person",
        assigned_at="office",
        persons=np.ones(n),
        covariates={"x": x, "group": (np.arange(n) % 2).astype(float)},
        clusters={"person": np.arange(n), "office": office, "county": office // 2},
        unit="share",
    )


def panel(
    *,
    starts: Mapping[float, int] | None = None,
    n: int = 15,
    periods: int = 11,
    share: bool = False,
    population: bool = False,
    seed: int = 4,
) -> Parts:
    """Counties by year from 2000; ``starts``: year -> how many counties start then, five in 2008 by default."""
    rng = np.random.default_rng(seed)
    years = 2000.0 + np.arange(periods)
    first = np.full(n, np.nan)
    position = 0
    for start, count in (starts or {2008.0: 5}).items():
        first[position : position + count] = start
        position += count
    level, noise = (0.4, 0.02) if share else (10.0, 1.0)
    values = level + noise * (rng.normal(size=(n, 1)) + rng.normal(size=(1, periods)) + rng.normal(size=(n, periods)))
    values += 0.5 * noise * (years[None, :] >= np.nan_to_num(first, nan=np.inf)[:, None])
    sealed = int(np.searchsorted(years, np.nanmin(first)))
    people = np.round(np.exp(rng.normal(10, 0.5, size=n)))
    return Parts(
        key=rng.permutation(20 * n)[:n],
        treated=~np.isnan(first),
        first_treated=first,
        before={"rate": values[:, :sealed]},
        time_before=years[:sealed],
        after={"rate": values[:, sealed:]},
        time_after=years[sealed:],
        clock="calendar",
        grain="county",
        assigned_at="county",
        persons=people if population else None,
        population=people if population else None,
        covariates={"x": rng.normal(size=n), "group": (np.arange(n) % 3).astype(float)},
        clusters={"county": np.arange(n), "region": np.arange(n) // 3},
        unit="share" if share else "",
    )


def staggered_panel() -> Parts:
    return panel(starts={2005.0: 3, 2007.0: 3, 2009.0: 2}, n=20, seed=5)


def unbalanced_panel() -> Parts:
    """Counties of which some years are missing, for treated and for others."""
    parts = panel(n=18, seed=6)
    before, after = parts.before["rate"].copy(), parts.after["rate"].copy()
    before[[1, 7, 12], [0, 3, 5]] = np.nan
    after[[2, 9], [1, 2]] = np.nan
    return replace(parts, before={"rate": before}, after={"rate": after})


def person_panel() -> Parts:
    """Persons by month since time zero, in offices that were assigned as one."""
    rng = np.random.default_rng(7)
    office = np.repeat(np.arange(14), 6)
    n = len(office)
    work = (rng.random((n, 8)) < 0.4 + 0.1 * rng.normal(size=14)[office][:, None]).astype(float)
    return Parts(
        key=rng.permutation(9 * n)[:n],
        treated=office < 6,
        before={"in_work": work[:, :4]},
        time_before=np.arange(-4.0, 0.0),
        after={"in_work": work[:, 4:]},
        time_after=np.arange(0.0, 4.0),
        clock="event",
        grain="person",
        assigned_at="office",
        persons=np.ones(n),
        covariates={"x": rng.normal(size=n), "group": (np.arange(n) % 2).astype(float)},
        clusters={"person": np.arange(n), "office": office},
        unit="share",
    )


def dosed_panel(*, n: int = 15, seed: int = 16, **parts: Any) -> Parts:
    """Counties with a dose each, the higher half counted as treated."""
    dose = np.random.default_rng(seed).lognormal(sigma=0.7, size=n)
    order = np.argsort(-dose, kind="stable")
    return replace(panel(starts={2008.0: n // 2}, n=n, seed=seed, **parts), dose=dose[order])


SAMPLES: Mapping[str, Parts] = {
    "cross-section": cross_section(),
    "weighted cross-section": weighted_cross_section(),
    "offices assigned as one": office_cross_section(),
    "balanced panel": panel(),
    "weighted panel": replace(panel(seed=14), weight=np.random.default_rng(1).uniform(1, 5, size=15)),
    "panel with anticipation": replace(panel(starts={2007.0: 6}, seed=15), anticipation=1),
    "panel with one treated": panel(starts={2008.0: 1}, n=12, seed=8),
    "panel of many counties": panel(starts={2008.0: 11}, n=24, seed=9),
    "staggered panel": staggered_panel(),
    "unbalanced panel": unbalanced_panel(),
    "county rates, persons known": panel(share=True, population=True, seed=10),
    "county rates, persons unknown": panel(share=True, seed=11),
    "person panel": person_panel(),
    "panel with doses": dosed_panel(),
    "rates of few counties with doses": dosed_panel(n=7, share=True, population=True, seed=18),
}
