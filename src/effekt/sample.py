"""What goes INTO a method: the sample known at time zero, the sealed outcomes, and weights.

A :class:`Sample` holds everything known at time zero and nothing after it; a design method receives only
that, so it cannot peek. Outcomes exist only after a freeze. Rows are sorted by a keyed hash of the unit at
construction: no number can depend on the order of a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from effekt.numerics.distinct import first_rows
from effekt.results import Attrition, Table

if TYPE_CHECKING:
    from pandas import DataFrame

Grain = Literal["person", "office", "county", "region"]
Assignment = Literal["person", "office", "county"]
Array = NDArray[np.float64]
Codes = NDArray[np.int64]

UNIT_COLUMNS = (
    "key",
    "entity",
    "treated",
    "arm",
    "index_period",
    "first_treated",
    "sampling_weight",
    "persons",
)
"""``persons`` = persons behind the record: 1 at person grain, NaN = not known for a table of aggregates."""

_MIN_UNITS = 2


def _frozen(a: NDArray[Any]) -> NDArray[Any]:
    """Return a read-only view, so that a method cannot change its input in place."""
    view = a.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One outcome over time.

    values : (n, T) float; NaN = not observed, never zero. time : (T,) float, strictly increasing; periods
    since time zero on the ``event`` clock, calendar periods on the ``calendar`` clock.
    numerator, denominator : (n, T) persons, for rates of a table of aggregates; None otherwise.
    unit : "share", "NOK" ...; share outcomes lie in [0, 1].
    """

    values: Array
    time: Array
    clock: Literal["event", "calendar"]
    unit: str = ""
    numerator: Array | None = None
    denominator: Array | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != self.time.shape[0]:
            raise ValueError("values must be (n, T) and time (T,)")
        if np.any(np.diff(self.time) <= 0):
            raise ValueError("time must be strictly increasing")
        if np.isinf(self.values).any():
            raise ValueError("values must be finite or NaN")
        if (self.numerator is None) != (self.denominator is None):
            raise ValueError("numerator and denominator come together")
        for name in ("values", "time", "numerator", "denominator"):
            array = getattr(self, name)
            if array is not None:
                object.__setattr__(self, name, _frozen(np.asarray(array, dtype=np.float64)))

    def then(self, later: Series) -> Series:
        """Join two stretches of the same outcome; ``later`` begins after this one ends."""
        if self.clock != later.clock or self.unit != later.unit:
            raise ValueError("two series of different clock or unit cannot be joined")

        def both(a: Array | None, b: Array | None) -> Array | None:
            return None if a is None or b is None else np.hstack([a, b])

        return Series(
            values=np.hstack([self.values, later.values]),
            time=np.concatenate([self.time, later.time]),
            clock=self.clock,
            unit=self.unit,
            numerator=both(self.numerator, later.numerator),
            denominator=both(self.denominator, later.denominator),
        )

    def take(self, rows: NDArray[Any]) -> Series:
        """Return the series of some units. rows : boolean mask or positions."""
        part = {
            name: None if (a := getattr(self, name)) is None else a[rows]
            for name in ("values", "numerator", "denominator")
        }
        return replace(self, **part)  # type: ignore[arg-type]  # names and types are those of the fields


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Everything known at time zero, one row per unit record; nothing after it.

    units : DataFrame with ``UNIT_COLUMNS`` (and ``instrument``, or ``dose`` and ``dose_persons``, where declared).
        key uint64, a keyed hash of person and record; entity int, a sample-local code of the person or unit;
        treated 0/1 (ever treated, in a panel); first_treated float, NaN = never. Never a person id.
    clusters : level or column -> (n,) int codes; always holds ``"unit"``, the record, and ``"person"`` where a
        person has several records (in a risk-set sample, one for each month at which they could be compared).
    cells : (n,) int codes of exact cells. baseline : (n, k) covariates, numeric.
    history : outcome -> values strictly before time zero (in a panel: before the first cohort's start minus
        anticipation, for everyone). placebo : negative-control outcomes.
    conditioned : names of baseline columns or histories the sample itself was selected or matched on.
    anticipation : periods before the start in which units may already react.
    cluster_names : level -> names by code, for counties, regions and offices; never for persons.
    groups : baseline column -> group of covariates it belongs to (``ledighet``, ``arbeid`` ...).
    lags : baseline columns that are past values of an outcome's register.
    placebos : name -> the same design with time zero moved back.
    subgroups : name -> (n,) bool, who belongs to it at time zero.
    comparison_attrition : the comparisons' flow, where ``attrition`` is that of the treated alone.
    """

    units: DataFrame
    clusters: Mapping[str, Codes]
    cells: Codes
    baseline: DataFrame
    history: Mapping[str, Series]
    placebo: Mapping[str, Series]
    grain: Grain
    assigned_at: Assignment
    assigned: Literal["random", "observational"]
    attrition: Attrition
    anticipation: int = 0
    conditioned: frozenset[str] = frozenset()
    cluster_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    lags: frozenset[str] = frozenset()
    placebos: Mapping[str, Placebo] = field(default_factory=dict)
    subgroups: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    comparison_attrition: Attrition | None = None

    def __post_init__(self) -> None:
        n = len(self.units)
        missing = set(UNIT_COLUMNS) - set(self.units.columns)
        if missing:
            raise ValueError(f"units lack {sorted(missing)}")
        key = self.units["key"].to_numpy()
        if n < _MIN_UNITS or len(np.unique(key)) != n:
            raise ValueError("a sample needs at least two units, each with its own key")
        if "unit" not in self.clusters:
            raise ValueError("clusters must hold the level 'unit'")
        lengths = {len(self.cells), len(self.baseline), *(len(c) for c in self.clusters.values())}
        lengths |= {len(s.values) for s in (*self.history.values(), *self.placebo.values())}
        lengths |= {len(mask) for mask in self.subgroups.values()}
        if lengths != {n}:
            raise ValueError("units, clusters, cells, baseline, series and subgroups must have the same rows")
        if self.grain == "person" and {"unit", "person"} & set(self.cluster_names):
            raise ValueError("persons have no names here")
        if self.baseline.isna().to_numpy().any():
            raise ValueError("baseline must not hold missing values")
        if not {*self.groups, *self.lags} <= set(self.baseline.columns):
            raise ValueError("groups and lags speak of columns of baseline")
        if any(np.asarray(mask).dtype != np.bool_ for mask in self.subgroups.values()):
            raise ValueError("a subgroup is a mask of bool")
        self._check_persons()
        self._check_placebos(key)
        self._sort(np.argsort(key, kind="stable"))

    def _check_persons(self) -> None:
        """Refuse records of one person that are not clustered as one: they are not independent."""
        entities, entity = np.unique(self.units["entity"].to_numpy(), return_inverse=True)
        if len(entities) == len(entity) and "person" not in self.clusters:
            return
        if "person" not in self.clusters:
            raise ValueError("persons with several records need the cluster level 'person'")
        persons, person = np.unique(np.asarray(self.clusters["person"]), return_inverse=True)
        if not len(entities) == len(persons) == len(np.unique(entity * len(persons) + person)):
            raise ValueError("the cluster level 'person' must be the person of `entity`")

    def _check_placebos(self, key: NDArray[Any]) -> None:
        """Refuse a placebo about records that are not of this sample, or not treated as they are here."""
        if not self.placebos:
            return
        order = np.argsort(key, kind="stable")
        for placebo in self.placebos.values():
            theirs = placebo.sample.units["key"].to_numpy()
            at = order[np.minimum(np.searchsorted(key, theirs, sorter=order), len(key) - 1)]
            if (key[at] != theirs).any() or (self.treated[at] != placebo.sample.treated).any():
                raise ValueError("records of a placebo must be records of the sample, with its key and treatment")

    def _sort(self, order: NDArray[np.intp]) -> None:
        """Bring every part into the order of the key."""
        for name in ("units", "baseline"):
            object.__setattr__(self, name, getattr(self, name).iloc[order].reset_index(drop=True))
        object.__setattr__(self, "cells", _frozen(np.asarray(self.cells)[order]))
        sorted_clusters = {k: _frozen(np.asarray(v)[order]) for k, v in sorted(self.clusters.items())}
        object.__setattr__(self, "clusters", MappingProxyType(sorted_clusters))
        for name in ("history", "placebo"):
            series = {k: v.take(order) for k, v in sorted(getattr(self, name).items())}
            object.__setattr__(self, name, MappingProxyType(series))
        masks = {k: _frozen(np.asarray(v)[order]) for k, v in sorted(self.subgroups.items())}
        object.__setattr__(self, "subgroups", MappingProxyType(masks))
        for name in ("groups", "placebos"):
            object.__setattr__(self, name, MappingProxyType(dict(sorted(getattr(self, name).items()))))

    def __len__(self) -> int:
        return len(self.units)

    @property
    def treated(self) -> NDArray[np.bool_]:
        """(n,) bool: treated, or ever treated in a panel."""
        return np.asarray(self.units["treated"].to_numpy() == 1)

    @property
    def first_treated(self) -> Array:
        """(n,) float: first treated period, NaN = never."""
        return self.units["first_treated"].to_numpy(dtype=np.float64)

    @property
    def sampling_weight(self) -> Array:
        """(n,) float: weight of the record in the population it stands for."""
        return self.units["sampling_weight"].to_numpy(dtype=np.float64)

    @property
    def persons(self) -> Array:
        """(n,) float: persons behind the record, NaN = not known."""
        return self.units["persons"].to_numpy(dtype=np.float64)

    def persons_in(self, rows: NDArray[np.bool_]) -> int | None:
        """Return how many persons stand behind some records, each once; None = not known. rows : (n,) bool."""
        persons = self.persons[rows]
        if np.isnan(persons).any():
            return None
        if self.grain == "person" and "person" in self.clusters:
            persons = persons[first_rows(self.clusters["person"][rows])]
        return int(persons.sum())

    @property
    def dose(self) -> Array | None:
        """(n,) float: how much the unit got, as a change, NaN = not known; None where no dose was declared.

        ``units["dose_persons"]`` is the least number of participants it stands on.
        """
        return self.units["dose"].to_numpy(dtype=np.float64) if "dose" in self.units else None

    @property
    def assignment_clusters(self) -> Codes:
        """(n,) int: the units that were assigned as one; inference is never finer."""
        return self.clusters.get(self.assigned_at, self.clusters["unit"])

    @property
    def digest(self) -> str:
        """sha256 over every array and name; the same in every process and on every machine."""
        h = hashlib.sha256()
        h.update(repr((self.grain, self.assigned_at, self.assigned, self.anticipation)).encode())
        h.update(repr((sorted(self.conditioned), self.attrition, sorted(self.cluster_names.items()))).encode())
        for part, frame in (("units", self.units), ("baseline", self.baseline)):
            for name in sorted(frame.columns):
                _hash_array(h, f"{part}:{name}", frame[name].to_numpy())
        _hash_array(h, "cells", self.cells)
        for level, codes in self.clusters.items():
            _hash_array(h, f"clusters:{level}", codes)
        for part, mapping in (("history", self.history), ("placebo", self.placebo)):
            for name, series in mapping.items():
                _hash_series(h, f"{part}:{name}", series)
        self._hash_later_parts(h)
        return h.hexdigest()

    def _hash_later_parts(self, h: Any) -> None:
        """Feed the parts that a sample of prepared tables lacks; nothing where they are empty, so old freezes hold."""
        if self.groups or self.lags:
            h.update(repr(("groups", sorted(self.groups.items()), sorted(self.lags))).encode())
        if self.comparison_attrition is not None:
            h.update(repr(("comparison_attrition", self.comparison_attrition)).encode())
        for name, mask in self.subgroups.items():
            _hash_array(h, f"subgroups:{name}", mask)
        for name, placebo in self.placebos.items():
            h.update(repr(("placebos", name, placebo.sample.digest, placebo.outcome)).encode())
            _hash_series(h, f"placebos:{name}", placebo.series)

    def take(self, rows: NDArray[np.bool_]) -> Sample:
        """Return the sample restricted to some units. rows : (n,) bool.

        Placebos keep the same records; one of which fewer than two are left has nothing to say and goes.
        """
        key = self.units["key"].to_numpy()[rows]
        placebos = {name: placebo.of(key) for name, placebo in self.placebos.items()}
        return replace(
            self,
            units=self.units[rows],
            clusters={k: v[rows] for k, v in self.clusters.items()},
            cells=self.cells[rows],
            baseline=self.baseline[rows],
            history={k: v.take(rows) for k, v in self.history.items()},
            placebo={k: v.take(rows) for k, v in self.placebo.items()},
            placebos={name: placebo for name, placebo in placebos.items() if placebo is not None},
            subgroups={k: v[rows] for k, v in self.subgroups.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placebo:
    """The design with time zero moved back to when nobody was treated, covariates measured anew.

    sample : records of the design's sample under the same keys, fewer where the moved date cannot be measured.
    series : the outcome from the moved time zero on, in the rows of ``sample``; it ends before the true one.
    outcome : name of the outcome that is measured; empty = that of the placebo.
    """

    sample: Sample
    series: Series
    outcome: str = ""

    def __post_init__(self) -> None:
        if len(self.series.values) != len(self.sample):
            raise ValueError("a placebo's series and sample must have the same rows")
        if self.sample.placebos:
            raise ValueError("a placebo has no placebos of its own")

    def of(self, key: NDArray[Any]) -> Placebo | None:
        """Return the placebo of some records of the design, None if fewer than two are left. key : uint64."""
        rows = np.isin(self.sample.units["key"].to_numpy(), key)
        if rows.sum() < _MIN_UNITS:
            return None
        return replace(self, sample=self.sample.take(rows), series=self.series.take(rows))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """Values after time zero, in the sample's row order; made only after a freeze.

    series : outcome -> :class:`Series`. sample_digest : of the sample they belong to. freeze_digest : of the
    freeze that opened them. paths : outcome -> values month by month on the event clock, from month 1 on; month 0,
    in which the programme starts, is neither before nor after. later : for comparisons 1 if they were treated after
    time zero and up to that many months after it, NaN for the treated; None where nobody can be treated later.
    """

    series: Mapping[str, Series]
    sample_digest: str
    freeze_digest: str
    paths: Mapping[str, Series] = field(default_factory=dict)
    later: Series | None = None

    def __post_init__(self) -> None:
        if any(path.clock != "event" or path.time.min(initial=1.0) < 1 for path in self.paths.values()):
            raise ValueError("paths are on the event clock and begin after month 0")
        beside = () if self.later is None else (self.later,)
        if len({len(s.values) for s in (*self.series.values(), *self.paths.values(), *beside)}) > 1:
            raise ValueError("series and paths must have the same rows")
        for name in ("series", "paths"):
            object.__setattr__(self, name, MappingProxyType(dict(sorted(getattr(self, name).items()))))

    def take(self, rows: NDArray[np.bool_], part: Sample) -> Outcomes:
        """Return the outcomes of ``part``, the records ``rows`` (n,) bool of the sample they were read for."""
        return replace(
            self,
            series={name: series.take(rows) for name, series in self.series.items()},
            paths={name: path.take(rows) for name, path in self.paths.items()},
            later=None if self.later is None else self.later.take(rows),
            sample_digest=part.digest,
        )

    @property
    def digest(self) -> str:
        """sha256 over every value."""
        h = hashlib.sha256(self.sample_digest.encode())
        for name, series in self.series.items():
            _hash_series(h, name, series)
        for name, path in self.paths.items():
            _hash_series(h, f"paths:{name}", path)
        if self.later is not None:
            _hash_series(h, "later", self.later)
        return h.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matches:
    """Who was matched with whom: what the variance of a matching estimator needs beyond the weights.

    treated, comparison : (p,) int, rows of the sample that form a pair. share : (p,) weight of the comparison among
    those of its treated, summing to one for each treated.
    position : (n, k) where records lie in the space that nearness was measured in; cells : (n,) exact cells.
    eligible : (n,) bool, records that could be matched. reuse : whether a comparison may serve several treated.
    """

    treated: Codes
    comparison: Codes
    share: Array
    position: Array
    cells: Codes
    eligible: NDArray[np.bool_]
    reuse: bool

    def __post_init__(self) -> None:
        if not len(self.treated) == len(self.comparison) == len(self.share):
            raise ValueError("pairs have a treated, a comparison and a share each")
        if not len(self.position) == len(self.cells) == len(self.eligible):
            raise ValueError("position, cells and eligible have one row per record")
        for name in ("treated", "comparison", "share", "position", "cells", "eligible"):
            object.__setattr__(self, name, _frozen(np.asarray(getattr(self, name))))

    def weights(self, sampling_weight: Array) -> Array:
        """(n,) weights that, times ``sampling_weight``, give each comparison its treated's weights by share.

        A treated in a pair weighs one, everybody else what is needed of him, nobody more.
        """
        n = len(self.position)
        passed_on = sampling_weight[self.treated] * self.share
        w = np.bincount(self.comparison, weights=passed_on, minlength=n) / sampling_weight
        w[self.treated] = 1.0
        return np.asarray(w, dtype=np.float64)

    def among(self, rows: NDArray[np.bool_]) -> Matches:
        """Return the pairs of which both are in ``rows`` (n,) bool, each treated's shares summing to one again."""
        kept = rows[self.treated] & rows[self.comparison]
        total = np.bincount(self.treated[kept], weights=self.share[kept], minlength=len(self.position))
        return replace(
            self,
            treated=self.treated[kept],
            comparison=self.comparison[kept],
            share=self.share[kept] / total[self.treated[kept]],
            eligible=self.eligible & rows,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weights:
    """How much each record counts, in the sample's row order.

    w : (n,) >= 0, zero = not used; for ATT every kept treated weighs 1. group : (n,) int matched set or cell,
    or None. estimand : what the weighted comparison aims at. conditioned : baseline columns and histories
    that were balanced on, which makes their placebo NOT_INFORMATIVE. matches : the pairs, where records were matched.
    details : side tables a referee asks for; a digest does not see them, since they follow from the rest.
    """

    w: Array
    group: Codes | None
    estimand: str
    method: str
    conditioned: frozenset[str] = frozenset()
    matches: Matches | None = None
    details: Mapping[str, Table] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not np.isfinite(self.w).all() or (self.w < 0).any():
            raise ValueError("weights must be finite and not negative")
        object.__setattr__(self, "w", _frozen(np.asarray(self.w, dtype=np.float64)))

    @property
    def kept(self) -> NDArray[np.bool_]:
        """(n,) bool: records that count."""
        return self.w > 0

    @property
    def digest(self) -> str:
        """sha256 over weights, groups, pairs and names."""
        h = hashlib.sha256(repr((self.estimand, self.method, sorted(self.conditioned))).encode())
        _hash_array(h, "w", self.w)
        if self.group is not None:
            _hash_array(h, "group", self.group)
        if self.matches is not None:
            h.update(repr(("reuse", self.matches.reuse)).encode())
            for name in ("treated", "comparison", "share", "position", "cells", "eligible"):
                _hash_array(h, f"matches:{name}", getattr(self.matches, name))
        return h.hexdigest()


def _hash_array(h: Any, name: str, values: NDArray[Any]) -> None:
    """Feed a named array; object arrays as text, floats by their bits with one NaN and one zero."""
    h.update(f"{name}:{values.shape}:".encode())
    if values.dtype.kind == "f":
        canonical = np.where(np.isnan(values), np.nan, values.astype("<f8") + 0.0)
        h.update(np.ascontiguousarray(canonical).tobytes())
    elif values.dtype.kind in "iub":
        signed = "<u8" if values.dtype.kind == "u" else "<i8"
        h.update(np.ascontiguousarray(values.astype(signed)).tobytes())
    else:
        h.update("\x1f".join("" if v is None else str(v) for v in values.tolist()).encode())


def _hash_series(h: Any, name: str, series: Series) -> None:
    _hash_array(h, f"{name}:{series.clock}:{series.unit}", series.values)
    _hash_array(h, "time", series.time)
    if series.numerator is not None and series.denominator is not None:
        _hash_array(h, "numerator", series.numerator)
        _hash_array(h, "denominator", series.denominator)
