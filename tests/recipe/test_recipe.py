"""A newcomer adds an estimator by the recipe: one file, one line in the union, and it runs through to a report."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TOY = '''r"""Difference in medians, with a randomisation test: a toy for the recipe.

Use it when showing how an estimator is added. Do not use it for anything else.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from effekt.estimators.levels import horizon_of, level_series, observed
from effekt.estimators.rows import describe_groups
from effekt.method import Estimator
from effekt.results import Estimate, Estimates
from effekt.sample import Outcomes, Sample, Weights


class Toy(Estimator):
    """Difference in medians."""

    method: Literal["toy"] = "toy"
    required_checks: ClassVar[tuple[str, ...]] = ("balance",)
    inferences: ClassVar[tuple[str, ...]] = ("RI-beta",)

    def estimate(self, sample: Sample, outcomes: Outcomes, weights: Weights) -> Estimates:
        """Return one row per outcome."""
        from effekt.numerics.randomisation import randomisation_test

        rows, support = [], []
        for name, series in level_series(outcomes, self.method):
            y = series.values[:, 0]
            used = observed(sample, y, weights.w, name)
            t, c = y[used & sample.treated], y[used & ~sample.treated]
            test = randomisation_test(y=y, treated=sample.treated, statistic="beta", rng=np.random.default_rng(1))
            groups = describe_groups(
                sample=sample, used=used, series=series, columns=np.array([True]), w=weights.w,
                clusters=sample.clusters["unit"],
            )
            rows.append(
                Estimate(
                    method="toy", estimand=weights.estimand, outcome=name, horizon=horizon_of(series, 0),
                    value=float(np.median(t) - np.median(c)), inference="RI-beta",
                    p_value=test.p, p_floor=test.floor, **groups.fields(),
                )
            )
            support.append(groups.support)
        return Estimates(rows=tuple(rows), support=tuple(support))
'''

SPEC = """
effekt: 1
study: toy-study
question: Does it work?
prepared: {unit: id, treated: d, assigned: random, covariates: [x], outcomes: {y: {column: y}}}
primary: {outcome: y}
analyses: [toy]
disclosure: open
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house with the toy moved in: one file and one line."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    estimators = tmp_path / "src" / "effekt" / "estimators"
    (estimators / "toy.py").write_text(TOY, encoding="utf-8")
    union = (estimators / "__init__.py").read_text(encoding="utf-8")
    assert "Difference | " in union
    union = union.replace("Difference | ", "Toy | Difference | ", 1)
    union = union.replace(
        "from effekt.estimators.twfe", "from effekt.estimators.toy import Toy\nfrom effekt.estimators.twfe"
    )
    (estimators / "__init__.py").write_text(union, encoding="utf-8")
    return tmp_path


def effekt(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(house / "src"), "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "effekt", *arguments]
    return subprocess.run(command, cwd=house, env=env, capture_output=True, text=True, check=False)


def test_a_toy_estimator_runs_from_spec_to_report(house: Path):
    (house / "toy.yaml").write_text(SPEC, encoding="utf-8")
    rows = [f"{i},{i % 2},{(i * 7) % 5},{i % 2 + (i * 13) % 11}" for i in range(1, 41)]
    (house / "toy.csv").write_text("id,d,x,y\n" + "\n".join(rows) + "\n", encoding="utf-8")
    ran = effekt(house, "run", "toy.yaml", "--table", "toy.csv", "--all-stages", "--out", "out")
    assert ran.returncode == 0, ran.stderr
    (row,) = json.loads((house / "out" / "estimates.json").read_text(encoding="utf-8"))
    assert (row["method"], row["inference"], row["std_error"]) == ("toy", "RI-beta", None)
    assert "toy" in (house / "out" / "report.html").read_text(encoding="utf-8")


def test_its_docstring_is_its_manual(house: Path):
    assert "Difference in medians" in effekt(house, "explain", "toy").stdout


def test_the_contracts_hold_with_the_newcomer_in_the_house(house: Path):
    linter = Path(sys.executable).with_name("lint-imports")
    env = {"PYTHONPATH": str(house / "src"), "PATH": "", "PYTHONUTF8": "1"}
    command = [str(linter), "--config", "pyproject.toml", "--no-cache"]
    ran = subprocess.run(command, cwd=house, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
