"""An attacker who knows every formula holds one released row of a yes/no outcome, and wants the counts behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from effekt.release.disclosure import protect
from effekt.release.rules import TERSKEL3, TERSKEL10, Rules
from effekt.release.steps import on_ladder, to_step
from effekt.results import Column, Estimate, Estimates, Table


@dataclass(frozen=True)
class Groups:
    """Persons and those in work, by arm."""

    n1: int
    k1: int
    n0: int
    k0: int

    @property
    def parts(self) -> tuple[int, ...]:
        """In work and out of work, by arm."""
        return (self.k1, self.n1 - self.k1, self.k0, self.n0 - self.k0)


def table_of(groups: Groups, **changes: Any) -> Table:
    """Neyman's difference in means with Welch's degrees of freedom, as `difference` computes a yes/no."""
    n1, k1, n0, k0 = groups.n1, groups.k1, groups.n0, groups.k0
    p1, p0, a, b = k1 / n1, k0 / n0, 1 / n1, 1 / n0
    se = math.sqrt(p1 * (1 - p1) / (n1 - 1) + p0 * (1 - p0) / (n0 - 1))
    df = (a + b) ** 2 / (a**2 / (n1 - 1) + b**2 / (n0 - 1))
    half = float(student.ppf(0.975, df)) * se
    row: dict[str, Any] = {
        "value": p1 - p0,
        "std_error": se,
        "ci_low": p1 - p0 - half,
        "ci_high": p1 - p0 + half,
        "p_value": float(2 * student.sf(abs(p1 - p0) / se, df)),
        "df": df,
        "inference": "HC2 + Satterthwaite",
        "n_treated": n1,
        "n_comparison": n0,
        "n_persons_treated": n1,
        "n_persons_comparison": n0,
        "n_clusters": n1 + n0,
        "comparison_mean": p0,
    }
    estimate = Estimate(method="difference", estimand="ATT", outcome="work", unit="share", **{**row, **changes})
    return Estimates(rows=(estimate,), support=(min(groups.parts),), lattices=(1.0,), parts=((k1, k0),)).table()


@st.composite
def comparisons(draw: st.DrawFn) -> Groups:
    """Two groups in each of which ten or more are in work and ten or more are not."""
    sizes = st.one_of(st.integers(20, 60), st.integers(20, 300), st.integers(20, 5000))
    n1, n0 = draw(sizes), draw(sizes)
    return Groups(n1, draw(st.integers(10, n1 - 10)), n0, draw(st.integers(10, n0 - 10)))


def alike(count: int, rules: Rules) -> st.SearchStrategy[int]:
    """Counts that round as this one does."""
    return st.sampled_from([n for n in range(count - 5, count + 6) if rules.rounded(n) == rules.rounded(count)])


@settings(deadline=None)
@given(comparisons(), st.sampled_from([TERSKEL10, TERSKEL3]), st.data())
def test_the_whole_row_is_the_same_for_all_counts_that_round_alike(groups: Groups, rules: Rules, data: st.DataObject):
    """Whatever an attacker computes from it: estimate, error, interval, p, degrees of freedom, means, clusters."""
    other = Groups(*(data.draw(alike(n, rules)) for n in (groups.n1, groups.k1, groups.n0, groups.k0)))
    assume(all((part < rules.threshold) == (min(groups.parts) < rules.threshold) for part in (min(other.parts),)))
    rows = [next(protect(table_of(g), rules).rows()) for g in (groups, other)]
    assert rows[0] == rows[1]
    residual = [table_of(g, inference="HC1 + t(n-k)", df=float(g.n1 + g.n0 - 7)) for g in (groups, other)]
    rows = [next(protect(table, rules).rows()) for table in residual]
    assert rows[0] == rows[1]
    assert rows[0]["df"] == rules.rounded(groups.n1) + rules.rounded(groups.n0) - 7


def test_the_row_from_rounded_counts_is_near_the_true_one():
    (row,) = protect(table_of(Groups(612, 301, 1433, 584)), TERSKEL10).rows()
    assert (row["comparison_mean"], row["value"], row["std_error"]) == (0.408, 0.084, 0.024)
    assert (row["ci_low"], row["ci_high"], row["p_value"], row["df"]) == (0.037, 0.131, 0.0, None)


def test_an_adjusted_estimate_is_printed_no_finer_than_one_person_moves_it():
    (row,) = protect(table_of(Groups(61, 30, 113, 47), value=0.0712), TERSKEL10).rows()
    assert (row["value"], row["std_error"], row["p_value"]) == (0.08, 0.08, 0.34)
    assert row["comparison_mean"] == 0.391, "45 of 115"


def test_a_difference_that_rounds_to_nobody_is_hidden():
    released = protect(table_of(Groups(100, 97, 100, 50)), TERSKEL3)
    assert released.data["value"] == (0.45,)
    released = protect(table_of(Groups(102, 98, 100, 50)), TERSKEL3)
    assert released.data["value"] == (None,)
    assert released.hidden["value"] == (True,)


COUNT = Column(name="n", kind="count")
INNER = [Column(name=name, kind="label", internal=True) for name in ("step", "part")]


def mean_of(n: int, value: float, step: float | None) -> float:
    mean = Column(name="mean", kind="statistic", of="n", whole=("n",), lattice="step")
    data = {"n": (n,), "step": (step,), "part": (None,), "mean": (value,)}
    return protect(Table(name="t", title="", columns=(COUNT, *INNER, mean), data=data), TERSKEL10).data["mean"][0]


@given(st.integers(10, 3000), st.integers(0, 40_000), st.sampled_from([1.0, 0.5, 7.0]))
def test_the_mean_of_whole_numbers_fits_every_count_that_rounds_alike(n: int, total: int, step: float):
    """Children, months in work: the mean times the count would be whole for one count only."""
    shown = mean_of(n, step * total / n, step)
    size = abs(step * total / n) or 1.0
    width = max(on_ladder(5 * step / TERSKEL10.rounded(n)), 10.0 ** (math.floor(math.log10(size)) - 2))
    for other in (m for m in range(n - 5, n + 6) if TERSKEL10.rounded(m) == TERSKEL10.rounded(n)):
        sums = range(int((shown - width) * other / step) - 2, int((shown + width) * other / step) + 3)
        fits = [t for t in sums if abs(step * t / other - shown) <= width / 2 + 1e-9]
        assert len(fits) >= 3, other


@pytest.mark.parametrize(
    ("least", "step"), [(1.0, 1.0), (0.011, 0.02), (0.02, 0.02), (0.3, 0.5), (0.51, 1.0), (70, 100)]
)
def test_steps_are_one_two_or_five_times_a_power_of_ten(least: float, step: float):
    assert on_ladder(least) == pytest.approx(step)
    assert to_step(0.0, step) == 0.0
