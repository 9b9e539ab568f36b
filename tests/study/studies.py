"""Small studies with made-up data, written into a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from effekt.study import Study

PERSON = """\
effekt: 1
study: persons
question: Does guidance lead to work?
prepared:
  unit: id
  treated: d
  assigned: {assigned}
  covariates: [age, rare]
  outcomes: {{work: {{column: work, kind: share}}}}
primary: {{outcome: work}}
analyses:
  main: {{estimate: difference}}
  adjusted: {{estimate: regression}}
disclosure: {disclosure}
variants:
  lin: {{analyses.adjusted.estimate.interactions: treated}}
report: {{languages: [en, nb]}}
"""

PANEL = """\
effekt: 1
study: counties
question: Does guidance lead to work?
assigned_at: county
prepared:
  grain: county
  unit: county
  time: year
  first_treated: start
  never: [NA]
  outcomes: {rate: {column: rate}}
primary: {outcome: rate}
analyses: [collapsed_did, event_study]
disclosure: open
"""


def persons(n: int = 613, seed: int = 1) -> pd.DataFrame:
    """Persons with a covariate that only six have; 613 and 197 are primes, so that rounding shows."""
    rng = np.random.default_rng(seed)
    d = rng.permutation(np.arange(n) < 197).astype(int)
    rare = (rng.permutation(n) < 6).astype(int)
    work = (rng.random(n) < 0.35 + 0.1 * d).astype(int)
    return pd.DataFrame(
        {"id": np.arange(n) + 10_000, "d": d, "age": rng.integers(19, 31, n), "rare": rare, "work": work}
    )


def counties(seed: int = 2) -> pd.DataFrame:
    """15 counties, 9 years, five start in 2021."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (15, 1)) + np.cumsum(rng.normal(0, 0.2, (15, 9)), axis=1)
    rows = [
        {"county": f"C{i:02}", "year": 2015 + t, "start": 2021 if i < 5 else None, "rate": round(values[i, t], 6)}
        for i in range(15)
        for t in range(9)
    ]
    return pd.DataFrame(rows)


def person_study(
    folder: Path, *, data: pd.DataFrame | None = None, disclosure: str = "open", assigned: str = "random", **options
) -> Study:
    """Write spec and table and open them."""
    (folder / "persons.yaml").write_text(PERSON.format(disclosure=disclosure, assigned=assigned), encoding="utf-8")
    (persons() if data is None else data).to_csv(folder / "persons.csv", index=False)
    return Study.open(folder / "persons.yaml", table=folder / "persons.csv", work=folder / "work", **options)


def county_study(folder: Path, data: pd.DataFrame | None = None) -> Study:
    """Write spec and table and open them."""
    (folder / "counties.yaml").write_text(PANEL, encoding="utf-8")
    (counties() if data is None else data).to_csv(folder / "counties.csv", index=False)
    return Study.open(folder / "counties.yaml", table=folder / "counties.csv", work=folder / "work-c")


def reopened(study: Study) -> Study:
    """Open the same files anew, as another process would."""
    return Study.open(study.where("effekt").file, table=study.source._file, work=study.work)
