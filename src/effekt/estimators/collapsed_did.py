r"""Difference-in-differences on unit changes, with inference that is valid with few units.

A balanced panel with one start date is a two-sample problem: with :math:`\Delta_g` the mean after minus the mean
before of cluster :math:`g` (county, office or unit, whichever was assigned),

.. math:: \hat\tau = \frac{1}{G_1}\sum_{g: D_g = 1} \Delta_g - \frac{1}{G_0}\sum_{g: D_g = 0} \Delta_g,

which is the two-way fixed effects coefficient exactly. Persons inside a cluster add no degrees of freedom.
Three rows are returned: the interval from CR2 with Bell-McCaffrey degrees of freedom (here: Welch's standard
error), the exact randomisation p of its t (RI-t), and the enumerated wild cluster restricted p (WCR). With fewer
than four treated or five comparison clusters only the randomisation test is returned: RI-t, or RI on the
coefficient where an arm is a single cluster. Its smallest reachable p is printed. The test is exact under random
assignment of clusters and a placebo permutation otherwise.

Where starts differ, each treated cluster is held against the never treated over the windows of its own start,

.. math:: \hat\tau = \frac{1}{G_1}\sum_{g: D_g = 1} \Big( \Delta_g(s_g) -
    \frac{1}{G_0}\sum_{h: D_h = 0} \Delta_h(s_g) \Big),

so that no treated cluster serves as a comparison; periods of anticipation are in neither window. Only the
randomisation test is returned then, over all assignments of the ordered starts to clusters (132 for two starts
among twelve), with the t of the two-sample problem that the formula is.

Use it when few counties or offices start, at one date or at several.
Do not use it without never treated clusters, or read one of the three rows alone: an effect needs all of them to
agree.

References: Bertrand, Duflo and Mullainathan (2004), QJE 119, section IV.C; Bell and McCaffrey (2002); Imbens and
Kolesar (2016), REStat 98; Cameron, Gelbach and Miller (2008), REStat 90; MacKinnon and Webb (2020), Journal of
Econometrics 218. Agrees with R ``clubSandwich::coef_test(vcov = "CR2")`` and Stata ``boottest``.
"""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from effekt.estimators.changes import Change
from effekt.estimators.contrast import fit_contrast, treatment_design
from effekt.estimators.panels import Panel, panel_of, refuse_no_comparison, refuse_unbalanced
from effekt.estimators.rows import Groups, behind_rows, describe_groups, interval, persons_behind, smallest
from effekt.estimators.staggered import ChangesByStart, collapse_by_start
from effekt.estimators.told import Told, left_out_table, robustness_table
from effekt.method import Estimator
from effekt.results import Cell, Column, Estimate, Estimates, Table
from effekt.sample import Outcomes, Sample, Weights


class CollapsedDid(Estimator):
    """Two-sample comparison of cluster changes. ``unit_weights``: every cluster once, or by its weight."""

    method: Literal["collapsed_did"] = "collapsed_did"
    unit_weights: Literal["equal", "weight"] = Field(
        default="equal", description="each assigned cluster counts once, or by the sum of its weights"
    )

    required_checks: ClassVar[tuple[str, ...]] = ("clusters", "pre_trends", "mde")
    inferences: ClassVar[tuple[str, ...]] = ("CR2 + Satterthwaite", "RI-t", "RI-beta", "WCR")

    def estimate(self, sample: Sample, outcomes: Outcomes, weights: Weights) -> Estimates:
        """Return the rows of every outcome and a table of cluster changes.

        Raises
        ------
        EstimationError
            E306 without treated or comparison, E307 without a period before or after, E402 if units of one cluster
            start at different times, E708 for an unbalanced panel, E804 without variation.
        """
        rows: list[Estimate] = []
        behind: list[Groups] = []
        details: dict[str, Table] = {}
        for name in outcomes.series:
            panel = panel_of(sample, outcomes, weights, name)
            refuse_no_comparison(panel)
            by_start = collapse_by_start(sample=sample, panel=panel, by_weight=self.unit_weights == "weight")
            refuse_unbalanced(panel, by_start.periods, self.method)
            groups = describe_groups(
                sample=sample,
                used=panel.used,
                series=panel.series,
                columns=by_start.after,
                w=panel.w,
                clusters=sample.assignment_clusters,
            )
            rows.extend(self._rows(sample, panel, by_start, groups, weights.estimand))
            behind.extend([groups] * (len(rows) - len(behind)))
            # A row per person is no table of units: it would say who is treated.
            if sample.grain != "person" or len(by_start.codes) < int(panel.used.sum()):
                details[f"deltas_{name}"] = changes = _delta_table(sample, panel, by_start)
                details |= _told_otherwise(sample, panel, by_start, changes)
        return Estimates(rows=tuple(rows), **behind_rows(behind), details=details)

    def _rows(
        self, sample: Sample, panel: Panel, by_start: ChangesByStart, groups: Groups, estimand: str
    ) -> list[Estimate]:
        """Return the interval and tests that so many clusters and starts allow."""
        if len(by_start.windows) > 1:
            value, inferences = by_start.estimate(), _starts_reassigned(by_start, sample)
        else:
            change = Change(by_start.codes, by_start.changes[:, 0], by_start.treated, by_start.w)
            value, inferences = change.estimate(), tests_of_two_groups(panel, change, sample)
        return [
            Estimate(
                method=self.method,
                estimand=estimand,
                outcome=panel.name,
                unit=panel.series.unit,
                value=value,
                inference=inference,
                **fields,
                **groups.fields(),
            )
            for inference, fields in inferences.items()
        ]


def tests_of_two_groups(panel: Panel, change: Change, sample: Sample) -> dict[str, dict[str, Any]]:
    """Return the fields of every inference that so many clusters in two groups allow, by its name."""
    found = _interval_and_wild(panel, change, sample) if change.enough else {}
    return found | _randomisation(change, sample)


def _interval_and_wild(panel: Panel, change: Change, sample: Sample) -> dict[str, dict[str, Any]]:
    """Return the CR2 interval and the enumerated WCR p; G clusters of one row each."""
    from effekt.numerics.wild import wild_cluster_test

    X = treatment_design(change.treated)
    own = np.arange(len(change.delta))
    fit = fit_contrast(X=X, y=change.delta, w=change.w, clusters=own, names=["(constant)", "treated"], vcov="CR2")
    wild = wild_cluster_test(X=X, y=change.delta, cluster=own, coefficient=1, w=change.w, rng=seeded_by_keys(sample))
    return {
        fit.inference: interval(
            value=fit.value, std_error=fit.std_error, df=fit.df, outcome=panel.name, scale=panel.scale
        ),
        "WCR": {"p_value": wild.p, "p_floor": wild.floor},
    }


def _randomisation(change: Change, sample: Sample) -> dict[str, dict[str, Any]]:
    """Return the randomisation p of t, or of the coefficient where an arm is one cluster and has no variance."""
    from effekt.numerics.randomisation import randomisation_test

    n1 = int(change.treated.sum())
    studentised = min(n1, len(change.treated) - n1) > 1
    test = randomisation_test(
        y=change.delta,
        treated=change.treated,
        w=change.w,
        statistic="t" if studentised else "beta",
        rng=seeded_by_keys(sample),
    )
    return {"RI-t" if studentised else "RI-beta": {"p_value": test.p, "p_floor": test.floor}}


def _starts_reassigned(by_start: ChangesByStart, sample: Sample) -> dict[str, dict[str, Any]]:
    """Return the randomisation p over assignments of the ordered starts; of the coefficient with one never treated."""
    from effekt.numerics.staggered import staggered_test

    studentised = int((~by_start.treated).sum()) > 1
    test = staggered_test(
        changes=by_start.changes,
        start=by_start.start,
        w=by_start.w,
        statistic="t" if studentised else "beta",
        rng=seeded_by_keys(sample),
    )
    return {"RI-t" if studentised else "RI-beta": {"p_value": test.p, "p_floor": test.floor}}


def seeded_by_keys(sample: Sample) -> np.random.Generator:
    """Seeded by the units' keys, so that neither labels of clusters nor the outcome's scale change the draws."""
    keys = np.ascontiguousarray(sample.units["key"].to_numpy(), dtype="<u8")
    return np.random.default_rng(np.frombuffer(hashlib.sha256(keys.tobytes()).digest(), dtype="<u4"))


def _told_otherwise(sample: Sample, panel: Panel, by_start: ChangesByStart, changes: Table) -> dict[str, Table]:
    """Return the estimate with one cluster left out, with one start only, and tested by its coefficient.

    Only where starts differ: with one start all of it follows from the changes that are released.
    """
    from effekt.numerics.staggered import staggered_test

    if len(by_start.windows) == 1:
        return {}
    behind = [None if n is None else int(n) for n in changes.data["persons_behind"]]
    persons, unit = smallest(behind), panel.series.unit
    test = staggered_test(
        changes=by_start.changes,
        start=by_start.start,
        w=by_start.w,
        statistic="beta",
        rng=seeded_by_keys(sample),
    )
    procedures = [Told(procedure="RI-beta", value=by_start.estimate(), p_value=test.p)]
    for position, at in enumerate(np.searchsorted(panel.time, panel.cohorts)):
        words = f"only those that start in {float(panel.series.time[at]):g}"
        procedures.append(Told(procedure=words, value=by_start.of_start(position)))
    keys, values = by_start.left_out()
    units = [str(changes.data["unit"][k]) for k in keys]
    tables = [robustness_table(panel.name, procedures, persons=persons, unit=unit)]
    if keys:
        tables.append(left_out_table(panel.name, units, values, persons=persons, unit=unit))
    return {table.name: table for table in tables}


def _delta_table(sample: Sample, panel: Panel, by_start: ChangesByStart) -> Table:
    """Return each cluster's mean before and after, with the smallest group of persons they give away.

    Where starts differ, a treated cluster's windows are those of its own start, and a comparison's means are averaged
    over the starts, so that the difference in mean changes is the estimate.
    """
    names = sample.cluster_names.get(sample.assigned_at) or sample.cluster_names.get("unit")
    labels = [names[c] if names else str(c + 1) for c in by_start.codes]
    means, persons = np.empty((2, len(labels), len(by_start.windows))), []
    for g, code in enumerate(by_start.codes):
        rows = panel.used & (sample.assignment_clusters == code)
        w, behind = panel.w[rows], []
        for s, windows in enumerate(by_start.windows):
            means[:, g, s] = [w @ panel.values[rows][:, k].mean(axis=1) / w.sum() for k in windows]
            behind += [persons_behind(sample=sample, rows=rows, series=panel.series, columns=k) for k in windows]
        persons.append(smallest(behind))
    numbers = {"before": means[0], "after": means[1], "change": by_start.changes}
    data: dict[str, tuple[Cell, ...]] = {
        "unit": tuple(labels),
        "treated": tuple(bool(t) for t in by_start.treated),
        **{name: tuple(float(v) for v in by_start.own(values)) for name, values in numbers.items()},
        "persons_behind": tuple(persons),
    }
    of, unit = "persons_behind", panel.series.unit
    columns = (
        Column(name="unit", kind="label"),
        Column(name="treated", kind="label"),
        *(Column(name=n, kind="statistic", of=of, unit=unit) for n in numbers),
        Column(name=of, kind="count", internal=True),
    )
    return Table(name=f"deltas_{panel.name}", title=f"Change by unit: {panel.name}", columns=columns, data=data)
