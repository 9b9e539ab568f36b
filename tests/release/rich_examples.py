"""Releases that fill every slot: a register study of individuals, and fifteen counties with all their tables."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import replace

from release_examples import (
    COUNTIES,
    COUNTY_ROW,
    NO_INTERVAL,
    balance_table,
    counties,
    county_rows,
    estimate,
    experiment,
    finding,
    flow,
    released,
)

from effekt.release.contents import Design, NotShown, Primary, Reform, ReportInput, SideTable, Translation
from effekt.release.disclosure import protect
from effekt.release.findings import protect_findings
from effekt.release.rules import OPEN, TERSKEL10, Rules
from effekt.release.timeline import Timeline
from effekt.results import Cell, Column, Estimate, Table, Verdict

TIMELINE = Timeline(
    accrual=("2021-01", "2022-12"),
    history=24,
    wash_out=12,
    windows={"i jobb etter 1 år": (12, 12), "startet utdanning": (1, 12), "fullført utdanning": (13, 36)},
    coverage={
        "arbeidsforhold": ("2018-01", "2026-06"),
        "utdanning": ("2016-08", "2025-08"),
        "ytelse": ("2019-07", "2026-06"),
    },
)

LABELS = {"i_jobb": "Lønnstaker", "utdanning": "Startet utdanning", "ledig": "Registrert ledig"}


def labels(**values: tuple[Cell, ...]) -> tuple[tuple[Column, ...], dict[str, tuple[Cell, ...]]]:
    """Columns that describe, and their data."""
    return tuple(Column(name=n, kind="label") for n in values), dict(values)


def statistics_table(
    name: str, described: dict[str, tuple[Cell, ...]], numbers: dict[str, tuple[Cell, ...]], unit: str = "share"
) -> Table:
    """A table of labels and statistics that stand on 400 persons each."""
    columns, data = labels(**described)
    behind = Column(name="persons", kind="count", internal=True)
    computed = tuple(Column(name=n, kind="statistic", of="persons", unit=unit) for n in numbers)
    count = len(next(iter(numbers.values())))
    rows = {**data, **numbers, "persons": (400,) * count}
    return Table(name=name, title=name, columns=(*columns, *computed, behind), data=rows)


def individual_rows() -> Iterator[Estimate]:
    """A curve over months, secondary outcomes, subgroups and arms of one analysis, and another analysis."""
    draw = random.Random(8)
    shared = {"analysis": "risikosett", "method": "difference", "estimand": "ATT_now_vs_wait", "unit": "share"}
    shared |= {"n_treated": 480, "n_comparison": 9300, "n_persons_treated": 480, "n_persons_comparison": 8400}
    for month in (1, 2, 3, 4, 6, 8, 10, 12, 15, 18, 24, 30, 36):
        value = -0.05 * math.exp(-month / 5) + 0.045 * (1 - math.exp(-month / 14)) + draw.gauss(0, 0.004)
        yield _share_row(value, 0.014, horizon=month, outcome="i_jobb", **shared)
    for outcome, value in (("utdanning", 0.031), ("ledig", -0.018)):
        yield _share_row(value, 0.0125, horizon=12, outcome=outcome, **shared)
    for name, value in (("kvinner", 0.03), ("menn", 0.012), ("uten fullført videregående", 0.034)):
        yield _share_row(value, 0.02, horizon=12, outcome="i_jobb", subgroup=name, **shared)
    for arm, value in (("individuell", 0.027), ("gruppe", 0.015)):
        yield _share_row(value, 0.021, horizon=12, outcome="i_jobb", arm=arm, **shared)
    yield _share_row(0.02, 0.015, horizon=12, outcome="i_jobb", **{**shared, "analysis": "entropi"})


def _share_row(value: float, error: float, **fields: object) -> Estimate:
    p = math.erfc(abs(value / error) / math.sqrt(2))
    numbers = {"value": value, "std_error": error, "ci_low": value - 1.96 * error, "ci_high": value + 1.96 * error}
    return estimate(**{**fields, **numbers, "p_value": p, "comparison_mean": 0.4, "n_clusters": 480})


def paths_table() -> Table:
    """Both groups from two years before to three years after; month 0 is in neither."""
    rows: list[tuple[str, int, str, float]] = []
    for arm, lift in (("treated", 0.035), ("comparison", 0.0)):
        for month in (*range(-24, 0), *range(1, 37)):
            dip = -0.12 * math.exp(-((month + 1) ** 2) / 40) if month < 0 else -0.1 * math.exp(-month / 6)
            rows.append(("i_jobb", month, arm, 0.42 + dip + (lift * (1 - math.exp(-month / 14)) if month > 0 else 0)))
    outcome, month, arm, mean = zip(*rows, strict=True)
    return statistics_table("paths", {"outcome": outcome, "month": month, "arm": arm}, {"mean": mean})


def overlap_table() -> Table:
    """Scores of both groups in bands of five points."""
    score = tuple(0.025 + 0.05 * i for i in range(14))
    treated = tuple(math.exp(-(((s - 0.38) / 0.14) ** 2)) for s in score)
    others = tuple(math.exp(-(((s - 0.2) / 0.12) ** 2)) for s in score)
    parts = {n: tuple(v / sum(values) for v in values) for n, values in (("treated", treated), ("comparison", others))}
    return statistics_table("overlap", {"score": score}, parts)


def bounds_table(*, verdict: str = "PASS") -> Table:
    """Hidden bias and contamination, as declared."""
    described: dict[str, tuple[Cell, ...]] = {
        "sensitivity": ("hidden_bias", "contamination"),
        "analysis": ("risikosett", "risikosett"),
        "outcome": ("i_jobb", "i_jobb"),
        "horizon": (12, 12),
        "parameter": ("Gamma = 1.2", "c0 = 0.1"),
        "verdict": ("PASS", verdict),
        "sentence": ("skjult utvelgelse så sterk som alder endrer ikke svaret", "svaret står seg"),
    }
    return statistics_table("bounds", described, {"low": (0.002, 0.004), "high": (0.06, 0.052)})


def between_table(*, agree: bool = True) -> Table:
    """The primary outcome within and between counties."""
    value = (0.027, 0.022 if agree else -0.041)
    described: dict[str, tuple[Cell, ...]] = {
        "outcome": ("i_jobb", "i_jobb"),
        "horizon": (12, 12),
        "contrast": ("WITHIN", "BETWEEN"),
    }
    numbers = {"value": value, "ci_low": tuple(v - 0.02 for v in value), "ci_high": tuple(v + 0.02 for v in value)}
    return statistics_table("between", described, numbers)


def truth_table() -> Table:
    """What the synthetic world knows."""
    described: dict[str, tuple[Cell, ...]] = {
        "outcome": ("i_jobb",) * 3,
        "horizon": (6, 12, 36),
        "truth": (0.0, 0.02, 0.035),
        "realised": (0.002, 0.017, 0.04),
    }
    columns, data = labels(**described)
    return Table(name="truth", title="truth", columns=columns, data=data)


def register_study(rules: Rules = TERSKEL10, *, synthetic: bool = False, **changes: object) -> ReportInput:
    """Guidance for individuals, every slot filled; with ``synthetic`` the truth is known too."""
    treated = flow(
        ("Nav-brukere 19–30 år med veiledning i prosjektet", 560, 552),
        ("ikke registrert hos Nav på startdagen", 520, 515),
        ("mangler kommune ved tid null", 495, 490),
        ("uten motstykke i samme fylke og kvartal", 480, 480),
    )
    others = flow(
        ("Nav-brukere 19–30 år uten veiledning", 91_204, 64_300),
        ("ikke registrert hos Nav på startdagen", 80_950, 58_210),
        ("aldri nærmest noen deltaker", 9300, 8400),
    )
    found = [
        finding(
            "balance", "utdanning", 0.042, Verdict.PASS, unit="sd", persons=480, details={"balance": balance_table()}
        ),
        finding("overlap", "treated without a counterpart", 0.031, Verdict.PASS, unit="share", persons=480),
        finding("overlap", "effective number of comparisons", 2140.0, Verdict.PASS, threshold=20.0, persons=2140),
        finding("placebo", "i_jobb", 0.004, Verdict.PASS, unit="share", threshold=0.02, persons=480),
        finding("treated_later", "comparisons", 0.08, Verdict.WARN, unit="share", persons=700, advice="say so"),
        finding("mde", "i_jobb", 0.021, Verdict.WARN, threshold=0.02, unit="share", persons=480, advice="say so"),
    ]
    content: dict[str, object] = {
        "study": "veiledning-individ",
        "title": "Karriereveiledning for unge Nav-brukere",
        "question": "Kommer unge Nav-brukere i jobb innen ett år når de får karriereveiledning?",
        "reference": "veiledning-individ/4f2a91c0",
        "rules": rules,
        "randomised": False,
        "synthetic": synthetic,
        "primary": Primary(outcome="i_jobb", horizon=12),
        "estimates": released(individual_rows(), rules, support=190),
        "flow": protect(treated.table(), rules),
        "flow_comparison": protect(replace(others.table(), name="flow_comparison"), rules),
        "timeline": TIMELINE,
        "paths": protect(paths_table(), rules),
        "between": protect(between_table(), rules),
        "bounds": protect(bounds_table(), rules),
        "truth": protect(truth_table(), rules) if synthetic else None,
        "tables": (SideTable(analysis="risikosett", table=protect(overlap_table(), rules)),),
        "designs": {
            "risikosett": Design(
                reach="estimert", assumption="no_hidden_differences", bounds=("hidden_bias", "contamination")
            )
        },
        "relevant": {"i_jobb": 0.03},
        "findings": protect_findings(found, rules),
        "labels": LABELS,
        "places": {"risikosett": "veiledning_individ.yaml:58", "entropi": "veiledning_individ.yaml:61"},
        "overrides": {},
        "exploratory": "",
    }
    return experiment(**{**content, **changes})


def robustness_table() -> Table:
    """The same difference by other procedures."""
    names = ("CR1S t(G-1), over-rejects", "CR3", "Webb 99 999", "Ibragimov-Müller", "Donald-Lang", "vektet", "SDID")
    values = (0.0122, 0.0122, 0.0122, 0.0119, 0.0122, 0.0087, 0.0103)
    numbers: dict[str, tuple[Cell, ...]] = {
        "value": values,
        "ci_low": (-0.001, -0.003, None, -0.006, -0.002, -0.007, None),
    }
    numbers["ci_high"] = (0.025, 0.027, None, 0.03, 0.026, 0.024, None)
    table = statistics_table("robustness_i_jobb", {"procedure": names}, numbers)
    p = Column(name="p_value", kind="label")
    return replace(
        table, columns=(*table.columns, p), data={**table.data, "p_value": (0.06, 0.11, 0.08, 0.2, 0.08, 0.3, 0.1)}
    )


def randomisation_table() -> Table:
    """All 3,003 assignments of five counties, in 31 bins."""
    value = tuple(round(-0.03 + 0.002 * i, 4) for i in range(31))
    counts = tuple(round(3003 * 0.08 * math.exp(-((v / 0.0095) ** 2) / 2)) for v in value)
    columns, data = labels(assignments=counts)
    table = statistics_table("randomisation_i_jobb", {}, {"value": value})
    return replace(table, columns=(*table.columns, *columns), data={**table.data, **data})


def county_study(rules: Rules = TERSKEL10, *, agree: bool = False, **changes: object) -> ReportInput:
    """Fifteen counties with paths, leave-one-out, randomisation distribution and robustness; inconclusive."""
    draw = random.Random(2)
    left_out = statistics_table(
        "leave_one_out_i_jobb",
        {"left_out": COUNTIES},
        {"value": tuple(0.012 + draw.gauss(0, 0.0022) for _ in COUNTIES)},
    )
    treated = {"Agder", "Innlandet", "Rogaland", "Vestfold", "Nordland"}
    cells = [(c, y) for c in COUNTIES for y in range(2015, 2026)]
    base = {c: draw.gauss(0.42, 0.03) for c in COUNTIES}
    mean = tuple(
        base[c] + 0.004 * (y - 2015) + draw.gauss(0, 0.006) + (0.012 if c in treated and y >= 2022 else 0)
        for c, y in cells
    )
    described: dict[str, tuple[Cell, ...]] = {
        "unit": tuple(c for c, _ in cells),
        "time": tuple(y for _, y in cells),
        "treated": tuple(c in treated for c, _ in cells),
        "start": tuple(2022 if c in treated else None for c, _ in cells),
    }
    paths = statistics_table("unit_paths_i_jobb", described, {"mean": mean})
    base_input = counties(rules)
    more = tuple(
        SideTable(analysis="collapsed_did", table=protect(t, rules))
        for t in (left_out, paths, randomisation_table(), robustness_table())
    )
    wild = 0.09 if agree else 0.0371
    fields: dict[str, object] = {
        "tables": (*base_input.tables, *more),
        "estimates": released(county_rows(wild), rules, support=1500),
        "overrides": {},
        "exploratory": "",
    }
    return counties(rules, **{**fields, **changes})


# --- bad input -------------------------------------------------------------------------------------------

LONG = (
    "Andel som er registrert som lønnstaker med avtalt arbeidstid på minst tjue timer i uka, " * 2
    + "etter tolv måneder"
)


def many_analyses(count: int = 40) -> ReportInput:
    """So many analyses of one outcome."""
    draw = random.Random(4)
    rows = [
        estimate(analysis=f"analyse_{i:02}_med_et_langt_navn", value=v, ci_low=v - 1300, ci_high=v + 1300)
        for i in range(count)
        for v in [draw.gauss(1500, 400)]
    ]
    places = {str(r.analysis): f"mange.yaml:{10 + i}" for i, r in enumerate(rows)}
    return experiment(estimates=released(rows, TERSKEL10), places=places)


def one_analysis() -> ReportInput:
    """One analysis and nothing else."""
    return experiment(estimates=released([estimate()], TERSKEL10), findings=(), flow=None, manuals={}, places={})


def nothing_significant() -> ReportInput:
    """An experiment whose interval holds zero."""
    row = estimate(value=210.0, std_error=671.0, ci_low=-1110.0, ci_high=1530.0, p_value=0.75)
    found = [
        finding("mde", "earnings", 1850.0, Verdict.WARN, unit="USD", threshold=1000.0, persons=185, advice="say so")
    ]
    return experiment(estimates=released([row], TERSKEL10), findings=protect_findings(found, TERSKEL10))


def long_names() -> ReportInput:
    """An outcome whose label has 200 characters, in every place it can stand."""
    rows = [estimate(), estimate(subgroup=LONG), estimate(analysis="b" * 60, method="regression", value=1676.3)]
    return experiment(
        estimates=released(rows, TERSKEL10), labels={"earnings": LONG}, question=f"Hva skjedde med {LONG}?"
    )


def hostile() -> ReportInput:
    """Labels that hold HTML, and a reason that does."""
    attack = '<b>fet</b> & <script>alert("x")</script>'
    return experiment(labels={"earnings": attack}, overrides={"balance": attack}, title=attack, question=attack)


BROKEN = "{outcome} {0} {{ title }} {% if %} %s $x$ \\frac"


def broken_template() -> ReportInput:
    """Labels that look like the places of a template, and like formulas."""
    labels = {"earnings": BROKEN, "analyses/experiment": BROKEN, "covariates/age": BROKEN}
    return experiment(labels=labels, overrides={"balance": BROKEN}, title=BROKEN, question=f"{BROKEN}?")


def untranslated() -> ReportInput:
    """Two languages, of which the second lacks words of its own for all but one outcome; comparisons waited."""
    later = statistics_table("treated_later", {"horizon": (6, 12)}, {"treated_later": (0.05, 0.08)}, "percent")
    content = register_study(languages=("nb", "en"), waits=True)
    told = Translation(
        title=content.title, question=content.question, labels={**LABELS, "i_jobb": "Employee"}, timeline=TIMELINE
    )
    tables = (*content.tables, SideTable(analysis="risikosett", table=protect(later, TERSKEL10)))
    return replace(content, translations={"en": told}, tables=tables)


def one_treated() -> ReportInput:
    """One treated unit: a rank test that cannot reject."""
    row = estimate(**{**COUNTY_ROW, **NO_INTERVAL, "inference": "RI-beta", "p_value": 2 / 15, "p_floor": 1 / 15})
    return counties(estimates=released([row], TERSKEL10, 1500), overrides={}, exploratory="")


def suppressed() -> ReportInput:
    """Too few persons stand behind the estimate."""
    return experiment(estimates=released([estimate()], TERSKEL10, support=9))


def doses() -> ReportInput:
    """Counties by their dose: a split and a slope, what is not shown, and what happened at the same time."""
    shared: dict[str, object] = {**COUNTY_ROW, "analysis": "dose_slope", "method": "dose_slope"}
    slope: dict[str, object] = {"estimand": "slope in the dose", "value": 1.606, "std_error": 1.424}
    slope |= {"ci_low": -2.298, "ci_high": 5.512, "p_value": 0.32}
    rows = [estimate(**shared), estimate(**{**shared, **slope})]
    hidden = (
        NotShown(what="First stage: i_jobb", why="cell"),
        NotShown(what="hoved/between", why="stopped"),
        NotShown(what="hoved/uten_caliper", why="few"),
    )
    reforms = (
        Reform(name="fullfoeringsreformen", since="2024-08", until="", where=(), met=True),
        Reform(name="forsoek_i_to_fylker", since="2014-01", until="2015-12", where=("11", "18"), met=False),
    )
    design = Design(reach="estimert", assumption="parallel_trends", bounds=("honest_did",))
    return counties(
        estimates=released(rows, TERSKEL10, 1500),
        overrides={},
        exploratory="",
        not_shown=hidden,
        reforms=reforms,
        designs={"dose_slope": design},
    )


CASES = {
    "doses": doses,
    "experiment": experiment,
    "experiment_open": lambda: experiment(OPEN),
    "counties_override": counties,
    "county_study": county_study,
    "register_study": register_study,
    "register_synthetic": lambda: register_study(OPEN, synthetic=True),
    "many_analyses": many_analyses,
    "one_analysis": one_analysis,
    "nothing_significant": nothing_significant,
    "long_names": long_names,
    "hostile": hostile,
    "broken_template": broken_template,
    "untranslated": untranslated,
    "one_treated": one_treated,
    "suppressed": suppressed,
}
"""Every report that is rendered and looked at."""
