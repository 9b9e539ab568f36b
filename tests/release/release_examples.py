"""Made-up but realistic releases: an experiment, and counties that start at one date."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

from effekt.release.contents import Primary, ReportInput, SideTable
from effekt.release.disclosure import protect
from effekt.release.findings import protect_findings
from effekt.release.rules import TERSKEL10, Rules
from effekt.results import (
    Attrition,
    AttritionStep,
    Cell,
    Column,
    Estimate,
    Estimates,
    Finding,
    Table,
    Verdict,
)

MANUAL = r"""Difference in (weighted) means between treated and comparisons.

.. math:: \hat\tau = \frac{\sum_i w_i D_i Y_i}{\sum_i w_i D_i}
   - \frac{\sum_i w_i (1-D_i) Y_i}{\sum_i w_i (1-D_i)}

With weights of one its HC2 standard error is Neyman's, :math:`\sqrt{s_1^2/n_1 + s_0^2/n_0}`; `difference`
is *linear* in ``Y``.

Use it when assignment was random & sizes differ: 1 < 2.

- first
- second

References: Neyman (1923/1990), Statistical Science 5.
"""

COUNTIES = (
    "Østfold",
    "Akershus",
    "Oslo",
    "Innlandet",
    "Buskerud",
    "Vestfold",
    "Telemark",
    "Agder",
    "Rogaland",
    "Vestland",
    "Møre og Romsdal",
    "Trøndelag",
    "Nordland",
    "Troms",
    "Finnmark",
)


def estimate(**changes: object) -> Estimate:
    """The NSW experiment's row, changed."""
    row: dict[str, object] = {
        "analysis": "experiment",
        "method": "difference",
        "estimand": "ATE",
        "outcome": "earnings",
        "unit": "USD",
        "value": 1794.3423818501024,
        "std_error": 670.9965445,
        "ci_low": 474.0104,
        "ci_high": 3114.6744,
        "p_value": 0.00789,
        "df": 307.13,
        "inference": "HC2 + Satterthwaite",
        "n_treated": 185,
        "n_comparison": 260,
        "n_persons_treated": 185,
        "n_persons_comparison": 260,
        "n_clusters": 445,
        "comparison_mean": 4554.801126,
    }
    return Estimate(**{**row, **changes})  # type: ignore[arg-type]


def flow(*steps: tuple[str, int, int | None]) -> Attrition:
    """A flow of (reason, units, persons)."""
    return Attrition(steps=tuple(AttritionStep(reason=r, units=u, persons=p) for r, u, p in steps))


def balance_table(small: int = 23) -> Table:
    """Balance of the experiment; ``small`` persons stand behind one covariate."""
    names = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")
    draw = random.Random(3)
    before = tuple(draw.gauss(0, 0.12) for _ in names)
    data: dict[str, tuple[Cell, ...]] = {
        "covariate": names,
        "mean_treated": (25.816, 10.3459, 0.843243, 0.0594595, 0.189189, 0.708108, 2095.574, 1532.055),
        "mean_comparison": (25.0538, 10.0885, 0.826923, 0.107692, 0.153846, 0.834615, 2107.027, 1266.909),
        "smd_before": before,
        "smd_after": tuple(b / 4 + 0.01 for b in before),
        "variance_ratio": (1.03, 1.55, None, None, None, None, 0.74, 1.08),
        "persons_behind": (185, 185, 29, small, 35, 54, 185, 185),
    }
    statistics = tuple(Column(name=n, kind="statistic", of="persons_behind") for n in list(data)[1:-1])
    behind = Column(name="persons_behind", kind="count", internal=True)
    columns = (Column(name="covariate", kind="label"), *statistics, behind)
    return Table(name="balance", title="Balance", columns=columns, data=data)


def finding(check: str, subject: str, value: float | None, verdict: Verdict, **more: object) -> Finding:
    """A finding with a threshold of 0.1 unless told."""
    fields: dict[str, object] = {"threshold": 0.1, "blocking": False, "advice": "", **more}
    return Finding(check=check, subject=subject, value=value, verdict=verdict, **fields)  # type: ignore[arg-type]


def experiment_findings() -> list[Finding]:
    """What the design stage found about the experiment."""
    return [
        finding(
            "balance", "nodegree", 0.078, Verdict.PASS, unit="sd", persons=54, details={"balance": balance_table()}
        ),
        finding("overlap", "treated without a counterpart", 0.0, Verdict.PASS, unit="share", persons=185),
        finding("overlap", "effective comparisons", 8.2, Verdict.WARN, threshold=20.0, persons=8, advice="add some"),
        finding("mde", "every outcome", 0.2704, Verdict.PASS, unit="sd", threshold=None),
        finding("clusters", "person", 445.0, Verdict.PASS, threshold=10.0),
        finding("pre_trends", "earnings", None, Verdict.NOT_EVALUATED, threshold=None, advice="no history"),
    ]


def released(estimates: Iterable[Estimate], rules: Rules, support: int = 45) -> object:
    """Estimates, protected, with so many persons behind each."""
    rows = tuple(estimates)
    return protect(Estimates(rows=rows, support=(support,) * len(rows)).table(), rules)


PROVENANCE = {
    "spec": {"sha256": "4f2a91c0" + "0" * 56, "file": "nsw.yaml"},
    "table": {"sha256": "ab" * 32},
    "freeze": {"digest": "cd" * 32, "amendments": ["none <b>"]},
    "versions": {"effekt": "0.1.0", "python": "3.11.7"},
    "seeds": (1, None),
}


def experiment(rules: Rules = TERSKEL10, **changes: object) -> ReportInput:
    """The NSW experiment as a release."""
    rows = [
        estimate(),
        estimate(method="regression", analysis="adjusted", value=1676.3426, ci_low=330.1, ci_high=3022.6),
        estimate(outcome="employed", unit="share", value=0.1106, std_error=0.0443, ci_low=0.0235, ci_high=0.1977),
    ]
    steps = flow(
        ("all persons in the table", 722, 722),
        ("earnings in 1974 are not known", 447, 447),
        ("outcome is missing", 445, 445),
    )
    content: dict[str, object] = {
        "study": "nsw-experiment",
        "title": "National Supported Work",
        "question": "What did the National Supported Work programme do to earnings?",
        "reference": "nsw-experiment/4f2a91c0",
        "rules": rules,
        "randomised": True,
        "primary": Primary(outcome="earnings"),
        "estimates": released(rows, rules),
        "flow": protect(steps.table(), rules),
        "findings": protect_findings(experiment_findings(), rules),
        "labels": {"earnings": "Earnings 1978", "employed": "Employed 1978"},
        "places": {"experiment": "nsw.yaml:14", "adjusted": "nsw.yaml:15"},
        "manuals": {"difference": MANUAL},
        "provenance": PROVENANCE,
        "languages": ("nb", "en"),
    }
    return ReportInput(**{**content, **changes})  # type: ignore[arg-type]


def delta_table(small: int = 2400) -> Table:
    """Changes of 15 counties, five of them treated; ``small`` persons stand behind Finnmark."""
    draw = random.Random(11)
    treated = tuple(c in {"Agder", "Innlandet", "Rogaland", "Vestfold", "Nordland"} for c in COUNTIES)
    before = tuple(draw.gauss(0.42, 0.03) for _ in COUNTIES)
    change = tuple(draw.gauss(0.012 if t else 0.0, 0.011) for t in treated)
    data: dict[str, tuple[Cell, ...]] = {
        "unit": tuple(COUNTIES),
        "treated": treated,
        "before": before,
        "after": tuple(b + c for b, c in zip(before, change, strict=True)),
        "change": change,
        "persons_behind": (*(draw.randint(1500, 9000) for _ in COUNTIES[:-1]), small),
    }
    columns = (
        Column(name="unit", kind="label"),
        Column(name="treated", kind="label"),
        *(Column(name=n, kind="statistic", of="persons_behind", unit="share") for n in ("before", "after", "change")),
        Column(name="persons_behind", kind="count", internal=True),
    )
    return Table(name="deltas_i_jobb", title="Change by unit", columns=columns, data=data)


COUNTY_ROW: dict[str, object] = {
    "analysis": "collapsed_did",
    "method": "collapsed_did",
    "estimand": "ATT",
    "outcome": "i_jobb",
    "unit": "share",
    "value": 0.01217,
    "std_error": 0.00601,
    "ci_low": -0.00166,
    "ci_high": 0.026,
    "p_value": 0.0774,
    "df": 8.1,
    "inference": "CR2 + Satterthwaite",
    "n_treated": 5,
    "n_comparison": 10,
    "n_persons_treated": 24_803,
    "n_persons_comparison": 61_442,
    "n_clusters": 15,
    "comparison_mean": 0.4187,
}
NO_INTERVAL = dict.fromkeys(("std_error", "ci_low", "ci_high", "df"))


def county_rows(wild: float = 0.0371) -> list[Estimate]:
    """Three tests of one difference, and an event study by quarter."""
    rows = [
        estimate(**COUNTY_ROW),
        estimate(**{**COUNTY_ROW, **NO_INTERVAL, "inference": "RI-t", "p_value": 0.0829, "p_floor": 1 / 3003}),
        estimate(**{**COUNTY_ROW, **NO_INTERVAL, "inference": "WCR", "p_value": wild, "p_floor": 2 / 2**15}),
    ]
    return rows + list(event_rows())


def event_rows() -> Iterable[Estimate]:
    """Six quarters before, eight after; the last before the start is the reference."""
    draw = random.Random(5)
    for h in range(-6, 8):
        if h == -1:
            continue
        value = draw.gauss(0, 0.004) + (0.004 * math.sqrt(h + 1) if h >= 0 else 0)
        half = 0.0138
        numbers = {"value": value, "std_error": 0.006, "ci_low": value - half, "ci_high": value + half}
        shared = {"analysis": "event_study", "method": "event_study", "horizon": h, "p_value": 0.3}
        yield Estimate(**{**COUNTY_ROW, **numbers, **shared})  # type: ignore[arg-type]


def counties(rules: Rules = TERSKEL10, **changes: object) -> ReportInput:
    """Five counties of fifteen that start at one date, as a release."""
    steps = flow(
        ("Nav-brukere 19–30 år, alle fylker", 15, 91_204),
        ("borte: flyttet mellom fylker i perioden", 15, 86_251),
        ("borte: mangler vedtak etter § 14 a", 15, 86_245),
    )
    found = [
        finding("clusters", "fylke", 15.0, Verdict.PASS, threshold=9.0),
        finding("clusters", "partial leverage", 0.2, Verdict.PASS, threshold=0.35),
        finding(
            "pre_trends",
            "i_jobb",
            0.0061,
            Verdict.FAIL,
            threshold=0.005,
            unit="share",
            persons=900,
            blocking=True,
            advice="compare with `synthetic_did`, or state why the trend would have stopped",
        ),
        finding("mde", "i_jobb", 0.0192, Verdict.WARN, threshold=0.01, unit="share", advice="say so"),
        finding("concurrent", "reforms", None, Verdict.NOT_INFORMATIVE, threshold=None, advice="dated, not tested"),
    ]
    content: dict[str, object] = {
        "study": "fylke-veiledning-jobb",
        "title": "Karriereveiledning i fylkene",
        "question": "Kommer en større andel av unge Nav-brukere i jobb i fylker der bruken av karriereveiledning øker?",
        "reference": "fylke-veiledning-jobb/0badcafe",
        "rules": rules,
        "randomised": False,
        "primary": Primary(outcome="i_jobb"),
        "estimates": released(county_rows(), rules, support=1500),
        "flow": protect(steps.table(), rules),
        "findings": protect_findings(found, rules),
        "tables": (SideTable(analysis="collapsed_did", table=protect(delta_table(), rules)),),
        "overrides": {"pre_trends": "Trenden er ett kvartal med <streik> i Rogaland."},
        "exploratory": "amended_after_outcomes",
        "labels": {"i_jobb": "Lønnstaker"},
        "places": {"collapsed_did": "fylke.yaml:31", "event_study": "fylke.yaml:32"},
        "manuals": {"difference": MANUAL},
        "provenance": PROVENANCE,
        "languages": ("nb", "en"),
    }
    return ReportInput(**{**content, **changes})  # type: ignore[arg-type]
