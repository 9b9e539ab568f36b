"""What comes OUT of a method: estimates, findings, bounds, and tables that know what must be masked.

One result type for an experiment, a difference-in-differences cell and a county comparison: plots, gate,
disclosure, report and rehearsal know :class:`Estimates` only. Disclosure is a property of a column
(:class:`Column`), so a new method cannot forget it. Only invariants live here, no statistics.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Cell = str | int | float | bool | None
"""What a table may hold. ``None`` = not defined or not known; never zero."""

Parts = tuple[int | None, int | None]
"""Treated and comparisons who have a yes/no; None = their mean is not that share."""

ColumnKind = Literal["key", "label", "count", "statistic", "share", "money"]

INTERVAL = frozenset({"std_error", "ci_low", "ci_high", "p_value", "df"})
NORMAL = INTERVAL - {"df"}
RANK = frozenset({"p_value", "p_floor"})

INFERENCES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "HC0 + t(n-k)": INTERVAL,
        "HC1 + t(n-k)": INTERVAL,
        "HC2 + t(n-k)": INTERVAL,
        "HC3 + t(n-k)": INTERVAL,
        "HC2 + Satterthwaite": INTERVAL,
        "CR0 + t(G-1)": INTERVAL,
        "CR1 + t(G-1)": INTERVAL,
        "CR1S + t(G-1)": INTERVAL,
        "CR2 + Satterthwaite": INTERVAL,
        "CR3 + t(G-1)": INTERVAL,
        "Abadie-Imbens + normal": NORMAL,
        "RI-t": RANK,
        "RI-beta": RANK,
        "WCR": RANK,
    }
)
"""Every kind of inference and the fields it fills. It fills those and no others."""

_INFERENTIAL = INTERVAL | RANK


class Verdict(StrEnum):
    """The outcome of a check. Unevaluated is never passed; not informative never counts as support."""

    PASS = "PASS"
    WARN = "WARN"
    FAIL = "FAIL"
    NOT_EVALUATED = "NOT_EVALUATED"
    NOT_INFORMATIVE = "NOT_INFORMATIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table and the protection it needs.

    kind : ``key`` and ``label`` describe the row; ``count`` counts persons; ``statistic``, ``share`` and
        ``money`` are computed from persons.
    of : the person-count column of the same table this number stands on: the denominator of a share, the
        smallest group of persons a statistic would give away. ``None`` only for key, label and count.
    numerator : for a share, the person-count column above the line. ``protect`` derives the share from the
        two counts after they are rounded, so a share can never give a count back.
    whole : for a mean, or a difference of means, the person-count columns of the groups it is taken over.
    lattice : the internal column with the smallest difference between two persons' values, 1 for a yes/no;
        ``None`` in it = not known. A mean on a lattice is a fraction of its count, so it is printed no finer
        than persons can move it.
    part : the internal column with the persons who have a yes/no, in rows whose mean is their share of
        ``whole``. It is then derived from the two counts after they are rounded, as a share is.
    internal : needed for protection and dropped from what is released.
    unit : ``"share"`` numbers are printed in points with one decimal, others by their size.
    """

    name: str
    kind: ColumnKind
    of: str | None = None
    numerator: str | None = None
    whole: tuple[str, ...] = ()
    lattice: str | None = None
    part: str | None = None
    internal: bool = False
    unit: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "whole", tuple(self.whole))
        computed = self.kind in {"statistic", "share", "money"}
        if computed and self.of is None:
            raise ValueError(f"column {self.name}: a {self.kind} must name the person count it stands on")
        if self.kind == "share" and self.numerator is None:
            raise ValueError(f"column {self.name}: a share must name its numerator")
        if self.part is not None and len(self.whole) != 1:
            raise ValueError(f"column {self.name}: a part is a part of one whole")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows on their way to ``release.protect``; the only shape in which numbers may travel there.

    data : column name -> values, all of one length.
    margins : the table holds totals of its own rows. Such a table is refused until complementary
        suppression is built, rather than half protected.
    chain : the count column that is a running total (a flow chart): neighbouring rows must not be
        subtractable to a small number.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    data: Mapping[str, tuple[Cell, ...]]
    margins: bool = False
    chain: str | None = None

    def __post_init__(self) -> None:
        names = [c.name for c in self.columns]
        if len(set(names)) != len(names) or set(names) != set(self.data):
            raise ValueError(f"table {self.name}: columns and data differ, or a column stands twice")
        if len({len(v) for v in self.data.values()}) > 1:
            raise ValueError(f"table {self.name}: columns of different lengths")
        counts = {c.name for c in self.columns if c.kind == "count"}
        for c in self.columns:
            for ref in (c.of, c.numerator, *c.whole):
                if ref is not None and ref not in counts:
                    raise ValueError(f"table {self.name}: {c.name} stands on {ref}, which is not a count column")
            for ref in (c.lattice, c.part):
                if ref is not None and ref not in {inner.name for inner in self.columns if inner.internal}:
                    raise ValueError(f"table {self.name}: {c.name} needs {ref}, which is not an internal column")
        if self.chain is not None and self.chain not in counts:
            raise ValueError(f"table {self.name}: chain {self.chain} is not a count column")
        object.__setattr__(self, "data", MappingProxyType({n: tuple(self.data[n]) for n in names}))

    def __len__(self) -> int:
        return len(next(iter(self.data.values()), ()))

    def rows(self) -> Iterator[dict[str, Cell]]:
        """Yield each row as a dict in column order."""
        names = [c.name for c in self.columns]
        for values in zip(*(self.data[n] for n in names), strict=True):
            yield dict(zip(names, values, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """ONE ROW, the same for an experiment, a DiD cell and a county comparison.

    horizon : periods since time zero (0 = the first treated period); None where there is one outcome time.
    first_treated : the cohort, for rows about one cohort; time : calendar period, for rows about one.
    unit : of the value ("NOK", "share", ""); inference : part of the key, see ``INFERENCES``.
    p_floor : the least p this test can reach. comparison_mean : (weighted) mean of the comparisons' outcome.
    n_* are units and persons with positive weight; None persons = not known.
    """

    analysis: str = ""
    variant: str = ""
    method: str
    estimand: str
    arm: str | None = None
    subgroup: str | None = None
    outcome: str
    horizon: int | None = None
    first_treated: float | None = None
    time: float | None = None
    unit: str = ""
    value: float
    std_error: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p_value: float | None = None
    p_floor: float | None = None
    df: float | None = None
    inference: str
    n_treated: int
    n_comparison: int
    n_persons_treated: int | None
    n_persons_comparison: int | None
    n_clusters: int
    comparison_mean: float | None = None

    def __post_init__(self) -> None:
        declared = INFERENCES.get(self.inference)
        if declared is None:
            raise ValueError(f"inference {self.inference!r} is not declared in INFERENCES")
        filled = {f for f in _INFERENTIAL if getattr(self, f) is not None}
        if filled != declared:
            raise ValueError(f"{self.inference} must fill {sorted(declared)}, not {sorted(filled)}")
        for f in ("value", *sorted(filled)):
            if not math.isfinite(getattr(self, f)):
                raise ValueError(f"{self.method} {self.outcome}: {f} is not a finite number")
        if self.std_error is not None and self.std_error <= 0:
            raise ValueError(f"{self.method} {self.outcome}: the standard error is not positive")
        if not 0 <= (self.p_value or 0.0) <= 1:
            raise ValueError(f"{self.method} {self.outcome}: p is outside [0, 1]")
        if self.ci_low is not None and self.ci_high is not None and not self.ci_low <= self.value <= self.ci_high:
            raise ValueError(f"{self.method} {self.outcome}: the interval does not hold the estimate")
        if self.n_treated < 1 or self.n_comparison < 1 or self.n_clusters < 1:
            raise ValueError(f"{self.method} {self.outcome}: no treated, no comparison or no cluster")


ESTIMATE_FIELDS: tuple[str, ...] = tuple(f.name for f in fields(Estimate))

_ESTIMATED = ("value", "std_error", "ci_low", "ci_high")
_KEYS = ("analysis", "variant", "method", "estimand", "arm", "subgroup", "outcome", "horizon")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimates:
    """The rows of one analysis, with what joint inference needs.

    rows : one :class:`Estimate` per outcome, horizon and inference.
    support : per row, the smallest group of persons its numbers would give away (for a binary outcome the
        smaller of those with and without it, in either arm); None = not known, which is never released
        under a threshold.
    influence : (n, rows) or None; the estimate minus its target is their mean over the sample's records.
    vcov : (rows, rows) or None. details : declared side tables (first stage, deltas, donor weights ...).
    """

    rows: tuple[Estimate, ...]
    support: tuple[int | None, ...]
    lattices: tuple[float | None, ...] = ()
    parts: tuple[Parts, ...] = ()
    influence: NDArray[np.float64] | None = None
    vcov: NDArray[np.float64] | None = None
    details: Mapping[str, Table] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.support) != len(self.rows):
            raise ValueError("support must have one entry per row")
        for name, unknown in (("lattices", None), ("parts", (None, None))):
            object.__setattr__(self, name, tuple(getattr(self, name)) or (unknown,) * len(self.rows))
            if len(getattr(self, name)) != len(self.rows):
                raise ValueError(f"{name} must have one entry per row")
        if self.influence is not None and self.influence.shape[1] != len(self.rows):
            raise ValueError("influence must have one column per row")
        if self.vcov is not None and self.vcov.shape != (len(self.rows), len(self.rows)):
            raise ValueError("vcov must be rows x rows")

    def named(self, *, analysis: str, variant: str, arm: str | None = None, subgroup: str | None = None) -> Estimates:
        """Return the same estimates stamped with the names the spec gives them."""
        rows = tuple(replace(r, analysis=analysis, variant=variant, arm=arm, subgroup=subgroup) for r in self.rows)
        return replace(self, rows=rows)

    def table(self) -> Table:
        """Return all rows as a table whose columns say what must be protected."""
        data: dict[str, tuple[Cell, ...]] = {
            name: tuple(getattr(r, name) for r in self.rows) for name in ESTIMATE_FIELDS
        }
        data |= {_SUPPORT: self.support, _LATTICE: self.lattices}
        data |= {name: tuple(part[arm] for part in self.parts) for arm, name in enumerate(_PARTS)}
        internal = (
            Column(name=_SUPPORT, kind="count", internal=True),
            *(Column(name=n, kind="label", internal=True) for n in (_LATTICE, *_PARTS)),
        )
        columns = (*(_estimate_column(n) for n in ESTIMATE_FIELDS), *internal)
        return Table(name="estimates", title="Estimates", columns=columns, data=data)


_SUPPORT, _LATTICE = "persons_behind", "lattice"
_PARTS = ("treated_part", "comparison_part")
_ARMS = ("n_persons_treated", "n_persons_comparison")

_ESTIMATE_COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        **{n: Column(name=n, kind="key") for n in _KEYS},
        **{n: Column(name=n, kind="count") for n in _ARMS},
        **{
            n: Column(name=n, kind="statistic", of=_SUPPORT, whole=_ARMS, lattice=_LATTICE, unit="value")
            for n in _ESTIMATED
        },
        "comparison_mean": Column(
            name="comparison_mean",
            kind="statistic",
            of=_SUPPORT,
            whole=_ARMS[1:],
            lattice=_LATTICE,
            part=_PARTS[1],
            unit="value",
        ),
        **{n: Column(name=n, kind="statistic", of=_SUPPORT) for n in ("p_value", "df")},
        # At person level the units are the persons, so they are masked as persons are.
        **{
            f"n_{g}": Column(name=f"n_{g}", kind="statistic", of=f"n_persons_{g}", unit="units")
            for g in ("treated", "comparison")
        },
    }
)


def _estimate_column(name: str) -> Column:
    """Return how a field of an estimate is protected; what says nothing about persons is a label."""
    return _ESTIMATE_COLUMNS.get(name, Column(name=name, kind="label"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found: one number, its threshold, and what to do.

    subject : what was looked at (a covariate, an outcome, a cluster level). value, threshold : numbers of the
        same unit, None where there is none. persons : smallest group of persons the value stands on (None =
        not about persons, as the number of clusters). blocking : a FAIL or NOT_EVALUATED stops ``run``.
    advice : what to do, in words and never with a number from the data, so that ``protect`` can round
        ``value`` and the sentence stays true.
    counts, formula : numbers of persons from which ``value`` follows, and how: under a threshold the formula is
        applied to the rounded counts, since the value itself would give them back. whole, lattice : for a
        difference of means, the persons in each group and the smallest step of one person's value; see ``Column``.
    """

    check: str
    subject: str
    value: float | None
    threshold: float | None
    verdict: Verdict
    blocking: bool
    advice: str
    analysis: str = ""
    unit: str = ""
    persons: int | None = None
    counts: tuple[float, ...] = ()
    formula: Callable[..., float] | None = field(default=None, compare=False)
    whole: tuple[int, ...] = ()
    lattice: float | None = None
    details: Mapping[str, Table] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if bool(self.counts) != (self.formula is not None):
            raise ValueError(f"finding {self.check}/{self.subject}: counts and formula come together")
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"finding {self.check}/{self.subject}: value is not a finite number")
        if self.verdict is Verdict.PASS and self.value is None:
            raise ValueError(f"finding {self.check}/{self.subject}: nothing was measured, so nothing has passed")

    @property
    def stops(self) -> bool:
        """True if this finding keeps the gate closed."""
        return self.blocking and self.verdict in {Verdict.FAIL, Verdict.NOT_EVALUATED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a sensitivity analysis says: the estimate's range at a stated departure, and one sentence."""

    sensitivity: str
    analysis: str
    outcome: str
    horizon: int | None
    parameter: str
    low: float | None
    high: float | None
    verdict: Verdict
    sentence: str
    details: Mapping[str, Table] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"bound {self.sensitivity}: low is above high")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttritionStep:
    """Units and persons left after one step; ``reason`` says who left and why. persons None = not known."""

    reason: str
    units: int
    persons: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attrition:
    """The flow chart: every unit that was dropped is accounted for in a step."""

    steps: tuple[AttritionStep, ...]

    def __post_init__(self) -> None:
        left = [s.units for s in self.steps]
        if any(b > a for a, b in pairwise(left)):
            raise ValueError("a flow chart cannot gain units")

    def then(self, reason: str, *, units: int, persons: int | None) -> Attrition:
        """Return the flow with one more step."""
        return Attrition(steps=(*self.steps, AttritionStep(reason=reason, units=units, persons=persons)))

    def table(self) -> Table:
        """Return the flow as a table; the person column is a running total, protected as such."""
        return Table(
            name="flow",
            title="Flow",
            columns=(
                Column(name="step", kind="label"),
                Column(name="units", kind="statistic", of="persons", unit="units"),
                Column(name="persons", kind="count"),
            ),
            data={
                "step": tuple(s.reason for s in self.steps),
                "units": tuple(s.units for s in self.steps),
                "persons": tuple(s.persons for s in self.steps),
            },
            chain="persons",
        )
