"""One analysis as a flat table: new running numbers, treatment, weights, clusters, covariates, outcomes.

Names fit Stata (32 characters, ASCII); the words they stand for are their labels. A panel becomes long: one row per
unit and period. Outcomes are there only if the caller read them after a freeze.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from effekt.sample import Array, Outcomes, Sample, Series, Weights
from effekt.spec.labels import covariate_words

_LONGEST_NAME = 32
_NUMBER, _PERIOD = "lopenr", "period"


@dataclass(frozen=True, slots=True, eq=False)
class FlatTable:
    """What is written, and where a script finds things in it.

    frame : rows ordered by running number (and period). labels : column -> words. outcomes : outcome and horizon
    (None = one time only, or a panel) -> its column. covariates : covariate -> its column.
    """

    frame: pd.DataFrame
    labels: Mapping[str, str]
    outcomes: Mapping[tuple[str, int | None], str]
    covariates: Mapping[str, str]


def flat_table(
    sample: Sample,
    weights: Weights,
    outcomes: Outcomes | None,
    labels: Mapping[str, str],
    *,
    after: str = "periods after the start",
) -> FlatTable:
    """Return the analysis as a flat table. labels : those of the study. after : what a horizon counts."""
    names = _Names()
    columns = _units(sample, weights, names)
    covariates = {}
    for covariate in map(str, sample.baseline.columns):
        covariates[covariate] = names.add(f"x_{covariate}", covariate_words(labels, covariate))
        columns[covariates[covariate]] = sample.baseline[covariate].to_numpy(dtype=np.float64)
    frame = pd.DataFrame(columns)
    if any(series.clock == "calendar" for series in _all(sample, outcomes).values()):
        whole = {name: _joined(sample, outcomes, name) for name in _all(sample, outcomes)}
        long, places = _long(frame, sample.first_treated, whole, labels, names)
        return FlatTable(long, names.labels, places, covariates)
    found: Places = {}
    values = {}
    for outcome, series in ({} if outcomes is None else outcomes.series).items():
        once = series.values.shape[1] == 1 and series.time[0] == 0
        for t, time in enumerate(series.time):
            horizon = None if once else int(time)
            name = f"y_{outcome}" if once else f"y_{outcome}_{horizon}"
            words = labels.get(outcome, outcome) if once else f"{labels.get(outcome, outcome)}, {horizon} {after}"
            found[outcome, horizon] = names.add(name, words)
            values[found[outcome, horizon]] = series.values[:, t]
    return FlatTable(frame.assign(**values), names.labels, found, covariates)


def _units(sample: Sample, weights: Weights, names: _Names) -> dict[str, NDArray[Any]]:
    """Return what is known of each record whatever its data: who, treatment, weights, clusters."""
    columns: dict[str, NDArray[Any]] = {
        names.add(_NUMBER, "running number, new in this file"): np.arange(1, len(sample) + 1)
    }
    columns[names.add("treated", "1 = treated, 0 = comparison (in a panel: ever treated)")] = sample.treated.astype(
        np.int64
    )
    columns[names.add("weight", "final weight of the analysis")] = weights.w * sample.sampling_weight
    if sample.grain != "person":
        columns[names.add("persons", "persons behind the unit")] = sample.persons
    for level, codes in sample.clusters.items():
        columns[names.add(f"cluster_{level}", f"cluster: {level}")] = codes + 1
    columns[names.add("assigned", "unit of assignment, the level of inference")] = sample.assignment_clusters + 1
    return columns


def _all(sample: Sample, outcomes: Outcomes | None) -> Mapping[str, Series]:
    return sample.history if outcomes is None else outcomes.series


Places = dict[tuple[str, int | None], str]


def _long(
    frame: pd.DataFrame, first_treated: Array, whole: Mapping[str, Series], labels: Mapping[str, str], names: _Names
) -> tuple[pd.DataFrame, Places]:
    """Return one row per unit and period, history first, and the column of every outcome."""
    first = names.add("first_treated", "first treated period, missing = never")
    time = next(iter(whole.values())).time
    n, periods = len(frame), len(time)
    long = frame.assign(**{first: first_treated}).loc[np.repeat(np.arange(n), periods)].reset_index(drop=True)
    long[names.add(_PERIOD, "period")] = np.tile(time, n)
    started = long[_PERIOD].to_numpy() >= long[first].to_numpy()
    long[names.add("d", "1 = treated in this period")] = started.astype(np.int64)
    found: Places = {}
    for outcome, series in whole.items():
        found[outcome, None] = names.add(f"y_{outcome}", labels.get(outcome, outcome))
        long[found[outcome, None]] = series.values.reshape(-1)
    return long, found


def _joined(sample: Sample, outcomes: Outcomes | None, name: str) -> Series:
    before = sample.history.get(name)
    if outcomes is None:
        return sample.history[name]
    after = outcomes.series[name]
    return after if before is None else before.then(after)


class _Names:
    """Names that Stata accepts, each once, with the words they stand for."""

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}

    def add(self, wanted: str, label: str) -> str:
        """Return the name under which a column is stored."""
        plain = unicodedata.normalize("NFKD", _NORDIC.sub(lambda m: _LETTERS[m[0]], wanted))
        slug = re.sub(r"\W+", "_", plain.encode("ascii", "ignore").decode()).strip("_")[:_LONGEST_NAME] or "v"
        name = next(n for n in _numbered(slug) if n not in self.labels)
        self.labels[name] = label
        return name


_LETTERS = {"æ": "ae", "ø": "o", "å": "a", "Æ": "AE", "Ø": "O", "Å": "A"}
_NORDIC = re.compile("[æøåÆØÅ]")


def _numbered(slug: str) -> Iterator[str]:
    yield slug
    number = 2
    while True:
        tail = f"_{number}"
        yield slug[: _LONGEST_NAME - len(tail)] + tail
        number += 1
