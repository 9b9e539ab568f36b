"""Side tables of a dose: the changes it is held against, its first stage, and its scales."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from effekt.estimators.changes import Change
from effekt.estimators.panels import Panel
from effekt.estimators.rows import persons_behind, smallest
from effekt.results import Cell, Column, Table
from effekt.sample import Array, Sample

_BEHIND = Column(name="persons_behind", kind="count", internal=True)


def dose_details(
    *,
    sample: Sample,
    panel: Panel,
    change: Change,
    dose: Array,
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    scales: list[tuple[str, float, float]],
) -> dict[str, Table]:
    """Return the tables of one outcome by name; none of units where a unit is a person.

    dose : (G,). scales : (scale, slope, RI-t p).
    """
    persons = _persons(sample, panel, change, before, after)
    together = smallest(persons)
    took_part = [_of_arm(sample, panel, change, arm) for arm in (change.treated, ~change.treated)]
    behind = together if None in took_part else smallest(took_part)
    tables = [_first_stage(change, dose, panel.name, behind), _scales(scales, panel.name, together)]
    # A row per person is no table of units: it would say who had how much.
    if sample.grain != "person" or len(change.codes) < int(panel.used.sum()):
        tables.append(_changes(sample, change, dose, panel, persons))
    return {table.name: table for table in tables}


def _persons(
    sample: Sample, panel: Panel, change: Change, before: NDArray[np.bool_], after: NDArray[np.bool_]
) -> list[int | None]:
    """Return the smallest group of persons behind each cluster's change or dose."""
    found = []
    for code in change.codes:
        rows = panel.used & (sample.assignment_clusters == code)
        parts = [persons_behind(sample=sample, rows=rows, series=panel.series, columns=k) for k in (before, after)]
        found.append(smallest([*parts, *_participants(sample, rows)]))
    return found


def _participants(sample: Sample, rows: NDArray[np.bool_]) -> list[int | None]:
    """Return the least number of participants a dose stands on, where the sample counts them."""
    if "dose_persons" not in sample.units:
        return []
    counts = sample.units["dose_persons"].to_numpy(dtype=np.float64)[rows]
    return [None if np.isnan(counts).any() else int(counts.sum())]


def _of_arm(sample: Sample, panel: Panel, change: Change, arm: NDArray[np.bool_]) -> int | None:
    """Return the least number of participants behind the mean dose of some clusters, None where not counted."""
    rows = panel.used & np.isin(sample.assignment_clusters, change.codes[arm])
    return next(iter(_participants(sample, rows)), None)


def _first_stage(change: Change, dose: Array, outcome: str, persons: int | None) -> Table:
    """Return the mean dose of the high and of the low, and the difference a slope stands on."""
    means = [float(np.average(dose[arm], weights=change.w[arm])) for arm in (change.treated, ~change.treated)]
    return Table(
        name=f"first_stage_{outcome}",
        title=f"First stage: {outcome}",
        columns=(
            Column(name="group", kind="label"),
            Column(name="units", kind="statistic", of="persons_behind", unit="units"),
            Column(name="dose", kind="statistic", of="persons_behind"),
            _BEHIND,
        ),
        data={
            "group": ("high dose", "low dose", "high less low"),
            "units": (change.n_treated, change.n_comparison, len(dose)),
            "dose": (*means, means[0] - means[1]),
            "persons_behind": (persons,) * 3,
        },
    )


def _scales(scales: list[tuple[str, float, float]], outcome: str, persons: int | None) -> Table:
    """Return slope and permutation p under every scale: an effect should not hang on one of them."""
    return Table(
        name=f"scales_{outcome}",
        title=f"Scales of the dose: {outcome}",
        columns=(
            Column(name="scale", kind="label"),
            *(Column(name=name, kind="statistic", of="persons_behind") for name in ("slope", "p_value")),
            _BEHIND,
        ),
        data={
            "scale": tuple(name for name, _, _ in scales),
            "slope": tuple(slope for _, slope, _ in scales),
            "p_value": tuple(p for _, _, p in scales),
            "persons_behind": (persons,) * len(scales),
        },
    )


def _changes(sample: Sample, change: Change, dose: Array, panel: Panel, persons: list[int | None]) -> Table:
    """Return dose and change of each cluster."""
    names = sample.cluster_names.get(sample.assigned_at) or sample.cluster_names.get("unit")
    data: dict[str, tuple[Cell, ...]] = {
        "unit": tuple(names[c] if names else str(c + 1) for c in change.codes),
        "treated": tuple(bool(t) for t in change.treated),
        "dose": tuple(float(d) for d in dose),
        "change": tuple(float(d) for d in change.delta),
        "persons_behind": tuple(persons),
    }
    columns = (
        Column(name="unit", kind="label"),
        Column(name="treated", kind="label"),
        Column(name="dose", kind="statistic", of="persons_behind"),
        Column(name="change", kind="statistic", of="persons_behind", unit=panel.series.unit),
        _BEHIND,
    )
    name = f"deltas_{panel.name}"
    return Table(name=name, title=f"Change and dose by unit: {panel.name}", columns=columns, data=data)
