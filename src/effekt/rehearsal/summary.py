"""Many draws of one study in one table: a line per row of the estimates, over all draws and over those told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from effekt.numerics.monte_carlo import Floats, Mask, Measure, Performance, mean, performance, share
from effekt.rehearsal.drawn import Drawn, Row
from effekt.results import Cell

CLEAR = frozenset({"clear", "periods"})
"""Conclusions that tell a result from zero."""

CAUSAL = frozenset({"effekt", "estimert"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How one row of the estimates did.

    everywhere : in every draw where it could be computed, whatever the gate said. told : where the gate was open.
    stopped : draws without a report because a check kept the gate closed; refused : because the data ended the study.
    levels : level of the report's words -> share of all draws. claimed : share of all draws whose report would have
    named an effect, estimated or not, and told it from zero.
    """

    key: tuple[Cell, ...]
    unit: str
    everywhere: Performance
    told: Performance
    realised: Measure
    levels: Mapping[str, Measure]
    claimed: Measure
    associated: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """draws : how many. stops, warnings : (analysis, check) -> share of draws. refusals : error code -> share of draws.

    warned : draws in which any check warned.
    """

    draws: int
    treated: Measure
    stopped: Measure
    refused: Measure
    warned: Measure
    stops: Mapping[tuple[str, str], Measure]
    warnings: Mapping[tuple[str, str], Measure]
    refusals: Mapping[str, Measure]
    overclaims: int
    lines: tuple[Line, ...]


def summarise(drawn: Sequence[Drawn]) -> Summary:
    """Return what draws say together; the order of the draws does not matter."""
    drawn = sorted(drawn, key=lambda d: d.seed)
    everyone = np.ones(len(drawn), dtype=np.bool_)
    stops = Counter(pair for d in drawn for pair in {(s.analysis, s.check) for s in d.stops})
    warnings = Counter(pair for d in drawn for pair in {(s.analysis, s.check) for s in d.warnings})
    levels = sorted({row.level for d in drawn for row in d.rows} - {""})
    refusals = Counter(d.refused for d in drawn if d.refused)
    return Summary(
        draws=len(drawn),
        treated=_mean_treated(drawn),
        stopped=share(np.array([bool(d.stops) for d in drawn]), among=everyone),
        refused=share(np.array([bool(d.refused) for d in drawn]), among=everyone),
        warned=share(np.array([bool(d.warnings) for d in drawn]), among=everyone),
        warnings={pair: _share(count, len(drawn)) for pair, count in sorted(warnings.items())},
        stops={pair: _share(count, len(drawn)) for pair, count in sorted(stops.items())},
        refusals={code: _share(count, len(drawn)) for code, count in sorted(refusals.items())},
        overclaims=sum(d.overclaims for d in drawn),
        lines=tuple(_line(key, drawn, levels) for key in _keys(drawn)),
    )


def _mean_treated(drawn: Sequence[Drawn]) -> Measure:
    return mean(np.array([d.treated for d in drawn], dtype=np.float64))


def _share(count: int, draws: int) -> Measure:
    return share(np.arange(draws) < count, among=np.ones(draws, dtype=np.bool_))


def _keys(drawn: Sequence[Drawn]) -> list[tuple[Cell, ...]]:
    """Return every key in the order in which it first appears."""
    return list(dict.fromkeys(row.key for d in drawn for row in d.rows))


def _line(key: tuple[Cell, ...], drawn: Sequence[Drawn], levels: Sequence[str]) -> Line:
    found = [next((row for row in d.rows if row.key == key), None) for d in drawn]
    there = [row for row in found if row is not None]
    told = np.array([d.told for d in drawn])
    everyone = np.ones(len(drawn), dtype=np.bool_)
    level = np.array(["" if row is None else row.level for row in found])
    clear = np.array([row is not None and row.conclusion in CLEAR for row in found])
    causal = np.isin(level, sorted(CAUSAL))
    return Line(
        key=key,
        unit=there[0].unit,
        everywhere=_performance(found, everyone),
        told=_performance(found, told),
        realised=_realised(found),
        levels={name: share(level == name, among=everyone) for name in levels},
        claimed=share(causal & clear, among=everyone),
        associated=share((level == "sammenheng") & clear, among=everyone),
    )


def _realised(found: Sequence[Row | None]) -> Measure:
    return mean(_column(found, "realised", np.ones(len(found), dtype=np.bool_)))


def _performance(found: Sequence[Row | None], among: Mask) -> Performance:
    names = {"value": "value", "std_error": "std_error", "low": "ci_low", "high": "ci_high", "p_value": "p_value"}
    columns = {ours: _column(found, theirs, among) for ours, theirs in (names | {"truth": "truth"}).items()}
    return performance(**columns)


def _column(found: Sequence[Row | None], name: str, among: Mask) -> Floats:
    """(n,) : a field over draws, NaN where the row is not there or the draw is not asked for."""
    values = [None if row is None else getattr(row, name) for row in found]
    numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return np.where(among, numbers, np.nan)
