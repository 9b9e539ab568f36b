"""A small study on disk, sound until a test breaks one thing in it; its rows carry marks that must never be seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

MARK_TEXT = "kjennemerke"
"""Stands in every unit id, office and free text of the rows."""
MARK_NUMBER = "90417.25"
"""Is the income of one person before and after; no statistic of the table comes out as this number."""

PEOPLE = """\
effekt: 1
study: small-study
title: A small study
question: Does the course raise incomes?
prepared:
  unit: id
  treated: course
  assigned: random
  covariates: [age, woman, before]
  outcomes:
    income: {column: income, label: Income, unit: kr}
primary: {outcome: income}
analyses:
  main: {estimate: difference}
  adjusted: {estimate: regression}
"""

PANEL = """\
effekt: 1
study: small-panel
title: A small panel
question: Does the project raise incomes?
assigned_at: office
prepared:
  grain: office
  unit: id
  time: year
  first_treated: start
  never: [0]
  outcomes:
    income: {column: income, label: Income, unit: kr}
primary: {outcome: income}
analyses:
  main: {estimate: twfe}
"""


def people(n: int = 400) -> pd.DataFrame:
    """Rows of persons; a course by lot, an income before and after."""
    rng = np.random.default_rng(20)
    before = np.round(rng.normal(300, 40, n), 1)
    frame = pd.DataFrame(
        {
            "id": [f"{MARK_TEXT}-{i}" for i in range(n)],
            "course": rng.permutation(np.arange(n) % 2),
            "age": rng.integers(25, 60, n),
            "woman": rng.integers(0, 2, n),
            "before": before,
            "income": np.round(before + rng.normal(10, 20, n), 1),
        }
    )
    frame.loc[7, ["before", "income"]] = float(MARK_NUMBER)
    return frame


def panel(n: int = 24, years: int = 6) -> pd.DataFrame:
    """Rows of offices by year; a third start in the fourth year, the others never."""
    rng = np.random.default_rng(21)
    unit, period = np.repeat(np.arange(n), years), np.tile(np.arange(years), n)
    frame = pd.DataFrame(
        {
            "id": [f"{MARK_TEXT}-{i}" for i in unit],
            "year": 2010 + period,
            "start": np.where(unit < n // 3, 2013, 0),
            "income": np.round(300 + unit + rng.normal(0, 5, n * years), 1),
        }
    )
    frame.loc[7, "income"] = float(MARK_NUMBER)
    return frame


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n")


def write_dta(frame: pd.DataFrame, path: Path) -> None:
    frame.to_stata(path, write_index=False, version=118)


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False)


WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".csv": write_csv,
    ".parquet": write_parquet,
    ".dta": write_dta,
}


@dataclass(kw_only=True)
class Broken:
    """One thing that is wrong: what to replace in the spec, what to do to the rows, what to do to the file.

    code : the code of the first problem. says : words the message must hold. exit_code : of the process.
    """

    code: str
    says: tuple[str, ...] = ()
    spec: dict[str, str] = field(default_factory=dict)
    rows: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    file: Callable[[Path], None] | None = None
    kind: str = ".csv"
    panel: bool = False
    exit_code: int = 2

    def write(self, folder: Path) -> list[str]:
        """Write ``study.yaml`` and its table into a folder and return the command that runs them."""
        text = PANEL if self.panel else PEOPLE
        for old, new in self.spec.items():
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the spec"
            text = text.replace(old, new)
        (folder / "study.yaml").write_text(text, encoding="utf-8")
        table = folder / f"rows{self.kind}"
        frame = panel() if self.panel else people()
        WRITERS[self.kind](frame if self.rows is None else self.rows(frame), table)
        if self.file is not None:
            self.file(table)
        return [
            *("run", "study.yaml", "--table", table.name, "--all-stages", "--reason", "a test"),
            *("--work", "work", "--out", "out"),
        ]
